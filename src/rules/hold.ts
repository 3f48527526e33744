/**
 * On-delay, off-delay and deadband of one condition (ISA-18.2 alarm attributes), as a small machine that all rule
 * kinds share. It knows two times: `ts`, the source's, decides how long a condition has lasted as far as samples tell;
 * `at`, the engine's, lets a delay run out when samples stop.
 */
export interface Hold {
  phase: 'inactive' | 'pendingOn' | 'active' | 'pendingOff';
  /** Source time at which the pending delay is over; meaningless unless pending. */
  dueTs: number;
  /** Engine time at which the pending delay is over; Infinity unless pending, and where no clock ends it. */
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

/** A hold that is not inactive as plain data: name, phase, times. */
export type HoldSnapshot = [
  name: string,
  phase: Hold['phase'],
  dueTs: number,
  dueAt: number | null,
  occurred: number,
  received: number,
];

export function snapshotHold(name: string, hold: Hold): HoldSnapshot {
  const dueAt = Number.isFinite(hold.dueAt) ? hold.dueAt : null;
  return [name, hold.phase, hold.dueTs, dueAt, hold.occurredAt, hold.receivedAt];
}

export function restoreHold(hold: Hold, [, phase, dueTs, dueAt, occurredAt, receivedAt]: HoldSnapshot): void {
  Object.assign(hold, { phase, dueTs, dueAt: dueAt ?? Number.POSITIVE_INFINITY, occurredAt, receivedAt });
}

/** Index of the hold whose delay is over first by `clock`, if it is over at `time`; -1 = none is. Nothing suspended is. */
export function firstDue(holds: readonly Hold[], clock: 'dueTs' | 'dueAt', time: number): number {
  let first = -1;
  let due = time;
  for (let i = 0; i < holds.length; i++) {
    const hold = holds[i];
    if (!hold || !isRunning(hold) || hold[clock] > due || (first !== -1 && hold[clock] === due)) continue;
    first = i;
    due = hold[clock];
  }
  return first;
}

/** Earliest engine time at which one of them is over; Infinity = none is pending. */
export function earliestDue(holds: readonly Hold[]): number {
  let due = Number.POSITIVE_INFINITY;
  for (const hold of holds) if (hold.dueAt < due) due = hold.dueAt;
  return due;
}

/** Earliest source time at which one of them is over; Infinity = none is pending, or suspended all that are. */
export function earliestDueTs(holds: readonly Hold[]): number {
  let due = Number.POSITIVE_INFINITY;
  for (const hold of holds) if (isRunning(hold) && hold.dueTs < due) due = hold.dueTs;
  return due;
}

/** The engine's clock was set by `ms`: delays move with it. */
export function shiftHold(hold: Hold, ms: number): void {
  hold.dueAt += ms;
  hold.dueTs += ms;
}

/** Nobody watched for `ms`: a clear that is pending takes so much longer. */
export function excuseHold(hold: Hold, ms: number): void {
  if (hold.phase === 'pendingOff') hold.dueAt += ms;
}

export function createHold(): Hold {
  return { phase: 'inactive', dueTs: 0, dueAt: Number.POSITIVE_INFINITY, occurredAt: 0, receivedAt: 0 };
}

/** Holds of nobody: what a watch shares while all of its conditions are inactive. */
export const CALM: readonly Hold[] = [];

/** True if none of them is anything but inactive. */
export function areCalm(holds: readonly Hold[]): boolean {
  for (const hold of holds) if (hold.phase !== 'inactive') return false;
  return true;
}

/** True while the condition counts: from the end of the on-delay to the end of the off-delay. */
export function isActive(hold: Hold): boolean {
  return hold.phase === 'active' || hold.phase === 'pendingOff';
}

/**
 * Judges one sample. A sample that is not good may start and keep a condition but neither ends one nor lets it end.
 * Delays that were over by `ts` must have been completed first. An off-delay that silence has suspended ends with the
 * first good sample that is clear and that comes when it is over; one that comes before lets it run on.
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
      else if (isSuspended(hold)) goOn(hold, delays, ts, at);
      return;
  }
}

/** A value that cannot be trusted ends the wait for a clear: only good samples clear. */
export function distrust(hold: Hold): void {
  if (hold.phase === 'pendingOff') settle(hold, 'active');
}

/**
 * Silence ends no condition: an off-delay that runs is left to the next sample. What good samples have proved stands, or a
 * device that reports more seldom than it should would never be clear.
 */
export function suspend(hold: Hold): void {
  if (hold.phase === 'pendingOff') hold.dueAt = Number.POSITIVE_INFINITY;
}

/**
 * Ends the delay that runs: the condition begins to count, or ceases to. `silent`: what it looks at has gone silent by
 * then, so it does not cease; false = it is suspended.
 */
export function complete(hold: Hold, silent = false): boolean {
  if (silent && hold.phase === 'pendingOff') {
    suspend(hold);
    return false;
  }
  settle(hold, hold.phase === 'pendingOn' ? 'active' : 'inactive');
  return true;
}

/** True while a delay runs that a clock ends. */
function isRunning(hold: Hold): boolean {
  return hold.phase === 'pendingOn' || (hold.phase === 'pendingOff' && !isSuspended(hold));
}

/** True of a pending clear that no clock ends. */
function isSuspended(hold: Hold): boolean {
  return hold.phase === 'pendingOff' && hold.dueAt === Number.POSITIVE_INFINITY;
}

/** Goes on with a suspended off-delay. A source's clock that was set back since makes it no longer than it was. */
function goOn(hold: Hold, { offDelayMs }: Delays, ts: number, at: number): void {
  const left = Math.min(hold.dueTs - ts, offDelayMs);
  if (left <= 0) {
    settle(hold, 'inactive');
    return;
  }
  hold.dueTs = ts + left;
  hold.dueAt = at + left;
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
