import { setTimeout as delay } from 'node:timers/promises';

/** The time and how to wait, handed to whatever has effects; the pure core gets times as arguments instead. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Resolves after `ms`, or at once when `signal` aborts (without throwing). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  async sleep(ms, signal) {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch {
      // An aborted wait is an early return: the caller looks at its signal.
    }
  },
};
