import { AppError } from './error.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const UNIT_BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3, TB: 1024 ** 4 };

export const DURATION_PATTERN = '^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$';
export const BYTES_PATTERN = '^[0-9]+(\\.[0-9]+)?(B|KB|MB|GB|TB)$';

/**
 * Milliseconds of a text such as `250ms`, `5s`, `3m`, `24h`, `90d`.
 *
 * @throws AppError `DURATION_INVALID`
 */
export function parseDuration(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)$/.exec(text);
  const unit = match ? UNIT_MS[match[2] ?? ''] : undefined;
  if (!match || unit === undefined) {
    throw new AppError('DURATION_INVALID', `"${text}" is not a duration; write a number and ms, s, m, h or d, as 30s`);
  }
  return Math.round(Number(match[1]) * unit);
}

/**
 * Bytes of a text such as `512KB`, `10GB` (powers of 1024).
 *
 * @throws AppError `BYTES_INVALID`
 */
export function parseBytes(text: string): number {
  const match = /^([0-9]+(?:\.[0-9]+)?)(B|KB|MB|GB|TB)$/.exec(text);
  const unit = match ? UNIT_BYTES[match[2] ?? ''] : undefined;
  if (!match || unit === undefined) {
    throw new AppError('BYTES_INVALID', `"${text}" is not a size; write a number and B, KB, MB, GB or TB, as 10GB`);
  }
  return Math.round(Number(match[1]) * unit);
}
