import { type Static, Type } from '@sinclair/typebox';
import { expression, stepsPatch } from './rule-terms.ts';
import { fixedNorm, forecastBefore, forecastSteps } from './statistics.ts';
import { DURATION, POSITIVE, tier } from './terms.ts';

/** Where a number of one device comes from. */
export const reference = {
  origin: Type.Optional(Type.String({ maxLength: 500, description: 'Where the number comes from: setting sheet, …' })),
  change: Type.Optional(Type.String({ maxLength: 500, description: 'Reference of the approved change.' })),
  expires: Type.Optional(
    Type.String({
      pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$',
      faultCode: 'DATE_INVALID',
      expects: 'a date, as 2027-06-30',
      description: 'Last day it is approved for. It stays in force beyond; `davylamp check` and the start say so.',
    }),
  ),
};

// Without defaults: what an override leaves out stays as the profile has it.
/** What a device may change about a rule; which of it, depends on the kind of the rule. */
export const rulePatch = {
  by: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Distance that trips.' })),
  deadband: Type.Optional(Type.Number({ description: 'Its deadband.' })),
  from: Type.Optional(Type.Number({ description: 'Set point of a deviation.' })),
  when: Type.Optional(expression('Its condition.')),
  until: Type.Optional(expression('Its condition for clearing.')),
  measure: Type.Optional(expression('The number that it judges.')),
  above: Type.Optional(stepsPatch),
  below: Type.Optional(stepsPatch),
  band: Type.Optional(Type.Number({ minimum: 0, description: 'Band of a stuck value.' })),
  for: Type.Optional(Type.String({ ...POSITIVE, description: 'How long a stuck value must stay.' })),
  minReports: Type.Optional(
    Type.Integer({ minimum: 2, maximum: 1_000_000, description: 'Reports that prove a value stuck.' }),
  ),
  limit: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Set point of a statistic.' })),
  k: Type.Optional(Type.Number({ minimum: 0, description: 'Allowance of a cumulative sum.' })),
  h: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Set point of a cumulative sum.' })),
  fixed: Type.Optional(fixedNorm),
  before: Type.Optional(forecastBefore),
  steps: Type.Optional(forecastSteps),
  to: Type.Optional(Type.Number({ description: 'Value that a forecast leads to.' })),
  over: Type.Optional(Type.String({ ...POSITIVE, description: 'Window of a forecast.' })),
  minSamples: Type.Optional(
    Type.Integer({ minimum: 5, maximum: 240, description: 'Samples that a forecast rests on at least.' }),
  ),
  onDelay: Type.Optional(Type.String({ ...DURATION, description: 'How long it must hold before it trips.' })),
  offDelay: Type.Optional(Type.String({ ...DURATION, description: 'How long it must be over before it clears.' })),
  tier: Type.Optional(tier),
  latch: Type.Optional(Type.Boolean({ description: 'Stays until a person resets it.' })),
};

const patchObject = Type.Object(rulePatch);

const ruleOverride = Type.Object(
  {
    ...rulePatch,
    off: Type.Optional(
      Type.Literal(true, {
        expects: 'true',
        description: 'The device does not have this rule; `change` must say who decided so.',
      }),
    ),
    ...reference,
  },
  { additionalProperties: false, description: 'What is left out stays as the profile has it.' },
);

/** Rules of one device that differ from its profile, by id. */
export const ruleOverrides = Type.Record(Type.String(), ruleOverride, {
  additionalProperties: false,
  names: 'this is not the id of a rule',
  description: 'By id of the rule: what differs from the profile.',
});

export type RulePatch = Static<typeof patchObject>;
export type RuleOverrideEntry = Static<typeof ruleOverride>;
