import type { FloodSettings } from '../../model/routing.ts';

/** New alarms by slices of the window, oldest slice first: bounded, however many there are. */
export type Raises = readonly (readonly [slice: number, count: number])[];

/** With a window of 10 minutes a slice is 10 seconds, and so much longer the window may be than it is set. */
const SLICES = 60;

/** One more new alarm at `at`; what has left the window is forgotten. */
export function withRaise(raises: Raises, windowMs: number, at: number): Raises {
  const now = sliceOf(windowMs, at);
  const live = raises.filter(([slice]) => slice >= now - SLICES && slice <= now);
  const last = live.at(-1);
  return last?.[0] === now ? [...live.slice(0, -1), [now, last[1] + 1]] : [...live, [now, 1]];
}

/** New alarms in the window that ends at `at`. */
export function raisedIn(raises: Raises, windowMs: number, at: number): number {
  const now = sliceOf(windowMs, at);
  return raises.reduce((sum, [slice, count]) => (slice >= now - SLICES && slice <= now ? sum + count : sum), 0);
}

/** When, without further alarms, fewer than `end` are in the window. */
export function calmAt(raises: Raises, { end, windowMs }: FloodSettings): number {
  let left = raises.reduce((sum, [, count]) => sum + count, 0);
  for (const [slice, count] of raises) {
    left -= count;
    if (left < end) return (slice + SLICES + 1) * sliceMs(windowMs);
  }
  return 0;
}

function sliceOf(windowMs: number, at: number): number {
  return Math.floor(at / sliceMs(windowMs));
}

function sliceMs(windowMs: number): number {
  return Math.ceil(windowMs / SLICES);
}
