import { Type } from '@sinclair/typebox';
import { ALARM_STATES } from '../../model/alarm.ts';
import { alarmWire } from '../../model/alarm-wire.ts';
import { parseDuration } from '../../model/duration.ts';
import { AppError } from '../../model/error.ts';
import { TIERS } from '../../model/tier.ts';
import { bypassSchema, bypassWire } from '../bypass.ts';
import { by, commandSchema, duration, reason } from '../command.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, named, words } from '../typebox.ts';
import { alarmList, alarmSchema, limit, name } from '../wire.ts';

const DEFAULT_LIMIT = 100;

const query = Type.Object(
  {
    state: Type.Optional(words(ALARM_STATES)),
    tier: Type.Optional(words(TIERS)),
    site: Type.Optional(name),
    device: Type.Optional(name),
    ended: Type.Optional(Type.Boolean({ default: false, description: 'Also alarms that are over.' })),
    cursor: Type.Optional(
      Type.String({ pattern: '^alm_[0-9A-Za-z]{1,40}$', description: '`next` of the page before.' }),
    ),
    limit: limit(1000, DEFAULT_LIMIT),
  },
  { additionalProperties: false },
);

const params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 200 }) });

const shelve = Type.Object(
  {
    by,
    comment: reason,
    duration,
    oneShot: Type.Optional(
      Type.Boolean({ default: false, description: 'Ends with the condition, if that is sooner.' }),
    ),
  },
  { additionalProperties: false },
);

/** `alarms`: what is wrong, and the operator's answers. */
export function addAlarmRoutes(api: Api, { alarms }: ApiPorts): void {
  const schema = { tags: ['alarms'] };

  api.get(
    '/alarms',
    {
      schema: {
        ...schema,
        operationId: 'listAlarms',
        summary: 'Open alarms, newest first',
        querystring: query,
        response: { 200: alarmList, ...problems(400) },
      },
    },
    (request) => {
      const { cursor, limit: most = DEFAULT_LIMIT, ...filter } = request.query;
      const { items, next } = alarms.list({
        ...filter,
        ...(cursor === undefined ? {} : { before: cursor }),
        limit: most,
      });
      return { items: items.map(alarmWire), next };
    },
  );

  api.get(
    '/alarms/:id',
    {
      schema: {
        ...schema,
        operationId: 'getAlarm',
        summary: 'One alarm, open or over',
        params,
        response: { 200: named(alarmSchema), ...problems(404) },
      },
    },
    (request) => {
      const alarm = alarms.get(request.params.id);
      if (!alarm) throw new AppError('ALARM_UNKNOWN', `there is no alarm ${request.params.id}`);
      return alarmWire(alarm);
    },
  );

  const command200 = { 200: named(alarmSchema), ...problems(400, 404, 409, 413, 415) };

  api.post(
    '/alarms/:id/acknowledge',
    {
      schema: {
        ...schema,
        operationId: 'acknowledgeAlarm',
        summary: 'Somebody has seen the alarm and acts on it',
        params,
        body: commandSchema,
        response: command200,
      },
    },
    async (request) => alarmWire(await alarms.acknowledge(request.params.id, request.body)),
  );

  api.post(
    '/alarms/:id/reset',
    {
      schema: {
        ...schema,
        operationId: 'resetAlarm',
        summary: 'Releases a latched alarm whose condition is over',
        params,
        body: commandSchema,
        response: command200,
      },
    },
    async (request) => alarmWire(await alarms.reset(request.params.id, request.body)),
  );

  api.post(
    '/alarms/:id/shelve',
    {
      schema: {
        ...schema,
        operationId: 'shelveAlarm',
        summary: 'Hides the alarm for a time; where its tier needs a second person, asks for it',
        params,
        body: shelve,
        response: { 200: named(bypassSchema), ...problems(400, 404, 409, 413, 415) },
      },
    },
    async (request) => {
      const { duration: length, oneShot = false, ...command } = request.body;
      const asked = { ...command, lengthMs: parseDuration(length), oneShot };
      return bypassWire(await alarms.shelve(request.params.id, asked));
    },
  );

  api.post(
    '/alarms/:id/unshelve',
    {
      schema: {
        ...schema,
        operationId: 'unshelveAlarm',
        summary: 'Shows the alarm again before its shelf ends',
        params,
        body: commandSchema,
        response: command200,
      },
    },
    async (request) => alarmWire(await alarms.unshelve(request.params.id, request.body)),
  );
}
