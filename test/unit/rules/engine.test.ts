import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceSnapshot } from '../../../src/rules/device-snapshot.ts';
import { buildLimit, buildRate, watch, watchedDevice } from '../../helpers/watched.ts';

const limits = [
  buildLimit('LL', 1, { onDelayMs: 2_000, offDelayMs: 7_000 }),
  buildLimit('L', 2, { deadband: 0.2 }),
  buildLimit('H', 6, { onDelayMs: 3_000, offDelayMs: 5_000, deadband: 0.3 }),
  buildLimit('HH', 8, { onDelayMs: 1_000, deadband: 0.5, latch: true }),
];
const rates = [
  buildRate('rising', 5, { overMs: 20_000 }),
  buildRate('falling', 5, { overMs: 20_000, onDelayMs: 2_000 }),
];
const devices = ['a', 'b', 'c'].map((id) => watchedDevice({ id, limits, rates, absentAfterMs: 15_000 }));

const inputs = fc.array(
  fc.record({
    gap: fc.integer({ min: 0, max: 8 }),
    device: fc.integer({ min: 0, max: 2 }),
    value: fc.oneof(fc.double({ min: 0, max: 10, noNaN: true }), fc.constant(null)),
    quality: fc.constantFrom('good' as const, 'good' as const, 'good' as const, 'uncertain' as const, 'bad' as const),
    lag: fc.integer({ min: 0, max: 3 }),
    tick: fc.boolean(),
  }),
  { maxLength: 80 },
);

type Input = {
  gap: number;
  device: number;
  value: number | null;
  quality: 'good' | 'uncertain' | 'bad';
  lag: number;
  tick: boolean;
};

function feed(watching: ReturnType<typeof watch>, list: readonly Input[], from: number): number {
  let second = from;
  for (const { gap, device, value, quality, lag, tick } of list) {
    second += gap;
    if (tick) watching.tick(second);
    watching.at(second - lag, value, {
      received: second,
      quality: value === null ? 'bad' : quality,
      device: devices[device] as (typeof devices)[0],
    });
  }
  return second;
}

describe('engine', () => {
  // A late sample may be over first by the source's clock and last by the engine's.
  it('ends delays that source and engine time put in different orders', () => {
    const rising = buildRate('rising', 2, { overMs: 4_000, minSamples: 2, onDelayMs: 2_000 });
    const watching = watch(watchedDevice({ limits: [buildLimit('H', 6, { onDelayMs: 3_000 })], rates: [rising] }));
    watching.at(0, 5);
    watching.at(3, 6, { received: 6 });
    watching.at(5, 9, { received: 6.5 });
    watching.tick(60);
    expect(watching.changes.map((change) => change.level?.condition)).toEqual(['p.rising', 'p.H']);
  });

  it('gives the same changes whether ticks come or not: a delay ends at its instant', () => {
    fc.assert(
      fc.property(inputs, (list) => {
        const ticked = watch(...devices);
        const untold = watch(...devices);
        const end = feed(ticked, list, 0);
        feed(
          untold,
          list.map((input) => ({ ...input, tick: false })),
          0,
        );
        ticked.tick(end + 60);
        untold.tick(end + 60);
        expect(untold.changes).toEqual(ticked.changes);
      }),
    );
  });

  it('goes on from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(inputs, inputs, (before, after) => {
        const whole = watch(...devices);
        const second = feed(whole, before, 0);
        const saved = whole.engine.takeUnsaved(Number.POSITIVE_INFINITY);
        const told = whole.changes.length;
        const again = watch(...devices);
        for (const { key, snapshot } of saved) {
          const onDisk = JSON.parse(JSON.stringify(snapshot)) as DeviceSnapshot;
          expect(again.engine.restore(key, { ...onDisk, seq: 0 })).toBe(true);
        }
        again.engine.reschedule();
        again.tick(second);
        again.changes.length = 0;
        whole.tick(second + 0.001);
        again.tick(second + 0.001);
        const end = feed(whole, after, second + 1);
        feed(again, after, second + 1);
        whole.tick(end + 60);
        again.tick(end + 60);
        const rest = whole.changes.slice(told).map(({ journalSeq: _, ...change }) => change);
        expect(again.changes.map(({ journalSeq: _, ...change }) => change)).toEqual(rest);
      }),
    );
  });

  it('takes a repeat without effect', () => {
    fc.assert(
      fc.property(inputs, (list) => {
        const once = watch(...devices);
        const twice = watch(...devices);
        const good = list.map((input) => ({ ...input, lag: 0, gap: input.gap + 1 }));
        feed(once, good, 0);
        let second = 0;
        for (const input of good) {
          second += input.gap;
          for (let i = 0; i < 2; i++) feed(twice, [{ ...input, gap: 0 }], second);
        }
        const what = (watching: typeof once) => watching.seen();
        expect(what(twice)).toEqual(what(once));
      }),
    );
  });
});
