import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { DURATION_PATTERN } from '../../model/duration.ts';
import { allow } from '../../rules/schema/allow.ts';

const DURATION = {
  pattern: `^(?=.*[1-9])${DURATION_PATTERN.slice(1)}`,
  maxLength: 9,
  faultCode: 'DURATION_INVALID',
  expects: 'a duration: a number and ms, s, m, h or d, as 30s, > 0',
};

const RECEIVER_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

const receiverName = Type.String({
  pattern: RECEIVER_PATTERN,
  faultCode: 'NAME_INVALID',
  expects: 'the name of a receiver',
});

function tierSettings(acknowledgeWithin: string) {
  return Type.Object(
    {
      title: Type.Optional(
        Type.Union(
          [
            Type.String({ minLength: 1, maxLength: 200 }),
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
            description: 'Name for people. Default: the colour. Recorded; nothing shows it yet.',
          },
        ),
      ),
      acknowledgeWithin: Type.String({
        ...DURATION,
        default: acknowledgeWithin,
        description: 'Time in which an alarm is to be acknowledged. Recorded; this version does not watch it.',
      }),
    },
    { additionalProperties: false, default: {}, description: 'What is promised of alarms of this tier.' },
  );
}

/** `tiers` of davylamp.yaml; the times are engine defaults: no standard gives minutes. */
export const tiersSchema = Type.Object(
  {
    red: tierSettings('5m'),
    orange: tierSettings('10m'),
    yellow: tierSettings('15m'),
    blue: tierSettings('30m'),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'Internal urgency, red the most urgent; never a public warning.',
  },
);

export type TiersEntry = Static<typeof tiersSchema>;

const webhook = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 2048,
      faultCode: 'URL_INVALID',
      expects: 'a URL',
      description: 'https, or http on loopback.',
    }),
    secret: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        faultCode: 'SECRET_INVALID',
        description:
          'Standard Webhooks secret, `whsec_…`, from the environment. Several, separated by spaces, all sign.',
      }),
    ),
    secretFile: Type.Optional(
      Type.String({ minLength: 1, maxLength: 4096, description: 'A file whose text is the secret, instead.' }),
    ),
    allowHttp: Type.Boolean({ default: false, description: 'Plain http to another host is accepted.' }),
    timeout: Type.String({ ...DURATION, default: '10s', description: 'No 2xx by then: tried again later.' }),
    giveUpAfter: Type.String({ ...DURATION, default: '24h', description: 'Then the notification is a dead letter.' }),
  },
  { additionalProperties: false },
);

const receiver = Type.Object(
  { webhook: { ...webhook, description: 'Where to post the events.' } },
  {
    additionalProperties: false,
    later: ['dingtalk', 'wecom', 'feishu', 'email', 'sms', 'phone', 'mqtt', 'amqp', 'lang'],
  },
);

function oneOrMany<T extends TSchema>(item: T) {
  return Type.Union([item, Type.Array(item, { minItems: 1, uniqueItems: true })], { expects: 'one value or a list' });
}

const match = Type.Object(
  {
    tier: Type.Optional({
      ...oneOrMany(
        Type.Union([Type.Literal('blue'), Type.Literal('yellow'), Type.Literal('orange'), Type.Literal('red')], {
          faultCode: 'TIER_INVALID',
        }),
      ),
      description: 'Tiers.',
    }),
    site: Type.Optional({
      ...oneOrMany(Type.String({ pattern: RECEIVER_PATTERN, faultCode: 'NAME_INVALID' })),
      description: 'Sites.',
    }),
    profile: Type.Optional({
      ...oneOrMany(Type.String({ pattern: RECEIVER_PATTERN, faultCode: 'NAME_INVALID' })),
      description: 'Device classes.',
    }),
  },
  { additionalProperties: false, default: {}, description: 'Every part that is there must match.' },
);

const ROUTE_OPTIONS = {
  additionalProperties: false,
  later: ['escalate', 'groupBy', 'groupWait', 'groupInterval', 'repeat', 'repeatInterval', 'mute'],
};

const routeKeys = {
  match,
  to: Type.Array(receiverName, { default: [], uniqueItems: true, description: 'Default: as the route above.' }),
  continue: Type.Boolean({ default: false, description: 'Later routes beside this one are tried too.' }),
};

const BELOW = { default: [], description: 'Routes below this one, tried when it matches; four levels in all.' };

// Four levels deep, written out: a recursive schema would need $ref, whose faults name no place in the file.
const route4 = Type.Object(routeKeys, ROUTE_OPTIONS);
const route3 = Type.Object({ ...routeKeys, routes: Type.Array(route4, BELOW) }, ROUTE_OPTIONS);
const route2 = Type.Object({ ...routeKeys, routes: Type.Array(route3, BELOW) }, ROUTE_OPTIONS);
const route = Type.Object({ ...routeKeys, routes: Type.Array(route2, BELOW) }, ROUTE_OPTIONS);

/** routes.yaml. */
export const routesFileSchema = Type.Object(
  {
    receivers: Type.Record(Type.String({ pattern: RECEIVER_PATTERN }), receiver, {
      additionalProperties: false,
      default: {},
      description: 'Who can be told, by name.',
      names: 'a receiver name is a letter or digit, then up to 63 letters, digits, dots, underscores or hyphens',
    }),
    routes: Type.Array(route, { default: [], description: 'First match wins unless `continue`.' }),
    allow,
  },
  { additionalProperties: false, later: ['inhibit', 'inhibition', 'escalation', 'escalate', 'groupBy', 'groupWait'] },
);

export type RoutesFile = Static<typeof routesFileSchema>;
export type ReceiverEntry = Static<typeof receiver>;
export type MatchEntry = Static<typeof match>;

/** A route as written; the levels differ only in whether more may follow. */
export interface RouteEntry {
  match: MatchEntry;
  to: string[];
  continue: boolean;
  routes?: RouteEntry[];
}
