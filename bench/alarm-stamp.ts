/**
 * The value of the point that alarms carries the time of its publication, in microseconds of `monotonicMs`, on either
 * side of its limit: whoever receives the alarm can tell how long it took without knowing anything else.
 */
const ABOVE = 1e15;
/** Set point of H: between the two sides, for any uptime below 15 years. */
export const STAMP_LIMIT = ABOVE / 2;
/** The point that alarms. */
export const STAMP_POINT = 'stamped';

export function stampedValue(publishedMs: number, alarming: boolean): number {
  return Math.round(publishedMs * 1000) + (alarming ? ABOVE : 0);
}

/** Time of publication, in milliseconds of `monotonicMs`. */
export function publishedMs(value: number): number {
  return (value % ABOVE) / 1000;
}
