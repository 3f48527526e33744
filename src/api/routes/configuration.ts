import { Type } from '@sinclair/typebox';
import type { Configuration } from '../../model/configuration.ts';
import type { ApiPorts } from '../ports.ts';
import { problems } from '../problem.ts';
import { type Api, words } from '../typebox.ts';

const summary = Type.Object({
  version: Type.String({ description: 'Short hash of all files.' }),
  timezone: Type.String(),
  language: words(['en', 'zh']),
  store: words(['duckdb', 'influxdb']),
  devices: Type.Integer(),
  profiles: Type.Integer(),
  sites: Type.Integer(),
  receivers: Type.Array(
    Type.Object({
      id: Type.String(),
      kind: words(['webhook']),
      host: Type.String({ description: 'No path: it can be a secret.' }),
    }),
  ),
});

/** `configuration`: what runs, without its secrets. */
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
    () => summaryOf(ports.configuration),
  );
}

function summaryOf(configuration: Configuration) {
  const { version, timezone, language, store, devices, profiles, receivers } = configuration;
  return {
    version,
    timezone,
    language,
    store: store.kind,
    devices: devices.size,
    profiles: profiles.size,
    sites: new Set([...devices.values()].map(({ site }) => site)).size,
    receivers: receivers.map(({ id, webhook }) => ({ id, kind: 'webhook' as const, host: new URL(webhook.url).host })),
  };
}
