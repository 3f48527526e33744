import type { Device } from '../model/device.ts';
import type { Reading, Rejection } from '../model/reading.ts';
import type { Filed } from './dead-letter.ts';
import type { Decoded, Decoder } from './decode/native.ts';
import { CONTROL_TOPIC, type Envelope } from './envelope.ts';
import type { Journal, JournalGroup } from './journal.ts';
import { Repeats } from './repeats.ts';

/** A journal record of our own: nobody watched for `downMs`, and the clock was set by `shiftMs`. */
export interface Resumed {
  readonly downMs: number;
  readonly shiftMs: number;
}

/** A group of the journal, decoded: what both consumers take. */
export interface DecodedGroup {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly readings: readonly Reading[];
  /** Journal sequence of each reading. */
  readonly seqs: readonly number[];
  readonly rejections: readonly Filed[];
}

/** What the decoder's findings are told to, in the order of the journal. */
export interface Observer {
  reading(reading: Reading, seq: number): void;
  rejection?(rejection: Rejection): void;
  presence?(device: Device, online: boolean, at: number): void;
  resumed(resumed: Resumed, at: number, seq: number): void;
}

export function resumedEnvelope(resumed: Resumed, at: number): Envelope {
  const payload = Buffer.from(JSON.stringify(resumed));
  return { topic: CONTROL_TOPIC, client: 'davylamp', receivedAt: at, oversized: null, payload };
}

/** What is acknowledged is on disk for good: a decoder's own fault must become a dead letter, never the end. */
function safely(decode: Decoder, envelope: Envelope): Decoded {
  try {
    return decode(envelope);
  } catch (error) {
    const { topic, client, receivedAt } = envelope;
    const payload = Buffer.from(envelope.payload.subarray(0, 4_096)).toString('utf8');
    const message = `the decoder failed: ${(error as Error).message}`;
    const rejection: Rejection = { reason: 'undecodable', message, topic, client, receivedAt, payload };
    return { readings: [], rejections: [rejection], presence: null };
  }
}

/**
 * Decodes a group once, tells `observer` of each finding, and gives the whole for the store. `repeats` has seen the
 * groups before it.
 */
export function decodeGroupOf(
  group: JournalGroup,
  decode: Decoder,
  observer: Observer | null,
  repeats: Repeats | undefined = decode.repeats,
): DecodedGroup {
  const readings: Reading[] = [];
  const seqs: number[] = [];
  const rejections: Filed[] = [];
  const { envelopes, firstSeq } = group;
  for (let i = 0; i < envelopes.length; i++) {
    const envelope = envelopes[i];
    if (!envelope) continue;
    const seq = firstSeq + i;
    if (envelope.topic === CONTROL_TOPIC) {
      observer?.resumed(JSON.parse(Buffer.from(envelope.payload).toString()) as Resumed, envelope.receivedAt, seq);
      continue;
    }
    const decoded = safely(decode, envelope);
    for (const said of decoded.readings) {
      const reading = repeats ? repeats.settle(said) : said;
      readings.push(reading);
      seqs.push(seq);
      observer?.reading(reading, seq);
    }
    decoded.rejections.forEach((rejection, index) => {
      rejections.push({ seq, index, rejection });
      observer?.rejection?.(rejection);
    });
    if (decoded.presence) observer?.presence?.(decoded.presence.device, decoded.presence.online, envelope.receivedAt);
  }
  return { firstSeq, lastSeq: firstSeq + envelopes.length - 1, readings, seqs, rejections };
}

/**
 * The journal as the store reads it to catch up: whole records of a range, decoded again as they were judged
 * (`decoderAt`: by the configuration that counted at a sequence).
 */
export function createJournalSource(journal: Pick<Journal, 'head' | 'read'>, decoderAt: (seq: number) => Decoder) {
  let repeats = new Repeats();
  let readUntil = -1;
  return {
    head: () => journal.head(),
    /** Records after `afterSeq` up to `untilSeq`, until `maxReadings` are reached; null when there are none. */
    read(afterSeq: number, untilSeq: number, maxReadings: number): DecodedGroup | null {
      const readings: Reading[] = [];
      const seqs: number[] = [];
      const rejections: Filed[] = [];
      let lastSeq = afterSeq;
      // What was said in between is not known here, and it decides what is a repeat.
      if (afterSeq !== readUntil) repeats = new Repeats();
      for (const group of journal.read(afterSeq + 1)) {
        const skip = Math.max(0, afterSeq + 1 - group.firstSeq);
        const envelopes = group.envelopes.slice(skip, Math.max(skip, untilSeq + 1 - group.firstSeq));
        if (envelopes.length === 0) break;
        const decode = decoderAt(group.firstSeq);
        const decoded = decodeGroupOf({ firstSeq: group.firstSeq + skip, envelopes }, decode, null, repeats);
        for (const reading of decoded.readings) readings.push(reading);
        for (const seq of decoded.seqs) seqs.push(seq);
        for (const rejection of decoded.rejections) rejections.push(rejection);
        lastSeq = decoded.lastSeq;
        if (readings.length >= maxReadings) break;
      }
      readUntil = lastSeq;
      return lastSeq === afterSeq ? null : { firstSeq: afterSeq + 1, lastSeq, readings, seqs, rejections };
    },
  };
}
