import type { Point, PointType } from '../model/device.ts';
import { hasCode } from '../model/error.ts';
import { type CompiledExpression, compileExpression } from '../rules/expression.ts';
import type { Reporter } from './fault.ts';

/** What an expression gives, by the type of the point. */
const GIVES: Readonly<Record<PointType, CompiledExpression['type']>> = {
  number: 'number',
  boolean: 'bool',
  string: 'string',
};

/**
 * Numbers the points: those that are reported first, then those that are calculated, each behind those it depends on.
 * Reports expressions that cannot be worked out and leaves their points out.
 */
export function placePoints(
  written: readonly Point[],
  reporter: Reporter,
): { readonly reported: readonly Point[]; readonly calculated: readonly Point[] } {
  const reported = written.filter(({ calc }) => calc === null).map((point, index) => ({ ...point, index }));
  const named = [...reported, ...written.filter(({ calc }) => calc !== null)].map((point, index) => ({
    ...point,
    index,
  }));
  const needs = new Map<Point, readonly number[]>();
  for (const point of named.slice(reported.length)) {
    const inputs = inputsOf(point, named, reporter);
    if (inputs) needs.set(point, inputs);
  }
  const placed = new Set(reported.map(({ index }) => index));
  const calculated: Point[] = [];
  for (let found = true; found; ) {
    found = false;
    for (const [point, inputs] of needs) {
      if (placed.has(point.index) || !inputs.every((index) => placed.has(index))) continue;
      placed.add(point.index);
      calculated.push({ ...point, index: reported.length + calculated.length });
      found = true;
    }
  }
  for (const point of needs.keys()) {
    const circle = placed.has(point.index) ? null : circleOf(point, needs, named);
    if (circle)
      reporter.error('CALC_CIRCLE', ['points', point.id, 'calc'], point.calc?.text, `needs itself: ${circle}`);
  }
  return { reported, calculated };
}

function inputsOf({ id, calc, type }: Point, points: readonly Point[], reporter: Reporter): readonly number[] | null {
  if (!calc) return null;
  const path = ['points', id, 'calc'];
  try {
    const { text, timezone, intervalMs } = calc;
    const compiled = compileExpression(text, points, { wanted: 'any', timezone, intervalMs });
    if (compiled.type === GIVES[type]) return compiled.inputs;
    const gives = compiled.type === 'bool' ? 'boolean' : compiled.type;
    reporter.error('EXPRESSION_INVALID', path, calc.text, `gives a ${gives}, but ${id} is a ${type}`);
  } catch (cause) {
    if (!hasCode(cause, 'EXPRESSION_INVALID')) throw cause;
    reporter.error('EXPRESSION_INVALID', path, calc.text, cause.message);
  }
  return null;
}

/** The way from a point back to itself, as `a, b, a`; null = it only depends on a circle, or on what has a fault. */
function circleOf(start: Point, needs: ReadonlyMap<Point, readonly number[]>, points: readonly Point[]): string | null {
  const seen = new Set<number>();
  const search = (point: Point, way: readonly string[]): string | null => {
    for (const index of needs.get(point) ?? []) {
      const next = points[index];
      if (!next) continue;
      if (index === start.index) return [...way, start.id].join(', ');
      if (seen.has(index)) continue;
      seen.add(index);
      const circle = search(next, [...way, next.id]);
      if (circle) return circle;
    }
    return null;
  };
  return search(start, [start.id]);
}
