import { type Static, Type } from '@sinclair/typebox';
import { valueTerms } from './rule-terms.ts';
import { DURATION, maxGap, POINT_PATTERN, POSITIVE, tier } from './terms.ts';

/** Samples that a learned norm rests on at least, where nothing is said. */
const LEARNED_MIN_SAMPLES = 30;
/** Samples that a forecast rests on at least, where nothing is said. */
const FORECAST_MIN_SAMPLES = 10;

/** What is normal, as told. */
export const fixedNorm = Type.Object(
  {
    mean: Type.Number({ description: 'Mean while all is well, in the unit of the point.' }),
    sigma: Type.Number({ exclusiveMinimum: 0, description: 'Standard deviation of single samples then.' }),
  },
  { additionalProperties: false, description: 'What is normal, as known. This or `learned`.' },
);

const learnedNorm = Type.Object(
  {
    over: Type.String({ ...POSITIVE, description: 'How far back it learns, by the time of its samples.' }),
    minSamples: Type.Integer({
      minimum: 10,
      maximum: 128,
      default: LEARNED_MIN_SAMPLES,
      description: 'Fewer samples: nothing is said; of each hour, with `byHour`. At most 128 are kept of each.',
    }),
    byHour: Type.Boolean({
      default: false,
      description:
        'Each hour of the day, in the time zone of the configuration, has its own: for load that follows the day.',
    }),
    resolution: Type.Number({
      exclusiveMinimum: 0,
      description: 'Smallest step of the instrument, in the unit of the point: a quiet signal has noise of half of it.',
    }),
    relearnAfter: Type.Optional(
      Type.String({
        ...POSITIVE,
        description:
          'After an alarm of this length the change is taken for one that is there to stay: what is normal is learned ' +
          'anew from the samples of the alarm, which stays until `minSamples` are known and a sample is normal by them. ' +
          'Default: never, since a slow leak must not be learned away: what goes on drifting looks normal once it is ' +
          'learned. Only for a quantity that no fixed limit could guard and whose changes are harmless.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      'What is normal is learned: median and MAD of good samples while neither this rule nor a limit of the point is ' +
      'in alarm. This or `fixed`.',
  },
);

const side = Type.Union([Type.Literal('high'), Type.Literal('low'), Type.Literal('either')], {
  default: 'either',
  description: 'Which way counts: too high, too low, or either.',
});
const every = Type.Optional(
  Type.String({
    ...POSITIVE,
    description:
      'At most one sample in this time is taken. Samples that follow each other faster than the process moves are not ' +
      'independent, and it trips too often. Default: every sample.',
  }),
);
const deadband = Type.Optional(
  Type.Number({ description: 'Clears below its set point - deadband, in standard deviations. Default: 20 % of it.' }),
);
const ofNorm = {
  fixed: Type.Optional(fixedNorm),
  learned: Type.Optional(learnedNorm),
  side,
  deadband,
  ...valueTerms,
};

const ewma = Type.Object(
  {
    limit: Type.Number({
      exclusiveMinimum: 0,
      default: 3,
      description:
        'L: trips at so many standard deviations of the average. 2.86 with lambda 0.2: a false alarm in 367 samples.',
    }),
    lambda: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 1,
        description: 'Weight of each sample, for even sampling. Default: 0.2, unless there is `tau`.',
      }),
    ),
    tau: Type.Optional(
      Type.String({ ...POSITIVE, description: 'Time constant, for uneven sampling, in place of `lambda`.' }),
    ),
    every,
    ...ofNorm,
  },
  { additionalProperties: false, description: 'Exponentially weighted moving average: a small lasting shift.' },
);

const cusum = Type.Object(
  {
    k: Type.Number({
      minimum: 0,
      default: 0.5,
      description: 'Allowance in standard deviations: half the shift to be found.',
    }),
    h: Type.Number({
      exclusiveMinimum: 0,
      default: 5,
      description:
        'Trips when the sum reaches it. 5 with k 0.5: a false alarm in 469 samples, a shift of 1 σ found in 10.',
    }),
    every,
    ...ofNorm,
  },
  {
    additionalProperties: false,
    description: 'Cumulative sum: a lasting shift, and when it began. It begins afresh when the alarm is over.',
  },
);

const zscore = Type.Object(
  {
    limit: Type.Number({
      exclusiveMinimum: 0,
      default: 3.5,
      description: 'Trips when a sample is so many standard deviations from the median.',
    }),
    ...ofNorm,
  },
  { additionalProperties: false, description: 'Robust z-score, 0.6745·(value - median)/MAD: a single unusual sample.' },
);

/** Statistical rules of a point, each one a rule. */
export const statistics = Type.Object(
  { ewma: Type.Optional(ewma), cusum: Type.Optional(cusum), zscore: Type.Optional(zscore) },
  { additionalProperties: false, description: 'Trips when the point is not as it normally is.' },
);

const RESPONSE_OR_DURATION = {
  ...POSITIVE,
  pattern: `^(responseTime|${POSITIVE.pattern.slice(1, -1)})$`,
  maxLength: 12,
  expects: `responseTime, or ${DURATION.expects}, > 0`,
};
const ofTier = Type.Optional(Type.String({ ...RESPONSE_OR_DURATION, description: 'Of this tier within this time.' }));

export const forecastBefore = Type.String({
  ...RESPONSE_OR_DURATION,
  description:
    'Trips when the limit will be reached within this time; responseTime is that of the `why`. Goes with `tier`.',
});

export const forecastSteps = Type.Object(
  { blue: ofTier, yellow: ofTier, orange: ofTier, red: ofTier },
  {
    additionalProperties: false,
    minProperties: 1,
    expects: 'at least one of blue, yellow, orange, red',
    description: 'In place of `before` and `tier`: the time of each tier; one alarm that climbs.',
  },
);

const forecast = Type.Object(
  {
    to: Type.Optional(
      Type.Number({ description: 'The value to be reached, where the name is not that of a limit; with `sense`.' }),
    ),
    sense: Type.Optional(
      Type.Union([Type.Literal('above'), Type.Literal('below')], {
        description: 'With `to`: reached from below (above) or from above (below).',
      }),
    ),
    before: Type.Optional(forecastBefore),
    steps: Type.Optional(forecastSteps),
    over: Type.String({
      ...POSITIVE,
      description: 'Width of the window of the line; it looks ahead three times that.',
    }),
    minSamples: Type.Integer({
      minimum: 5,
      maximum: 240,
      default: FORECAST_MIN_SAMPLES,
      description: 'Fewer samples: no verdict.',
    }),
    significance: Type.Number({
      exclusiveMinimum: 0,
      default: 3,
      description: 'The slope counts only if it is more than so many standard errors from none.',
    }),
    maxGap: Type.Optional(maxGap),
    basis: Type.Optional(
      Type.Union([Type.Literal('expected'), Type.Literal('earliest')], {
        description:
          'Which time is compared: the expected one, or the earliest of its 95 % interval. Default: earliest for red, ' +
          'expected for the other tiers.',
      }),
    ),
    deadband: Type.Optional(
      Type.Number({ description: 'Clears when the time is longer by so many minutes. Default: 20 % of it.' }),
    ),
    ...valueTerms,
    tier: Type.Optional(tier),
  },
  {
    additionalProperties: false,
    description:
      'Trips when the line through the last samples leads to a limit of the point (LL, L, H, HH, as in force for the ' +
      'device) in time. Under any other name: to the value `to`.',
  },
);

/** Forecasts of a point, by the limit they lead to. */
export const forecasts = Type.Record(Type.String({ pattern: POINT_PATTERN }), forecast, {
  additionalProperties: false,
  names: 'the name of a forecast is LL, L, H, HH, or a letter, then up to 63 letters, digits or underscores',
  description: 'Time to a limit, by the name of the limit, or another name with `to`.',
});

const ofNormObject = Type.Object(ofNorm);

/** What every statistic has, as written. */
export type NormEntry = Pick<Static<typeof ofNormObject>, 'fixed' | 'learned' | 'deadband'>;
export type EwmaEntry = Static<typeof ewma>;
export type CusumEntry = Static<typeof cusum>;
export type ZscoreEntry = Static<typeof zscore>;
export type ForecastEntry = Static<typeof forecast>;
