import type { Point } from '../../model/device.ts';
import { parseDuration } from '../../model/duration.ts';
import type { PointEntry } from '../../rules/schema/profile.ts';
import type { Path } from '../fault.ts';
import { draft, type RuleContext, type RuleDraft, type RulePlace } from './draft.ts';
import { excuseOf } from './expression.ts';
import { needsNumber } from './reference.ts';

/** Intervals without a report after which the time counts anew; [D] as for silence. */
const GAP_INTERVALS = 3;

/** `points.<p>.stuck`: a value that does not move. */
export function stuckDrafts(point: Point, { stuck }: PointEntry, path: Path): RuleDraft[] {
  if (!stuck) return [];
  return [
    draft(
      `${point.id}.stuck`,
      [...path, 'stuck'],
      stuck,
      ['band', 'for', 'minReports'],
      ({ band, for: time, minReports, unless }, context, place) => {
        if (!needsNumber(point, 'band', 'a stuck value', place)) return null;
        const forMs = parseDuration(time);
        checkBand(point, band, place);
        warnOfReports(time, forMs, minReports, context, place);
        const { intervalMs } = context;
        const maxGapMs = intervalMs === null ? null : GAP_INTERVALS * intervalMs;
        return {
          spec: { kind: 'stuck', point: point.index, band, minReports, maxGapMs, ...excuseOf(unless, context, place) },
          point: point.index,
          unit: 's',
          at: forMs / 1000,
          deadband: 0,
          byClock: false,
        };
      },
    ),
  ];
}

function checkBand(point: Point, band: number, place: RulePlace): void {
  if (!point.range || band < point.range[1] - point.range[0]) return;
  place.error('RULE_OUTSIDE_RANGE', 'band', band, 'no value within the range is further away: it would never clear');
}

function warnOfReports(time: string, forMs: number, minReports: number, context: RuleContext, place: RulePlace): void {
  const { intervalMs } = context;
  if (intervalMs === null) return;
  const reports = Math.floor(forMs / intervalMs) + 1;
  if (reports >= minReports) return;
  const message =
    `with a report every ${intervalMs / 1000} s at most ${reports} reports come in that time and minReports is ` +
    `${minReports}: it trips later than that`;
  place.warn('STUCK_TOO_FEW_REPORTS', 'for', time, message);
}
