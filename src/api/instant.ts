import { AppError } from '../model/error.ts';

const MS = /^[0-9]{1,13}$/;
// A "+" that was not percent-encoded arrives as a space; in this place it can be nothing else.
const ISO_8601 = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+ -]\d\d:?\d\d)$/;

/**
 * Epoch milliseconds of a time in a query: milliseconds, or ISO 8601 with zone.
 *
 * @throws AppError `TIME_INVALID`
 */
export function parseInstant(name: string, text: string): number {
  if (MS.test(text)) return Number(text);
  const at = ISO_8601.test(text) ? Date.parse(text.replace(' ', '+')) : Number.NaN;
  if (Number.isFinite(at) && at >= 0) return at;
  throw new AppError(
    'TIME_INVALID',
    `"${name}" must be epoch milliseconds or ISO 8601 with zone, as 2026-11-21T14:03:11Z`,
  );
}
