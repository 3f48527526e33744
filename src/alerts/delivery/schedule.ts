import { tierRank } from '../../model/tier.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** From this rank on (orange, red) a notification is urgent. */
export const URGENT_RANK = tierRank('orange');

const URGENT_DELAYS_MS = [SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE];
const LOWER_DELAYS_MS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR];

/** A receiver may ask us to wait, but not to keep a red or orange alarm waiting for an hour. */
const URGENT_RETRY_AFTER_CAP_MS = 5 * MINUTE;
const RETRY_AFTER_CAP_MS = HOUR;

/** Retries fall on this grid, so that the waiting ones need not be looked through more often. */
const GRID_MS = 100;

/**
 * When to try again after the `attempts`-th failed attempt (from 1): the step of the schedule -/+ 10 % by `random`
 * (0 to 1), not before what the receiver asked for (`retryAfterMs`, capped by urgency), and not after `deadline`, so
 * that the last attempt is made then.
 */
export function retryAt(options: {
  readonly rank: number;
  readonly attempts: number;
  readonly at: number;
  readonly retryAfterMs: number | null;
  readonly deadline: number;
  readonly random: number;
}): number {
  const steps = options.rank >= URGENT_RANK ? URGENT_DELAYS_MS : LOWER_DELAYS_MS;
  const step = steps[Math.min(options.attempts, steps.length) - 1] ?? SECOND;
  const own = options.at + step * (0.9 + 0.2 * options.random);
  const asked = options.at + cappedRetryAfter(options.rank, options.retryAfterMs ?? 0);
  const due = Math.ceil(Math.max(own, asked) / GRID_MS) * GRID_MS;
  return options.deadline > options.at ? Math.min(due, options.deadline) : due;
}

/** What is honoured of a Retry-After: at most 5 min for red and orange, 1 h for yellow and blue. */
export function cappedRetryAfter(rank: number, retryAfterMs: number): number {
  return Math.min(retryAfterMs, rank >= URGENT_RANK ? URGENT_RETRY_AFTER_CAP_MS : RETRY_AFTER_CAP_MS);
}

/** Milliseconds a `Retry-After` header asks for (seconds or HTTP date), 0 to 1 h; null = none or not readable. */
export function parseRetryAfter(header: string | null, at: number): number | null {
  const text = header?.trim() ?? '';
  if (text === '') return null;
  const ms = /^[0-9]+$/.test(text) ? Number(text) * SECOND : httpDate(text) - at;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), RETRY_AFTER_CAP_MS) : null;
}

/** Date.parse alone would take "-5" or "3.5" for a year. */
function httpDate(text: string): number {
  return /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
}
