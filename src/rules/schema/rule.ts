import { type Static, Type } from '@sinclair/typebox';
import { by, expression, steps, valueTerms } from './rule-terms.ts';
import { name, POINT_PATTERN, tier } from './terms.ts';

const pointName = (description: string) =>
  Type.String({ pattern: POINT_PATTERN, expects: 'the name of a point', description });

const discrepancy = Type.Object(
  {
    between: Type.Optional(
      Type.Array(Type.String({ pattern: POINT_PATTERN, expects: 'the name of a point' }), {
        minItems: 2,
        maxItems: 2,
        expects: 'the names of two points, [one, other]',
        description: 'Two measurements of the same quantity; with `by`.',
      }),
    ),
    by: Type.Optional({ ...by.by, description: 'Distance between them that trips.' }),
    deadband: by.deadband,
    command: Type.Optional(pointName('The point that tells what is wanted; with `feedback`.')),
    feedback: Type.Optional(
      pointName('The point that tells what is. `onDelay` is the time that it may take to follow.'),
    ),
    map: Type.Optional(
      Type.Record(Type.String({ maxLength: 256 }), Type.Union([Type.Boolean(), Type.Number(), Type.String()]), {
        additionalProperties: false,
        minProperties: 1,
        names: 'this is not a value of one line',
        description:
          'By value of the feedback: the command that it confirms, as { open: true, closed: false }; a value that is ' +
          'not named confirms none. Default: equal values agree.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'Trips when two measurements differ, or when a feedback does not follow its command.',
  },
);

/** One entry of `rules:`; exactly one of its keys names the kind. */
const rule = Type.Object(
  {
    id: { ...name, description: 'Name of the rule, unique in the profile: alarms and overrides go by it.' },
    when: Type.Optional(
      expression('Condition over the points of the device, as "outletPressure > 4 && slamShutOpen"; trips while true.'),
    ),
    until: Type.Optional(
      expression(
        'With `when`: what must be true before it clears, as "outletPressure < 3.8". Default: `when` is false.',
      ),
    ),
    measure: Type.Optional(
      expression('A number over the points of the device, as "levelA - levelB", with the steps `above` or `below`.'),
    ),
    above: Type.Optional(steps('With `measure`: trips at >= `at`; one alarm that climbs the tiers.')),
    below: Type.Optional(steps('With `measure`: trips at <= `at`; one alarm that climbs the tiers.')),
    deadband: Type.Optional(Type.Number({ description: 'With `measure`: deadband of its steps. Default: 0.' })),
    unit: Type.Optional(Type.String({ maxLength: 32, description: 'With `measure`: its unit, as shown in messages.' })),
    point: Type.Optional(pointName('With `when` or `measure`: the point whose value and `why` the alarm shows.')),
    discrepancy: Type.Optional(discrepancy),
    ...valueTerms,
    tier: Type.Optional({ ...tier, description: 'Internal urgency. Required, but where steps say it.' }),
  },
  { additionalProperties: false },
);

/** The `rules` of a profile. */
export const rules = Type.Array(rule, {
  default: [],
  description: 'Rules over several points of one device.',
});

export type RuleEntry = Static<typeof rule>;
export type DiscrepancyEntry = Static<typeof discrepancy>;

/** An entry of which the tier is known to be there. */
export interface TieredEntry extends RuleEntry {
  readonly tier: NonNullable<RuleEntry['tier']>;
}
