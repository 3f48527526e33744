import { type Static, Type } from '@sinclair/typebox';
import { deviceRowSchema } from './device.ts';
import { DURATION, name, POSITIVE, tier, title, why } from './terms.ts';

const { location, grid } = deviceRowSchema.properties;

/** What a group has as a device of its site. */
const identity = {
  id: { ...name, description: 'Name of the group within its site; no device of the site may have it.' },
  title: Type.Optional(title),
  location: Type.Optional({ ...location, description: 'Where it is. Default: where its first member is.' }),
  grid: Type.Optional({ ...grid, description: 'Code of the responsible grid or district. Default: that of the site.' }),
  tags: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    uniqueItems: true,
    maxItems: 50,
    default: [],
    description: 'Words that every alarm of the group carries.',
  }),
  why: Type.Optional(why),
};

const onDelay = Type.String({ ...DURATION, default: '0s', description: 'How long it must hold before it trips.' });
const offDelay = Type.String({ ...DURATION, default: '0s', description: 'How long it must be over before it clears.' });

const memberText = Type.String({ minLength: 1, maxLength: 200, expects: 'a text' });

const voteLimit = Type.Object(
  {
    at: Type.Number({ description: 'Set point of every channel, in its unit: a vote at >= (H, HH) or <= (L, LL).' }),
    deadband: Type.Optional(
      Type.Number({
        minimum: 0,
        description: 'A channel takes its vote back beyond `at` -/+ deadband. Default: 2 % of the range, else 0.',
      }),
    ),
    vote: Type.String({
      pattern: '^[1-9][0-9]?oo[1-9][0-9]?$',
      expects: 'M out of N, as 2oo3',
      description: 'Votes needed out of the channels there are: `2oo3`.',
    }),
    onDelay,
    offDelay,
    tier,
    latch: Type.Boolean({ default: false, description: 'Stays until a person resets it.' }),
  },
  { additionalProperties: false, description: 'One limit of the vote; H and HH, L and LL are one alarm that climbs.' },
);

const vote = Type.Object(
  {
    ...identity,
    members: Type.Array(memberText, {
      minItems: 2,
      maxItems: 16,
      uniqueItems: true,
      description: 'The channels: `device.point`, or `site/device.point` of another site. All in one unit.',
    }),
    limits: Type.Object(
      {
        LL: Type.Optional(voteLimit),
        L: Type.Optional(voteLimit),
        H: Type.Optional(voteLimit),
        HH: Type.Optional(voteLimit),
      },
      {
        additionalProperties: false,
        minProperties: 1,
        expects: 'at least one of LL, L, H, HH',
        description: 'The ladder. A lower step with `1ooN` and a less urgent tier is "unconfirmed".',
      },
    ),
    window: Type.String({
      ...DURATION,
      default: '0s',
      description: 'Coincidence: a vote still counts for so long after the channel was last beyond the limit.',
    }),
    stale: Type.Optional(
      Type.String({
        ...POSITIVE,
        description:
          'A channel without a live sample for so long is bad. Default: 3 x the longest interval of its devices; never ' +
          'where one of them reports by exception.',
      }),
    ),
    onBadChannel: Type.Union([Type.Literal('safe'), Type.Literal('available')], {
      whenMissing:
        'write `safe` (it counts as a vote: with too few good channels it trips, so that a link that drops is an alarm) ' +
        'or `available` (it is left out: with no good channel the vote says nothing)',
      description:
        'safe: a bad channel counts as a vote (2oo3 becomes 1oo2), and fewer good channels than votes needed trip: a ' +
        'link that drops is an alarm. available: it is left out (2oo3 becomes 2oo2, then 1oo1), and with no good channel ' +
        'the vote says nothing. Neither lets an alarm end because a channel was lost.',
    }),
    degraded: Type.Object(
      {
        tier: { ...tier, default: 'yellow' },
        onDelay,
        offDelay: { ...offDelay, default: '30s' },
      },
      {
        additionalProperties: false,
        default: {},
        description:
          'Any bad channel is an alarm of its own; with fewer good channels than votes needed it is one tier more urgent.',
      },
    ),
    deviation: Type.Optional(
      Type.Object(
        {
          by: Type.Number({
            exclusiveMinimum: 0,
            description: 'Distance from the median, in the unit of the channels.',
          }),
          for: Type.String({ ...DURATION, default: '60s', description: 'How long it must stay so far off.' }),
          tier: { ...tier, default: 'blue' },
        },
        {
          additionalProperties: false,
          description: 'A good channel far from the median of the good ones is an alarm. Clears below 80 % of `by`.',
        },
      ),
    ),
  },
  { additionalProperties: false, description: 'MooN voting over points of several devices.' },
);

const countLevel = Type.Object(
  {
    at: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Members in alarm that trip it. Give `at` or `share`.' }),
    ),
    share: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'The same as a share of the members, rounded up.' }),
    ),
    counting: Type.Optional({
      ...tier,
      description: 'A member counts with a condition of this tier or a more urgent one. Default: `counting.tier`.',
    }),
  },
  { additionalProperties: false, description: 'One level: how many members, and what counts.' },
);

const count = Type.Object(
  {
    ...identity,
    members: Type.Union(
      [
        Type.Literal('all'),
        Type.Array(memberText, { minItems: 1, uniqueItems: true }),
        Type.Object(
          {
            site: Type.Optional({ ...name, description: 'Devices of this site. Default: that of the file.' }),
            profile: Type.Optional({ ...name, description: 'Devices of this class.' }),
            point: Type.Optional(
              Type.String({ minLength: 1, maxLength: 64, description: 'Of each device only what this point raises.' }),
            ),
          },
          { additionalProperties: false },
        ),
      ],
      {
        expects: 'all, a list of devices or device.point, or { site, profile, point }',
        description:
          'Who is counted, each once: `all` devices of the site, a list of `device` and `device.point`, or a choice.',
      },
    ),
    counting: Type.Object(
      { tier: { ...tier, default: 'yellow' } },
      {
        additionalProperties: false,
        default: {},
        description: 'What counts: a condition in force of this tier or a more urgent one. Silence and clocks do not.',
      },
    ),
    levels: Type.Object(
      {
        blue: Type.Optional(countLevel),
        yellow: Type.Optional(countLevel),
        orange: Type.Optional(countLevel),
        red: Type.Optional(countLevel),
      },
      {
        additionalProperties: false,
        minProperties: 1,
        expects: 'at least one of blue, yellow, orange, red',
        description: 'By tier of the alarm: how many members make it. One alarm climbs and descends.',
      },
    ),
    onDelay,
    offDelay,
  },
  { additionalProperties: false, description: 'So many members in alarm are an alarm of their own.' },
);

const firstOut = Type.Object(
  {
    ...identity,
    members: Type.Array(memberText, {
      minItems: 2,
      uniqueItems: true,
      description:
        'Conditions: `device.outletPressure.LL` (LL and worse), `device.<id of a rule>`, `device.absent`, or `device.*` ' +
        'for whatever it raises of its process.',
    }),
    tier,
    window: Type.Optional(
      Type.String({
        ...DURATION,
        description: 'For so long one that comes later may turn out to have been earlier. Default: `time.lateness`.',
      }),
    ),
  },
  { additionalProperties: false, description: 'The first of several conditions is named until all are over.' },
);

/** One file of `groups/`: what is judged over several devices, as alarms of one site. */
export const groupsFileSchema = Type.Object(
  {
    site: { ...name, description: 'The site whose alarms these are.' },
    votes: Type.Array(vote, { default: [], description: 'MooN voting over points of several devices.' }),
    counts: Type.Array(count, {
      default: [],
      description:
        'So many members in alarm are an alarm of their own. The step rule of GB 39496-2020 for the points of one item [V]: ' +
        '`yellow: { at: 4, counting: blue }, orange: { at: 3, counting: yellow }, red: { at: 2, counting: orange }`.',
    }),
    firstOut: Type.Array(firstOut, {
      default: [],
      description: 'Which of several conditions came first (ISA-18.2 first-out alarm).',
    }),
  },
  { additionalProperties: false },
);

export type GroupsFile = Static<typeof groupsFileSchema>;
export type VoteEntry = Static<typeof vote>;
export type VoteLimitEntry = Static<typeof voteLimit>;
export type CountEntry = Static<typeof count>;
export type FirstOutEntry = Static<typeof firstOut>;

/** Profiles that groups, gateways and sites have in alarms and routes; no file may be called so. */
export const GROUP_PROFILES = ['group', 'gateway', 'site'] as const;

/** Id of a whole site as a device. */
export const SITE_DEVICE = 'site';
