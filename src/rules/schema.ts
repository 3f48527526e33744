import { type Static, Type } from '@sinclair/typebox';
import { DURATION_PATTERN } from '../model/duration.ts';

/** Names of sites, devices, profiles and receivers: safe in topics, tags, file names and URLs. */
export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

/** Names of points; the reserved ones are refused by the loader, so that a store may use them as columns. */
export const POINT_PATTERN = '^[A-Za-z][A-Za-z0-9_]{0,63}$';

/** Samples a rate needs in its window, where nothing is said. */
export const RATE_MIN_SAMPLES = 5;

const DURATION = {
  pattern: DURATION_PATTERN,
  maxLength: 9,
  faultCode: 'DURATION_INVALID',
  expects: 'a duration: a number and ms, s, m, h or d, as 30s',
};
const POSITIVE = {
  ...DURATION,
  pattern: `^(?=.*[1-9])${DURATION_PATTERN.slice(1)}`,
  expects: `${DURATION.expects}, > 0`,
};

const name = Type.String({
  pattern: NAME_PATTERN,
  faultCode: 'NAME_INVALID',
  expects: 'a name: a letter or digit, then up to 63 letters, digits, dots, underscores or hyphens',
  description: 'A letter or digit, then up to 63 letters, digits, dots, underscores or hyphens.',
});

const title = Type.Union(
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

const tier = Type.Union([Type.Literal('blue'), Type.Literal('yellow'), Type.Literal('orange'), Type.Literal('red')], {
  faultCode: 'TIER_INVALID',
  description: 'Internal urgency; red is the most urgent.',
});

const whyText = Type.String({ minLength: 1, maxLength: 2000, expects: 'a text of 1 to 2000 characters' });

const why = Type.Object(
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
      maximum: 10_000,
      default: RATE_MIN_SAMPLES,
      description: 'Fewer samples: no verdict.',
    }),
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
      { rising: Type.Optional(rate), falling: Type.Optional(rate) },
      { additionalProperties: false, default: {}, description: 'Rate of change: least-squares slope over a window.' },
    ),
    why: Type.Optional(why),
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
      },
      { additionalProperties: false, default: {}, description: 'How often the device speaks.' },
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
  },
  { additionalProperties: false, later: ['rules'] },
);

export type ProfileFile = Static<typeof profileFileSchema>;
export type PointEntry = Static<typeof point>;
export type LimitEntry = Static<typeof limit>;
export type RateEntry = Static<typeof rate>;
export type TitleEntry = Static<typeof title>;
export type WhyEntry = Static<typeof why>;

const reference = {
  origin: Type.Optional(Type.String({ maxLength: 500, description: 'Where the number comes from: setting sheet, …' })),
  change: Type.Optional(Type.String({ maxLength: 500, description: 'Reference of the approved change.' })),
};

// Without defaults: what an override leaves out stays as the profile has it.
const limitOverride = Type.Object(
  {
    at: Type.Optional(Type.Number({ description: 'Set point of this device.' })),
    deadband: Type.Optional(Type.Number({ description: 'Its deadband.' })),
    onDelay: Type.Optional(Type.String({ ...DURATION, description: 'How long it must hold before it trips.' })),
    offDelay: Type.Optional(Type.String({ ...DURATION, description: 'How long it must be over before it clears.' })),
    tier: Type.Optional(tier),
    latch: Type.Optional(Type.Boolean({ description: 'Stays until a person resets it.' })),
    ...reference,
  },
  {
    additionalProperties: false,
    description: 'What is left out stays as the profile has it; a limit the profile lacks needs `at` and `tier`.',
  },
);

const rateOverride = Type.Object(
  {
    by: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'Change over the window for this device.' })),
    over: Type.Optional(Type.String({ ...POSITIVE, description: 'Its window.' })),
    minSamples: Type.Optional(Type.Integer({ minimum: 2, maximum: 10_000, description: 'Fewer samples: no verdict.' })),
    deadband: Type.Optional(Type.Number({ description: 'Its deadband.' })),
    onDelay: Type.Optional(Type.String({ ...DURATION, description: 'How long it must hold before it trips.' })),
    offDelay: Type.Optional(Type.String({ ...DURATION, description: 'How long it must be over before it clears.' })),
    tier: Type.Optional(tier),
    latch: Type.Optional(Type.Boolean({ description: 'Stays until a person resets it.' })),
    ...reference,
  },
  {
    additionalProperties: false,
    description:
      'What is left out stays as the profile has it; a rate the profile lacks needs `by`, `over` and `tier`.',
  },
);

const grid = Type.String({
  minLength: 1,
  maxLength: 64,
  expects: 'a text in quotes, as "320412"',
  description: 'Code of the responsible grid or district, in quotes. A device without one has that of its site.',
});

const device = Type.Object(
  {
    id: { ...name, description: 'Name of the device within its site: part of its topic and of its user name.' },
    profile: { ...name, description: 'Its device class, a file of `profiles/`.' },
    title: Type.Optional(title),
    location: Type.Optional(
      Type.Object(
        {
          lon: Type.Number({ minimum: -180, maximum: 180, description: 'Longitude in degrees, east positive.' }),
          lat: Type.Number({ minimum: -90, maximum: 90, description: 'Latitude in degrees, north positive.' }),
          datum: Type.Union(
            [Type.Literal('WGS-84'), Type.Literal('CGCS2000'), Type.Literal('GCJ-02'), Type.Literal('BD-09')],
            { default: 'WGS-84', description: 'Map datum: GCJ-02 and BD-09 differ from WGS-84 by hundreds of metres.' },
          ),
        },
        { additionalProperties: false, description: 'Where the device stands; every alarm carries it.' },
      ),
    ),
    grid: Type.Optional(grid),
    tags: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
      uniqueItems: true,
      maxItems: 50,
      default: [],
      description: 'Words that every alarm of the device carries.',
    }),
    limits: Type.Optional(
      Type.Record(
        Type.String({ pattern: POINT_PATTERN }),
        Type.Object(
          {
            LL: Type.Optional(limitOverride),
            L: Type.Optional(limitOverride),
            H: Type.Optional(limitOverride),
            HH: Type.Optional(limitOverride),
          },
          { additionalProperties: false },
        ),
        { additionalProperties: false, description: 'By point: what differs from the profile.' },
      ),
    ),
    rates: Type.Optional(
      Type.Record(
        Type.String({ pattern: POINT_PATTERN }),
        Type.Object(
          { rising: Type.Optional(rateOverride), falling: Type.Optional(rateOverride) },
          { additionalProperties: false },
        ),
        { additionalProperties: false, description: 'By point: rates that differ from the profile.' },
      ),
    ),
  },
  { additionalProperties: false },
);

/** One YAML file of `devices/`: a site and its devices. */
export const devicesFileSchema = Type.Object(
  {
    site: { ...name, description: 'Id of the site: part of the topics of its devices.' },
    title: Type.Optional(title),
    grid: Type.Optional(grid),
    devices: Type.Array(device, { default: [], description: 'The devices of the site.' }),
  },
  { additionalProperties: false },
);

export type DevicesFile = Static<typeof devicesFileSchema>;
export type DeviceEntry = Static<typeof device>;
export type LimitOverrideEntry = Static<typeof limitOverride>;
export type RateOverrideEntry = Static<typeof rateOverride>;

/** One row of a CSV file of `devices/`, empty cells left out. */
export const deviceRowSchema = Type.Object({ site: name, ...device.properties }, { additionalProperties: false });
