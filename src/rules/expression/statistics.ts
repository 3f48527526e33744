import type { Window } from '../window.ts';

/** Arithmetic mean of the samples of a window. */
export function mean(window: Window): number {
  return window.moments()?.meanV ?? Number.NaN;
}

/** Standard deviation of the samples of a window, with n - 1. */
export function deviation(window: Window): number {
  const moments = window.moments();
  return moments ? Math.sqrt(moments.syy / (moments.n - 1)) : Number.NaN;
}

/** Area below the samples of a window by the trapezoid rule, in the unit of the value times seconds. */
export function integral(window: Window): number {
  let area = 0;
  for (let i = 1; i < window.count; i++) {
    area += ((window.valueAt(i) + window.valueAt(i - 1)) / 2) * (window.timeAt(i) - window.timeAt(i - 1));
  }
  return area / 1000;
}

/** How often the samples passed from one side of `level` to the other; one that lies on it is on neither side. */
export function crossings(window: Window, level: number): number {
  let count = 0;
  let side = 0;
  for (let i = 0; i < window.count; i++) {
    const now = Math.sign(window.valueAt(i) - level);
    if (now !== 0 && now === -side) count++;
    if (now !== 0) side = now;
  }
  return count;
}
