import { type Static, Type } from '@sinclair/typebox';
import { allow } from './allow.ts';
import { gas } from './gas.ts';
import { pointRules } from './point-rules.ts';
import { rules } from './rule.ts';
import { expression } from './rule-terms.ts';
import { suppress } from './suppress.ts';
import { DURATION, maxGap, name, POINT_PATTERN, POSITIVE, RATE_MIN_SAMPLES, tier, title, why } from './terms.ts';

const limit = Type.Object(
  {
    at: Type.Number({ description: 'Set point, in the unit of the point. Trips at >= (H, HH) or <= (L, LL).' }),
    deadband: Type.Optional(
      Type.Number({ description: 'Clears beyond `at` -/+ deadband. Default: 2 % of the range, else 0.' }),
    ),
    onDelay: Type.String({
      ...DURATION,
      default: '0s',
      description: 'How long the value must be beyond before it trips.',
    }),
    offDelay: Type.String({
      ...DURATION,
      default: '0s',
      description: 'How long the value must be back before it clears.',
    }),
    tier,
    latch: Type.Boolean({ default: false, description: 'Stays until a person resets it.' }),
  },
  { additionalProperties: false, description: 'One limit; names LL < L < H < HH must rise in that order.' },
);

const rate = Type.Object(
  {
    by: Type.Number({
      exclusiveMinimum: 0,
      description: 'Change over the window, positive, in the unit of the point.',
    }),
    over: Type.String({ ...POSITIVE, description: 'Width of the window the slope is fitted over.' }),
    minSamples: Type.Integer({
      minimum: 2,
      maximum: 240,
      default: RATE_MIN_SAMPLES,
      description: 'Fewer samples: no verdict.',
    }),
    method: Type.Union([Type.Literal('leastSquares'), Type.Literal('theilSen')], {
      default: 'leastSquares',
      description:
        'How the slope is found: least squares, or Theil-Sen (median of all pairs), which wild samples cannot bend.',
    }),
    significance: Type.Number({
      minimum: 0,
      default: 0,
      description:
        'The slope counts only if it is more than so many standard errors from none; 0: always. Least squares only.',
    }),
    maxGap: Type.Optional(maxGap),
    deadband: Type.Optional(
      Type.Number({
        description: 'Clears when the change is below `by` - deadband. Default: 20 % of `by`.',
      }),
    ),
    onDelay: Type.String({ ...DURATION, default: '0s', description: 'How long the slope must hold before it trips.' }),
    offDelay: Type.String({ ...DURATION, default: '0s', description: 'How long it must be gone before it clears.' }),
    tier,
    latch: Type.Boolean({ default: false, description: 'Stays until a person resets it.' }),
  },
  { additionalProperties: false, description: 'Trips when the fitted slope reaches `by` per `over`.' },
);

const point = Type.Object(
  {
    title: Type.Optional(title),
    type: Type.Union([Type.Literal('number'), Type.Literal('boolean'), Type.Literal('string')], {
      description: 'Type of every value; another type is refused. Only numbers can have limits and rates.',
    }),
    stale: Type.Optional(
      Type.Union([Type.Literal('never'), Type.String(POSITIVE)], {
        expects: 'never, or a duration as 30m',
        description:
          'The newest sample counts as bad when it is older: what a point said last does not stay true for ever. ' +
          'Default: 3 x interval where reporting is periodic; never where it is by exception.',
      }),
    ),
    calc: Type.Optional(
      expression(
        'Expression over other points of the device that gives the value. Left out where the device reports it.',
      ),
    ),
    unit: Type.String({ maxLength: 32, default: '', description: 'Unit, as shown in messages: kPa, °C, %LEL.' }),
    range: Type.Optional(
      Type.Array(Type.Number(), {
        minItems: 2,
        maxItems: 2,
        expects: 'two numbers, [lowest, highest]',
        description: 'A value outside is of bad quality and never a limit alarm.',
      }),
    ),
    limits: Type.Object(
      { LL: Type.Optional(limit), L: Type.Optional(limit), H: Type.Optional(limit), HH: Type.Optional(limit) },
      {
        additionalProperties: false,
        default: {},
        description: 'A ladder: LL and L below, H and HH above. One alarm climbs and descends it.',
      },
    ),
    rate: Type.Object(
      { rising: Type.Optional(rate), falling: Type.Optional(rate), changing: Type.Optional(rate) },
      {
        additionalProperties: false,
        default: {},
        description: 'Rate of change: the slope over a window; `changing` is either way.',
      },
    ),
    ...pointRules,
    why: Type.Optional(why),
    gas: Type.Optional(gas),
    allow,
  },
  { additionalProperties: false },
);

/** One file of `profiles/`: a device class. */
export const profileFileSchema = Type.Object(
  {
    profile: { ...name, description: 'Id of the device class; devices name it.' },
    title: Type.Optional(title),
    reporting: Type.Object(
      {
        mode: Type.Union([Type.Literal('periodic'), Type.Literal('exception')], {
          default: 'periodic',
          description: 'periodic: silence is a fault; exception: the device speaks on change only.',
        }),
        interval: Type.String({ ...POSITIVE, default: '60s', description: 'Longest time between two reports.' }),
        order: Type.Union([Type.Literal('arrival'), Type.Literal('source')], {
          default: 'arrival',
          description:
            'arrival: each reading is judged as it comes, one that was overtaken joins slopes only. source: readings are put ' +
            'back into the order of their times first, waiting for late ones up to `time.lateness` unless their `seq` has no gap; ' +
            'for feeds that may reorder.',
        }),
      },
      { additionalProperties: false, default: {}, description: 'How often the device speaks.' },
    ),
    clock: Type.Optional(
      Type.Union(
        [
          Type.Literal('unchecked'),
          Type.Object(
            {
              within: Type.Optional(
                Type.String({ ...POSITIVE, description: 'Furthest that its clock may be from ours. Default: 30s.' }),
              ),
              for: Type.Optional(
                Type.String({ ...POSITIVE, description: 'How long it must stay beyond. Default: 5m.' }),
              ),
              tier: Type.Optional({ ...tier, description: 'Default: blue.' }),
            },
            { additionalProperties: false },
          ),
        ],
        {
          expects: 'unchecked, or { within: 30s, for: 5m, tier: blue }',
          description: 'A wrong clock of the device is an alarm. Default: 30 s for 5 min, tier blue.',
        },
      ),
    ),
    absent: Type.Optional(
      Type.Union(
        [
          Type.Literal('never'),
          Type.Object(
            {
              after: Type.Optional(
                Type.String({ ...POSITIVE, description: 'Silence that raises the alarm. Default: 3 x interval.' }),
              ),
              tier: Type.Optional({ ...tier, description: 'Default: blue.' }),
              why: Type.Optional(why),
            },
            { additionalProperties: false },
          ),
        ],
        {
          expects: 'never, or { after: 3m, tier: blue }',
          description:
            'Silence is an alarm of its own. Default: after 3 x interval, tier blue, where reporting is periodic; ' +
            'never where it is by exception.',
        },
      ),
    ),
    points: Type.Record(Type.String({ pattern: POINT_PATTERN }), point, {
      additionalProperties: false,
      minProperties: 1,
      expects: 'at least one point',
      names: 'a point name is a letter, then up to 63 letters, digits or underscores',
      description: 'What the device measures, by name: a letter, then up to 63 letters, digits or underscores.',
    }),
    rules,
    suppress,
    allow,
  },
  { additionalProperties: false },
);

export type ProfileFile = Static<typeof profileFileSchema>;
export type PointEntry = Static<typeof point>;
export type LimitEntry = Static<typeof limit>;
export type RateEntry = Static<typeof rate>;
