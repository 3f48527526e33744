import fc from 'fast-check';
import { median } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { theilSenSlope } from '../../../../src/rules/statistics/theil-sen.ts';
import { Window } from '../../../../src/rules/window.ts';
import { createNoise } from './noise.ts';

const START = 1_795_299_592_000;

describe('Theil-Sen slope', () => {
  it('is the median of the slopes of all pairs', () => {
    const sample = fc.record({
      gap: fc.integer({ min: 1000, max: 9000 }),
      value: fc.oneof(fc.double({ min: -100, max: 100, noNaN: true }), fc.integer({ min: -2, max: 2 })),
    });
    fc.assert(
      fc.property(fc.array(sample, { minLength: 2, maxLength: 60 }), (list) => {
        const window = new Window(60_000);
        let ts = START;
        for (const { gap, value } of list) {
          ts += gap;
          window.add(ts, value);
        }
        const slopes: number[] = [];
        for (let i = 1; i < window.count; i++) {
          for (let j = 0; j < i; j++) {
            slopes.push((window.valueAt(i) - window.valueAt(j)) / (window.timeAt(i) - window.timeAt(j)));
          }
        }
        expect(theilSenSlope(window)).toBeCloseTo(median(slopes), 12);
      }),
      { numRuns: 200 },
    );
  });

  it('is not moved by a quarter of wild samples', () => {
    const noise = createNoise('wild');
    const window = new Window(60_000);
    for (let s = 0; s <= 60; s++) window.add(START + s * 1000, s % 4 === 1 ? 500 : 0.02 * s + 0.001 * noise());
    expect((theilSenSlope(window) ?? 0) * 1000).toBeCloseTo(0.02, 3);
  });

  it('takes 120 of many samples and comes to the slope of all', () => {
    const noise = createNoise('many');
    const window = new Window(240_000);
    for (let s = 0; s <= 240; s++) window.add(START + s * 1000, 5 - 0.01 * s + 0.05 * noise());
    expect(window.count).toBeGreaterThan(200);
    expect((theilSenSlope(window) ?? 0) * 1000).toBeCloseTo(-0.01, 3);
    expect(theilSenSlope(window)).toBe(theilSenSlope(window));
  });

  it('needs two samples', () => {
    const window = new Window(60_000);
    expect(theilSenSlope(window)).toBeNull();
    window.add(START, 1);
    expect(theilSenSlope(window)).toBeNull();
    window.add(START + 2000, 5);
    expect(theilSenSlope(window)).toBe(0.002);
  });
});
