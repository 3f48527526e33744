import { type Static, Type } from '@sinclair/typebox';
import { by, qualityTerms, termsWithoutDelay, unless, valueTerms } from './rule-terms.ts';
import { forecasts, statistics } from './statistics.ts';
import { POINT_PATTERN, POSITIVE } from './terms.ts';

/** Reports that prove a value stuck, where nothing is said. */
const STUCK_MIN_REPORTS = 5;

const side = Type.Object(
  { ...by, ...valueTerms },
  { additionalProperties: false, description: 'Too far above the set point, too far below it, or either way.' },
);

const deviation = Type.Object(
  {
    from: Type.Union([Type.Number(), Type.String({ pattern: POINT_PATTERN })], {
      expects: 'a number or the name of a point',
      description: 'The set point: a number, or the name of a point of the device.',
    }),
    high: Type.Optional(side),
    low: Type.Optional(side),
    either: Type.Optional(side),
  },
  { additionalProperties: false, description: 'Trips when the value is `by` or more from a set point.' },
);

const oneValue = [Type.Boolean(), Type.Number(), Type.String({ maxLength: 256 })] as const;
const values = (description: string) =>
  Type.Union([...oneValue, Type.Array(Type.Union([...oneValue]), { minItems: 1, maxItems: 100 })], {
    expects: 'a value of the point, or a list of values',
    description,
  });

const state = Type.Object(
  {
    normal: Type.Optional(values('The normal state, or a list of them: any other is an alarm.')),
    alarm: Type.Optional(values('The state that is an alarm, or a list of them: any other is normal.')),
    ...valueTerms,
  },
  { additionalProperties: false, description: 'Trips on a state of the point; give `normal` or `alarm`.' },
);

const wholeOrHex = (description: string) =>
  Type.Union(
    [
      Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
      Type.String({ pattern: '^0[xX][0-9a-fA-F]{1,14}$' }),
    ],
    { expects: 'a whole number, 0 or more and below 2^53, or a hexadecimal one in quotes, as "0x0C"', description },
  );

const bits = Type.Object(
  {
    bit: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 52, description: 'Number of the bit; 0 is the lowest. This or `mask`.' }),
    ),
    mask: Type.Optional(wholeOrHex('Bits to look at, as 12 or "0x0C".')),
    equals: Type.Optional(
      wholeOrHex('What the masked word is when it trips (of a `bit`: 0 or 1). Default: any bit of the mask is set.'),
    ),
    ...valueTerms,
  },
  { additionalProperties: false, description: 'Trips on a bit pattern of a status word.' },
);

const stuck = Type.Object(
  {
    band: Type.Number({
      minimum: 0,
      description: 'The value counts as unmoved within +/- band of where it began, in the unit of the point.',
    }),
    for: Type.String({
      ...POSITIVE,
      description:
        'How long it must stay there, by the time of its samples. A gap of more than 3 intervals counts anew.',
    }),
    minReports: Type.Integer({
      minimum: 2,
      maximum: 1_000_000,
      default: STUCK_MIN_REPORTS,
      description: 'Fewer reports in that time prove nothing.',
    }),
    unless,
    ...termsWithoutDelay,
  },
  {
    additionalProperties: false,
    description: 'Trips when the value does not move: a frozen instrument. Bad samples neither prove nor disprove it.',
  },
);

const bad = Type.Object(
  {
    uncertain: Type.Boolean({ default: false, description: 'Uncertain quality counts as bad too.' }),
    unless,
    ...qualityTerms,
  },
  {
    additionalProperties: false,
    description: 'Trips on a bad measurement: quality bad, null, outside `range`, or failed by `signal`.',
  },
);

const signal = Type.Object(
  {
    low: Type.Number({ default: 3.6, description: 'At or below it the transmitter has failed, in mA.' }),
    high: Type.Number({ default: 21, description: 'At or above it the transmitter has failed, in mA.' }),
  },
  {
    additionalProperties: false,
    description:
      'For a point that reports its loop current in mA: failure signals by NAMUR NE 43, whose measuring range is 3.8 ' +
      'to 20.5 mA. A failed value is of bad quality to every rule; `bad` raises the alarm.',
  },
);

/** Sections of a point beside its limits and rates, each a rule or several. */
export const pointRules = {
  deviation: Type.Optional(deviation),
  state: Type.Optional(state),
  bits: Type.Optional(
    Type.Record(Type.String({ pattern: POINT_PATTERN }), bits, {
      additionalProperties: false,
      names: 'the name of a bit pattern is a letter, then up to 63 letters, digits or underscores',
      description: 'Bit patterns of a status word, by name.',
    }),
  ),
  stuck: Type.Optional(stuck),
  bad: Type.Optional(bad),
  signal: Type.Optional(signal),
  statistics: Type.Optional(statistics),
  forecast: Type.Optional(forecasts),
};

export type DeviationSideEntry = Static<typeof side>;
export type StateEntry = Static<typeof state>;
export type BitsEntry = Static<typeof bits>;
export type StuckEntry = Static<typeof stuck>;
export type BadEntry = Static<typeof bad>;
