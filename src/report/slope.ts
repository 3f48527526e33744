import { fit, isSignificant } from '../rules/statistics/regression.ts';
import { Window } from '../rules/window.ts';
import type { NearLimit } from './near-limit.ts';

/** A point that has moved towards its limit over the last day. */
export interface SteepSlope extends NearLimit {
  /** Least-squares slope of the hourly means, in the unit of the point an hour. */
  readonly perHour: number;
  /** Part of the span that it moves in a day, 0 and more. */
  readonly spanPerDay: number;
  /** How long until it is there if it goes on so, milliseconds. */
  readonly reachesInMs: number;
  readonly hours: number;
}

export const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
/** Fewer hourly means say nothing of a day [D]. */
const LEAST_HOURS = 6;
/** The slope must stand out of the noise by so many standard errors [D]. */
const KAPPA = 3;

/** How a point moves towards the limit ahead by its hourly means; null = it does not, or too little is known. */
export function slopeTowards(
  near: NearLimit,
  means: readonly { readonly ts: number; readonly value: number }[],
): SteepSlope | null {
  const window = new Window((DAY_HOURS + 1) * HOUR_MS);
  for (const { ts, value } of means) window.add(ts, value);
  const line = window.count < LEAST_HOURS ? null : fit(window);
  if (!line || !isSignificant(line, KAPPA)) return null;
  const perHour = line.slope * HOUR_MS;
  if (Math.sign(perHour) !== Math.sign(near.limit.at - near.value)) return null;
  const speed = Math.abs(perHour);
  return {
    ...near,
    perHour,
    spanPerDay: (speed * DAY_HOURS) / near.span,
    reachesInMs: (near.distance / speed) * HOUR_MS,
    hours: means.length,
  };
}
