import { randomUUID } from 'node:crypto';
import { type Static, Type } from '@sinclair/typebox';
import { AppError } from '../../model/error.ts';
import { REJECTION_REASONS } from '../../model/reading.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, words } from '../typebox.ts';
import { name, quality, value } from '../wire.ts';

const MAX_OBJECTS = 1_000;

/** What decides where an object goes. The rest is judged like a message of MQTT, and so may become a dead letter. */
const addressed = Type.Object({ site: name, device: name }, { additionalProperties: true });
const batch = Type.Array(addressed, { minItems: 1, maxItems: MAX_OBJECTS });
type Addressed = Static<typeof addressed> & Readonly<Record<string, unknown>>;

/** Unlike `anyOf` this names what is wrong with the object or array that was sent. */
// biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
const gate = Type.Unsafe<Addressed | readonly Addressed[]>({ if: { type: 'array' }, then: batch, else: addressed });

const reading = Type.Object(
  {
    site: name,
    device: name,
    ts: Type.Optional(
      Type.Union([Type.Integer(), Type.String()], {
        description: 'Epoch milliseconds, or ISO 8601 with zone; the receive time without it.',
      }),
    ),
    seq: Type.Optional(Type.Integer({ minimum: 0 })),
    values: Type.Record(Type.String(), value, { examples: [{ outletPressure: 2.81, slamShutOpen: true }] }),
    quality: Type.Optional(Type.Record(Type.String(), quality)),
    historical: Type.Optional(Type.Boolean({ description: 'Backfill: stored, never alarms.' })),
    status: Type.Optional(words(['actual', 'exercise', 'test'])),
  },
  { additionalProperties: false },
);

const body = Type.Union([reading, Type.Array(reading, { minItems: 1, maxItems: MAX_OBJECTS })]);

const result = Type.Object({
  accepted: Type.Integer({ description: 'Objects taken whole.' }),
  rejected: Type.Array(
    Type.Object({
      index: Type.Integer({ description: 'Which object, from 0; one object can have several refused parts.' }),
      reason: words(REJECTION_REASONS),
      message: Type.String(),
    }),
    { description: 'What was not taken; it is on file under `rejections`.' },
  ),
});

/** `readings`: telemetry over HTTP, with the promise of MQTT: answered means durable. */
export function addReadingRoutes(api: Api, ports: ApiPorts): void {
  api.post(
    '/readings',
    {
      // The document shows what is right; what is wrong inside a reading is answered in `rejected`.
      config: { swaggerTransform: ({ schema, url }) => ({ schema: { ...schema, body }, url }) },
      schema: {
        tags: ['readings'],
        operationId: 'postReadings',
        summary: 'Takes one reading or up to 1000; answers when they are on disk',
        body: gate,
        response: { 200: result, ...problems(400, 413, 415) },
      },
    },
    async (request) => {
      const objects = isBatch(request.body) ? request.body : [request.body];
      const messages = objects.map(({ site, device, ...told }) => ({
        key: `${site}/${device}`,
        payload: jsonOf(told),
      }));
      const client = `http:${request.ip}`;
      const outcomes = await Promise.all(messages.map(({ key, payload }) => ports.ingest(key, payload, client)));
      return {
        accepted: outcomes.filter(({ rejections }) => rejections.length === 0).length,
        rejected: outcomes.flatMap(({ rejections }, index) =>
          rejections.map(({ reason, message }) => ({ index, reason, message })),
        ),
      };
    },
  );
}

function isBatch(sent: Addressed | readonly Addressed[]): sent is readonly Addressed[] {
  return Array.isArray(sent);
}

const INFINITE = randomUUID();

/**
 * JSON as it was sent. `1e999` is Infinity by now, which JSON.stringify would write as null: "no value" instead of the
 * nonsense that it is.
 */
function jsonOf(object: unknown): string {
  try {
    const json = JSON.stringify(object, (_, each) =>
      typeof each === 'number' && !Number.isFinite(each) ? `${each < 0 ? '-' : ''}${INFINITE}` : each,
    );
    return json.includes(INFINITE) ? json.replaceAll(new RegExp(`"(-?)${INFINITE}"`, 'g'), '$11e999') : json;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new AppError('BODY_TOO_DEEP', 'A reading is nested a few levels deep at most.', { cause });
  }
}
