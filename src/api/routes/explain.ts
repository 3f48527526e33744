import { Type } from '@sinclair/typebox';
import { AppError } from '../../model/error.ts';
import { explanationSchema, explanationWire } from '../explanation.ts';
import { parseInstant } from '../instant.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { traceSchema, traceWire } from '../trace.ts';
import { type Api, named } from '../typebox.ts';
import { name } from '../wire.ts';
import { findDevice } from './devices.ts';

const at = Type.Optional(
  Type.String({ maxLength: 40, description: 'The moment to explain, epoch milliseconds or ISO 8601. Now by default.' }),
);

const id = Type.String({ minLength: 1, maxLength: 200 });
const explained = { 200: named(explanationSchema), ...problems(400, 404) };

/** `explanation` of an alarm, a point or a device: why there is an alarm, or none; and the trace of an alarm. */
export function addExplainRoutes(api: Api, ports: ApiPorts): void {
  const { explain } = ports;

  api.get(
    '/alarms/:id/explanation',
    {
      schema: {
        tags: ['alarms'],
        operationId: 'explainAlarm',
        summary: 'Why there is this alarm: samples, limits with their origin, evaluations',
        description: 'As of when what the alarm says came into force, unless `at` says otherwise.',
        params: Type.Object({ id }),
        querystring: Type.Object({ at }, { additionalProperties: false }),
        response: explained,
      },
    },
    async (request) => explanationWire(await explain.alarm(request.params.id, instantOf(request.query.at))),
  );

  api.get(
    '/alarms/:id/trace',
    {
      schema: {
        tags: ['alarms'],
        operationId: 'traceAlarm',
        summary: 'An alarm from the message that raised it to whoever was told, and what people did about it',
        params: Type.Object({ id }),
        response: { 200: traceSchema, ...problems(404) },
      },
    },
    async (request) => {
      const alarm = ports.alarms.get(request.params.id);
      if (!alarm) throw new AppError('ALARM_UNKNOWN', `there is no alarm ${request.params.id}`);
      return traceWire(await explain.trace(alarm));
    },
  );

  api.get(
    '/devices/:site/:device/points/:point/explanation',
    {
      schema: {
        tags: ['devices'],
        operationId: 'explainPoint',
        summary: 'Why a point is in alarm, or why it is not',
        params: Type.Object({ site: name, device: name, point: id }),
        querystring: Type.Object({ at }, { additionalProperties: false }),
        response: explained,
      },
    },
    async (request) => {
      const device = findDevice(ports, request.params);
      return explanationWire(await explain.point(device, request.params.point, instantOf(request.query.at)));
    },
  );

  api.get(
    '/devices/:site/:device/explanation',
    {
      schema: {
        tags: ['devices'],
        operationId: 'explainDevice',
        summary: 'Why a device or one of its rules is in alarm, or why it is not',
        params: Type.Object({ site: name, device: name }),
        querystring: Type.Object(
          {
            at,
            rule: Type.Optional(
              Type.String({
                minLength: 1,
                maxLength: 200,
                description:
                  'Id of a rule or name of a condition, as `outletPressure.HH`, `absent`, `clock`; all that is about the device by default.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: explained,
      },
    },
    async (request) => {
      const device = findDevice(ports, request.params);
      const { rule = null, at: asked } = request.query;
      return explanationWire(await explain.device(device, rule, instantOf(asked)));
    },
  );
}

/** @throws AppError `TIME_INVALID` */
function instantOf(asked: string | undefined): number | null {
  return asked === undefined ? null : parseInstant('at', asked);
}
