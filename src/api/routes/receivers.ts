import { Type } from '@sinclair/typebox';
import { DELIVERY_STATES } from '../../alerts/delivery/notification.ts';
import { isoOrNull } from '../../model/alarm-wire.ts';
import { AppError } from '../../model/error.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, listOf, words } from '../typebox.ts';
import { limit, name, time } from '../wire.ts';

const sequence = (description: string) => Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description });

const receiver = Type.Object({
  id: Type.String(),
  channel: Type.Union([Type.String(), Type.Null()], {
    description: 'Kind of its channel; null = it is not configured any more.',
  }),
  lastSequence: Type.Integer({ description: '0 = it was never told anything.' }),
  pending: Type.Integer(),
  dead: Type.Integer(),
  failing: Type.Boolean({ description: 'It does not answer, and is only being probed.' }),
  floodSince: Type.Union([time, Type.Null()], { description: 'Since when it is in an alarm flood.' }),
  held: Type.Integer({ description: 'Events that wait for a digest.' }),
});

const missed = Type.Object({
  items: Type.Array(
    Type.Object({
      sequence: Type.Integer(),
      eventId: Type.String({ description: '`webhook-id` of every attempt.' }),
      state: words(DELIVERY_STATES),
      body: Type.String({ description: 'The exact text that was or will be sent: a CloudEvent, as JSON.' }),
    }),
    { description: 'Oldest first.' },
  ),
  expired: Type.Array(Type.Object({ from: Type.Integer(), to: Type.Integer() }), {
    description: 'What is no longer kept of the part of the range that this page covers; the event log has it longer.',
  }),
  lastSequence: Type.Integer({ description: 'The newest one of the receiver: what a whole list ends with.' }),
  next: Type.Union([Type.Integer(), Type.Null()], { description: '`from` of the next page; null = that was all.' }),
});

/** `receivers`: how it stands with them, and what one of them has missed. */
export function addReceiverRoutes(api: Api, { receivers }: ApiPorts): void {
  api.get(
    '/receivers',
    {
      schema: {
        tags: ['deliveries'],
        operationId: 'listReceivers',
        summary: 'Every receiver: its newest sequence, what waits, and whether it answers',
        response: { 200: listOf(receiver, Type.Null()), ...problems() },
      },
    },
    () => ({
      items: receivers.list().map(({ last, floodSince, ...told }) => ({
        ...told,
        lastSequence: last,
        floodSince: isoOrNull(floodSince),
      })),
      next: null,
    }),
  );

  api.get(
    '/receivers/:receiver/notifications',
    {
      schema: {
        tags: ['deliveries'],
        operationId: 'listMissed',
        summary: 'A range of what a receiver was or will be sent, for one that has found a gap in its sequences',
        description:
          'Nothing is sent again by it, and nothing counts as delivered. A page holds 4 MB at most: go on at `next`.',
        params: Type.Object({ receiver: name }),
        querystring: Type.Object(
          {
            from: sequence('First sequence of the range.'),
            to: Type.Optional(sequence('Last sequence of the range; the newest one without it.')),
            limit: limit(1000, 100),
          },
          { additionalProperties: false },
        ),
        response: { 200: missed, ...problems(400, 404) },
      },
    },
    (request) => {
      const { receiver: id } = request.params;
      if (!receivers.list().some((known) => known.id === id)) {
        throw new AppError('RECEIVER_UNKNOWN', `there is no receiver ${id}`);
      }
      const { items, last, ...page } = receivers.missed({ receiver: id, ...request.query });
      return {
        ...page,
        items: items.map(({ notification, body }) => ({
          sequence: notification.sequence,
          eventId: notification.eventId,
          state: notification.state,
          body,
        })),
        lastSequence: last,
      };
    },
  );
}
