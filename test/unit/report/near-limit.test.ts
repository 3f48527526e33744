import { describe, expect, test } from 'vitest';
import type { Limit } from '../../../src/model/limit.ts';
import type { Quality } from '../../../src/model/quality.ts';
import { nearLimits } from '../../../src/report/near-limit.ts';
import { HOUR_MS, slopeTowards } from '../../../src/report/slope.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildLimit, watchedDevice } from '../../helpers/watched.ts';

const LL = buildLimit('LL', 1);
const L = buildLimit('L', 2);
const H = buildLimit('H', 6);
const HH = buildLimit('HH', 8);

function near(
  value: number,
  limits: readonly Limit[],
  range: readonly [number, number] | null = null,
  quality: Quality = 'good',
) {
  const plain = watchedDevice({ limits });
  const device = { ...plain, points: plain.points.map((point) => ({ ...point, range })) };
  const saved = { ts: NOON, value, quality, holds: [], freshAt: NOON, overtakenSince: null };
  const state = { seq: 1, seenAt: NOON, absent: false, points: { p: saved }, rules: {} };
  return nearLimits(device, state)[0] ?? null;
}

describe('nearness to a limit', () => {
  test.each([
    ['in the middle of two', 4, [L, H], null, 'H', 0.5],
    ['close to the upper one', 5.6, [L, H], null, 'H', 0.9],
    ['close to the lower one', 2.4, [L, H], null, 'L', 0.9],
    ['beyond H, the next one is HH', 7.5, [L, H, HH], null, 'HH', 0.75],
    ['beyond L, the next one is LL', 1.25, [LL, L, H], null, 'LL', 0.75],
    ['with one limit, against the end of the range', 4.5, [H], [0, 10], 'H', 0.75],
    ['with one limit and no range, against the limit itself', 4.5, [H], null, 'H', 0.75],
  ] as const)('%s', (_, value, limits, range, name, share) => {
    const found = near(value, limits, range);
    expect(found?.limit.name).toBe(name);
    expect(found?.share).toBeCloseTo(share, 12);
  });

  test('nothing is ahead of the last limit, and nothing is said of what is not known', () => {
    expect(near(9, [H, HH], null)).toBeNull();
    expect(near(5, [H], null, 'bad')).toBeNull();
    expect(near(5, [], null)).toBeNull();
  });
});

describe('slope towards a limit', () => {
  const means = (perHour: number, hours = 24) =>
    Array.from({ length: hours }, (_, i) => ({ ts: NOON + i * HOUR_MS, value: 5 + perHour * i }));
  const ahead = near(5, [L, H]);

  test('says how much of the span is gone in a day, and when it is there', () => {
    const slope = ahead && slopeTowards(ahead, means(0.1));
    expect(slope?.perHour).toBeCloseTo(0.1, 9);
    expect(slope?.spanPerDay).toBeCloseTo(0.6, 9);
    expect(slope?.reachesInMs).toBeCloseTo(10 * HOUR_MS, 3);
  });

  test('says nothing of one that moves away, is level, or is known too little of', () => {
    expect(ahead && slopeTowards(ahead, means(-0.1))).toBeNull();
    expect(ahead && slopeTowards(ahead, means(0))).toBeNull();
    expect(ahead && slopeTowards(ahead, means(0.1, 5))).toBeNull();
  });
});
