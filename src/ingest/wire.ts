/** The native topic of a device's readings; the broker lets a device publish below its own name only. */
export function telemetryTopic(deviceKey: string): string {
  return `v1/${deviceKey}/telemetry`;
}

/** The topic of a device's presence: `online`, or `offline` as last will. */
export function statusTopic(deviceKey: string): string {
  return `v1/${deviceKey}/status`;
}

/** Most readings in one message. */
export const MAX_BATCH = 10_000;
/** Most characters of a string value. */
export const MAX_STRING = 256;
/** Deepest nesting that is worth naming as a wrong type; deeper is `tooDeep`. */
export const MAX_DEPTH = 8;
/** First and last millisecond that a source time may name: 2000-01-01, and the last that fits nanoseconds. */
export const MIN_TS = 946_684_800_000;
export const MAX_TS = 9_223_372_036_000;
/** Further ahead than this a source time is nonsense, not a fast clock. */
export const MAX_AHEAD_MS = 366 * 86_400_000;
