import type { Point } from '../../model/device.ts';
import type { PointEntry } from '../../rules/schema/profile.ts';
import type { Path } from '../fault.ts';
import { draft, type RuleDraft } from './draft.ts';

/** `points.<p>.state`: a discrete state that is not normal. */
export function stateDrafts(point: Point, { state }: PointEntry, path: Path): RuleDraft[] {
  if (!state) return [];
  return [
    draft(`${point.id}.state`, [...path, 'state'], state, [], ({ normal, alarm }, _context, place) => {
      const listed = alarm === undefined ? 'normal' : 'alarm';
      const written = alarm ?? normal;
      if (written === undefined || (normal !== undefined && alarm !== undefined)) {
        place.error('STATE_UNCLEAR', 'normal', normal, 'give either `normal` or `alarm`: the other states follow');
        return null;
      }
      const values = Array.isArray(written) ? written : [written];
      const wrong = values.find((value) => typeof value !== point.type);
      if (wrong !== undefined) {
        place.error('RULE_TYPE', listed, wrong, `${point.id} is a ${point.type}: it never has this value`);
        return null;
      }
      if (point.type === 'boolean' && values.includes(true) && values.includes(false)) {
        place.error('STATE_UNCLEAR', listed, written, 'true and false are all there is: name one of them');
        return null;
      }
      const spec = { kind: 'state', point: point.index, values, listed } as const;
      return { spec, point: point.index, unit: null, at: 1, deadband: 0 };
    }),
  ];
}
