import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';

/** The newest sample of every point of a device, by point index. */
export interface Samples {
  /** null = no value yet, or none. */
  value(index: number): Value;
  /** `bad` while nothing came, and once the newest sample is stale. */
  quality(index: number): Quality;
  /** Source time, epoch milliseconds; -Infinity while nothing came. */
  ts(index: number): number;
  /** True where the newest sample is too old to be believed, or none came in all that time. */
  isStale(index: number): boolean;
}
