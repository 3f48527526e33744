import { HORIZON_WINDOWS } from '../../model/rule.ts';
import { type Fit, isSignificant } from './regression.ts';
import { studentQuantile } from './student.ts';

/** Two-sided level of the interval. */
const CONFIDENCE = 0.95;
/** Half-width of the interval, as a share of the expected time, below which a forecast is worth this much [D]. */
const HIGH_BELOW = 0.2;
const MEDIUM_BELOW = 0.5;

/** What a forecast is asked for. */
export interface ForecastTarget {
  /** The limit, in the unit of the point. */
  readonly limit: number;
  /** `above`: reached from below, as H; `below`: from above, as L. */
  readonly sense: 'above' | 'below';
  /** Length of the window that the line was fitted to, ms. */
  readonly windowMs: number;
  readonly minSamples: number;
  /** A slope counts beyond so many standard errors. */
  readonly kappa: number;
}

/** Time from the newest sample until the limit is reached, ms. */
export interface TimeToLimit {
  readonly kind: 'timeToLimit';
  readonly expectedMs: number;
  /** Ends of the 95 % interval; 0 = perhaps reached already. */
  readonly earliestMs: number;
  readonly latestMs: number;
  readonly confidence: 'high' | 'medium' | 'low';
}

export type RefusalReason =
  | 'tooFewSamples'
  | 'slopeInsignificant'
  | 'movingAway'
  | 'beyondHorizon'
  /** The slope may be zero at the level of the interval, so its far end has no bound. */
  | 'noFiniteInterval';

export type Forecast = TimeToLimit | { readonly kind: 'refused'; readonly reason: RefusalReason };

/**
 * Time to a limit τ = (L - a)/b along a fitted line, with its 95 % interval by Fieller (1954): the τ that solve
 * (a + bτ - L)² ≤ κ²s²(1/n + (τ - t̄)²/Sxx), κ being Student's quantile for n - 2 degrees of freedom. Where the line
 * has reached the limit, all times are 0.
 *
 * The interval speaks of noise about a straight line. It knows nothing of a process that bends.
 */
export function forecast(fit: Fit | null, target: ForecastTarget): Forecast {
  if (fit === null || fit.n < target.minSamples) return refused('tooFewSamples');
  const { value, slope, meanT, sxx, s2, n } = fit;
  const distance = target.limit - value;
  const upward = target.sense === 'above';
  if (upward ? distance <= 0 : distance >= 0) return REACHED;
  if (!isSignificant(fit, target.kappa)) return refused('slopeInsignificant');
  const expectedMs = distance / slope;
  if (expectedMs < 0) return refused('movingAway');
  if (expectedMs > HORIZON_WINDOWS * target.windowMs) return refused('beyondHorizon');

  // With u = τ - t̄ and D that of the expected time, Fieller's equation is (u - D)² = g·(Sxx/n + u²).
  const g = (quantile(n - 2) ** 2 * s2) / (slope * slope * sxx);
  if (g >= 1) return refused('noFiniteInterval');
  const lever = expectedMs - meanT;
  const middle = lever / (1 - g) + meanT;
  const half = Math.sqrt(g * (lever * lever + ((1 - g) * sxx) / n)) / (1 - g);
  return {
    kind: 'timeToLimit',
    expectedMs,
    earliestMs: Math.max(0, middle - half),
    latestMs: middle + half,
    confidence: worth(half / expectedMs),
  };
}

const REACHED: TimeToLimit = {
  kind: 'timeToLimit',
  expectedMs: 0,
  earliestMs: 0,
  latestMs: 0,
  confidence: 'high',
};

function refused(reason: RefusalReason): Forecast {
  return { kind: 'refused', reason };
}

function worth(share: number): TimeToLimit['confidence'] {
  if (share < HIGH_BELOW) return 'high';
  return share < MEDIUM_BELOW ? 'medium' : 'low';
}

/** By degrees of freedom; filled as they are asked for, at most as many as a window has samples. */
const quantiles: number[] = [];

function quantile(degrees: number): number {
  quantiles[degrees] ??= studentQuantile(CONFIDENCE, degrees);
  return quantiles[degrees];
}
