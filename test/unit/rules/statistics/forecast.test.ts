import { describe, expect, it } from 'vitest';
import { type ForecastTarget, forecast, type TimeToLimit } from '../../../../src/rules/statistics/forecast.ts';
import { type Fit, fit } from '../../../../src/rules/statistics/regression.ts';
import { studentQuantile } from '../../../../src/rules/statistics/student.ts';
import { Window } from '../../../../src/rules/window.ts';
import { createNoise } from './noise.ts';

const START = 1_795_299_592_000;
const TARGET: ForecastTarget = { limit: 10, sense: 'above', windowMs: 60_000, minSamples: 5, kappa: 3 };

describe('time to limit', () => {
  it('is (L - a)/b on a line without noise, either way', () => {
    expect(forecast(fit(line(8, 0.02)), TARGET)).toMatchObject({ confidence: 'high' });
    const up = given(line(8, 0.02), TARGET);
    expect([up.earliestMs, up.expectedMs, up.latestMs].map(Math.round)).toEqual([100_000, 100_000, 100_000]);
    const down = given(line(8, -0.02), { ...TARGET, limit: 7, sense: 'below' });
    expect([down.earliestMs, down.expectedMs, down.latestMs].map(Math.round)).toEqual([50_000, 50_000, 50_000]);
  });

  it('is 0 where the limit is reached, whatever the slope', () => {
    const now = { kind: 'timeToLimit', expectedMs: 0, earliestMs: 0, latestMs: 0 };
    for (const slope of [-0.02, 0, 0.02]) {
      expect(forecast(fit(line(10.5, slope)), TARGET)).toMatchObject(now);
      expect(forecast(fit(line(5, slope)), { ...TARGET, limit: 6, sense: 'below' })).toMatchObject(now);
    }
  });

  it.each([
    ['tooFewSamples', line(8, 0.02), { minSamples: 14 }],
    ['tooFewSamples', new Window(60_000), {}],
    ['slopeInsignificant', line(8, 0), {}],
    ['slopeInsignificant', line(8, 0.001, 0.5), {}],
    ['movingAway', line(8, -0.02), {}],
    ['movingAway', line(8, 0.02), { limit: 6, sense: 'below' }],
    ['beyondHorizon', line(8, 0.011), {}],
  ] as const)('is refused: %s', (reason, window, change) => {
    expect(forecast(fit(window), { ...TARGET, ...change })).toEqual({ kind: 'refused', reason });
  });

  it('is refused for want of a far end where five samples bear out the slope by κ = 3, but not at 95 %', () => {
    const slope = 2e-5;
    const of = (errors: number): Fit => {
      const seSlope = slope / errors;
      const sxx = 2.25e9;
      return { at: START, value: 9, slope, n: 5, meanT: -30_000, sxx, s2: seSlope ** 2 * sxx, seSlope, r2: 0.77 };
    };
    expect(forecast(of(2.9), TARGET)).toEqual({ kind: 'refused', reason: 'slopeInsignificant' });
    expect(forecast(of(3.1), TARGET)).toEqual({ kind: 'refused', reason: 'noFiniteInterval' });
    expect(forecast(of(3.3), TARGET)).toMatchObject({ kind: 'timeToLimit', confidence: 'low' });
  });

  it('has ends that solve the quadratic equation of Fieller', () => {
    for (const sigma of [0.001, 0.02, 0.1, 0.2]) {
      const window = line(8, 0.02, sigma);
      const found = fit(window);
      if (!found) throw new Error('no fit');
      const { value: a, slope: b, n, meanT, sxx, s2 } = found;
      const { earliestMs, latestMs } = given(window, TARGET);
      const k2 = studentQuantile(0.95, n - 2) ** 2 * s2;
      const A = b * b - k2 / sxx;
      const B = 2 * ((a - 10) * b + (k2 * meanT) / sxx);
      const C = (a - 10) ** 2 - k2 * (1 / n + (meanT * meanT) / sxx);
      const root = Math.sqrt(B * B - 4 * A * C);
      expect(earliestMs).toBeCloseTo((-B - root) / (2 * A), 1);
      expect(latestMs).toBeCloseTo((-B + root) / (2 * A), 1);
    }
  });

  it('says how much it is worth', () => {
    const worth = (sigma: number) => given(line(8, 0.02, sigma), TARGET).confidence;
    expect([0.02, 0.2, 0.4].map(worth)).toEqual(['high', 'medium', 'low']);
  });

  it('starts at 0 where the limit may be reached already', () => {
    const { earliestMs, expectedMs } = given(line(9.99, 0.02, 0.1), { ...TARGET, limit: 10.05 });
    expect(earliestMs).toBe(0);
    expect(expectedMs).toBeGreaterThan(0);
  });

  it.each([
    [5, 0.02],
    [13, 0.05],
    [61, 0.1],
  ])('covers the true time in 95 %% of cases, with %d samples', (count, sigma) => {
    const noise = createNoise(`coverage/${count}`);
    const cases = 20_000;
    let covered = 0;
    let given = 0;
    for (let i = 0; i < cases; i++) {
      const window = new Window(60_000);
      for (let s = 0; s < count; s++) {
        const t = -60_000 + (s * 60_000) / (count - 1);
        window.add(START + t, 8 + 2e-5 * t + sigma * noise());
      }
      const found = forecast(fit(window), { ...TARGET, kappa: 0 });
      if (found.kind === 'refused') continue;
      given++;
      if (found.earliestMs <= 100_000 && found.latestMs >= 100_000) covered++;
    }
    expect(given).toBeGreaterThan(0.99 * cases);
    expect(covered / given).toBeGreaterThan(0.945);
    expect(covered / given).toBeLessThan(0.956);
  });
});

/** A minute of samples every 5 s that ends at `value`, with `slope` a second and noise of deviation `sigma`. */
function line(value: number, slope: number, sigma = 0): Window {
  const noise = createNoise('line');
  const window = new Window(60_000);
  for (let s = -60; s <= 0; s += 5) window.add(START + s * 1000, value + slope * s + sigma * noise());
  return window;
}

function given(window: Window, target: ForecastTarget): TimeToLimit {
  const found = forecast(fit(window), target);
  if (found.kind === 'refused') throw new Error(found.reason);
  return found;
}
