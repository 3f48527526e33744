import fc from 'fast-check';
import { linearRegression } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { MAX_SAMPLES, Window } from '../../../src/rules/window.ts';
import { buildRate, watch, watchedDevice } from '../../helpers/watched.ts';

describe('rate of change', () => {
  const falling = watchedDevice({ rates: [buildRate('falling', 0.8, { deadband: 0.2 })] });

  it('trips on a fitted slope, not on two points', () => {
    const watching = watch(falling);
    for (let s = 0; s <= 60; s += 10) watching.at(s, 3 - 0.015 * s);
    expect(watching.seen()).toEqual([[40, 'p.falling']]);
  });

  it('is silent below the limit, with too few samples, and for too short a span', () => {
    const slow = watch(falling);
    for (let s = 0; s <= 300; s += 10) slow.at(s, 3 - 0.01 * s);
    expect(slow.seen()).toEqual([]);
    expect(watch(falling).at(0, 3).at(30, 2).at(60, 1).seen()).toEqual([]);
    const burst = watch(falling);
    for (let s = 0; s < 10; s++) burst.at(s, 3 - 0.2 * s);
    expect(burst.seen()).toEqual([]);
  });

  it('ends when the slope is over', () => {
    const watching = watch(falling);
    for (let s = 0; s <= 60; s += 10) watching.at(s, 3 - 0.02 * s);
    for (let s = 70; s <= 200; s += 10) watching.at(s, 1.8);
    expect(watching.seen().map(([, what]) => what)).toEqual(['p.falling', '-falling']);
  });

  it('leaves bad values out of the slope', () => {
    const watching = watch(falling);
    for (let s = 0; s <= 120; s += 10)
      watching.at(s, s % 20 === 0 ? 3 : -50, { quality: s % 20 === 0 ? 'good' : 'bad' });
    expect(watching.seen()).toEqual([]);
  });
});

describe('window', () => {
  const samples = fc.array(
    fc.record({ gap: fc.integer({ min: 250, max: 20_000 }), value: fc.double({ min: -1e6, max: 1e6, noNaN: true }) }),
    { minLength: 2, maxLength: 600 },
  );

  it('has the slope that simple-statistics finds over the same samples', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 5_000, max: 600_000 }), (list, overMs) => {
        const window = new Window(overMs);
        const kept: [number, number][] = [];
        let ts = 1_795_299_592_000;
        for (const { gap, value } of list) {
          ts += gap;
          const last = kept.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
          if (ts - last >= overMs / MAX_SAMPLES) kept.push([ts, value]);
          window.add(ts, value);
        }
        const newest = kept.at(-1)?.[0] ?? 0;
        const within = kept.filter(([time]) => time >= newest - overMs);
        expect(window.toArray()).toEqual(within.flat());
        if (within.length < 2) return;
        const first = within[0]?.[0] ?? 0;
        const fit = linearRegression(within.map(([time, value]) => [(time - first) / overMs, value]));
        expect(Math.abs(window.change() - fit.m)).toBeLessThan(1e-6 * Math.max(1e6, Math.abs(fit.m)));
      }),
    );
  });

  it('puts a late sample in its place and takes a repeat once', () => {
    const late = new Window(60_000);
    for (const [ts, value] of [
      [1000, 1],
      [3000, 3],
      [2000, 2],
      [3000, 3],
    ] as const)
      late.add(ts, value);
    expect(late.toArray()).toEqual([1000, 1, 2000, 2, 3000, 3]);
    expect(late.change()).toBeCloseTo(60);
  });

  it('stays bounded at any rate', () => {
    const window = new Window(60_000);
    for (let ts = 0; ts < 600_000; ts++) window.add(ts, ts);
    expect(window.count).toBeLessThanOrEqual(MAX_SAMPLES + 1);
    expect(window.change()).toBeCloseTo(60_000);
  });
});
