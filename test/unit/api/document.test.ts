import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, describe, expect, test } from 'vitest';
import { type ApiDocument, openApi } from './api-client.ts';

const api = openApi();
afterAll(() => api.server.stop());

const document = (await api.call('GET', '/openapi.json')).body as ApiDocument;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
);

function* parts(node: unknown): Generator<Record<string, unknown>> {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) yield node as Record<string, unknown>;
  for (const each of Object.values(node)) yield* parts(each);
}

describe('the OpenAPI document', () => {
  test('lists every route', () => {
    expect(operations.map(({ name }) => name).sort()).toEqual([
      'get /api/v1/alarms',
      'get /api/v1/alarms/{id}',
      'get /api/v1/alarms/{id}/case',
      'get /api/v1/alarms/{id}/explanation',
      'get /api/v1/alarms/{id}/trace',
      'get /api/v1/bypasses',
      'get /api/v1/bypasses/{id}',
      'get /api/v1/cases',
      'get /api/v1/configuration',
      'get /api/v1/deliveries',
      'get /api/v1/devices',
      'get /api/v1/devices/{site}/{device}',
      'get /api/v1/devices/{site}/{device}/explanation',
      'get /api/v1/devices/{site}/{device}/points/{point}/explanation',
      'get /api/v1/devices/{site}/{device}/points/{point}/history',
      'get /api/v1/drills',
      'get /api/v1/events',
      'get /api/v1/events/stream',
      'get /api/v1/receivers',
      'get /api/v1/receivers/{receiver}/notifications',
      'get /api/v1/rejections',
      'get /api/v1/reports/daily',
      'get /api/v1/reports/daily/{date}',
      'get /api/v1/reports/daily/{date}.html',
      'get /api/v1/statistics',
      'get /healthz',
      'get /metrics',
      'get /readyz',
      'post /api/v1/alarms/{id}/acknowledge',
      'post /api/v1/alarms/{id}/case',
      'post /api/v1/alarms/{id}/comment',
      'post /api/v1/alarms/{id}/reset',
      'post /api/v1/alarms/{id}/shelve',
      'post /api/v1/alarms/{id}/unshelve',
      'post /api/v1/bypasses',
      'post /api/v1/bypasses/{id}/approve',
      'post /api/v1/bypasses/{id}/lift',
      'post /api/v1/configuration/reload',
      'post /api/v1/deliveries/{receiver}/{sequence}/redeliver',
      'post /api/v1/readings',
    ]);
    expect(document.openapi).toBe('3.1.0');
  });

  test.each(operations)('$name says what it is for and how it refuses', ({ path, operation }) => {
    expect(operation).toMatchObject({
      summary: expect.any(String),
      tags: [expect.any(String)],
      operationId: expect.any(String),
    });
    expect(operation.responses['200']?.content).toBeDefined();
    expect(operation.responses['500']?.content).toHaveProperty(['application/problem+json']);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const parameters = (operation['parameters'] ?? []) as {
      name: string;
      in: string;
      required?: boolean;
      schema: object;
    }[];
    expect(parameters.filter((each) => each.in === 'path' && each.required).map((each) => each.name)).toEqual(inPath);
    for (const parameter of parameters) expect(Object.keys(parameter.schema)).not.toHaveLength(0);
  });

  test('names each operation once', () => {
    const ids = operations.map(({ operation }) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has no reference that leads nowhere', () => {
    const references = [...parts(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) {
      const name = /^#\/components\/schemas\/(\w+)$/.exec(reference)?.[1] ?? reference;
      expect(document.components.schemas).toHaveProperty(name);
    }
  });

  test('holds only schemas that JSON Schema 2020-12 knows', () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true });
    ajv.addSchema({ $id: 'document', $defs: {}, components: document.components } as object);
  });

  test('shows a reading as it should be sent', () => {
    const sent = JSON.stringify(document.paths['/api/v1/readings']?.['post']?.['requestBody']);
    for (const key of ['site', 'device', 'ts', 'seq', 'values', 'quality', 'historical', 'status']) {
      expect(sent).toContain(`"${key}"`);
    }
  });
});

describe('the documentation page', () => {
  test('comes whole from the installed package', async () => {
    const { status, text, headers } = await api.call('GET', '/docs');
    expect(status).toBe(200);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
    expect(headers['content-security-policy']).toContain("default-src 'self'");
    const assets = [...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
    expect(assets.length).toBeGreaterThan(4);
    for (const url of assets) {
      const asset = await api.server.app.inject({ url: new URL(url, 'http://localhost/docs').pathname });
      expect([url, asset.statusCode]).toEqual([url, 200]);
    }
  });
});
