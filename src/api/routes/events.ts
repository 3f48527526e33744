import { Type } from '@sinclair/typebox';
import { AppError } from '../../model/error.ts';
import type { EventStreams } from '../event-stream.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import type { Api } from '../typebox.ts';
import { eventList, eventWire, limit } from '../wire.ts';

const DEFAULT_LIMIT = 100;

const after = Type.Optional(
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 0,
    description: 'Events after this sequence.',
  }),
);

/** `events`: the log of what happened to alarms, as pages and as a live stream. */
export function addEventRoutes(api: Api, { events }: ApiPorts, streams: EventStreams): void {
  api.get(
    '/events',
    {
      schema: {
        tags: ['events'],
        operationId: 'listEvents',
        summary: 'The event log, oldest first',
        querystring: Type.Object(
          {
            after,
            alarm: Type.Optional(
              Type.String({ minLength: 1, maxLength: 200, description: 'Only events of this alarm.' }),
            ),
            limit: limit(1000, DEFAULT_LIMIT),
          },
          { additionalProperties: false },
        ),
        response: { 200: eventList, ...problems(400) },
      },
    },
    (request) => {
      const { items, next } = events.list({ ...request.query, limit: request.query.limit ?? DEFAULT_LIMIT });
      return { items: items.map(eventWire), next };
    },
  );

  api.get(
    '/events/stream',
    {
      exposeHeadRoute: false,
      schema: {
        tags: ['events'],
        operationId: 'streamEvents',
        summary: 'The event log from a place on, then every event as it happens (server-sent events)',
        description:
          'Each `data` is one event as `GET /api/v1/events` lists it, each `id` its sequence. A client that comes back with `Last-Event-ID` misses nothing; without it and without `after` the stream starts with the oldest event.',
        querystring: Type.Object({ after }, { additionalProperties: false }),
        headers: Type.Object({
          'last-event-id': Type.Optional(Type.String({ description: 'Counts more than `after`.' })),
        }),
        response: {
          200: { description: 'The stream', content: { 'text/event-stream': { schema: Type.String() } } },
          ...problems(400),
        },
      },
    },
    (request, reply) => {
      const start = startOf(request.headers['last-event-id']) ?? request.query.after ?? 0;
      streams.open(reply.raw, start);
      reply.hijack();
    },
  );
}

function startOf(lastEventId: string | undefined): number | null {
  if (lastEventId === undefined || lastEventId === '') return null;
  if (/^[0-9]{1,15}$/.test(lastEventId)) return Number(lastEventId);
  throw new AppError('CURSOR_INVALID', 'Last-Event-ID is not an id that the stream sent: leave it out');
}
