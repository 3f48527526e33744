import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cusum, type CusumSnapshot } from '../../../../src/rules/statistics/cusum.ts';
import { createNoise, meanRunLength } from './noise.ts';

describe('CUSUM', () => {
  it.each([
    [4, 0, 167, 20_000],
    [4, 1, 8.4, 20_000],
    [4, 2, 3.3, 20_000],
    [5, 0, 469, 20_000],
    [5, 1, 10.3, 20_000],
    [5, 2, 4.0, 20_000],
    [5, -1, 10.3, 20_000],
  ])('with k = 0.5 and h = %f meets a shift of %f σ after %f samples on average, to 3 %%', (h, shift, arl, runs) => {
    const noise = createNoise(`cusum/${h}/${shift}`);
    const found = meanRunLength(runs, () => {
      const cusum = new Cusum({ k: 0.5, h });
      return () => cusum.add(0, noise() + shift) !== null;
    });
    expect(Math.abs(found / arl - 1)).toBeLessThan(0.03);
  });

  it('is the recursion of Page below its cap', () => {
    const zs = fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { maxLength: 60 });
    fc.assert(
      fc.property(zs, (list) => {
        const cusum = new Cusum({ k: 0.5, h: 1000 });
        // The greatest sum over any run that ends here: the same thing said without a recursion.
        list.forEach((z, i) => {
          cusum.add(i, z);
          let best = 0;
          let run = 0;
          for (let j = i; j >= 0; j--) {
            run += (list[j] ?? 0) - 0.5;
            best = Math.max(best, run);
          }
          expect(cusum.high.sum).toBeCloseTo(best, 9);
        });
      }),
    );
  });

  it('names side and time of the change', () => {
    const cusum = new Cusum({ k: 0.5, h: 4 });
    const seen = [0, 0.4, -0.2, 0.3, 2, 2, 2].map((z, i) => cusum.add(1000 * i, z));
    expect(seen).toEqual([null, null, null, null, null, null, 'high']);
    expect(cusum.high).toEqual({ sum: 4.5, since: 4000 });
    expect(cusum.low).toEqual({ sum: 0, since: null });
    cusum.reset();
    expect(cusum.worst).toBe(0);
    const falling = [-2, -2, -2].map((z, i) => cusum.add(7000 + 1000 * i, z));
    expect(falling).toEqual([null, null, 'low']);
    expect(cusum.low.since).toBe(7000);
    expect(cusum.worst).toBe(4.5);
  });

  it('keeps signalling while the deviation lasts and ends soon after it, however long it was', () => {
    const cusum = new Cusum({ k: 0.5, h: 5 });
    for (let t = 0; t < 10_000; t++) cusum.add(t, 3);
    expect(cusum.high).toEqual({ sum: 10, since: 0 });
    for (let t = 0; t < 9; t++) expect(cusum.add(10_000 + t, 0)).toBe('high');
    expect(cusum.add(10_009, 0)).toBeNull();
  });

  it('goes on after a restart as if there had been none', () => {
    const zs = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(zs, fc.nat({ max: 60 }), (list, at) => {
        const through = new Cusum({ k: 0.5, h: 4 });
        let stopped = new Cusum({ k: 0.5, h: 4 });
        list.forEach((z, i) => {
          if (i === at) {
            const saved = JSON.parse(JSON.stringify(stopped.snapshot())) as CusumSnapshot;
            stopped = new Cusum({ k: 0.5, h: 4 });
            stopped.restore(saved);
          }
          expect(stopped.add(i, z)).toBe(through.add(i, z));
        });
        expect(stopped.snapshot()).toEqual(through.snapshot());
      }),
    );
  });
});
