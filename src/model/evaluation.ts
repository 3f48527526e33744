import type { Quality } from './quality.ts';
import type { Value } from './reading.ts';

/** One judgement, as an explanation shows it. */
export interface Evaluation {
  readonly device: string;
  /** `outletPressure.HH`, `outletPressure.falling`, `absent`. */
  readonly condition: string;
  /** Source time of the sample; engine time of a delay that ran out. */
  readonly ts: number;
  readonly at: number;
  /** The value of the point, and its quality. */
  readonly value: Value;
  readonly quality: Quality;
  /** What was compared with the set point (the value itself, a slope, a distance); null = nothing could be said. */
  readonly measured: number | null;
  readonly limit: number | null;
  readonly verdict: 'tripped' | 'cleared' | 'between' | 'unknown' | 'delayOver';
  readonly before: 'inactive' | 'pendingOn' | 'active' | 'pendingOff';
  readonly after: 'inactive' | 'pendingOn' | 'active' | 'pendingOff';
  /** Source time at which the running delay is over; null = none runs. */
  readonly dueTs: number | null;
}
