import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ArrivalOrder } from '../../../src/backtest/arrival-order.ts';
import { mergeScans } from '../../../src/backtest/merge.ts';
import { buildDevice, buildProfile, buildReading, NOON } from '../../helpers/readings.ts';
import { batchesOf, streamed } from './past.ts';

const device = buildDevice(buildProfile({ p: 'number' }));
const readingAtMs = (ms: number, delayMs = 0) => {
  const ts = NOON + ms;
  return { ...buildReading(device, { values: { p: ms } }), ts, receivedAt: ts + delayMs };
};

test('several scans come as one in the order of their times, the earlier scan first where they are equal', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.nat(50), { maxLength: 30 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 7 }),
      async (times, size) => {
        const got: [number, number][] = [];
        const scans = times.map((ones) =>
          streamed(
            batchesOf(
              ones.map((ms) => readingAtMs(ms)),
              size,
            ),
          ),
        );
        await mergeScans(scans, (scan, batch, from, to) => {
          for (let row = from; row < to; row++) got.push([(batch.ts[row] ?? 0) - NOON, scan]);
        });
        const expected = times
          .flatMap((ones, scan) => ones.map((ms): [number, number] => [ms, scan]))
          .sort(([a, i], [b, j]) => a - b || i - j);
        expect(got).toEqual(expected);
      },
    ),
    { numRuns: 60 },
  );
});

test('a failing scan ends the merge and closes the others', async () => {
  let closed = false;
  async function* good() {
    try {
      for (let ms = 1; ms < 1_000; ms++) yield* batchesOf([readingAtMs(ms)]);
    } finally {
      closed = true;
    }
  }
  async function* bad() {
    yield* batchesOf([readingAtMs(1)]);
    throw new Error('gone');
  }
  await expect(mergeScans([good(), bad()], () => {})).rejects.toThrow('gone');
  expect(closed).toBe(true);
});

test('readings by source time come out by receive time, those beyond the live window not at all', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(100_000), fc.integer({ min: -60_000, max: 400_000 })), { maxLength: 80 }),
      (all) => {
        const readings = all.map(([ms, delay]) => readingAtMs(ms, delay)).sort((a, b) => a.ts - b.ts);
        const order = new ArrivalOrder(300_000, 60_000);
        const got: number[] = [];
        const drain = (ts: number) => {
          for (let next = order.next(ts); next; next = order.next(ts)) got.push(next.receivedAt);
        };
        for (const reading of readings) {
          drain(reading.ts);
          order.take(reading);
        }
        drain(Number.POSITIVE_INFINITY);
        const live = readings.filter(({ ts, receivedAt }) => receivedAt - ts <= 300_000);
        expect(got).toEqual(live.map(({ receivedAt }) => receivedAt).sort((a, b) => a - b));
        expect(order.late).toBe(readings.length - live.length);
      },
    ),
    { numRuns: 200 },
  );
});
