import { parseDuration } from '../model/duration.ts';
import { AppError } from '../model/error.ts';
import { timeFormat } from '../report/wording.ts';

const RELATIVE = /^[0-9.]+(ms|s|m|h|d)$/;
const ISO = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?(Z|[+-]\d{2}:\d{2})?$/;

/**
 * Epoch milliseconds of `14d` (so long before `now`), `2026-11-01T08:00:00+08:00`, `2026-11-01T08:00` or `2026-11-01`
 * (0:00), which are of the time zone (IANA name) where they name none.
 *
 * @throws AppError `INSTANT_INVALID`
 */
export function parsePast(text: string, now: number, timezone: string): number {
  if (RELATIVE.test(text)) return now - parseDuration(text);
  const [, date = '', clock = 'T00:00', zone] = ISO.exec(text) ?? [];
  const time = Date.parse(`${date}${clock}${zone ?? 'Z'}`);
  if (Number.isFinite(time) && (zone === undefined || text.includes('T'))) {
    return zone === undefined ? fromLocal(time, timezone) : time;
  }
  const message = `${text} is no time: write 14d (before now), 2026-11-01, 2026-11-01T08:00 or 2026-11-01T08:00:00+08:00`;
  throw new AppError('INSTANT_INVALID', message);
}

/** `local`: what the clocks of the zone show, as if it were UTC. */
function fromLocal(local: number, timezone: string): number {
  const shown = timeFormat(timezone);
  const ahead = (at: number) => Date.parse(`${shown(at).replace(' ', 'T')}Z`) - Math.floor(at / 1000) * 1000;
  // The offset an offset earlier: exact but for the hour in which clocks are changed.
  return local - ahead(local - ahead(local));
}
