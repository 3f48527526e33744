import { Type } from '@sinclair/typebox';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, words } from '../typebox.ts';

const readiness = Type.Object({
  ready: Type.Boolean(),
  parts: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean(), detail: Type.String() })),
});

/** What a supervisor and a monitoring system ask. */
export function addOperationRoutes(api: Api, ports: ApiPorts, version: string): void {
  const schema = { tags: ['operation'] };

  api.get(
    '/healthz',
    {
      schema: {
        ...schema,
        operationId: 'health',
        summary: 'The process is alive',
        response: { 200: Type.Object({ status: words(['ok']), version: Type.String() }), ...problems() },
      },
    },
    () => ({ status: 'ok' as const, version }),
  );

  api.get(
    '/readyz',
    {
      schema: {
        ...schema,
        operationId: 'readiness',
        summary: 'Whether each part can do its work',
        response: { ...problems(), 200: readiness, 503: readiness },
      },
    },
    (_, reply) => {
      const state = ports.readiness();
      reply.code(state.ready ? 200 : 503);
      return state;
    },
  );

  api.get(
    '/metrics',
    {
      schema: {
        ...schema,
        operationId: 'metrics',
        summary: 'Figures of the process, for Prometheus',
        response: {
          200: { description: 'Prometheus text', content: { 'text/plain': { schema: Type.String() } } },
          ...problems(),
        },
      },
    },
    async (_, reply) => {
      const body = await ports.metrics.metrics();
      return reply.type(ports.metrics.contentType).serializer(String).send(body);
    },
  );

  api.get('/openapi.json', { schema: { hide: true } }, (_, reply) =>
    reply.type('application/json; charset=utf-8').send(api.swagger()),
  );
}
