import type { Point } from '../../model/device.ts';
import type { DiscrepancyEntry, TieredEntry } from '../../rules/schema/rule.ts';
import type { Path } from '../fault.ts';
import { checkReach, deadbandOf } from './distance.ts';
import { draft, type RuleContext, type RuleDraft, type RuleParts, type RulePlace } from './draft.ts';
import { needsNumber, pointNamed } from './reference.ts';

/** The keys of the section itself; the others are those of the entry. */
const KEYS: ReadonlySet<string> = new Set(['between', 'by', 'deadband', 'command', 'feedback', 'map']);

/** `rules[].discrepancy`: two points that should agree. */
export function discrepancyDraft(rule: TieredEntry, path: Path): RuleDraft | null {
  const { discrepancy, ...terms } = rule;
  if (!discrepancy) return null;
  return draft(
    rule.id,
    path,
    { ...terms, ...discrepancy },
    discrepancy.between ? ['by', 'deadband'] : [],
    (entry, context, place) => {
      if ((entry.between === undefined) === (entry.command === undefined)) {
        place.error(
          'DISCREPANCY_UNCLEAR',
          'between',
          null,
          'give either `between` and `by`, or `command` and `feedback`',
        );
        return null;
      }
      return entry.between ? distance(entry, context, place) : feedback(entry, context, place);
    },
    (key) => (KEYS.has(key) ? [...path, 'discrepancy', key] : [...path, key]),
  );
}

function distance(entry: DiscrepancyEntry, context: RuleContext, place: RulePlace): RuleParts | null {
  const { by } = entry;
  const surplus = (['feedback', 'map'] as const).find((key) => entry[key] !== undefined);
  if (surplus) place.error('DISCREPANCY_UNCLEAR', surplus, entry[surplus], 'goes with `command`, not with `between`');
  if (by === undefined) place.error('MISSING_KEY', 'by', null, 'by is required with `between`: add it');
  const [one, other] = (entry.between ?? []).map((name) => pointNamed(name, 'between', context, place));
  if (!one || !other || by === undefined) return null;
  const numbers = [one, other].map((point) => needsNumber(point, 'between', 'a distance', place));
  if (numbers.includes(false) || isItself(one, other, 'between', place)) return null;
  if (one.unit !== other.unit) {
    const message = `${one.id} is in ${one.unit || 'no unit'}, ${other.id} in ${other.unit || 'no unit'}: only like can differ`;
    place.error('RULE_UNITS', 'between', `${one.unit}, ${other.unit}`, message);
  }
  checkReach(by, furthestApart(one, other), place);
  return {
    spec: { kind: 'discrepancy', between: [one.index, other.index] },
    point: null,
    unit: one.unit,
    at: by,
    deadband: deadbandOf({ ...entry, by }),
  };
}

function furthestApart(one: Point, other: Point): number {
  if (!one.range || !other.range) return Number.POSITIVE_INFINITY;
  return Math.max(one.range[1] - other.range[0], other.range[1] - one.range[0]);
}

function feedback(
  entry: DiscrepancyEntry & { onDelay: string },
  context: RuleContext,
  place: RulePlace,
): RuleParts | null {
  const surplus = (['by', 'deadband'] as const).find((key) => entry[key] !== undefined);
  if (surplus) place.error('DISCREPANCY_UNCLEAR', surplus, entry[surplus], 'goes with `between`, not with `command`');
  if (entry.feedback === undefined)
    place.error('MISSING_KEY', 'feedback', null, 'feedback is required with `command`: add it');
  const command = pointNamed(entry.command ?? '', 'command', context, place);
  const answer = entry.feedback === undefined ? null : pointNamed(entry.feedback, 'feedback', context, place);
  if (!command || !answer || isItself(command, answer, 'feedback', place)) return null;
  if (!entry.map && command.type !== answer.type) {
    const message = `${command.id} is a ${command.type}, ${answer.id} a ${answer.type}: say in \`map\` which confirms which`;
    place.error('RULE_TYPE', 'feedback', answer.type, message);
    return null;
  }
  const confirms = entry.map ? confirmsOf(entry.map, command, answer, place) : null;
  if (/^0(\.0+)?[a-z]+$/.test(entry.onDelay)) {
    const message = 'without a delay every command is an alarm until the feedback follows: give it the travel time';
    place.warn('DISCREPANCY_NO_TRAVEL', 'onDelay', entry.onDelay, message);
  }
  const spec = { kind: 'discrepancy', command: command.index, feedback: answer.index, confirms } as const;
  return { spec, point: answer.index, unit: null, at: 1, deadband: 0 };
}

function confirmsOf(
  map: NonNullable<DiscrepancyEntry['map']>,
  command: Point,
  answer: Point,
  place: RulePlace,
): ReadonlyMap<string, number | boolean | string> {
  const confirms = new Map<string, number | boolean | string>();
  for (const [text, value] of Object.entries(map)) {
    const key = textOf(answer, text);
    if (key === null) {
      place.error('RULE_TYPE', 'map', text, `${answer.id} is a ${answer.type}: it never has the value ${text}`);
    } else if (typeof value !== command.type) {
      place.error('RULE_TYPE', 'map', value, `${command.id} is a ${command.type}: it never has the value ${value}`);
    } else confirms.set(key, value);
  }
  return confirms;
}

/** The value of the feedback as its samples are written, so that 1.0 finds 1; null where it has no such value. */
function textOf(answer: Point, text: string): string | null {
  if (answer.type === 'string') return text;
  if (answer.type === 'boolean') return text === 'true' || text === 'false' ? text : null;
  return text.trim() !== '' && Number.isFinite(Number(text)) ? String(Number(text)) : null;
}

function isItself(one: Point, other: Point, key: string, place: RulePlace): boolean {
  if (one.index !== other.index) return false;
  place.error('POINT_ITSELF', key, other.id, `${other.id} always agrees with itself: name two points`);
  return true;
}
