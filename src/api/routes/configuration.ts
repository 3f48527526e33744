import { Type } from '@sinclair/typebox';
import { iso } from '../../model/alarm-wire.ts';
import type { Configuration } from '../../model/configuration.ts';
import type { ReloadOutcome } from '../../model/reload.ts';
import { addressOf, CHANNEL_KINDS, type Channel } from '../../model/routing.ts';
import type { ApiPorts } from '../ports.ts';
import { documentOf, findingSchema, PROBLEM_TYPE, problems } from '../problem.ts';
import { type Api, nullable, words } from '../typebox.ts';
import { time } from '../wire.ts';

const outcome = Type.Object({
  result: words(['applied', 'refused']),
  at: time,
  by: words(['api', 'signal']),
  version: Type.String({ description: 'In force after it.' }),
  previous: nullable(Type.String({ description: 'In force before it; null = nothing changed.' })),
  code: nullable(Type.String({ description: 'Why it was refused.' })),
  reason: nullable(Type.String()),
  findings: Type.Array(findingSchema),
});

const summary = Type.Object({
  version: Type.String({ description: 'Short hash of all files.' }),
  loadedAt: time,
  lastReload: nullable(outcome),
  timezone: Type.String(),
  language: words(['en', 'zh']),
  store: words(['duckdb', 'influxdb']),
  devices: Type.Integer(),
  profiles: Type.Integer(),
  sites: Type.Integer(),
  receivers: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: words(CHANNEL_KINDS),
      host: nullable(Type.String({ description: 'No path: it can be a secret. null = it has no address.' })),
    }),
  ),
});

/** `configuration`: what runs, without its secrets, and how to take over changed files. */
export function addConfigurationRoutes(api: Api, ports: ApiPorts): void {
  api.get(
    '/configuration',
    {
      schema: {
        tags: ['operation'],
        operationId: 'getConfiguration',
        summary: 'Which configuration is in force',
        querystring: Type.Object({}, { additionalProperties: false }),
        response: { 200: summary, ...problems(400) },
      },
    },
    () => {
      const last = ports.reload.last();
      return {
        ...summaryOf(ports.configuration),
        loadedAt: iso(ports.reload.loadedAt()),
        lastReload: last && wireOf(last),
      };
    },
  );

  api.post(
    '/configuration/reload',
    {
      schema: {
        tags: ['operation'],
        operationId: 'reloadConfiguration',
        summary: 'Takes over changed files while everything runs',
        description:
          'All of the files count, or none: when something is wrong the configuration in force goes on, and the ' +
          'problem document lists every finding. State is kept by the ids of devices, points, limits and rules.',
        response: { 200: outcome, ...problems(409, 422) },
      },
    },
    async (request, reply) => {
      const done = await ports.reload.now('api');
      if (done.result === 'applied') return wireOf(done);
      const problem = { ...documentOf(done.code, done.reason, request.url), findings: [...done.findings] };
      return reply
        .code(problem.status as 409)
        .type(PROBLEM_TYPE)
        .send(problem);
    },
  );
}

function wireOf(done: ReloadOutcome) {
  const { result, at, by, version, findings } = done;
  const refused = done.result === 'refused';
  return {
    result,
    at: iso(at),
    by,
    version,
    previous: refused ? null : done.previous,
    code: refused ? done.code : null,
    reason: refused ? done.reason : null,
    findings: [...findings],
  };
}

function summaryOf(configuration: Configuration) {
  const { version, timezone, language, store, devices, profiles, routing } = configuration;
  return {
    version,
    timezone,
    language,
    store: store.kind,
    devices: devices.size,
    profiles: profiles.size,
    sites: new Set([...devices.values()].map(({ site }) => site)).size,
    receivers: routing.receivers.map(({ id, channel }) => ({ id, kind: channel.kind, host: hostOf(channel) })),
  };
}

function hostOf(channel: Channel): string | null {
  const url = addressOf(channel);
  return url === null ? null : new URL(url).host;
}
