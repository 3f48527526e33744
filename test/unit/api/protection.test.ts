import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { assertOwnOrigin, isLoopback } from '../../../src/api/origin.ts';
import { PROBLEMS, problemOf } from '../../../src/api/problem.ts';
import { AppError } from '../../../src/model/error.ts';
import { openApi } from './api-client.ts';
import { fakePorts } from './fake-ports.ts';

const api = openApi();
beforeEach(() => api.reset());
afterAll(() => api.server.stop());

const acknowledge = '/api/v1/alarms/alm_01JTEST/acknowledge';
const told = { by: 'x', comment: 'y' };

describe('a page of another site', () => {
  test.each([
    ['127.0.0.1:8080', true],
    ['localhost:8080', true],
    ['LOCALHOST', true],
    ['127.8.9.1', true],
    ['[::1]:8080', true],
    ['evil.example', false],
    ['localhost.evil.example', false],
    ['127.0.0.1.evil.example', false],
    ['localhost@evil.example', false],
    ['10.0.0.7:8080', false],
    ['2130706433', false],
    ['[::ffff:127.0.0.1]', true],
    ['[::ffff:10.0.0.7]', false],
    ['localhost.', false],
  ])('named %s by Host is answered: %s', async (host, answered) => {
    const { status, body } = await api.call('GET', '/api/v1/alarms', { headers: { host } });
    if (answered) expect(status).toBe(200);
    else expect([status, body]).toMatchObject([403, { code: 'HOST_REFUSED' }]);
  });

  test.each([
    [undefined, true],
    ['http://localhost:8080', true],
    ['http://localhost:9090', false],
    ['http://evil.example', false],
    ['null', false],
    ['', false],
    ['file://', false],
  ])('with Origin %s may command: %s', async (origin, allowed) => {
    const headers = { host: 'localhost:8080', ...(origin === undefined ? {} : { origin }) };
    const { status, body } = await api.call('POST', acknowledge, { body: told, headers });
    if (allowed) expect(status).toBe(200);
    else expect([status, body]).toMatchObject([403, { code: 'ORIGIN_REFUSED' }]);
    expect(api.calls['acknowledge']?.length ?? 0).toBe(allowed ? 1 : 0);
  });

  test.each([
    [{ host: '192.168.1.5', insecure: true }, '192.168.1.5', true],
    [{ host: '0.0.0.0', insecure: true }, '192.168.1.5', true],
    [{ host: '0.0.0.0', insecure: true }, 'evil.example', false],
    [{ host: 'engine.plant', insecure: true }, 'engine.plant:8080', true],
    [{ host: 'Engine.Plant', insecure: true }, 'engine.plant:8080', true],
    [{ host: '127.0.0.1', insecure: false }, '192.168.1.5', false],
    [{ host: '127.0.0.1', insecure: false }, '', false],
  ])('listening as %o, Host %s is answered: %s', (settings, host, answered) => {
    const ask = () => assertOwnOrigin({ method: 'GET', headers: { host } }, settings);
    if (answered) expect(ask).not.toThrow();
    else expect(ask).toThrow(expect.objectContaining({ code: 'HOST_REFUSED' }));
  });

  test('gets no permission to read', async () => {
    const { headers } = await api.call('GET', '/api/v1/alarms', { headers: { origin: 'http://evil.example' } });
    expect(Object.keys(headers).filter((key) => key.startsWith('access-control'))).toEqual([]);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  });
});

test.each([
  ['127.0.0.1', true],
  ['127.255.0.1', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['example.com', false],
  ['127.0.0.1.example.com', false],
])('%s is loopback: %s', (host, expected) => {
  expect(isLoopback(host)).toBe(expected);
});

describe('bodies', () => {
  const headers = (type: string) => ({ 'content-type': type });

  test.each([
    ['a form', 'by=x&comment=y', headers('application/x-www-form-urlencoded'), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['plain text', JSON.stringify(told), headers('text/plain'), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['other JSON', JSON.stringify(told), headers('application/cloudevents+json'), 415, 'MEDIA_TYPE_UNSUPPORTED'],
    ['not JSON', '{"by":', {}, 400, 'BODY_NOT_JSON'],
    ['NaN', '{"by":NaN}', {}, 400, 'BODY_NOT_JSON'],
    ['__proto__', '{"by":"x","comment":"y","__proto__":{"admin":true}}', {}, 400, 'BODY_NOT_JSON'],
    ['constructor', '{"by":"x","comment":"y","constructor":{"prototype":{"a":1}}}', {}, 400, 'BODY_NOT_JSON'],
    ['2 MiB', JSON.stringify({ by: 'x', comment: 'y'.repeat(2 ** 21) }), {}, 413, 'BODY_TOO_LARGE'],
  ])('%s is refused', async (_, body, extra, status, code) => {
    const answer = await api.call('POST', acknowledge, { body, headers: extra });
    expect(answer).toMatchObject({ status, body: { code, status } });
    expect(api.calls['acknowledge']).toBeUndefined();
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  test('bytes that are not UTF-8 are refused, not replaced', async () => {
    const payload = Buffer.concat([Buffer.from('{"by":"'), Buffer.from([0xff]), Buffer.from('","comment":"y"}')]);
    const answer = await api.server.app.inject({
      method: 'POST',
      url: acknowledge,
      payload,
      headers: headers('application/json'),
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { code: 'BODY_NOT_UTF8' }]);
  });

  test('charset=utf-8 is fine', async () => {
    const extra = headers('application/json; charset=utf-8');
    expect((await api.call('POST', acknowledge, { body: told, headers: extra })).status).toBe(200);
  });
});

describe('problems', () => {
  test('every code becomes a document with its own status', () => {
    for (const [code, kind] of Object.entries(PROBLEMS)) {
      const { problem, retryAfterS } = problemOf(new AppError(code, 'inner words'), '/x');
      expect(problem).toMatchObject({
        type: `urn:davylamp:problem:${code}`,
        status: kind.status,
        code,
        instance: '/x',
      });
      expect(problem.detail === 'inner words').toBe(kind.status < 500);
      expect(retryAfterS !== null).toBe(kind.status === 503);
    }
  });

  test.each([
    new Error('password=hunter2'),
    new AppError('DATABASE_COMMIT_FAILED', 'password=hunter2'),
    new AppError('constructor', 'password=hunter2'),
    Object.assign(new Error('password=hunter2'), { statusCode: 500, code: 'FST_X' }),
    'password=hunter2',
  ])('%s is an internal error that tells nothing, and the log has it', async (error) => {
    const lines: string[] = [];
    const sink = new Writable({ write: (chunk, _, done) => done(void lines.push(String(chunk))) });
    const get = () => {
      throw error;
    };
    const fake = fakePorts();
    const broken = openApi({ ...fake, ports: { ...fake.ports, alarms: { ...fake.ports.alarms, get } } }, pino(sink));
    const { status, body, text } = await broken.call('GET', '/api/v1/alarms/x');
    expect([status, body]).toMatchObject([500, { code: 'INTERNAL', status: 500 }]);
    expect(text).not.toContain('hunter2');
    expect(lines.join()).toContain('hunter2');
    await broken.server.stop();
  });

  test('an answer that takes too long is worth asking again for', () => {
    const error = Object.assign(new Error('timed out'), { code: 'FST_ERR_HANDLER_TIMEOUT', statusCode: 503 });
    const { problem, retryAfterS } = problemOf(error, '/x');
    expect([problem.status, problem.code, retryAfterS]).toEqual([503, 'ANSWER_LATE', 5]);
  });

  test('every fault of a query is named', async () => {
    const { body } = await api.call('GET', '/api/v1/alarms?limit=x&tier=purple&foo=1');
    expect((body as { errors: unknown[] }).errors).toEqual([
      { in: 'querystring', pointer: '/foo', detail: 'is not known here' },
      { in: 'querystring', pointer: '/tier', detail: 'must be one of blue, yellow, orange, red' },
      { in: 'querystring', pointer: '/limit', detail: 'must be integer' },
    ]);
  });
});
