import type { Point } from './device.ts';
import type { Group } from './group.ts';
import type { Rule } from './rule.ts';

/** One thing that can come into force, and what kind of thing it is. */
export interface Condition {
  /** As an alarm names it: `outletPressure.HH`, `outletPressure.falling`, `overfill.orange`, `absent`. */
  readonly name: string;
  readonly kind: 'limit' | 'rate' | 'rule' | 'absence' | 'group';
}

/** Everything that can come into force on a device, in the order of its points and rules; the clock is left out. */
export function conditionsOf(
  points: readonly Point[],
  rules: readonly Rule[],
  watchesSilence: boolean,
): readonly Condition[] {
  return [
    ...points.flatMap(({ id, limits, rates }): Condition[] => [
      ...limits.map(({ name }): Condition => ({ name: `${id}.${name}`, kind: 'limit' })),
      ...rates.map(({ direction }): Condition => ({ name: `${id}.${direction}`, kind: 'rate' })),
    ]),
    ...rules.flatMap(({ id, levels }) =>
      levels.map(({ name }): Condition => ({ name: name === '' ? id : `${id}.${name}`, kind: 'rule' })),
    ),
    ...(watchesSilence ? [{ name: 'absent', kind: 'absence' } as const] : []),
  ];
}

/** Everything that can come into force on a group; of silences, that of the gateways and of the site as a whole. */
export function conditionsOfGroup(group: Group): readonly Condition[] {
  return namesOf(group).map((name) => ({ name, kind: 'group' }));
}

function namesOf(group: Group): readonly string[] {
  switch (group.kind) {
    case 'vote': {
      const { high, low, degraded, deviation } = group;
      return [...low, ...high, ...degraded, ...(deviation ? [deviation] : [])].map(({ condition }) => condition);
    }
    case 'count':
      return group.levels.map(({ condition }) => condition);
    case 'firstOut':
      return ['firstOut'];
    case 'silence':
      return ['absent'];
  }
}
