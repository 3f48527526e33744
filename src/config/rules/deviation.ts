import type { Point } from '../../model/device.ts';
import type { DeviationSpec } from '../../model/rule.ts';
import type { PointEntry } from '../../rules/schema/profile.ts';
import type { Path } from '../fault.ts';
import { checkReach, deadbandOf, reachOf } from './distance.ts';
import { draft, type RuleContext, type RuleDraft, type RulePlace } from './draft.ts';
import { needsNumber, pointNamed } from './reference.ts';

const SIDES = ['high', 'low', 'either'] as const;

type Reference = DeviationSpec['from'];

/** `points.<p>.deviation`: a rule for each side. */
export function deviationDrafts(point: Point, { deviation }: PointEntry, path: Path): RuleDraft[] {
  if (!deviation) return [];
  const { from } = deviation;
  return SIDES.flatMap((side) => {
    const written = deviation[side];
    if (!written) return [];
    const at = [...path, 'deviation', side];
    const one = draft(
      `${point.id}.deviation.${side}`,
      at,
      { ...written, from },
      typeof from === 'number' ? ['by', 'deadband', 'from'] : ['by', 'deadband'],
      (entry, context, place) => {
        if (!needsNumber(point, 'from', 'a deviation', place)) return null;
        const reference = referenceOf(point, entry.from, context, place);
        if (!reference) return null;
        if ('value' in reference) checkReach(entry.by, furthest(point, reference.value, side), place);
        return {
          spec: { kind: 'deviation', point: point.index, from: reference, side },
          point: point.index,
          unit: point.unit,
          at: entry.by,
          deadband: deadbandOf(entry),
        };
      },
      (key) => (key === 'from' ? [...path, 'deviation', 'from'] : [...at, key]),
    );
    return [one];
  });
}

function referenceOf(point: Point, from: number | string, context: RuleContext, place: RulePlace): Reference | null {
  if (typeof from === 'number') {
    if (point.range && (from < point.range[0] || from > point.range[1])) {
      const message = `the set point is outside the range ${point.range[0]} to ${point.range[1]}`;
      place.error('RULE_OUTSIDE_RANGE', 'from', from, message);
    }
    return { value: from };
  }
  const other = pointNamed(from, 'from', context, place);
  if (!other || !needsNumber(other, 'from', 'a set point', place)) return null;
  if (other.index !== point.index) return { point: other.index };
  place.error('POINT_ITSELF', 'from', from, `${from} does not deviate from itself: name its set point`);
  return null;
}

function furthest(point: Point, reference: number, side: DeviationSpec['side']): number {
  const { high, low } = reachOf(point, reference);
  if (side === 'either') return Math.max(high, low);
  return side === 'high' ? high : low;
}
