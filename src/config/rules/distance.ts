import type { Point } from '../../model/device.ts';
import { tidy } from '../text.ts';
import type { RulePlace } from './draft.ts';

/** Default deadband of a distance, as a part of `by`. */
const DEADBAND = 0.2;

/** The deadband as written, or a fifth of the distance. */
export function deadbandOf({ by, deadband }: { readonly by: number; readonly deadband?: number }): number {
  return deadband ?? tidy(by * DEADBAND);
}

/** Reports a distance that two values within `furthest` of each other never reach. */
export function checkReach(by: number, furthest: number, place: RulePlace): void {
  if (by <= furthest) return;
  const message = `the values can be ${tidy(furthest)} apart at most within their range: it would never trip`;
  place.error('RULE_OUTSIDE_RANGE', 'by', by, message);
}

/** How far above and below `reference` a point can be; Infinity where it has no range. */
export function reachOf(point: Point, reference: number): { readonly high: number; readonly low: number } {
  const [lowest, highest] = point.range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return { high: highest - reference, low: reference - lowest };
}
