import { AppError } from '../model/error.ts';
import type { HistoryQuery } from './port.ts';

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
