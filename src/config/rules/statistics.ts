import type { Point } from '../../model/device.ts';
import { parseDuration } from '../../model/duration.ts';
import type { FixedNorm, LearnedNorm, RuleSpec } from '../../model/rule.ts';
import type { PointEntry } from '../../rules/schema/profile.ts';
import type { EwmaEntry, NormEntry } from '../../rules/schema/statistics.ts';
import type { Path } from '../fault.ts';
import { tidy } from '../text.ts';
import { draft, type RuleContext, type RuleDraft, type RuleParts, type RulePlace } from './draft.ts';
import { needsNumber } from './reference.ts';

/** Default deadband of a statistic, as a part of its set point [D]. */
const DEADBAND = 0.2;
/** Weight of a sample where neither `lambda` nor `tau` is given (Roberts 1959). */
const LAMBDA = 0.2;

/** `points.<p>.statistics`: a rule for each. */
export function statisticsDrafts(point: Point, { statistics }: PointEntry, path: Path): RuleDraft[] {
  const { ewma, cusum, zscore } = statistics ?? {};
  const at = (name: string) => [...path, 'statistics', name];
  const id = (name: string) => `${point.id}.${name}`;
  const drafts: RuleDraft[] = [];
  if (ewma) {
    drafts.push(
      draft(id('ewma'), at('ewma'), ewma, ['limit', ...adjustable(ewma)], (entry, context, place) => {
        const norm = normOf(point, entry, context, place);
        const weight = weightOf(entry, place);
        const { side } = entry;
        return (
          norm &&
          weight &&
          parts({ kind: 'ewma', point: point.index, side, norm, weight, everyMs: everyOf(entry) }, entry.limit, entry)
        );
      }),
    );
  }
  if (cusum) {
    drafts.push(
      draft(id('cusum'), at('cusum'), cusum, ['k', 'h', ...adjustable(cusum)], (entry, context, place) => {
        const norm = normOf(point, entry, context, place);
        const { side, k, h } = entry;
        return (
          norm && parts({ kind: 'cusum', point: point.index, side, norm, k, h, everyMs: everyOf(entry) }, h, entry)
        );
      }),
    );
  }
  if (zscore) {
    drafts.push(
      draft(id('zscore'), at('zscore'), zscore, ['limit', ...adjustable(zscore)], (entry, context, place) => {
        const norm = normOf(point, entry, context, place);
        const { side, limit } = entry;
        if (norm && 'mean' in norm) checkZscore(point, norm, limit, side, place);
        return norm && parts({ kind: 'zscore', point: point.index, side, norm }, limit, entry);
      }),
    );
  }
  return drafts;
}

function adjustable(entry: NormEntry): ('fixed' | 'deadband')[] {
  return entry.fixed ? ['fixed', 'deadband'] : ['deadband'];
}

function parts(spec: RuleSpec & { readonly point: number }, at: number, { deadband }: NormEntry): RuleParts {
  return { spec, point: spec.point, unit: 'σ', at, deadband: deadband ?? tidy(at * DEADBAND) };
}

function everyOf({ every }: { readonly every?: string }): number {
  return every === undefined ? 0 : parseDuration(every);
}

function weightOf(
  { lambda, tau }: Pick<EwmaEntry, 'lambda' | 'tau'>,
  place: RulePlace,
): { readonly lambda: number } | { readonly tauMs: number } | null {
  if (tau === undefined) return { lambda: lambda ?? LAMBDA };
  if (lambda === undefined) return { tauMs: parseDuration(tau) };
  place.error('STATISTIC_UNCLEAR', 'tau', tau, 'give either `lambda` or `tau`');
  return null;
}

function normOf(
  point: Point,
  { fixed, learned }: NormEntry,
  { timezone }: RuleContext,
  place: RulePlace,
): FixedNorm | LearnedNorm | null {
  if (!needsNumber(point, 'side', 'a statistic', place)) return null;
  if (fixed && !learned) return checkedMean(point, fixed, place);
  if (!learned || fixed) {
    place.error('STATISTIC_UNCLEAR', 'fixed', null, 'give what is normal, either `fixed` or `learned`');
    return null;
  }
  const { over, minSamples, resolution, byHour, relearnAfter } = learned;
  const relearns = relearnAfter === undefined ? {} : { relearnAfterMs: parseDuration(relearnAfter) };
  return { spanMs: parseDuration(over), minSamples, resolution, hoursOf: byHour ? timezone : null, ...relearns };
}

function checkedMean({ range }: Point, fixed: FixedNorm, place: RulePlace): FixedNorm {
  if (range && (fixed.mean < range[0] || fixed.mean > range[1])) {
    const message = `the mean is outside the range ${range[0]} to ${range[1]}`;
    place.error('RULE_OUTSIDE_RANGE', 'fixed', fixed.mean, message);
  }
  return fixed;
}

function checkZscore({ range }: Point, norm: FixedNorm, limit: number, side: string, place: RulePlace): void {
  if (!range) return;
  const high = side === 'low' ? 0 : (range[1] - norm.mean) / norm.sigma;
  const low = side === 'high' ? 0 : (norm.mean - range[0]) / norm.sigma;
  if (limit <= Math.max(high, low)) return;
  const message = `within the range a value is ${tidy(Math.max(high, low))} σ away at most: it would never trip`;
  place.error('RULE_OUTSIDE_RANGE', 'limit', limit, message);
}
