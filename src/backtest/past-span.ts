import { parseDuration } from '../model/duration.ts';
import { AppError } from '../model/error.ts';

const RELATIVE = /^[0-9.]+(ms|s|m|h|d)$/;
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Epoch milliseconds of `14d` (so long before `now`), `2026-11-01T08:00:00+08:00`, or `2026-11-01` (0:00 UTC).
 *
 * @throws AppError `INSTANT_INVALID`
 */
export function parsePast(text: string, now: number): number {
  if (RELATIVE.test(text)) return now - parseDuration(text);
  const time = ISO.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(time)) return time;
  const message = `${text} is no time: write 14d (before now), 2026-11-01 or 2026-11-01T08:00:00+08:00 with its zone`;
  throw new AppError('INSTANT_INVALID', message);
}
