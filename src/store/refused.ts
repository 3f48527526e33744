import type { Reading } from '../model/reading.ts';
import type { FiledRejection } from './source.ts';

/** Dead letters of the decoder count up from 0 within a record; those of the store begin here. */
const FIRST_INDEX = 1_000_000;

const MAX_PAYLOAD = 4096;

/**
 * The dead letter of a reading that the store refused. Its index is the place among the readings of its record, so a
 * repeat after a crash files it once; its payload can be posted to `/api/v1/readings` again.
 */
export function refusedReading(
  readings: readonly Reading[],
  seqs: readonly number[],
  position: number,
  words: string,
): FiledRejection {
  const seq = seqs[position] ?? 0;
  const reading = readings[position];
  let first = position;
  while (first > 0 && seqs[first - 1] === seq) first--;
  return {
    seq,
    index: FIRST_INDEX + position - first,
    rejection: {
      reason: 'refusedByStore',
      message: words,
      topic: reading ? `v1/${reading.device.site}/${reading.device.id}/telemetry` : '',
      client: '',
      receivedAt: reading?.receivedAt ?? 0,
      payload: reading ? payloadOf(reading).slice(0, MAX_PAYLOAD) : '',
    },
  };
}

function payloadOf({ device, ts, seq, values, qualities, historical, status }: Reading): string {
  const named = device.profile.points.filter((point) => values[point.index] !== undefined);
  return JSON.stringify({
    site: device.site,
    device: device.id,
    ts,
    ...(seq === null ? {} : { seq }),
    values: Object.fromEntries(named.map((point) => [point.id, values[point.index]])),
    ...(qualities ? { quality: Object.fromEntries(named.map((point) => [point.id, qualities[point.index]])) } : {}),
    ...(historical ? { historical } : {}),
    ...(status === 'actual' ? {} : { status }),
  });
}
