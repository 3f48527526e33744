import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ewma, type EwmaSnapshot } from '../../../../src/rules/statistics/ewma.ts';
import { createNoise, meanRunLength } from './noise.ts';

const samples = fc.array(
  fc.record({ gap: fc.integer({ min: 1, max: 100_000 }), z: fc.double({ min: -10, max: 10, noNaN: true }) }),
  { minLength: 1, maxLength: 80 },
);

describe('EWMA', () => {
  it.each([
    [2.86, 0, 367, 20_000],
    [2.86, 1, 8.9, 20_000],
    [2.96, 0, 479, 20_000],
    [2.96, 1, 9.5, 20_000],
  ])(
    'with λ = 0.2 and L = %f meets a shift of %f σ after %f samples on average, to 4 %%',
    (width, shift, arl, runs) => {
      const noise = createNoise(`ewma/${width}/${shift}`);
      const found = meanRunLength(runs, () => {
        const ewma = new Ewma({ lambda: 0.2 });
        return () => {
          ewma.add(0, noise() + shift);
          return Math.abs(ewma.score) > width;
        };
      });
      expect(Math.abs(found / arl - 1)).toBeLessThan(0.04);
    },
  );

  it('has the control limits μ ± L·σ·√(λ/(2-λ)·(1-(1-λ)^2t))', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), samples, (lambda, list) => {
        const ewma = new Ewma({ lambda });
        let t = 0;
        for (const { z } of list) {
          ewma.add(++t, z);
          const half = 2.7 * 0.5 * Math.sqrt((lambda / (2 - lambda)) * (1 - (1 - lambda) ** (2 * t)));
          const { lower, upper } = ewma.limits(20, 0.5, 2.7);
          expect(lower).toBeCloseTo(20 - half, 9);
          expect(upper).toBeCloseTo(20 + half, 9);
          expect(ewma.score * half).toBeCloseTo(2.7 * 0.5 * ewma.value, 9);
        }
      }),
    );
  });

  it('weighs an uneven sample by 1 - exp(-Δt/τ)', () => {
    const ewma = new Ewma({ tauMs: 60_000 });
    ewma.add(1000, 2);
    expect(ewma.value).toBe(2);
    ewma.add(61_000, 0);
    expect(ewma.value).toBeCloseTo(2 * Math.exp(-1), 12);
    ewma.add(61_000, 50);
    ewma.add(30_000, 50);
    expect(ewma.value).toBeCloseTo(2 * Math.exp(-1), 12);
    ewma.add(361_000, 0);
    expect(ewma.value).toBeCloseTo(2 * Math.exp(-6), 12);
  });

  it('has at a constant interval with a time constant the variance of the constant weight', () => {
    const uneven = new Ewma({ tauMs: -1000 / Math.log(0.8) });
    for (let t = 0; t < 200; t++) uneven.add(t * 1000, 0);
    expect(uneven.limits(0, 1, 3).upper).toBeCloseTo(3 * Math.sqrt(0.2 / 1.8), 9);
  });

  it('keeps in bounds 99.7 % of unevenly sampled noise at L = 3', () => {
    const noise = createNoise('uneven');
    const ewma = new Ewma({ tauMs: 30_000 });
    let beyond = 0;
    let ts = 0;
    for (let i = 0; i < 200_000; i++) {
      ts += 1000 + 20_000 * Math.abs(noise());
      ewma.add(ts, noise());
      if (Math.abs(ewma.score) > 3) beyond++;
    }
    expect(beyond / 200_000).toBeGreaterThan(0.0022);
    expect(beyond / 200_000).toBeLessThan(0.0032);
  });

  it('goes on after a restart as if there had been none', () => {
    const weight = fc.constantFrom({ lambda: 0.1 }, { tauMs: 20_000 });
    fc.assert(
      fc.property(weight, samples, fc.nat({ max: 80 }), (kind, list, at) => {
        const through = new Ewma(kind);
        let stopped = new Ewma(kind);
        let ts = 0;
        list.forEach(({ gap, z }, i) => {
          if (i === at) {
            const saved = JSON.parse(JSON.stringify(stopped.snapshot())) as EwmaSnapshot;
            stopped = new Ewma(kind);
            stopped.restore(saved);
          }
          ts += gap;
          through.add(ts, z);
          stopped.add(ts, z);
        });
        expect(stopped.value).toBe(through.value);
        expect(stopped.score).toBe(through.score);
      }),
    );
  });

  it('says 0 before the first sample and after a reset', () => {
    const ewma = new Ewma({ lambda: 0.2 });
    expect(ewma.score).toBe(0);
    ewma.add(0, 5);
    expect(ewma.score).toBeCloseTo(5);
    ewma.reset();
    expect(ewma.score).toBe(0);
  });
});
