import { Type } from '@sinclair/typebox';
import { DELIVERY_STATES } from '../../alerts/delivery/notification.ts';
import type { Clock } from '../../runtime/clock.ts';
import { deliverySchema, deliveryWire } from '../delivery.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, listOf, words } from '../typebox.ts';
import { limit, name } from '../wire.ts';

const DEFAULT_LIMIT = 100;

/** `deliveries`: who was told, and telling them again. */
export function addDeliveryRoutes(api: Api, { deliveries }: ApiPorts, clock: Clock): void {
  api.get(
    '/deliveries',
    {
      schema: {
        tags: ['deliveries'],
        operationId: 'listDeliveries',
        summary: 'Notifications, newest first within a receiver',
        querystring: Type.Object(
          {
            receiver: Type.Optional(name),
            state: Type.Optional(words(DELIVERY_STATES)),
            cursor: Type.Optional(
              Type.String({ minLength: 1, maxLength: 100, description: '`next` of the page before.' }),
            ),
            limit: limit(1000, DEFAULT_LIMIT),
          },
          { additionalProperties: false },
        ),
        response: { 200: listOf(deliverySchema, Type.String()), ...problems(400) },
      },
    },
    (request) => {
      const { items, next } = deliveries.list({ ...request.query, limit: request.query.limit ?? DEFAULT_LIMIT });
      return { items: items.map(deliveryWire), next };
    },
  );

  api.post(
    '/deliveries/:receiver/:sequence/redeliver',
    {
      schema: {
        tags: ['deliveries'],
        operationId: 'redeliver',
        summary: 'Sends a delivered or dead notification again, with the same id and body',
        params: Type.Object({
          receiver: name,
          sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
        }),
        response: { 200: deliverySchema, ...problems(400, 404, 409, 413, 415) },
      },
    },
    async (request) => {
      const { receiver, sequence } = request.params;
      request.log.info({ receiver, sequence, client: request.ip }, 'redelivery asked for');
      return deliveryWire(await deliveries.redeliver(receiver, sequence, clock.now()));
    },
  );
}
