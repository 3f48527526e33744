import { Type } from '@sinclair/typebox';
import { ALARM_STATES } from '../../model/alarm.ts';
import { alarmWire } from '../../model/alarm-wire.ts';
import { AppError } from '../../model/error.ts';
import { TIERS } from '../../model/tier.ts';
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

const command = Type.Object(
  {
    by: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S', description: 'Who decides so.' }),
    comment: Type.String({ minLength: 1, maxLength: 2000, pattern: '\\S', description: 'What was found or done.' }),
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
        body: command,
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
        body: command,
        response: command200,
      },
    },
    async (request) => alarmWire(await alarms.reset(request.params.id, request.body)),
  );
}
