import type { Window } from '../window.ts';

/** A straight line through the samples of a window by least squares. Times are milliseconds against {@link at}. */
export interface Fit {
  /** Source time of the newest sample, epoch milliseconds. */
  readonly at: number;
  /** Fitted value at that time, in the unit of the point. */
  readonly value: number;
  /** Change per millisecond. */
  readonly slope: number;
  readonly n: number;
  /** Mean time of the samples: zero or less. */
  readonly meanT: number;
  /** Sum of squared distances of the times from their mean, ms². */
  readonly sxx: number;
  /** Variance of the samples about the line, on n - 2 degrees of freedom. */
  readonly s2: number;
  /** Standard error of the slope, per millisecond. */
  readonly seSlope: number;
  /** Share of the variance that the line explains, 0 to 1; 0 for a constant value. */
  readonly r2: number;
}

/**
 * The least-squares line of a window: slope b = Sxy/Sxx, s² = (Syy - b·Sxy)/(n - 2), se(b) = s/√Sxx. Null with fewer
 * than three samples, which leave no degree of freedom for the noise.
 */
export function fit(window: Window): Fit | null {
  const moments = window.moments();
  if (moments === null || moments.n < 3 || moments.sxx === 0) return null;
  const { n, meanT, meanV, sxx, sxy, syy } = moments;
  const slope = sxy / sxx;
  // On an exact line the difference is rounding, of either sign.
  const s2 = Math.max(0, syy - slope * sxy) / (n - 2);
  return {
    at: window.timeAt(n - 1),
    value: meanV - slope * meanT,
    slope,
    n,
    meanT,
    sxx,
    s2,
    seSlope: Math.sqrt(s2 / sxx),
    r2: syy === 0 ? 0 : Math.min(1, (slope * sxy) / syy),
  };
}

/**
 * True when the slope stands out of the noise: |b| > κ·se(b). A line without noise is significant unless it is level.
 * Samples that follow each other faster than the process can move are not independent and make it too sure.
 */
export function isSignificant({ slope, seSlope }: Fit, kappa: number): boolean {
  return Math.abs(slope) > kappa * seSlope;
}

/** Greatest gap between neighbouring samples, ms; 0 with fewer than two. It looks at every sample: ask it last. */
export function maxGapMs(window: Window): number {
  let widest = 0;
  for (let i = 1; i < window.count; i++) widest = Math.max(widest, window.timeAt(i) - window.timeAt(i - 1));
  return widest;
}
