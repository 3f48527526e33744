import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { Refusal, Tally } from './counters.ts';

/** One log line a minute for each client and reason: a device that retries for ever must not fill the disk. */
const QUIET_MS = 60_000;
const MOST_KEYS = 10_000;

export interface RefusalLog {
  /** Counts a refusal, and logs it unless the same client was refused for the same reason within the last minute. */
  refused(refusal: Refusal, client: string, details: Readonly<Record<string, unknown>>): void;
}

/** Makes the place where refusals are counted and logged: the audit entry of every one. */
export function createRefusalLog(deps: { tally: Tally; clock: Clock; log: Logger }): RefusalLog {
  const { tally, clock, log } = deps;
  const loggedAt = new Map<string, number>();
  return {
    refused(refusal, client, details) {
      tally.refusals[refusal]++;
      const key = `${refusal}\0${client}`;
      const now = clock.now();
      const quietFor = now - (loggedAt.get(key) ?? Number.NEGATIVE_INFINITY);
      // Negative when the clock was set back.
      if (quietFor >= 0 && quietFor < QUIET_MS) return;
      loggedAt.delete(key);
      loggedAt.set(key, now);
      log.warn({ refusal, client: client.slice(0, 256), ...details }, 'mqtt refused');
      if (loggedAt.size <= MOST_KEYS) return;
      for (const oldest of loggedAt.keys()) {
        loggedAt.delete(oldest);
        return;
      }
    },
  };
}
