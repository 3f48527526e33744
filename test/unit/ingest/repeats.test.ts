import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoders } from '../../../src/ingest/decoders.ts';
import type { Envelope } from '../../../src/ingest/envelope.ts';
import { createJournalSource, decodeGroupOf } from '../../../src/ingest/pipeline.ts';
import { telemetryTopic } from '../../../src/ingest/wire.ts';
import type { ConditionChange } from '../../../src/model/condition.ts';
import { Engine } from '../../../src/rules/engine.ts';
import { buildDevice, buildProfile, NOON } from '../../helpers/readings.ts';
import { buildLimit } from '../../helpers/watched.ts';

const profile = buildProfile({ pressure: 'number', open: 'boolean' });
const points = profile.points.map((point, i) => (i === 0 ? { ...point, limits: [buildLimit('H', 2)] } : point));
const device = { ...buildDevice({ ...profile, points }), points };
const devices = new Map([[device.key, device]]);
const settings = { devices, futureToleranceMs: 60_000, liveWindowMs: 300_000 };
const HOUR = 3_600_000;

/** A message `at` ms after noon that says `said` ms after noon. */
interface Message {
  readonly at: number;
  readonly said: number;
  readonly seq?: number;
  readonly values: Readonly<Record<string, number | boolean>>;
}

function envelope({ at, said, ...rest }: Message): Envelope {
  const payload = Buffer.from(JSON.stringify({ ts: NOON + said, ...rest }));
  return { topic: telemetryTopic(device.key), client: 'c', receivedAt: NOON + at, oversized: null, payload };
}

/** `ts` of each reading as ms after noon, by the decoder of a run: one group for each message. */
function taken(messages: readonly Message[]) {
  const { decode } = createDecoders(settings);
  const readings = messages.flatMap(
    (one, i) => decodeGroupOf({ firstSeq: i + 1, envelopes: [envelope(one)] }, decode, null).readings,
  );
  return { readings, times: readings.map(({ ts }) => ts - NOON) };
}

const one = { said: HOUR, values: { pressure: 1 } };
const two = { said: HOUR + 1000, values: { pressure: 2 } };

describe('a message that comes again from a clock that is ahead', () => {
  it('is the first one once more', () => {
    const { readings, times } = taken([
      { ...one, at: 0 },
      { ...two, at: 1000 },
      { ...one, at: 5000 },
      { ...two, at: 5001 },
    ]);
    expect(times).toEqual([0, 1000, 0, 1000]);
    expect(readings[2]).toEqual({ ...readings[0], receivedAt: NOON + 5000 });
  });

  it('does not end an alarm by an old value', () => {
    const { readings } = taken([
      { ...one, at: 0 },
      { ...two, at: 1000 },
      { ...one, at: 5000 },
    ]);
    const levels: (string | null)[] = [];
    const told = ({ level }: ConditionChange) => levels.push(level?.condition ?? null);
    const engine = new Engine(devices, { liveWindowMs: 300_000, latenessMs: 10_000 }, told);
    readings.forEach((reading, i) => {
      engine.step(reading, i + 1);
    });
    expect(levels).toEqual(['pressure.H']);
  });

  it('is known when its time is no longer too far ahead', () => {
    const slightly = { said: 70_000, values: { pressure: 1 } };
    expect(taken([0, 30_000, 80_000].map((at) => ({ ...slightly, at }))).times).toEqual([0, 0, 0]);
  });

  it('is known among messages of the same scan', () => {
    const scan = [{ pressure: 1 }, { open: true }].map((values) => ({ said: HOUR, values }));
    const messages = [...scan, ...scan].map((message, at) => ({ ...message, at }));
    expect(taken(messages).times).toEqual([0, 1, 0, 1]);
  });

  it('is known by its seq where the clock stands still', () => {
    const numbered = [1, 2, 3, 1, 2, 3].map((seq, at) => ({ said: HOUR, seq, values: { pressure: seq % 2 }, at }));
    expect(taken(numbered).times).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('is new where the clock stands still and anything else was said of the point since', () => {
    const flicker = [false, true, false, true, true, false].map((open, at) => ({ said: HOUR, values: { open }, at }));
    expect(taken(flicker).times).toEqual([0, 1, 2, 3, 3, 5]);
  });

  it('is new where it was never said: another seq, value, quality or status', () => {
    const said = [
      {},
      { seq: 1 },
      { seq: 2 },
      { status: 'test' },
      { quality: { pressure: 'bad' } },
      { historical: true },
    ];
    expect(taken(said.map((more, at) => ({ ...one, ...more, at }))).times).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('is known across a change of the configuration that keeps the device', () => {
    const decoders = createDecoders(settings);
    const read = (at: number) =>
      decodeGroupOf({ firstSeq: at, envelopes: [envelope({ ...one, at })] }, decoders.decode, null).readings[0]?.ts;
    read(1);
    decoders.change({ ...settings, futureToleranceMs: 30_000 }, 1);
    expect(read(2)).toBe(NOON + 1);
  });

  it('is not taken for known because it was only read', () => {
    const { decode } = createDecoders(settings);
    decode(envelope({ ...one, at: 0 }));
    const [reading] = decodeGroupOf({ firstSeq: 1, envelopes: [envelope({ ...one, at: 7 })] }, decode, null).readings;
    expect(reading?.ts).toBe(NOON + 7);
  });

  it('is known to the store that catches up', () => {
    const envelopes = [one, two, one, two].map((message, at) => envelope({ ...message, at }));
    const journal = {
      head: () => 4,
      *read(from: number) {
        for (let seq = from; seq <= 4; seq++) yield { firstSeq: seq, envelopes: envelopes.slice(seq - 1, seq) };
      },
    };
    const source = createJournalSource(journal, createDecoders(settings).at);
    const times = (after: number, most: number) => source.read(after, 4, most)?.readings.map(({ ts }) => ts - NOON);
    expect([times(0, 2), times(2, 2)]).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(times(2, 2)).toEqual([2, 3]);
  });

  it('leaves each distinct message its own time, in whatever order they come and come again', () => {
    const messages = fc.uniqueArray(
      fc.record({ said: fc.integer({ min: 100, max: 130 }), p: fc.integer({ max: 3, min: 0 }) }),
      {
        selector: ({ said }) => said,
        minLength: 1,
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 60 }), (distinct, order) => {
        const sent = [...distinct.keys(), ...order.map((n) => n % distinct.length)];
        const { times } = taken(
          sent.map((n, at) => ({
            at,
            said: (distinct[n]?.said ?? 0) * 1000,
            values: { pressure: distinct[n]?.p ?? 0 },
          })),
        );
        expect(times).toEqual(sent);
      }),
    );
  });

  it('never hides a change of value, however the clock and the seq stand still', () => {
    const message = fc.record({
      said: fc.constantFrom(HOUR, HOUR + 1),
      seq: fc.option(fc.constantFrom(0, 1), { nil: undefined }),
      pressure: fc.constantFrom(0, 1),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 40 }), (sent) => {
        const { readings } = taken(
          sent.map(({ said, seq, pressure }, at) => ({
            at,
            said,
            ...(seq === undefined ? {} : { seq }),
            values: { pressure },
          })),
        );
        const lastOf = new Map<string, number | undefined>();
        sent.forEach(({ said, seq, pressure }, at) => {
          const key = `${said} ${seq}`;
          if (lastOf.get(key) !== pressure) expect(readings[at]?.ts).toBe(NOON + at);
          lastOf.set(key, pressure);
        });
      }),
    );
  });
});
