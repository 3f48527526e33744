import { describe, expect, test } from 'vitest';
import { againstTargets } from '../../../src/alerts/statistics/targets.ts';
import { alarmLoad } from '../../../src/backtest/alarm-load.ts';
import { NOON } from '../../helpers/readings.ts';
import { alarmAt } from './past.ts';

const HOUR = 3600;
const span = (hours: number) => ({ from: NOON, to: NOON + hours * HOUR * 1000 });
const keyed = (key: string, from: number, to: number | null) => alarmAt(from, to, { key });

describe('alarm load', () => {
  test('nothing is nothing', () => {
    const load = alarmLoad([], span(24), 1);
    expect(load).toMatchObject({ perHour: 0, peakTenMinutes: 0, floodShare: 0, overloadedShare: 0, topTenShare: 0 });
    expect(againstTargets(load).every(({ met }) => met)).toBe(true);
  });

  test('calls are raises and escalations, for one operator', () => {
    const twice = { calls: [NOON + 10_000, NOON + 20_000] };
    const load = alarmLoad([alarmAt(10, 100, twice), keyed('b', 15, 100)], span(2), 2);
    expect(load).toMatchObject({
      alarms: 2,
      calls: 3,
      perHour: 0.75,
      peakMinute: 1.5,
      peakTenMinutes: 1.5,
      peakHour: 1.5,
    });
  });

  test('a window does not hold both of its ends', () => {
    expect(alarmLoad([keyed('a', 0, 1), keyed('b', 600, 601)], span(1), 1).peakTenMinutes).toBe(1);
    expect(alarmLoad([keyed('a', 0, 1), keyed('b', 599, 601)], span(1), 1).peakTenMinutes).toBe(2);
  });

  test('a flood begins with the 11th call in 10 minutes and ends when fewer than 5 are left', () => {
    const burst = Array.from({ length: 11 }, (_, i) => keyed(`k${i}`, i * 10, 5_000));
    const { floods, floodShare } = alarmLoad(burst, span(1), 1);
    // The 7th of 11 is 10 minutes ago at 660 s: 4 are left.
    expect(floods).toEqual([{ from: NOON + 100_000, to: NOON + 660_000 }]);
    expect(floodShare).toBeCloseTo(560 / 3600, 12);
    expect(alarmLoad(burst, span(1), 2).floods).toEqual([]);
    expect(alarmLoad(burst.slice(1), span(1), 1).floods).toEqual([]);
  });

  test('a flood goes on at the end at the latest until then', () => {
    const burst = Array.from({ length: 11 }, (_, i) => keyed(`k${i}`, 3590 + i, null));
    expect(alarmLoad(burst, span(1), 1).floods).toEqual([{ from: NOON + 3_600_000, to: NOON + 3_600_000 }]);
  });

  test('10-minute periods with more than 10 calls', () => {
    const burst = Array.from({ length: 11 }, (_, i) => keyed(`k${i}`, 1_200 + i, 5_000));
    expect(alarmLoad(burst, span(1), 1).overloadedShare).toBeCloseTo(1 / 6, 12);
  });

  test('three raises within a minute chatter', () => {
    const three = [keyed('a', 0, 5), keyed('a', 20, 25), keyed('a', 59, 65), keyed('a', 300, 400)];
    expect(alarmLoad(three, span(1), 1).chattering).toEqual([{ key: 'a', alarms: 3 }]);
    expect(
      alarmLoad(
        [three[0], three[1], keyed('a', 60, 65)].flatMap((one) => one ?? []),
        span(1),
        1,
      ).chattering,
    ).toEqual([]);
  });

  test('short and alone is fleeting', () => {
    const alarms = [keyed('a', 0, 30), keyed('b', 0, 30), keyed('b', 40, 50), keyed('c', 0, 60), keyed('d', 0, null)];
    expect(alarmLoad(alarms, span(1), 1).fleeting).toBe(1);
  });

  test('24 hours in force is stale, from then on', () => {
    const alarms = [
      keyed('a', 0, 24 * HOUR),
      keyed('b', HOUR, 30 * HOUR),
      keyed('c', 0, 23 * HOUR),
      keyed('d', 0, null),
    ];
    expect(alarmLoad(alarms, span(48), 1)).toMatchObject({ stale: 3, staleAtOnce: 2 });
  });

  test('the most frequent first, with their part of all', () => {
    const alarms = [keyed('a', 0, 10), keyed('b', 0, 10), keyed('b', 100, 120), keyed('b', 200, null)];
    const { badActors, topTenShare } = alarmLoad(alarms, span(1), 1);
    expect(badActors).toMatchObject([
      { key: 'b', count: 3, share: 0.75, activeMs: 10_000 + 20_000 + 3_400_000 },
      { key: 'a', count: 1, share: 0.25 },
    ]);
    expect(topTenShare).toBe(1);
  });
});
