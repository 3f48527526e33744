import { type Static, Type } from '@sinclair/typebox';
import { NAME_PATTERN, POSITIVE } from '../../../rules/schema/terms.ts';
import { names } from './terms.ts';

const text = (maxLength: number, description: string) => Type.String({ minLength: 1, maxLength, description });

const url = Type.String({ minLength: 1, maxLength: 2048, faultCode: 'URL_INVALID', expects: 'a URL' });

const file = text(4096, 'A file whose text is the secret, instead.');

const webhook = Type.Object(
  {
    url: { ...url, description: 'https, or http on loopback.' },
    secret: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 256,
        faultCode: 'SECRET_INVALID',
        description:
          'Standard Webhooks secret, `whsec_…`, from the environment. Several, separated by spaces, all sign.',
      }),
    ),
    secretFile: Type.Optional(file),
    allowHttp: Type.Optional(Type.Boolean({ description: 'As `allowHttp` beside `webhook`, and before it.' })),
    timeout: Type.Optional(Type.String({ ...POSITIVE, description: 'As `timeout` beside `webhook`, and before it.' })),
    giveUpAfter: Type.Optional(
      Type.String({ ...POSITIVE, description: 'As `giveUpAfter` beside `webhook`, and before it.' }),
    ),
  },
  { additionalProperties: false },
);

const mentioned = Type.Optional(
  Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    uniqueItems: true,
    description: 'Who is named for this tier: telephone numbers (DingTalk), user ids (WeCom, Feishu), or `all`.',
  }),
);

const robot = Type.Object(
  {
    url: { ...url, description: 'Address of the robot. It holds its token: write it as "${NAME}".' },
    secret: Type.Optional(
      text(256, 'Signing secret of the robot, from the environment. Default: it trusts a keyword or an address.'),
    ),
    secretFile: Type.Optional(file),
    mention: Type.Object(
      { red: mentioned, orange: mentioned, yellow: mentioned, blue: mentioned },
      { additionalProperties: false, default: {}, description: 'Who is named in the message, by tier.' },
    ),
  },
  { additionalProperties: false },
);

const wecom = Type.Object(
  { url: robot.properties.url, mention: robot.properties.mention },
  { additionalProperties: false },
);

const cap = Type.Object(
  {
    url: { ...url, description: 'Where to post the XML.' },
    authorization: Type.Optional(text(4096, 'Value of the Authorization header, from the environment.')),
    authorizationFile: Type.Optional(file),
    sender: Type.String({
      pattern: '^[^\\s,<&]{1,200}$',
      expects: 'a text without spaces, commas, < and &',
      description: 'Who answers for the message, as `duty@wujin-gas.example`.',
    }),
    senderName: text(200, 'The same for people.'),
    identifier: Type.String({
      pattern: '^[0-9]{6}[0-9A-Z]{8}$',
      expects: '14 characters: region (6 digits), agency (3), unit (3), extension (2)',
      description: 'Beginning of each identifier (GB/T 35965.1): region (6), agency (3), unit (3), extension (2).',
    }),
  },
  { additionalProperties: false },
);

const http = Type.Object(
  {
    method: Type.Union([Type.Literal('POST'), Type.Literal('PUT'), Type.Literal('GET')], {
      default: 'POST',
      description: 'How to ask.',
    }),
    url: { ...url, description: 'https, or http on loopback. What follows the host may be a template.' },
    headers: Type.Record(
      Type.String({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$" }),
      Type.String({ maxLength: 4096, description: 'Value of this header, a template.' }),
      {
        additionalProperties: false,
        default: {},
        description: 'Headers by name.',
        names: 'this is not the name of a header',
      },
    ),
    body: Type.String({ default: '', maxLength: 20_000, description: 'Template of the body; not with GET.' }),
    expect: Type.Optional(
      text(200, 'What the answer must contain, beside a 2xx, to count as delivered. Default: nothing.'),
    ),
    secrets: Type.Record(
      Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,63}$' }),
      Type.String({ minLength: 1, maxLength: 4096, description: 'The secret, from the environment.' }),
      {
        additionalProperties: false,
        default: {},
        description: 'What templates name as `secret.…`; never logged, never shown.',
        names: 'a secret is named by a letter, then up to 63 letters, digits and underscores',
      },
    ),
    secretFiles: Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_]{0,63}$' }), file, {
      additionalProperties: false,
      default: {},
      description: 'The same, from files.',
      names: 'a secret is named by a letter, then up to 63 letters, digits and underscores',
    }),
  },
  { additionalProperties: false },
);

const mqtt = Type.Object(
  { sites: Type.Optional({ ...names, description: 'Only alarms of these sites. Default: of all.' }) },
  { additionalProperties: false },
);

const flood = Type.Object(
  {
    start: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 10_000,
        description: 'More new alarms in the window begin it. Default: 10.',
      }),
    ),
    end: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 10_000, description: 'Fewer end it; at most `start`. Default: 5.' }),
    ),
    window: Type.Optional(Type.String({ ...POSITIVE, description: 'Default: 10m.' })),
    digestEvery: Type.Optional(
      Type.String({ ...POSITIVE, description: 'At most one digest in this time. Default: 60s.' }),
    ),
  },
  { additionalProperties: false },
);

const rate = Type.Union(
  [
    Type.String({ pattern: '^(none|[1-9][0-9]{0,5}/[0-9]+(\\.[0-9]+)?(ms|s|m|h|d))$' }),
    Type.Object(
      {
        messages: Type.Integer({ minimum: 1, maximum: 999_999, description: 'So many messages …' }),
        per: Type.String({ ...POSITIVE, description: '… in this time.' }),
      },
      { additionalProperties: false },
    ),
  ],
  {
    expects: 'messages and a time, as "20/1m", or none',
    description:
      'Most messages that it takes, as "20/1m"; more become digests, but for red. Default: `dingtalk` and `wecom` 20/1m, ' +
      '`feishu` 100/1m, others none.',
  },
);

const receiver = Type.Object(
  {
    webhook: Type.Optional({ ...webhook, description: 'Signed CloudEvents, posted (Standard Webhooks).' }),
    dingtalk: Type.Optional({ ...robot, description: 'A robot of a DingTalk group.' }),
    wecom: Type.Optional({ ...wecom, description: 'A robot of a WeCom group.' }),
    feishu: Type.Optional({ ...robot, description: 'A robot of a Feishu or Lark group.' }),
    cap: Type.Optional({ ...cap, description: 'Common Alerting Protocol 1.2, posted as XML.' }),
    http: Type.Optional({ ...http, description: 'A request of any shape: gateways for SMS, telephone and others.' }),
    mqtt: Type.Optional({ ...mqtt, description: 'Publication on our own broker, `v1/{site}/alarms`.' }),
    allowHttp: Type.Boolean({ default: false, description: 'Plain http to another host is accepted.' }),
    timeout: Type.String({ ...POSITIVE, default: '10s', description: 'No answer by then: tried again later.' }),
    giveUpAfter: Type.String({ ...POSITIVE, default: '24h', description: 'Then the notification is a dead letter.' }),
    lang: Type.Optional(
      Type.Union([Type.Literal('en'), Type.Literal('zh')], {
        description: 'Language of what people read. Default: `language` of davylamp.yaml.',
      }),
    ),
    template: Type.Object(
      {
        title: Type.Optional(text(1000, 'Template of the title.')),
        text: Type.Optional(text(20_000, 'Template of the text.')),
      },
      { additionalProperties: false, default: {}, description: 'Own words. Default: those of the channel.' },
    ),
    rate: Type.Optional(rate),
    flood: Type.Optional(
      Type.Union([Type.Boolean(), flood], {
        expects: 'true, false, or { start, end, window, digestEvery }',
        description:
          'Many new alarms at once become digests, but for red (EEMUA 191: more than 10 in 10 minutes begin a flood, fewer ' +
          'than 5 end it). Default: `true`; `false` for `cap` and `mqtt`, which machines read.',
      }),
    ),
  },
  { additionalProperties: false, later: ['email', 'sms', 'phone', 'amqp'] },
);

/** `receivers` of routes.yaml. */
export const receiversSchema = Type.Record(Type.String({ pattern: NAME_PATTERN }), receiver, {
  additionalProperties: false,
  default: {},
  description: 'Who can be told, by name; each by one channel.',
  names: 'a receiver name is a letter or digit, then up to 63 letters, digits, dots, underscores or hyphens',
});

export type ReceiverEntry = Static<typeof receiver>;
