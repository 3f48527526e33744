import fc from 'fast-check';
import { quantile, median as slowMedian } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { median, percentile, select } from '../../../../src/rules/statistics/order-statistics.ts';

const numbers = fc.array(fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: -3, max: 3 })), {
  minLength: 1,
  maxLength: 200,
});

describe('order statistics', () => {
  it('select by rank as sorting does', () => {
    fc.assert(
      fc.property(numbers, fc.nat(), (list, seed) => {
        const rank = seed % list.length;
        const sorted = [...list].sort((a, b) => a - b);
        expect(select(Float64Array.from(list), list.length, rank)).toBeCloseTo(sorted[rank] ?? Number.NaN, 12);
      }),
      { numRuns: 300 },
    );
  });

  it('have the median of simple-statistics', () => {
    fc.assert(
      fc.property(numbers, (list) => {
        expect(median(Float64Array.from(list), list.length)).toBeCloseTo(slowMedian(list), 6);
      }),
      { numRuns: 300 },
    );
  });

  it('have the percentile of simple-statistics where that falls on a sample', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 3, maxLength: 200 }), fc.nat(), (list, seed) => {
        const share = (1 + (seed % (list.length - 2))) / (list.length - 1);
        expect(percentile(Float64Array.from(list), list.length, share)).toBeCloseTo(quantile(list, share), 3);
      }),
      { numRuns: 300 },
    );
  });

  it('have percentiles by the nearest rank', () => {
    const of = (share: number) => percentile(Float64Array.of(50, 15, 40, 20, 35), 5, share);
    expect([0, 0.05, 0.3, 0.4, 0.5, 1].map(of)).toEqual([15, 15, 20, 20, 35, 50]);
  });

  it('look at the first n only', () => {
    expect(median(Float64Array.of(3, 1, 2, 99, 99, 99), 3)).toBe(2);
  });
});
