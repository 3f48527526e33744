import type { ActiveLevel } from '../model/condition.ts';
import type { Point, RateLimit } from '../model/device.ts';
import type { Verdict } from './hold.ts';
import type { Window } from './window.ts';

/**
 * Rate of change: the least-squares slope over the window, given as change per window. With too
 * few samples, or samples over less than half the window, it says nothing: two close points are not a slope.
 */
export function judgeRate(rate: RateLimit, window: Window): Verdict {
  if (window.count < rate.minSamples || window.spanMs < rate.overMs / 2) return 'between';
  const change = rate.direction === 'rising' ? window.change() : -window.change();
  if (change >= rate.by) return 'tripped';
  return change < rate.by - rate.deadband ? 'cleared' : 'between';
}

export function rateLevel(point: Point, rate: RateLimit): ActiveLevel {
  return {
    condition: `${point.id}.${rate.direction}`,
    rank: 1,
    tier: rate.tier,
    limit: rate.by,
    latch: rate.latch,
  };
}
