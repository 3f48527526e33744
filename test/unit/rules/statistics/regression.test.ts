import fc from 'fast-check';
import { linearRegression, linearRegressionLine, rSquared } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { fit, isSignificant, maxGapMs } from '../../../../src/rules/statistics/regression.ts';
import { Window } from '../../../../src/rules/window.ts';
import { createNoise } from './noise.ts';

const START = 1_795_299_592_000;

describe('fit', () => {
  const series = fc.array(
    fc.record({ gap: fc.integer({ min: 1000, max: 20_000 }), value: fc.integer({ min: -1e7, max: 1e7 }) }),
    { minLength: 3, maxLength: 300 },
  );

  it('agrees with simple-statistics and with residuals counted one by one, on random series', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: -1e8, max: 1e8 }), (list, offset) => {
        const window = new Window(120_000);
        let ts = START;
        for (const { gap, value } of list) {
          ts += gap;
          window.add(ts, (offset + value) / 1e4);
        }
        expectSlowFit(window);
      }),
      { numRuns: 300 },
    );
  });

  it('stays exact after a spike of nine orders of magnitude has left the window', () => {
    const noise = createNoise('spike');
    const window = new Window(60_000);
    window.add(START, 1e6);
    for (let s = 1; s <= 600; s++) {
      window.add(START + s * 1000, 2 + 1e-3 * noise());
      if (s > 60) expectSlowFit(window);
    }
  });

  it('stays exact after a step, after a long silence and after a clock that started in 1970', () => {
    const noise = createNoise('step');
    for (const [from, level] of [
      [START, -5e5],
      [START - 400 * 86_400_000, 3],
      [5_000, 3],
    ] as const) {
      const window = new Window(60_000);
      for (let s = 0; s < 12; s++) window.add(from + s * 5000, level + noise());
      for (let s = 0; s <= 40; s++) {
        window.add(START + 60_000 + s * 5000, 3 + 0.01 * s + 1e-3 * noise());
        if (window.count > 2 && window.timeAt(0) >= START + 60_000) expectSlowFit(window);
      }
    }
  });

  it('needs three samples', () => {
    const window = new Window(60_000);
    expect(fit(window)).toBeNull();
    window.add(START, 1);
    window.add(START + 1000, 2);
    expect(fit(window)).toBeNull();
    window.add(START + 2000, 3);
    expect(fit(window)).not.toBeNull();
  });

  it('knows a line without noise, and a level one', () => {
    const ramp = new Window(60_000);
    const level = new Window(60_000);
    for (let s = 0; s <= 60; s += 5) {
      ramp.add(START + s * 1000, 3 - 0.25 * s);
      level.add(START + s * 1000, 101.3);
    }
    const exact = fit(ramp);
    expect(exact?.slope).toBeCloseTo(-0.25e-3, 15);
    expect(exact?.value).toBeCloseTo(-12, 12);
    expect(exact?.r2).toBeCloseTo(1, 12);
    expect(exact && isSignificant(exact, 1e6)).toBe(true);
    const flat = fit(level);
    expect(flat).toMatchObject({ slope: 0, s2: 0, seSlope: 0, r2: 0, value: 101.3 });
    expect(flat && isSignificant(flat, 3)).toBe(false);
  });

  it('stays level on a constant value, whatever went before', () => {
    const window = new Window(60_000);
    for (let s = 0; s < 60; s += 5) window.add(START + s * 1000, Math.sin(s) * 1e4);
    for (let s = 60; s <= 200; s += 5) window.add(START + s * 1000, 0.1);
    expect(fit(window)).toMatchObject({ slope: 0, s2: 0, r2: 0 });
    expect(window.change()).toBe(0);
  });

  it('agrees with the longhand example of Anscombe (1973): b = 0.5001, s = 1.2366, se = 0.1179, r² = 0.6665', () => {
    const window = new Window(60_000);
    const heights = [
      [4, 4.26],
      [5, 5.68],
      [6, 7.24],
      [7, 4.82],
      [8, 6.95],
      [9, 8.81],
      [10, 8.04],
      [11, 8.33],
      [12, 10.84],
      [13, 7.58],
      [14, 9.96],
    ] as const;
    for (const [x, y] of heights) window.add(START + x * 1000, y);
    const found = fit(window);
    expect(found).not.toBeNull();
    if (!found) return;
    expect(found.slope * 1000).toBeCloseTo(0.50009, 5);
    expect(Math.sqrt(found.s2)).toBeCloseTo(1.2366, 4);
    expect(found.seSlope * 1000).toBeCloseTo(0.1179, 4);
    expect(found.r2).toBeCloseTo(0.66654, 5);
    expect(found.value).toBeCloseTo(3.00009 + 14 * 0.50009, 4);
    expect(isSignificant(found, 4)).toBe(true);
    expect(isSignificant(found, 4.3)).toBe(false);
  });
});

describe('greatest gap', () => {
  it('is that between neighbours', () => {
    const window = new Window(60_000);
    expect(maxGapMs(window)).toBe(0);
    for (const s of [0, 10, 35, 40]) window.add(START + s * 1000, s);
    expect(maxGapMs(window)).toBe(25_000);
    window.add(START + 20_000, 0);
    expect(maxGapMs(window)).toBe(15_000);
  });
});

/** Compares with simple-statistics and with residuals counted one by one, on centred numbers. */
function expectSlowFit(window: Window): void {
  const found = fit(window);
  const n = window.count;
  if (n < 3) {
    expect(found).toBeNull();
    return;
  }
  const last = window.timeAt(n - 1);
  const middle = window.valueAt(n >>> 1);
  const points = Array.from({ length: n }, (_, i) => [window.timeAt(i) - last, window.valueAt(i) - middle]);
  const line = linearRegressionLine(linearRegression(points.map(([t = 0, v = 0]) => [t / window.overMs, v])));
  const value = (t: number) => line(t / window.overMs);
  const slope = (value(0) - value(-window.overMs)) / window.overMs;
  const residual = points.reduce((sum, [t = 0, v = 0]) => sum + (v - value(t)) ** 2, 0);
  const meanT = points.reduce((sum, [t = 0]) => sum + t, 0) / n;
  const meanV = points.reduce((sum, [, v = 0]) => sum + v, 0) / n;
  const sxx = points.reduce((sum, [t = 0]) => sum + (t - meanT) ** 2, 0);
  const syy = points.reduce((sum, [, v = 0]) => sum + (v - meanV) ** 2, 0);
  const scale = Math.sqrt(syy / n);
  expect(found?.n).toBe(n);
  expect(found?.at).toBe(last);
  expectNear(found?.meanT, meanT, 1e-6 * window.overMs);
  expectNear(found?.sxx, sxx, 1e-6 * sxx);
  expectNear(
    (found?.slope ?? 0) * window.overMs,
    slope * window.overMs,
    1e-6 * (scale + Math.abs(slope) * window.overMs),
  );
  expectNear(found?.value, middle + value(0), 1e-6 * scale + 1e-12 * Math.abs(middle));
  expectNear(found?.s2, residual / (n - 2), 1e-6 * (syy / (n - 2)));
  expectNear(found?.seSlope, Math.sqrt((found?.s2 ?? 0) / sxx), 1e-6 * Math.sqrt(syy / sxx));
  if (syy > 0) {
    const normal = points.map(([t = 0, v = 0]) => [t / window.overMs, v / scale]);
    expectNear(found?.r2, rSquared(normal, linearRegressionLine(linearRegression(normal))), 1e-6);
  }
}

function expectNear(actual: number | undefined, expected: number, tolerance: number): void {
  expect(Math.abs((actual ?? Number.NaN) - expected)).toBeLessThanOrEqual(tolerance);
}
