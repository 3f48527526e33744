import { Type } from '@sinclair/typebox';
import { DRILL_PHASES, DRILL_STAGES, type DrillRun } from '../../alerts/drill.ts';
import { iso, isoOrNull } from '../../model/alarm-wire.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, listOf, nullable, words } from '../typebox.ts';
import { limit, name, text, time } from '../wire.ts';

const DEFAULT_LIMIT = 50;

const drillSchema = Type.Object({
  id: Type.String(),
  drill: Type.String(),
  device: Type.String(),
  condition: Type.String(),
  plannedAt: time,
  phase: words(DRILL_PHASES),
  result: words(['running', 'passed', 'failed']),
  failure: nullable(Type.Object({ stage: words(DRILL_STAGES), at: time, message: text })),
  sentAt: nullable(time),
  alarm: nullable(Type.String()),
  raisedAt: nullable(time),
  delivered: Type.Record(Type.String(), time, { description: 'When each receiver had it.' }),
  acknowledgedAt: nullable(time),
  acknowledgedBy: nullable(Type.String()),
  endedAt: nullable(time),
});

/** `drills`: exercises from the broker to the acknowledgement, and where they failed. */
export function addDrillRoutes(api: Api, { drills }: Pick<ApiPorts, 'drills'>): void {
  api.get(
    '/drills',
    {
      schema: {
        tags: ['reports'],
        operationId: 'listDrills',
        summary: 'Exercises from the broker to the acknowledgement, newest first',
        querystring: Type.Object(
          {
            drill: Type.Optional(name),
            before: Type.Optional(
              Type.String({ minLength: 1, maxLength: 200, description: 'Go on behind this run: `next` of a list.' }),
            ),
            limit: limit(1000, DEFAULT_LIMIT),
          },
          { additionalProperties: false },
        ),
        response: { 200: listOf(drillSchema, Type.String()), ...problems(400) },
      },
    },
    (request) => {
      const { items, next } = drills.list({ ...request.query, limit: request.query.limit ?? DEFAULT_LIMIT });
      return { items: items.map(drillWire), next };
    },
  );
}

function drillWire(run: DrillRun) {
  const { drill, failure } = run;
  return {
    id: run.id,
    drill: drill.id,
    device: drill.device,
    condition: drill.expect,
    plannedAt: iso(run.plannedAt),
    phase: run.phase,
    result: failure ? ('failed' as const) : run.phase === 'over' ? ('passed' as const) : ('running' as const),
    failure: failure && { ...failure, at: iso(failure.at) },
    sentAt: isoOrNull(run.sentAt),
    alarm: run.alarm,
    raisedAt: isoOrNull(run.raisedAt),
    delivered: Object.fromEntries(Object.entries(run.delivered).map(([receiver, at]) => [receiver, iso(at)])),
    acknowledgedAt: isoOrNull(run.acknowledgedAt),
    acknowledgedBy: run.acknowledgedBy,
    endedAt: isoOrNull(run.endedAt),
  };
}
