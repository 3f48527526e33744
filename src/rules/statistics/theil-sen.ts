import type { Window } from '../window.ts';
import { median } from './order-statistics.ts';

/** Samples looked at: 120 make 7,140 pairs, which keeps one slope below 0.2 ms. */
const MAX_POINTS = 120;

/** Room for one slope at a time; nothing is kept in it between two calls. */
const times = new Float64Array(MAX_POINTS);
const values = new Float64Array(MAX_POINTS);
const slopes = new Float64Array((MAX_POINTS * (MAX_POINTS - 1)) / 2);

/**
 * Slope of a window by Theil and Sen: the median of the slopes of all pairs of samples, per millisecond. Up to 29 % of
 * the samples may be wild without moving it far. Null with fewer than two samples.
 *
 * Of more than 120 samples it takes 120 at even steps of rank, the oldest and the newest among them, so that the same
 * window gives the same slope.
 */
export function theilSenSlope(window: Window): number | null {
  const n = Math.min(window.count, MAX_POINTS);
  if (n < 2) return null;
  const step = (window.count - 1) / (n - 1);
  for (let i = 0; i < n; i++) {
    const sample = Math.round(i * step);
    times[i] = window.timeAt(sample);
    values[i] = window.valueAt(sample);
  }
  let pairs = 0;
  for (let i = 1; i < n; i++) {
    const t = times[i] ?? 0;
    const v = values[i] ?? 0;
    for (let j = 0; j < i; j++) slopes[pairs++] = (v - (values[j] ?? 0)) / (t - (times[j] ?? 0));
  }
  return median(slopes, pairs);
}
