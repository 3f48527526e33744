/**
 * On-delay, off-delay and deadband of one condition (ISA-18.2 alarm attributes), as a small machine that all rule
 * kinds share. It knows two times: `ts`, the source's, decides how long a condition has lasted as far as samples tell;
 * `at`, the engine's, lets a delay run out when samples stop.
 */
export interface Hold {
  phase: 'inactive' | 'pendingOn' | 'active' | 'pendingOff';
  /** Source time at which the pending delay is over; meaningless unless pending. */
  dueTs: number;
  /** Engine time at which the pending delay is over; Infinity unless pending. */
  dueAt: number;
  /** Source and receive time of the sample that started the condition, or its end. */
  occurredAt: number;
  receivedAt: number;
}

export interface Delays {
  readonly onDelayMs: number;
  readonly offDelayMs: number;
}

/** What one sample says of the condition; between trip point and clear point it says neither. */
export type Verdict = 'tripped' | 'cleared' | 'between';

export function createHold(): Hold {
  return { phase: 'inactive', dueTs: 0, dueAt: Number.POSITIVE_INFINITY, occurredAt: 0, receivedAt: 0 };
}

/** True while the condition counts: from the end of the on-delay to the end of the off-delay. */
export function isActive(hold: Hold): boolean {
  return hold.phase === 'active' || hold.phase === 'pendingOff';
}

/**
 * Judges one sample. A sample that is not good may start and keep a condition but neither ends one nor lets it end.
 * Delays that were over by `ts` must have been completed first.
 */
export function judge(hold: Hold, verdict: Verdict, good: boolean, delays: Delays, ts: number, at: number): void {
  switch (hold.phase) {
    case 'inactive':
      if (verdict === 'tripped') begin(hold, 'pendingOn', 'active', delays.onDelayMs, ts, at);
      return;
    case 'pendingOn':
      if (verdict !== 'tripped' && good) settle(hold, 'inactive');
      return;
    case 'active':
      if (verdict === 'cleared' && good) begin(hold, 'pendingOff', 'inactive', delays.offDelayMs, ts, at);
      return;
    case 'pendingOff':
      if (verdict !== 'cleared' || !good) settle(hold, 'active');
      return;
  }
}

/** A value that cannot be trusted ends the wait for a clear: only good samples clear. */
export function distrust(hold: Hold): void {
  if (hold.phase === 'pendingOff') settle(hold, 'active');
}

/** True while a delay runs. */
export function isPending(hold: Hold): boolean {
  return hold.phase === 'pendingOn' || hold.phase === 'pendingOff';
}

/** Ends the delay that runs: the condition begins to count, or ceases to. */
export function complete(hold: Hold): void {
  settle(hold, hold.phase === 'pendingOn' ? 'active' : 'inactive');
}

function begin(hold: Hold, wait: Hold['phase'], now: Hold['phase'], delayMs: number, ts: number, at: number): void {
  hold.occurredAt = ts;
  hold.receivedAt = at;
  if (delayMs === 0) {
    settle(hold, now);
    return;
  }
  hold.phase = wait;
  hold.dueTs = ts + delayMs;
  hold.dueAt = at + delayMs;
}

function settle(hold: Hold, phase: Hold['phase']): void {
  hold.phase = phase;
  hold.dueAt = Number.POSITIVE_INFINITY;
}
