import { type Static, Type } from '@sinclair/typebox';
import { DURATION_PATTERN } from '../../model/duration.ts';

/** Names of sites, devices, profiles and receivers: safe in topics, tags, file names and URLs. */
export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

/** Names of points; the reserved ones are refused by the loader, so that a store may use them as columns. */
export const POINT_PATTERN = '^[A-Za-z][A-Za-z0-9_]{0,63}$';

/** Samples a rate needs in its window, where nothing is said. */
export const RATE_MIN_SAMPLES = 5;

/** Of a duration text; with `maxLength` it cannot overflow. */
export const DURATION = {
  pattern: DURATION_PATTERN,
  maxLength: 9,
  faultCode: 'DURATION_INVALID',
  expects: 'a duration: a number and ms, s, m, h or d, as 30s',
};
/** Of a duration that is not zero. */
export const POSITIVE = {
  ...DURATION,
  pattern: `^(?=.*[1-9])${DURATION_PATTERN.slice(1)}`,
  expects: `${DURATION.expects}, > 0`,
};

/** Widest gap in the window of a slope. */
export const maxGap = Type.String({
  ...POSITIVE,
  description:
    'No verdict while two neighbouring samples of the window are further apart. Default: a third of `over`, at least ' +
    '2 x interval; where reporting is by exception, any.',
});

/** Id of a site, device, profile or group. */
export const name = Type.String({
  pattern: NAME_PATTERN,
  faultCode: 'NAME_INVALID',
  expects: 'a name: a letter or digit, then up to 63 letters, digits, dots, underscores or hyphens',
  description: 'A letter or digit, then up to 63 letters, digits, dots, underscores or hyphens.',
});

/** Name for people. */
export const title = Type.Union(
  [
    Type.String({ minLength: 1, maxLength: 200, expects: 'a text of 1 to 200 characters' }),
    Type.Object(
      {
        en: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
        zh: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
      },
      { additionalProperties: false, minProperties: 1 },
    ),
  ],
  {
    expects: 'a text, or { en: …, zh: … }',
    description: 'Name for people; one text serves both languages. Default: the id.',
  },
);

/** Internal urgency. */
export const tier = Type.Union(
  [Type.Literal('blue'), Type.Literal('yellow'), Type.Literal('orange'), Type.Literal('red')],
  {
    faultCode: 'TIER_INVALID',
    description: 'Internal urgency; red is the most urgent.',
  },
);

const whyText = Type.String({ minLength: 1, maxLength: 2000, expects: 'a text of 1 to 2000 characters' });

/** The rationale of an alarm. */
export const why = Type.Object(
  {
    cause: Type.Optional({ ...whyText, description: 'What usually brings it about.' }),
    consequence: Type.Optional({ ...whyText, description: 'What happens if nobody acts.' }),
    action: Type.Optional({ ...whyText, description: 'What the operator does.' }),
    responseTime: Type.Optional(
      Type.String({ ...POSITIVE, description: 'Time the operator has before the consequence.' }),
    ),
  },
  {
    additionalProperties: false,
    description: 'What the operator must know (ISA-18.2 rationalisation); all four are required for red and orange.',
  },
);

export type TitleEntry = Static<typeof title>;
export type WhyEntry = Static<typeof why>;
