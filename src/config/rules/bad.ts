import type { Point } from '../../model/device.ts';
import type { PointEntry } from '../../rules/schema/profile.ts';
import type { Path } from '../fault.ts';
import { draft, type RuleDraft } from './draft.ts';
import { excuseOf } from './expression.ts';

/** `points.<p>.bad`: a measurement that cannot be trusted. */
export function badDrafts(point: Point, { bad }: PointEntry, path: Path): RuleDraft[] {
  if (!bad) return [];
  return [
    draft(`${point.id}.bad`, [...path, 'bad'], bad, [], ({ uncertain, unless }, context, place) => ({
      spec: { kind: 'bad', point: point.index, uncertain, ...excuseOf(unless, context, place) },
      point: point.index,
      unit: null,
      at: 1,
      deadband: 0,
    })),
  ];
}
