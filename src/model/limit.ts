import type { Tier } from './tier.ts';

/** Names of the four limits, LL and L below, H and HH above. */
export const LIMIT_NAMES = ['LL', 'L', 'H', 'HH'] as const;

export type LimitName = (typeof LIMIT_NAMES)[number];

/** What an operator must know to answer an alarm (ISA-18.2 rationalisation). */
export interface Why {
  readonly cause?: string;
  readonly consequence?: string;
  readonly action?: string;
  /** Time the operator has before the consequence. */
  readonly responseTimeMs?: number;
}

/** One limit of a point, in force for one device. */
export interface Limit {
  readonly name: LimitName;
  /** Set point, in the unit of the point. Trips at >= (H, HH) or <= (L, LL). */
  readonly at: number;
  /** Clears only beyond `at` -/+ `deadband`, in the unit of the point. */
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly tier: Tier;
  /** A latched alarm stays until a person resets it. */
  readonly latch: boolean;
}

/** Rate of change: trips when the fitted slope reaches `by` per `overMs`. */
export interface RateLimit {
  /** `changing` is either way. */
  readonly direction: 'rising' | 'falling' | 'changing';
  /** Change over the window, positive, in the unit of the point. */
  readonly by: number;
  readonly overMs: number;
  readonly minSamples: number;
  /** Least squares, or the median of the slopes of all pairs, which a few wild samples cannot bend. */
  readonly method: 'leastSquares' | 'theilSen';
  /** The slope counts only if it is more than so many standard errors from zero; 0 = always. Least squares only. */
  readonly significance: number;
  /** No verdict while neighbouring samples of the window are further apart; null = however far they are. */
  readonly maxGapMs: number | null;
  /** Clears when the change over the window is below `by` - `deadband`. */
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly tier: Tier;
  readonly latch: boolean;
}

/** Default gap that a slope may have, as a part of its window [D]; and in intervals, so that one lost report is none. */
const GAP_OF_WINDOW = 1 / 3;
const GAP_INTERVALS = 2;

/** Widest gap in a window of `overMs` where nothing is said; null = any, since the device speaks on change only. */
export function defaultGap(overMs: number, intervalMs: number | null): number | null {
  return intervalMs === null ? null : Math.max(overMs * GAP_OF_WINDOW, GAP_INTERVALS * intervalMs);
}

/** How far a device's clock may be from ours before that is an alarm. */
export interface ClockLimit {
  readonly withinMs: number;
  /** How long it must stay beyond. */
  readonly forMs: number;
  readonly tier: Tier;
}
