import { type Static, Type } from '@sinclair/typebox';
import { deviceRowSchema } from '../rules/schema/device.ts';
import { DURATION, name, POSITIVE, tier } from '../rules/schema/terms.ts';

const moment = (description: string) =>
  Type.String({ ...DURATION, expects: 'a time since the start of the test, as 43s', description });

const step = Type.Optional(
  Type.String({ ...POSITIVE, description: 'Sampling interval. Default: the reporting interval of the profile.' }),
);

/** A device that a test makes up: an entry of `devices/`, with its sampling interval. */
export const madeUpDeviceSchema = Type.Object(
  {
    ...deviceRowSchema.properties,
    id: { ...name, default: 'device', description: 'Its name. Default: device.' },
    site: { ...name, default: 'site', description: 'Its site. Default: site.' },
    step,
  },
  { additionalProperties: false },
);

const whichAlarm = {
  alarm: Type.Optional(
    Type.String({
      description: 'Condition or rule: outletPressure.HH, outletPressure.falling, absent, the id of a rule.',
    }),
  ),
  device: Type.Optional(
    Type.String({ description: 'Only of this device (its name in the test, or its id) or this group.' }),
  ),
};

const command = Type.Object(
  {
    at: moment('When it is done, after everything up to then was judged.'),
    by: Type.String({ default: 'operator', minLength: 1, maxLength: 100, description: 'Who does it.' }),
    ...whichAlarm,
  },
  { additionalProperties: false },
);

const expectation = Type.Object(
  {
    at: moment('When it is looked at, after everything up to then was judged.'),
    ...whichAlarm,
    none: Type.Optional(
      Type.Literal(true, { description: 'No such alarm is in force; without `alarm`, none at all.' }),
    ),
    state: Type.Optional(Type.String({ description: 'State of the alarm.' })),
    tier: Type.Optional(tier),
  },
  { additionalProperties: true, description: 'Further keys are points: normal, L, LL, H or HH.' },
);

const notification = Type.Object(
  {
    at: moment('When it is sent.'),
    tier: Type.Optional(tier),
    type: Type.Optional(
      Type.Union(
        [
          Type.Literal('raised'),
          Type.Literal('escalated'),
          Type.Literal('deescalated'),
          Type.Literal('returned'),
          Type.Literal('cleared'),
          Type.Literal('acknowledged'),
        ],
        { description: 'What happened to the alarm.' },
      ),
    ),
    ...whichAlarm,
    to: Type.Optional(Type.Array(Type.String(), { description: 'The receivers it goes to.' })),
  },
  { additionalProperties: false },
);

const variant = Type.Object(
  {
    crashAt: Type.Optional(moment('The state is written down, thrown away and read back at this time.')),
    shuffleWithin: Type.Optional(
      Type.String({ ...POSITIVE, description: 'Readings arrive in another order, each so much later at most.' }),
    ),
    duplicate: Type.Optional(
      Type.String({
        pattern: '^(?:100|[1-9]?[0-9])%$',
        expects: 'a share, as 20%',
        description: 'So many of the readings come twice.',
      }),
    ),
    seed: Type.Optional(Type.Integer({ minimum: 0, description: 'Of shuffleWithin and duplicate. Default: 1.' })),
  },
  { additionalProperties: false },
);

const trial = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 300, description: 'The sentence that the test proves.' }),
    start: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d{1,3})?)?(?:Z|[+-]\\d{2}:\\d{2})$',
        expects: 'a time with its zone in quotes, as "2026-11-21T08:00:00+08:00"',
        description: 'The moment the test begins, for rules that know the hour. Default: 2026-01-01T00:00:00Z.',
      }),
    ),
    step,
    device: Type.Optional(Type.Unknown({ description: 'A configured device (site/id), or one made up here.' })),
    devices: Type.Optional(
      Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,63}$' }), Type.Unknown(), {
        additionalProperties: false,
        minProperties: 1,
        names: 'a name is a letter, then up to 63 letters, digits, underscores or hyphens',
        description: 'Several devices by name; feeds and expectations then say name.point.',
      }),
    ),
    feed: Type.Record(Type.String(), Type.Array(Type.String()), {
      default: {},
      description: 'By point: what it reports, one item after the other.',
    }),
    acknowledge: Type.Array(command, { default: [], description: 'Alarms that an operator acknowledges.' }),
    reset: Type.Array(command, { default: [], description: 'Latched alarms that an operator resets.' }),
    expect: Type.Array(expectation, { default: [], description: 'What is in force, and when.' }),
    notified: Type.Optional(
      Type.Array(notification, {
        description:
          'Exactly the raised and escalated events, in order; other types are compared where the list names one of the type.',
      }),
    ),
    also: Type.Array(variant, { default: [], description: 'What must not change the result.' }),
  },
  { additionalProperties: false },
);

/** One `*.test.yaml`. */
export const trialFileSchema = Type.Object({ tests: Type.Array(trial) }, { additionalProperties: false });

export type TrialFile = Static<typeof trialFileSchema>;
export type TrialEntry = Static<typeof trial>;
export type MadeUpDevice = Static<typeof madeUpDeviceSchema>;
export type ExpectationEntry = Static<typeof expectation>;
export type NotificationEntry = Static<typeof notification>;
export type CommandEntry = Static<typeof command>;
export type VariantEntry = Static<typeof variant>;
