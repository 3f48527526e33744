import type { Clock } from '../../src/runtime/clock.ts';

/** A clock that stands still until a test moves it. */
export interface ManualClock extends Clock {
  /** Moves the time and ends the waits that are over, earliest first, letting each one's consequences run. */
  advance(ms: number): Promise<void>;
  set(at: number): void;
}

/** A {@link ManualClock} that starts at `at`. */
export function createManualClock(at: number): ManualClock {
  let now = at;
  const waits = new Set<{ readonly until: number; readonly resolve: () => void }>();
  return {
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve) => {
        if (signal?.aborted) {
          resolve();
          return;
        }
        const end = () => {
          waits.delete(wait);
          signal?.removeEventListener('abort', end);
          resolve();
        };
        const wait = { until: now + ms, resolve: end };
        waits.add(wait);
        signal?.addEventListener('abort', end, { once: true });
      });
    },
    async advance(ms) {
      const target = now + ms;
      for (;;) {
        const next = [...waits].sort((a, b) => a.until - b.until)[0];
        if (!next || next.until > target) break;
        now = Math.max(now, next.until);
        next.resolve();
        await new Promise((resolve) => setImmediate(resolve));
      }
      now = target;
      await new Promise((resolve) => setImmediate(resolve));
    },
    set(value) {
      now = value;
    },
  };
}
