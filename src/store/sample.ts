import { AppError } from '../model/error.ts';
import type { Quality } from '../model/quality.ts';
import type { Reading } from '../model/reading.ts';
import type { HistoryQuery } from './port.ts';

/** 2^63 ns since the epoch: the year 2262. */
const MAX_TS = 9_223_372_036_854;

const MARKS = Array.from({ length: 16 }, (_, bits) => {
  const words = ['historical', 'clockAhead', 'test', 'exercise'].filter((_, bit) => bits & (1 << bit));
  return words.length > 0 ? words.join(',') : null;
});

/** What sets a reading apart, as both stores keep it: words joined by commas, null for an ordinary one. */
export function markOf(reading: Reading): string | null {
  const status = reading.status === 'actual' ? 0 : reading.status === 'test' ? 4 : 8;
  return MARKS[(reading.historical ? 1 : 0) | (reading.clockAhead ? 2 : 0) | status] ?? null;
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

/**
 * Index of the point that a history query asks for.
 *
 * @throws AppError `HISTORY_POINT_UNKNOWN`, `HISTORY_AGGREGATE_INVALID`, `HISTORY_RANGE_INVALID`
 */
export function assertQuery(query: HistoryQuery): number {
  const { device, point: id, aggregate, stepMs, from, to, limit } = query;
  const index = device.profile.pointIndex.get(id);
  const point = index === undefined ? undefined : device.profile.points[index];
  if (index === undefined || !point) {
    throw new AppError('HISTORY_POINT_UNKNOWN', `${device.key} has no point ${JSON.stringify(id)}`);
  }
  const whole = [from, to, limit, stepMs ?? 1];
  if (!whole.every(Number.isSafeInteger) || limit < 0 || (stepMs !== null && stepMs < 1)) {
    throw new AppError('HISTORY_RANGE_INVALID', 'from, to, step and limit are whole numbers; step is at least 1 ms');
  }
  const numeric = aggregate === 'min' || aggregate === 'mean' || aggregate === 'max';
  if (stepMs !== null && numeric && point.type !== 'number') {
    throw new AppError('HISTORY_AGGREGATE_INVALID', `${aggregate} needs a number; ${id} is a ${point.type}`);
  }
  return index;
}
