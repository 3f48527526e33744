import { type Static, Type } from '@sinclair/typebox';
import { DURATION_PATTERN } from '../model/duration.ts';

/** Where InfluxDB is, where nothing is said. */
export const INFLUX_DEFAULTS = { url: 'http://127.0.0.1:8086', database: 'davylamp' } as const;

/** `store` of davylamp.yaml. */
export const storeSchema = Type.Object(
  {
    kind: Type.Union([Type.Literal('duckdb'), Type.Literal('influxdb')], {
      default: 'duckdb',
      description: 'duckdb: embedded, a file in the data directory; influxdb: a server with the 1.x API.',
    }),
    retention: Type.String({
      pattern: `^(?:forever|(?=.*[1-9])${DURATION_PATTERN.slice(1, -1)})$`,
      maxLength: 9,
      default: '400d',
      faultCode: 'DURATION_INVALID',
      expects: 'a duration such as 400d, or forever',
      description: 'Readings older than this are removed.',
    }),
    pruneAt: Type.String({
      default: '15 3 * * *',
      description: 'Cron expression in the configured time zone: when the embedded store is pruned.',
    }),
    influxdb: Type.Optional(
      Type.Object(
        {
          url: Type.String({ default: INFLUX_DEFAULTS.url, description: 'http or https, without user and password.' }),
          database: Type.String({
            pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
            default: INFLUX_DEFAULTS.database,
            faultCode: 'NAME_INVALID',
            expects: 'a letter or digit, then letters, digits, dots, underscores or hyphens',
            description: 'Created if it is missing.',
          }),
          username: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'User of the database.' })),
          password: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 1024,
              description: 'From the environment, never in the file itself.',
            }),
          ),
          passwordFile: Type.Optional(
            Type.String({ minLength: 1, maxLength: 4096, description: 'A file whose text is the password, instead.' }),
          ),
        },
        { additionalProperties: false, description: 'For kind influxdb.' },
      ),
    ),
  },
  { additionalProperties: false, default: {}, description: 'Where readings are kept.' },
);

export type StoreEntry = Static<typeof storeSchema>;
