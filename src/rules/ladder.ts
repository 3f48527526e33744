import type { ActiveLevel } from '../model/condition.ts';
import type { Point } from '../model/device.ts';
import type { Limit, LimitName } from '../model/limit.ts';
import type { Hold, Verdict } from './hold.ts';
import { isActive } from './hold.ts';

/** The two sides of a limit ladder; each side is one alarm. */
export type Side = 'high' | 'low';

const SIDE: Readonly<Record<LimitName, Side>> = { LL: 'low', L: 'low', H: 'high', HH: 'high' };
const RANK: Readonly<Record<LimitName, number>> = { LL: 2, L: 1, H: 1, HH: 2 };

export function sideOf(limit: Limit): Side {
  return SIDE[limit.name];
}

/** Trips at >= (H, HH) or <= (L, LL); clears strictly beyond the set point less its deadband. */
export function judgeLimit(limit: Limit, value: number): Verdict {
  if (sideOf(limit) === 'high') {
    if (value >= limit.at) return 'tripped';
    return value < limit.at - limit.deadband ? 'cleared' : 'between';
  }
  if (value <= limit.at) return 'tripped';
  return value > limit.at + limit.deadband ? 'cleared' : 'between';
}

/** The worst limit in force on a side, or null. `holds` are in the order of `point.limits`. */
export function ladderLevel(point: Point, holds: readonly Hold[], side: Side): Limit | null {
  let worst: Limit | null = null;
  for (let i = 0; i < holds.length; i++) {
    const limit = point.limits[i];
    const hold = holds[i];
    if (!limit || !hold || sideOf(limit) !== side || !isActive(hold)) continue;
    if (worst === null || RANK[limit.name] > RANK[worst.name]) worst = limit;
  }
  return worst;
}

export function limitLevel(point: Point, limit: Limit): ActiveLevel {
  return {
    condition: `${point.id}.${limit.name}`,
    rank: RANK[limit.name],
    tier: limit.tier,
    limit: limit.at,
    latch: limit.latch,
    measured: null,
  };
}
