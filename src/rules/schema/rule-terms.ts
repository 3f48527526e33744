import { type Static, Type } from '@sinclair/typebox';
import { DURATION, tier, title, why } from './terms.ts';

const deadband = Type.Number({
  description: 'Clears when the distance is below `by` - deadband. Default: 20 % of `by`.',
});

/** How far two things may be apart. */
export const by = {
  by: Type.Number({ exclusiveMinimum: 0, description: 'Distance that trips, in the unit of the point.' }),
  deadband: Type.Optional(deadband),
};

const onDelay = Type.String({ ...DURATION, default: '0s', description: 'How long it must hold before it trips.' });
const offDelay = Type.String({ ...DURATION, default: '0s', description: 'How long it must be over before it clears.' });
const latch = Type.Boolean({ default: false, description: 'Stays until a person resets it.' });
const onBad = Type.Union([Type.Literal('hold'), Type.Literal('alarm')], {
  default: 'hold',
  description:
    'What bad or missing input means: hold keeps the state as it is; alarm counts as tripped, once a first sample is due.',
});
const words = {
  title: Type.Optional({ ...title, description: 'What people call the alarm. Default: named by its point and kind.' }),
  why: Type.Optional({
    ...why,
    description: 'Why the alarm is there and what to do. Keys as in the `why` of a point, which is the default.',
  }),
};

/** An expression over the points of a device, in the Common Expression Language (CEL). */
export const expression = (description: string) =>
  Type.String({ minLength: 1, maxLength: 2000, expects: 'an expression of 1 to 2000 characters', description });

/** What keeps a rule quiet. */
export const unless = Type.Optional(
  expression(
    'Expression that is true while the alarm would mean nothing, as "!pumpRunning"; then the rule begins anew.',
  ),
);

/** The terms of a rule that has a time of its own in place of the on-delay. */
export const termsWithoutDelay = { tier, offDelay, latch, ...words };

/** The terms of a rule that judges quality itself. */
export const qualityTerms = { tier, onDelay: { ...onDelay, default: '30s' }, offDelay, latch, ...words };

/** The terms of a rule that judges values. */
export const valueTerms = { tier, onDelay, offDelay, latch, onBad, ...words };

const pace = {
  deadband: Type.Optional(Type.Number({ description: 'Its deadband. Default: that of the rule.' })),
  onDelay: Type.Optional(Type.String({ ...DURATION, description: 'Its on-delay. Default: that of the rule.' })),
  offDelay: Type.Optional(Type.String({ ...DURATION, description: 'Its off-delay. Default: that of the rule.' })),
  latch: Type.Optional(Type.Boolean({ description: 'Stays until a person resets it. Default: as the rule.' })),
};
const step = Type.Object(
  { at: Type.Number({ description: 'Set point of the step, in the unit of the rule.' }), ...pace },
  { additionalProperties: false, description: 'The step at which the alarm is of this tier.' },
);
const stepPatch = Type.Object(
  { at: Type.Optional(Type.Number({ description: 'Set point of the step.' })), ...pace },
  { additionalProperties: false, description: 'What differs at this tier.' },
);
const stepOfTier = Type.Optional(step);
const stepPatchOfTier = Type.Optional(stepPatch);

/** Steps of one alarm, by tier. */
export const steps = (description: string) =>
  Type.Object(
    { blue: stepOfTier, yellow: stepOfTier, orange: stepOfTier, red: stepOfTier },
    {
      additionalProperties: false,
      minProperties: 1,
      expects: 'at least one of blue, yellow, orange, red',
      description,
    },
  );

/** Steps that a device changes; what is left out stays. */
export const stepsPatch = Type.Object(
  { blue: stepPatchOfTier, yellow: stepPatchOfTier, orange: stepPatchOfTier, red: stepPatchOfTier },
  { additionalProperties: false, description: 'Steps of a measured expression.' },
);

const stepsObject = steps('');

/** The steps of a rule, as written. */
export type StepsEntry = Static<typeof stepsObject>;
/** Steps with what a device changes. */
export type StepsPatch = Static<typeof stepsPatch>;

const termsObject = Type.Object(termsWithoutDelay);

/** What the terms of every rule have, as written. */
export type TermsEntry = Static<typeof termsObject>;
