import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differenceOf } from '../../../src/backtest/difference.ts';
import type { PastAlarm } from '../../../src/backtest/past-alarm.ts';
import { NOON } from '../../helpers/readings.ts';
import { alarmAt } from './past.ts';

const END = NOON + 3_600_000;

describe('difference', () => {
  test('a longer delay comes later, a shorter one earlier, though they share no instant but the first sample', () => {
    const before = [alarmAt(10, 40, { occurredAt: NOON + 5_000 })];
    const after = [alarmAt(35, 40, { occurredAt: NOON + 5_000 })];
    const later = differenceOf(before, after, END);
    expect(later).toMatchObject({ kept: 1, later: [{ delayMs: 25_000 }], delay: { meanMs: 25_000, maxMs: 25_000 } });
    expect(differenceOf(after, before, END)).toMatchObject({ earlier: [{ delayMs: -25_000 }], later: [], delay: null });
  });

  test('added and removed by key and time', () => {
    const a = alarmAt(10, 20);
    const b = alarmAt(100, 120);
    const c = alarmAt(10, 20, { key: 'other' });
    expect(differenceOf([a, b], [b, c], END)).toMatchObject({ removed: [a], added: [c], kept: 1, merged: [] });
  });

  test('raises that a deadband makes one are merged, not removed', () => {
    const raises = [alarmAt(10, 20), alarmAt(30, 40), alarmAt(50, 60)];
    const difference = differenceOf(raises, [alarmAt(10, 70)], END);
    expect(difference).toMatchObject({ kept: 1, merged: [raises[1], raises[2]], removed: [], added: [] });
  });

  test('another tier is told', () => {
    const difference = differenceOf([alarmAt(10, 20)], [alarmAt(10, 20, { tier: 'orange' })], END);
    expect(difference.retiered).toHaveLength(1);
    expect(difference.later).toEqual([]);
  });

  test('every alarm is counted once, and nothing differs from itself', () => {
    const run = fc
      .array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 60 })))
      .map((parts): PastAlarm[] => {
        const second: Record<string, number> = { a: 0, b: 0 };
        const alarms = parts.map(([key, gap, length]) => {
          const from = (second[key] ?? 0) + gap;
          second[key] = from + length;
          return alarmAt(from, from + length, { key });
        });
        return alarms.sort((x, y) => x.raisedAt - y.raisedAt);
      });
    fc.assert(
      fc.property(run, run, (before, after) => {
        const { kept, removed, merged, added } = differenceOf(before, after, END);
        expect(kept + removed.length + merged.length).toBe(before.length);
        expect(kept + added.length).toBe(after.length);
        const same = differenceOf(before, before, END);
        expect(same).toMatchObject({ kept: before.length, added: [], removed: [], earlier: [], later: [] });
      }),
      { numRuns: 200 },
    );
  });
});
