import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { pino } from 'pino';
import { createServer, type Server } from '../../../src/api/server.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { NOON } from '../../helpers/readings.ts';
import { type FakePorts, fakePorts } from './fake-ports.ts';

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

/** The part of an OpenAPI document that the tests read. */
export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation & Record<string, unknown>>>;
  readonly components: { schemas: Record<string, object> };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly text: string;
}

export interface Sent {
  /** Sent as JSON; a string as it is. */
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** A server over fake ports; `call` also holds every answer against the OpenAPI document. */
export function openApi(fake: FakePorts = fakePorts(), log = pino({ level: 'silent' })) {
  const clock = createManualClock(NOON);
  const settings = { host: '127.0.0.1', port: 0, insecure: false };
  const server: Server = createServer(fake.ports, settings, { log, version: '1.2.3', clock });
  let contract: ((method: string, url: string, answer: Answer) => string[]) | null = null;

  async function inject(method: 'GET' | 'POST', url: string, { body, headers = {} }: Sent): Promise<Answer> {
    const sent = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await server.app.inject({ method, url, ...sent, headers: { ...type, ...headers } });
    const isJson = /json/.test(String(response.headers['content-type']));
    return {
      status: response.statusCode,
      headers: response.headers,
      body: isJson ? JSON.parse(response.body) : null,
      text: response.body,
    };
  }

  return {
    server,
    clock,
    ...fake,
    async call(method: 'GET' | 'POST', url: string, sent: Sent = {}): Promise<Answer> {
      const document = (await inject('GET', '/openapi.json', {})).body as ApiDocument;
      contract ??= contractOf(document);
      const answer = await inject(method, url, sent);
      const breaches = contract(method, url, answer);
      if (breaches.length > 0) throw new Error(`${method} ${url} ${answer.status} breaks the document: ${breaches}`);
      return answer;
    },
  };
}

/** What an answer says that the document does not, also a property too many. */
function contractOf(document: ApiDocument): (method: string, url: string, answer: Answer) => string[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addSchema({ $id: 'document', components: closed(document.components) } as object);
  const compiled = new Map<string, ValidateFunction>();
  return (method, url, answer) => {
    const { pathname } = new URL(url, 'http://localhost');
    // Of several the one with the most letters of its own: `{date}.html` before `{date}`.
    const [path] = Object.keys(document.paths)
      .filter((each) => new RegExp(`^${each.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(pathname))
      .sort((a, b) => b.replace(/\{[^}]+\}/g, '').length - a.replace(/\{[^}]+\}/g, '').length);
    const operation = path === undefined ? undefined : document.paths[path]?.[method.toLowerCase()];
    if (!operation) return [];
    const response = operation.responses[answer.status];
    if (!response) return ['status is not documented'];
    const [mediaType] = String(answer.headers['content-type']).split(';');
    const schema = response.content?.[mediaType ?? '']?.schema;
    if (!schema) return [`${mediaType} is not documented`];
    if (!/json$/.test(mediaType ?? '')) return [];
    const key = `${method} ${path} ${answer.status}`;
    const validate = compiled.get(key) ?? ajv.compile(closed(schema) as object);
    compiled.set(key, validate);
    return validate(answer.body) ? [] : (validate.errors ?? []).map((each) => `${each.instancePath} ${each.message}`);
  };
}

/** The schema with every object closed and its references pointing into the document. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, each]) => [
    key,
    key === '$ref' ? String(each).replace('#/', 'document#/') : closed(each),
  ]);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  if (copy['type'] === 'object' && copy['properties']) copy['additionalProperties'] = false;
  return copy;
}
