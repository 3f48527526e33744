import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SAMPLES, Window } from '../../../src/rules/window.ts';

const START = 1_795_299_592_000;

describe('window', () => {
  const sample = fc.record({
    gap: fc.integer({ min: 250, max: 90_000 }),
    value: fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.integer({ min: -5, max: 5 })),
  });

  it('gives for the same samples the same numbers to the last bit, whatever came before them', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 300 }), (list) => {
        const lived = new Window(60_000);
        let ts = START;
        for (const { gap, value } of list) {
          ts += gap;
          lived.add(ts, value);
          const restored = new Window(60_000);
          restored.load(lived.toArray());
          expect(restored.toArray()).toEqual(lived.toArray());
          expect(restored.moments()).toEqual(lived.moments());
          expect(restored.change()).toBe(lived.change());
        }
      }),
    );
  });

  it('does not care in which order its samples came', () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1 });
    fc.assert(
      fc.property(times, (order) => {
        const inOrder = new Window(60_000);
        const shuffled = new Window(60_000);
        const value = (s: number) => Math.sin(s) * 1e3;
        for (const s of [...order].sort((a, b) => a - b)) inOrder.add(START + s * 1000, value(s));
        for (const s of order) shuffled.add(START + s * 1000, value(s));
        expect(shuffled.toArray()).toEqual(inOrder.toArray());
        expect(shuffled.moments()).toEqual(inOrder.moments());
      }),
    );
  });

  it('finds in a ramp of exactly a set point that set point', () => {
    const decimal = fc.integer({ min: -9999, max: 9999 }).map((whole) => whole / 100);
    fc.assert(
      fc.property(decimal, decimal, fc.integer({ min: 3, max: 61 }), (from, by, count) => {
        const window = new Window(60_000);
        for (let i = 0; i < count; i++) {
          const ms = Math.round((i * 60_000) / (count - 1));
          window.add(START + ms, from + (by * ms) / 60_000);
        }
        expect(window.change()).toBe(by + 0);
      }),
      { numRuns: 300 },
    );
  });

  it('has no change with fewer than two samples', () => {
    const window = new Window(60_000);
    expect([window.count, window.spanMs, window.change(), window.moments()]).toEqual([0, 0, 0, null]);
    window.add(START, 5);
    expect([window.count, window.spanMs, window.change()]).toEqual([1, 0, 0]);
  });

  it('forgets, and begins again', () => {
    const window = new Window(60_000);
    for (let s = 0; s < 500; s++) window.add(START + s * 1000, s);
    window.clear();
    expect(window.toArray()).toEqual([]);
    window.add(START - 1e9, 1);
    window.add(START - 1e9 + 30_000, 2);
    expect(window.toArray()).toEqual([START - 1e9, 1, START - 1e9 + 30_000, 2]);
    expect(window.change()).toBe(2);
  });

  it('holds no more than a bounded number of samples, however late they come', () => {
    const window = new Window(60_000);
    window.add(START, 0);
    for (let ms = 60_000; ms > 0; ms -= 50) window.add(START - ms, ms);
    expect(window.count).toBeLessThanOrEqual(MAX_SAMPLES + 1);
  });
});
