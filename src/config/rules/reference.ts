import type { Point } from '../../model/device.ts';
import type { RuleContext, RulePlace } from './draft.ts';

/** The point that a rule names at `key`, or null with a fault. */
export function pointNamed(name: string, key: string, context: RuleContext, place: RulePlace): Point | null {
  const point = context.points.find(({ id }) => id === name);
  if (!point) {
    const known = context.points.map(({ id }) => id).join(', ');
    place.error('POINT_UNKNOWN', key, name, `no such point; known: ${known}`);
  }
  return point ?? null;
}

/** True for a number; else a fault that says that `what` needs one. */
export function needsNumber(point: Point, key: string, what: string, place: RulePlace): boolean {
  if (point.type === 'number') return true;
  place.error('RULE_TYPE', key, point.type, `${point.id} is a ${point.type}: ${what} needs a number`);
  return false;
}
