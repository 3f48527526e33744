import { Type } from '@sinclair/typebox';
import { iso } from '../../model/alarm-wire.ts';
import { REJECTION_REASONS } from '../../model/reading.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, listOf, words } from '../typebox.ts';
import { limit, time } from '../wire.ts';

const DEFAULT_LIMIT = 100;

const rejection = Type.Object({
  id: Type.String({ description: 'Sequence in the journal, and which of its rejections.' }),
  reason: words(REJECTION_REASONS),
  message: Type.String(),
  topic: Type.String(),
  client: Type.String(),
  receivedAt: time,
  payload: Type.String({ description: 'The part that was refused, cut to 4 KiB.' }),
});

/** `rejections`: dead letters, what was acknowledged and could not be taken. */
export function addRejectionRoutes(api: Api, { rejections }: ApiPorts): void {
  api.get(
    '/rejections',
    {
      schema: {
        tags: ['readings'],
        operationId: 'listRejections',
        summary: 'What was received and not taken, newest first',
        querystring: Type.Object(
          {
            reason: Type.Optional(words(REJECTION_REASONS)),
            cursor: Type.Optional(
              Type.String({ pattern: '^[0-9]{1,15}-[0-9]{1,9}$', description: '`next` of the page before.' }),
            ),
            limit: limit(1000, DEFAULT_LIMIT),
          },
          { additionalProperties: false },
        ),
        response: { 200: listOf(rejection, Type.String()), ...problems(400) },
      },
    },
    (request) => {
      const { reason, cursor, limit: most = DEFAULT_LIMIT } = request.query;
      const { items, next } = rejections.list({
        ...(reason === undefined ? {} : { reason }),
        ...(cursor === undefined ? {} : { before: cursor }),
        limit: most,
      });
      return { items: items.map((letter) => ({ ...letter, receivedAt: iso(letter.receivedAt) })), next };
    },
  );
}
