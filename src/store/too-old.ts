import type { Reading } from '../model/reading.ts';

/**
 * The readings of a batch that a store with a retention still takes. The others are refused here, one by one, since a
 * database would refuse the batch and not say which of them it meant. `positions` are those of the readings left,
 * counted from `start`; null = all are left.
 */
export function withinRetention(
  readings: readonly Reading[],
  start: number,
  oldest: number,
  refuse: (position: number, words: string) => void,
): { part: readonly Reading[]; positions: readonly number[] | null } {
  if (readings.every((reading) => reading.ts >= oldest)) return { part: readings, positions: null };
  const positions: number[] = [];
  const part = readings.filter((reading, offset) => {
    if (reading.ts >= oldest) positions.push(start + offset);
    else refuse(start + offset, 'older than store.retention');
    return reading.ts >= oldest;
  });
  return { part, positions };
}
