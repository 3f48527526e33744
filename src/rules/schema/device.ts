import { type Static, Type } from '@sinclair/typebox';
import { allow } from './allow.ts';
import { reference, ruleOverrides } from './rule-override.ts';
import { DURATION, maxGap, name, POINT_PATTERN, POSITIVE, tier, title } from './terms.ts';

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
    minSamples: Type.Optional(Type.Integer({ minimum: 2, maximum: 240, description: 'Fewer samples: no verdict.' })),
    method: Type.Optional(
      Type.Union([Type.Literal('leastSquares'), Type.Literal('theilSen')], { description: 'How the slope is found.' }),
    ),
    significance: Type.Optional(Type.Number({ minimum: 0, description: 'Standard errors it must be from none.' })),
    maxGap: Type.Optional({ ...maxGap, description: 'Widest gap between two samples of its window.' }),
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
    gateway: Type.Optional({
      ...name,
      description:
        'Id of the gateway that it speaks through, the same for every device behind it: when nothing comes from any of ' +
        'them though half should have been heard, that is one alarm of the gateway.',
    }),
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
          {
            rising: Type.Optional(rateOverride),
            falling: Type.Optional(rateOverride),
            changing: Type.Optional(rateOverride),
          },
          { additionalProperties: false },
        ),
        { additionalProperties: false, description: 'By point: rates that differ from the profile.' },
      ),
    ),
    rules: Type.Optional(ruleOverrides),
    allow,
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
    allow,
  },
  { additionalProperties: false },
);

export type DevicesFile = Static<typeof devicesFileSchema>;
export type DeviceEntry = Static<typeof device>;
export type LimitOverrideEntry = Static<typeof limitOverride>;
export type RateOverrideEntry = Static<typeof rateOverride>;

/** One row of a CSV file of `devices/`, empty cells left out. */
export const deviceRowSchema = Type.Object({ site: name, ...device.properties }, { additionalProperties: false });
