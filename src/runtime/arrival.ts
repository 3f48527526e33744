import type { Clock } from './clock.ts';

/** What the arrival clock noticed between two looks. */
export interface Interruption {
  /** Milliseconds in which the process did not run. */
  readonly downMs: number;
  /** Milliseconds by which somebody set the computer's clock. */
  readonly shiftMs: number;
}

export interface ArrivalClock {
  /** Receive time of what arrives now: never before an earlier one, unless the clock was set. */
  now(): number;
}

const STALLED_MS = 5_000;
const STEP_MS = 1_000;

/**
 * Gives receive times, and notices when the process was stopped (SIGSTOP, suspended machine) or the clock was set: it
 * compares the computer's clock with one that nobody can set. `onInterruption` is called before the first receive time
 * after it is given, so that the engine hears of it before it judges anything.
 */
export function createArrivalClock(
  clock: Clock,
  monotonic: () => number,
  onInterruption: (interruption: Interruption, at: number) => void,
): ArrivalClock {
  let lastWall = clock.now();
  let lastTick = monotonic();
  return {
    now() {
      const wall = clock.now();
      const tick = monotonic();
      const elapsed = tick - lastTick;
      const drift = wall - lastWall - elapsed;
      const shiftMs = Math.abs(drift) >= STEP_MS ? Math.round(drift) : 0;
      const downMs = elapsed >= STALLED_MS ? Math.round(elapsed) : 0;
      lastTick = tick;
      if (shiftMs === 0 && downMs === 0) {
        if (wall > lastWall) lastWall = wall;
        return lastWall;
      }
      lastWall = wall;
      onInterruption({ downMs, shiftMs }, wall);
      return wall;
    },
  };
}
