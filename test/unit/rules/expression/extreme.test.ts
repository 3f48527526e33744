import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Extreme } from '../../../../src/rules/expression/extreme.ts';

const OVER = 10_000;

/** The slow way: every sample that is no older than the window. */
function slowMaximum(samples: readonly (readonly [number, number])[]): number {
  const newest = Math.max(...samples.map(([ts]) => ts));
  return Math.max(...samples.filter(([ts]) => ts >= newest - OVER).map(([, value]) => value));
}

describe('extreme value over a window', () => {
  const samples = fc.array(fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: -50, max: 50 })), {
    minLength: 1,
    maxLength: 200,
  });

  it('is that of all samples, in whatever order they come', () => {
    fc.assert(
      fc.property(samples, (list) => {
        const maximum = new Extreme(1, OVER);
        const minimum = new Extreme(-1, OVER);
        list.forEach(([ts, value], i) => {
          maximum.add(ts, value);
          minimum.add(ts, -value);
          expect(maximum.value).toBe(slowMaximum(list.slice(0, i + 1)));
          expect(minimum.value).toBeCloseTo(-slowMaximum(list.slice(0, i + 1)));
        });
      }),
      { numRuns: 300 },
    );
  });

  it('is the same in another order, and after a restart', () => {
    fc.assert(
      fc.property(samples, (list) => {
        const maximum = new Extreme(1, OVER);
        const sorted = new Extreme(1, OVER);
        const restarted = new Extreme(1, OVER);
        for (const [ts, value] of list) maximum.add(ts, value);
        for (const [ts, value] of list.toSorted(([a], [b]) => a - b)) sorted.add(ts, value);
        restarted.load(JSON.parse(JSON.stringify(maximum.toArray())));
        expect(sorted.toArray()).toEqual(maximum.toArray());
        for (const one of [maximum, restarted]) one.add(33_000, -60);
        expect(restarted.toArray()).toEqual(maximum.toArray());
      }),
      { numRuns: 300 },
    );
  });

  it('sees a peak of one sample among many, and forgets it in time', () => {
    const maximum = new Extreme(1, OVER);
    for (let ts = 0; ts <= 9_000; ts++) maximum.add(ts, ts === 4_321 ? 99 : 1);
    expect(maximum.value).toBe(99);
    maximum.add(14_321, 1);
    expect(maximum.value).toBe(99);
    maximum.add(14_322, 1);
    expect(maximum.value).toBe(1);
  });

  it('holds a bounded number of samples, and errs to the safe side by a 120th of the window', () => {
    const maximum = new Extreme(1, OVER);
    for (let ts = 0; ts <= 100_000; ts += 10) {
      maximum.add(ts, -ts);
      const exact = -Math.max(0, ts - OVER);
      const value = maximum.value ?? Number.NaN;
      expect(value).toBeGreaterThanOrEqual(exact);
      expect(value).toBeLessThanOrEqual(exact + OVER / 120);
    }
    expect(maximum.toArray().length).toBeLessThanOrEqual(480);
  });

  it('has no value before the first sample, and none once cleared', () => {
    const minimum = new Extreme(-1, OVER);
    expect(minimum.value).toBeNull();
    minimum.add(5, 7);
    minimum.clear();
    expect(minimum.value).toBeNull();
    minimum.add(1, 8);
    expect(minimum.value).toBe(8);
  });
});
