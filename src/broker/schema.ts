import { type Static, Type } from '@sinclair/typebox';

const host = Type.String({
  pattern: '^[A-Za-z0-9.:_-]{1,253}$',
  faultCode: 'HOST_INVALID',
  expects: 'an address or host name, as 127.0.0.1',
  description: 'Address to listen on.',
});

const port = Type.Integer({
  minimum: 0,
  maximum: 65_535,
  faultCode: 'PORT_INVALID',
  expects: 'a port, 1 to 65535 (0 = any free one)',
  description: 'TCP port; 0 = any free one.',
});

const file = Type.String({
  minLength: 1,
  maxLength: 4096,
  expects: 'the path of a file, relative to the configuration',
});

const listener = Type.Object(
  {
    host,
    port,
    anonymous: Type.Boolean({
      default: false,
      description: 'Clients need no account. Only on loopback, unless insecure.',
    }),
    insecure: Type.Boolean({ default: false, description: 'Accepts what is otherwise refused on this listener.' }),
    tls: Type.Optional(
      Type.Object(
        {
          certFile: { ...file, description: 'PEM file of the certificate, with its chain.' },
          keyFile: { ...file, description: 'PEM file of the private key.' },
          caFile: Type.Optional({ ...file, description: 'PEM file of the authority that signs client certificates.' }),
          clientCertificate: Type.Union([Type.Literal('none'), Type.Literal('required')], {
            default: 'none',
            description: 'Whether clients must show a certificate, beside name and password.',
          }),
        },
        { additionalProperties: false, description: 'Encrypts the listener; paths are relative to the configuration.' },
      ),
    ),
  },
  { additionalProperties: false, later: ['ws'] },
);

/** `mqtt` of davylamp.yaml. */
export const mqttSchema = Type.Object(
  {
    listeners: Type.Array(listener, {
      minItems: 1,
      default: [{ host: '127.0.0.1', port: 1883, anonymous: true }],
      description: 'Where devices connect.',
    }),
    limits: Type.Object(
      {
        packetBytes: Type.Integer({ minimum: 0, default: 262_144, description: 'Largest packet; 0 = no limit.' }),
        connections: Type.Integer({ minimum: 0, default: 20_000, description: 'Open at a time; 0 = no limit.' }),
        messagesPerSecondPerClient: Type.Integer({
          minimum: 0,
          default: 1000,
          description: 'A client that sends more is slowed down; 0 = no limit.',
        }),
      },
      { additionalProperties: false, default: {}, description: 'What one client may take.' },
    ),
  },
  { additionalProperties: false, default: {}, description: 'The MQTT broker.' },
);

export type MqttEntry = Static<typeof mqttSchema>;

// [MQTT-4.7.1-2], [MQTT-4.7.1-3]: # is the last level, # and + fill a level. $SYS and $share are not granted.
const topicFilter = Type.String({
  pattern:
    '^(?!\\$)(?:(?:\\+|[^+#/\\u0000-\\u001f\\u007f-\\u009f\\ufffd]*)/)*(?:#|\\+|[^+#/\\u0000-\\u001f\\u007f-\\u009f\\ufffd]*)$',
  minLength: 1,
  maxLength: 1024,
  faultCode: 'TOPIC_FILTER_INVALID',
  expects: 'an MQTT topic filter, as v1/site/+/telemetry, not beginning with $',
});

const account = Type.Object(
  {
    username: Type.String({
      pattern: '^(?:[A-Za-z0-9][A-Za-z0-9._@-]{0,63}|[A-Za-z0-9][A-Za-z0-9._-]{0,63}/[A-Za-z0-9][A-Za-z0-9._-]{0,63})$',
      faultCode: 'NAME_INVALID',
      expects: 'a name, or {site}/{device} for a device',
      description: '`{site}/{device}` for a device, any other name for a gateway or reader.',
    }),
    hash: Type.String({
      pattern:
        '^scrypt\\$[1-9][0-9]{0,7}\\$[1-9][0-9]{0,2}\\$[1-9][0-9]{0,2}\\$[A-Za-z0-9+/_-]{11,}={0,2}\\$[A-Za-z0-9+/_-]{22,}={0,2}$',
      maxLength: 512,
      faultCode: 'HASH_INVALID',
      expects: 'scrypt$N$r$p$salt$hash as `davylamp users add` prints it, never a password',
      description: 'As `davylamp users add` writes it; never a password.',
    }),
    role: Type.Union([Type.Literal('device'), Type.Literal('gateway'), Type.Literal('reader')], {
      description: 'device: its own topics; gateway: the topics it is given; reader: subscribes only.',
    }),
    publish: Type.Array(topicFilter, { default: [], description: 'Topic filters a gateway may publish to.' }),
    subscribe: Type.Array(topicFilter, {
      default: [],
      description: 'Topic filters a reader or gateway may subscribe to.',
    }),
  },
  { additionalProperties: false },
);

/** users.yaml. */
export const usersFileSchema = Type.Object(
  { users: Type.Array(account, { default: [], description: 'The MQTT accounts.' }) },
  { additionalProperties: false },
);

export type UsersFile = Static<typeof usersFileSchema>;
