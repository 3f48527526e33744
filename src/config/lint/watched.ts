import type { Point, Profile } from '../../model/device.ts';
import type { Rule } from '../../model/rule.ts';
import type { Reporter } from '../fault.ts';

/** Notes the points that nothing judges. */
export function lintWatched({ points, calculated, rules }: Profile, reporter: Reporter): void {
  const everyPoint = [...points, ...calculated];
  const read = new Set(rules.flatMap(pointsOf));
  const expressions = [...calculated.map(({ calc }) => calc), ...rules.flatMap(({ spec }) => Object.values(spec))];
  const words = new Set(expressions.flatMap(wordsIn));
  for (const point of everyPoint) {
    if (point.limits.length > 0 || point.rates.length > 0 || read.has(point.index) || words.has(point.id)) continue;
    reporter.warn('POINT_UNWATCHED', ['points', point.id], point.type, `no limit and no rule looks at ${point.id}`);
  }
}

/** Keys of a rule's spec that hold the index of a point, or several. */
const POINT_KEYS: ReadonlySet<string> = new Set([
  'point',
  'points',
  'between',
  'command',
  'feedback',
  'inputs',
  'from',
]);

/** The words of an expression, among them the points it names; nothing of anything else. */
export function wordsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || !('text' in value) || typeof value.text !== 'string') return [];
  return value.text.match(/[A-Za-z][A-Za-z0-9_]*/g) ?? [];
}

/** Every point that a rule looks at, by index. */
function pointsOf({ point, spec }: Rule): number[] {
  return [...(point === null ? [] : [point]), ...indexesIn(spec)];
}

function indexesIn(spec: object): Point['index'][] {
  return Object.entries(spec).flatMap(([key, value]: [string, unknown]) => {
    if (!POINT_KEYS.has(key)) return [];
    if (typeof value === 'number') return [value];
    if (Array.isArray(value)) return value.filter((one) => typeof one === 'number');
    return typeof value === 'object' && value !== null ? indexesIn(value) : [];
  });
}
