import type { Notification, Outcome } from './notification.ts';

/** Of many attempts the last ones say why it does not get through; the count of all stands beside them. */
const KEPT = 5;

/** The notification after one more attempt, which began at `began` and ended at `at`, with its receipt. */
export function attempted(
  before: Notification,
  outcome: Exclude<Outcome, { kind: 'aborted' }>,
  began: number,
  at: number,
): Notification {
  const result = outcome.kind === 'delivered' ? outcome.kind : outcome.code;
  // The wall clock may have been set back meanwhile.
  const receipt = { at: began, durationMs: Math.max(at - began, 0), result, status: outcome.status };
  const receipts = [...(before.receipts ?? []), receipt].slice(-KEPT);
  return { ...before, attempts: before.attempts + 1, lastAttemptAt: at, receipts };
}
