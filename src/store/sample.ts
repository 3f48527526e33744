import { AppError } from '../model/error.ts';
import type { Quality } from '../model/quality.ts';
import type { Reading } from '../model/reading.ts';

/** 2^63 ns from the epoch, in milliseconds: the year 2262. No store keeps a time so far from it. */
export const MAX_TS = 9_223_372_036_854;

/** What sets a reading apart, as bits of a number. */
export const MARK_BITS = { historical: 1, clockAhead: 2, test: 4, exercise: 8 } as const;

const MARKS = Array.from({ length: 16 }, (_, bits) => {
  const words = Object.entries(MARK_BITS).flatMap(([word, bit]) => (bits & bit ? [word] : []));
  return words.length > 0 ? words.join(',') : null;
});

/** What sets a reading apart, as both stores keep it: words joined by commas, null for an ordinary one. */
export function markOf(reading: Reading): string | null {
  const { clockAhead, status } = reading;
  const historical = reading.historical || reading.late === true;
  const bits = status === 'actual' ? 0 : MARK_BITS[status];
  return MARKS[(historical ? MARK_BITS.historical : 0) | (clockAhead ? MARK_BITS.clockAhead : 0) | bits] ?? null;
}

/** The bits of a stored mark. Words of a newer version are passed over. */
export function markBits(mark: string): number {
  const words = mark.split(',');
  return Object.entries(MARK_BITS).reduce((bits, [word, bit]) => (words.includes(word) ? bits | bit : bits), 0);
}

/** Quality to be stored beside a point of a reading: null = good, or the message did not name the point. */
export function storedQuality(reading: Reading, index: number): 'uncertain' | 'bad' | null {
  const value = reading.values[index];
  if (value === undefined) return null;
  if (value === null) return 'bad';
  const quality: Quality = reading.qualities?.[index] ?? 'good';
  return quality === 'good' ? null : quality;
}

/**
 * Refuses readings that no store can hold, before any of them reaches one.
 *
 * @throws AppError `STORE_REFUSED`
 */
export function assertStorable(readings: readonly Reading[]): void {
  for (const { ts, subMs, device } of readings) {
    if (Number.isSafeInteger(ts) && Math.abs(ts) < MAX_TS && subMs >= 0 && subMs < 1_000_000) continue;
    throw new AppError('STORE_REFUSED', `${device.key}: time ${ts} ms + ${subMs} ns cannot be stored`);
  }
}
