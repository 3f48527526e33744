import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';

/** The newest sample of every point of a device, by point index. */
export interface Samples {
  /** null = no value yet, or none. */
  value(index: number): Value;
  /** `bad` while nothing came. */
  quality(index: number): Quality;
  /** Source time, epoch milliseconds; -Infinity while nothing came. */
  ts(index: number): number;
}
