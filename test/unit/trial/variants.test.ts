import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Delivery } from '../../../src/trial/trial.ts';
import { duplicated, numbered, shuffled } from '../../../src/trial/variants.ts';

const times = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 2 })), { maxLength: 60 });
const feeds = times.map((list): Delivery[] => {
  let ts = 0;
  return list.map(([gap, device], value) => {
    ts += 1_000 * gap;
    return { arrives: ts, ts, device, seq: null, values: { p: value }, qualities: {}, historical: false };
  });
});
const seeds = fc.integer({ min: 0, max: 10_000 });

describe('variants', () => {
  test('repeats come within the lateness, never before the first and never alone', () => {
    fc.assert(
      fc.property(feeds, seeds, fc.double({ min: 0, max: 1, noNaN: true }), (feed, seed, share) => {
        const all = duplicated(feed, share, seed, 10_000);
        const seen = new Set<unknown>();
        for (const [place, delivery] of all.entries()) {
          const before = all[place - 1];
          if (before) expect(delivery.arrives).toBeGreaterThanOrEqual(before.arrives);
          const value = delivery.values['p'];
          if (!seen.has(value)) {
            seen.add(value);
            continue;
          }
          expect(delivery.arrives - delivery.ts).toBeLessThanOrEqual(10_000);
          expect(feed.some(({ device, arrives }) => device === delivery.device && arrives === delivery.arrives)).toBe(
            true,
          );
        }
        expect(seen.size).toBe(feed.length);
      }),
    );
  });

  test('a share of 100 % repeats everything, one of 0 % nothing', () => {
    fc.assert(
      fc.property(feeds, seeds, (feed, seed) => {
        expect(duplicated(feed, 1, seed, 10_000)).toHaveLength(2 * feed.length);
        expect(duplicated(feed, 0, seed, 10_000)).toEqual(feed);
      }),
    );
  });

  test('a shuffle keeps every reading, its time and its number, and is late by less than told', () => {
    fc.assert(
      fc.property(feeds, seeds, fc.integer({ min: 1, max: 10_000 }), (feed, seed, withinMs) => {
        const inOrder = numbered(feed);
        const other = shuffled(inOrder, withinMs, seed);
        const bySource = other.toSorted((a, b) => Number(a.values['p']) - Number(b.values['p']));
        expect(bySource.map(({ ts, seq }) => [ts, seq])).toEqual(inOrder.map(({ ts, seq }) => [ts, seq]));
        for (const { ts, arrives } of other) {
          expect(arrives).toBeGreaterThanOrEqual(ts);
          expect(arrives - ts).toBeLessThan(withinMs);
        }
      }),
    );
  });
});
