import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { cloudEvent } from '../../../src/alerts/delivery/cloud-event.ts';
import type { REFUSALS, ReloadOutcome } from '../../../src/model/reload.ts';
import { NOON } from '../../helpers/readings.ts';
import { openApi } from './api-client.ts';
import { buildEvent, buildSystemEvent, fakePorts, SECRET } from './fake-ports.ts';

const api = openApi();
beforeEach(() => api.reset());
afterAll(() => api.server.stop());

const told = { by: 'Li Wei', comment: 'on my way' };
const history = '/api/v1/devices/wujin-gas/cab-001/points/pressure/history';

describe('questions that are answered', () => {
  test.each([
    ['/healthz', { status: 'ok', version: '1.2.3' }],
    ['/readyz', { ready: true, parts: { journal: { ok: true } } }],
    ['/api/v1/alarms', { items: [{ id: 'alm_01JTEST', occurredAt: '2026-11-21T22:19:52.000Z' }], next: 'alm_01JTEST' }],
    ['/api/v1/alarms/alm_01JTEST', { id: 'alm_01JTEST', notifiedAt: null }],
    ['/api/v1/events', { items: [], next: null }],
    ['/api/v1/devices/wujin-gas/cab-001', { key: 'wujin-gas/cab-001', overrides: [{ profileAt: 3.2 }] }],
    [history, { items: [{ ts: NOON, value: null, quality: 'bad' }], next: null }],
    ['/api/v1/rejections', { items: [{ id: '5-0', receivedAt: '2026-11-21T22:19:52.000Z' }], next: '5-0' }],
    ['/api/v1/deliveries', { items: [{ receiver: 'cc', sequence: 7, at: '2026-11-21T22:19:52.000Z' }], next: 'cc:7' }],
    [
      '/api/v1/configuration',
      { version: 'c0ffee', devices: 3, sites: 2, receivers: [{ id: 'cc', host: 'cc.example' }] },
    ],
  ])('GET %s', async (url, expected) => {
    const { status, body } = await api.call('GET', url);
    expect(body).toMatchObject(expected);
    expect(status).toBe(200);
  });

  test.each([
    ['/api/v1/alarms', 'alarms', { limit: 100 }],
    [
      '/api/v1/alarms?state=returned&tier=red&site=s1&device=d1&ended=true&cursor=alm_01J&limit=7',
      'alarms',
      { state: 'returned', tier: 'red', site: 's1', device: 'd1', ended: true, before: 'alm_01J', limit: 7 },
    ],
    ['/api/v1/events?after=12&alarm=alm_1&limit=3', 'events', { after: 12, alarm: 'alm_1', limit: 3 }],
    [
      '/api/v1/rejections?reason=wrongType&cursor=12-3&limit=2',
      'rejections',
      { reason: 'wrongType', before: '12-3', limit: 2 },
    ],
    [
      '/api/v1/deliveries?receiver=cc&state=dead&cursor=cc:3&limit=2',
      'deliveries',
      { receiver: 'cc', state: 'dead', cursor: 'cc:3', limit: 2 },
    ],
  ])('GET %s asks for what the query says', async (url, port, expected) => {
    expect((await api.call('GET', url)).status).toBe(200);
    expect(api.calls[port]).toEqual([expected]);
  });

  test('a process that is not ready says 503, and which part it is', async () => {
    const parts = { journal: { ok: false, detail: 'full' } };
    const unready = openApi(fakePorts({ readiness: () => ({ ready: false, parts }) }));
    expect(await unready.call('GET', '/readyz')).toMatchObject({ status: 503, body: { ready: false, parts } });
    await unready.server.stop();
  });

  test('metrics are Prometheus text and count the answers', async () => {
    await api.call('GET', '/api/v1/alarms/nobody');
    const { headers, text } = await api.call('GET', '/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toContain('davylamp_http_responses_total{method="GET",route="/api/v1/alarms/:id",status="404"} 1');
  });

  test('events are told like the alarms in them, system events too', async () => {
    api.log.push(buildEvent(1), buildSystemEvent(2));
    const { body } = await api.call('GET', '/api/v1/events');
    expect(body).toMatchObject({
      items: [{ sequence: 1, alarm: { state: 'unacknowledged' } }, { code: 'STORE_UNAVAILABLE' }],
    });
  });

  test('an alarm looks as it does in a webhook', async () => {
    const event = buildEvent(1);
    const webhook = JSON.parse(cloudEvent(event, 1).toString());
    api.log.push(event);
    const { body } = await api.call('GET', '/api/v1/events');
    expect((body as { items: { alarm: unknown }[] }).items[0]?.alarm).toEqual(webhook.data.alarm);
  });

  test('devices come by key, page by page, with limits and presence', async () => {
    const keys: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? 'limit=1' : `limit=1&cursor=${encodeURIComponent(cursor)}`;
      const { body } = await api.call('GET', `/api/v1/devices?${query}`);
      const page = body as { items: { key: string }[]; next: string | null };
      keys.push(...page.items.map(({ key }) => key));
      cursor = page.next;
    }
    expect(keys).toEqual(['wujin-gas/cab-001', 'wujin-gas/cab-002', 'yueyang/rtu-1']);
    const { body } = await api.call('GET', '/api/v1/devices?site=wujin-gas');
    expect(body).toMatchObject({
      items: [
        { lastSeenAt: '2026-11-21T22:19:52.000Z', online: null, points: [{ limits: [{ name: 'H', at: 3 }] }, {}, {}] },
        { lastSeenAt: null },
      ],
      next: null,
    });
  });

  test('the configuration tells no secret', async () => {
    const { text } = await api.call('GET', '/api/v1/configuration');
    for (const secret of [SECRET, 'hidden-token', 'hidden-password']) expect(text).not.toContain(secret);
  });
});

describe('a reload of the configuration', () => {
  const finding = {
    severity: 'error' as const,
    code: 'LIMIT_ORDER',
    number: 'DL201',
    file: 'profiles/tank.yaml',
    path: 'points.level.limits',
    line: 7,
    value: 3,
    message: 'H is above HH',
  };
  const refused = (code: (typeof REFUSALS)[number]): ReloadOutcome => ({
    result: 'refused',
    at: NOON,
    by: 'signal',
    version: 'c0ffee',
    code,
    reason: 'not so',
    findings: [finding],
  });

  test('tells what is in force', async () => {
    const { status, body } = await api.call('POST', '/api/v1/configuration/reload');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { result: 'applied', at: '2026-11-21T22:19:52.000Z', version: 'c0ffee', previous: 'decaf', reason: null },
    });
    expect(api.calls['reload']).toEqual(['api']);
  });

  test.each([
    ['CONFIGURATION_INVALID', 422],
    ['RESTART_NEEDED', 409],
    ['STORE_SCHEMA_CONFLICT', 409],
    ['RELOAD_FAILED', 409],
  ] as const)('that ends in %s is a problem document with all findings', async (code, expected) => {
    const reload = { now: async () => refused(code), loadedAt: () => NOON, last: () => refused(code) };
    const other = openApi(fakePorts({ reload }));
    const { status, body, headers } = await other.call('POST', '/api/v1/configuration/reload');
    expect({ status, body }).toMatchObject({
      status: expected,
      body: { type: `urn:davylamp:problem:${code}`, status: expected, code, detail: 'not so', findings: [finding] },
    });
    expect(headers['content-type']).toContain('application/problem+json');
    expect((await other.call('GET', '/api/v1/configuration')).body).toMatchObject({
      loadedAt: '2026-11-21T22:19:52.000Z',
      lastReload: { result: 'refused', by: 'signal', previous: null, code, findings: [finding] },
    });
    await other.server.stop();
  });
});

describe('commands', () => {
  test.each(['acknowledge', 'reset'])('%s hands name and comment to the alarm', async (verb) => {
    const { status, body } = await api.call('POST', `/api/v1/alarms/alm_01JTEST/${verb}`, { body: told });
    expect(body).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'Li Wei' });
    expect(status).toBe(200);
    expect(api.calls[verb]).toEqual([{ id: 'alm_01JTEST', ...told }]);
  });

  test.each(['acknowledge', 'reset'])('%s: unknown is 404, a refusal of the machine 409', async (verb) => {
    const unknown = await api.call('POST', `/api/v1/alarms/alm_2/${verb}`, { body: told });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'ALARM_UNKNOWN' } });
    const alarm = api.alarms.get('alm_01JTEST');
    if (alarm) api.alarms.set('alm_01JTEST', { ...alarm, state: 'acknowledged' });
    const refused = await api.call('POST', `/api/v1/alarms/alm_01JTEST/${verb}`, { body: told });
    expect(refused).toMatchObject({ status: 409, body: { code: 'ALARM_STILL_ACTIVE' } });
  });

  test.each([
    ['nothing', undefined],
    ['empty text', ''],
    ['no comment', { by: 'x' }],
    ['no name', { comment: 'x' }],
    ['blank name', { by: ' ', comment: 'x' }],
    ['empty comment', { by: 'x', comment: '' }],
    ['null name', { by: null, comment: 'x' }],
    ['number as name', { by: 1, comment: 'x' }],
    ['boolean as comment', { by: 'x', comment: true }],
    ['long name', { by: 'x'.repeat(101), comment: 'x' }],
    ['long comment', { by: 'x', comment: 'x'.repeat(2001) }],
    ['unknown key', { ...told, force: true }],
    ['array', [told]],
    ['string', '"x"'],
  ])('%s is refused', async (_, body) => {
    const { status, body: problem } = await api.call('POST', '/api/v1/alarms/alm_01JTEST/acknowledge', { body });
    expect(problem).toMatchObject({ code: 'REQUEST_INVALID', errors: [{ in: 'body' }] });
    expect(status).toBe(400);
    expect(api.calls['acknowledge']).toBeUndefined();
  });

  test('redeliver needs no body', async () => {
    const { status, body } = await api.call('POST', '/api/v1/deliveries/cc/7/redeliver');
    expect(body).toMatchObject({ state: 'pending', attempts: 0 });
    expect(status).toBe(200);
    expect(api.calls['redeliver']).toEqual([{ receiver: 'cc', sequence: 7, at: NOON }]);
  });
});

describe('questions that are refused', () => {
  test.each([
    ['GET', '/api/v1/alarms/alm_2', 404, 'ALARM_UNKNOWN'],
    ['GET', '/api/v1/alarms/__proto__', 404, 'ALARM_UNKNOWN'],
    ['GET', `/api/v1/alarms/${'x'.repeat(300)}`, 404, 'ROUTE_UNKNOWN'],
    ['GET', '/api/v1/alarms?state=happy', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/alarms?tier=purple', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/alarms?tier=red&tier=blue', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/alarms?ended=maybe', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/alarms?limit=1001', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/alarms?limit=', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/alarms?limit=1.5', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/alarms?limit=null', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/alarms?cursor=5', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/alarms?sites=a', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/events?after=-1', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/events/stream?after=x', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/devices?site=a/b', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/devices/wujin-gas/nobody', 404, 'DEVICE_UNKNOWN'],
    ['GET', '/api/v1/devices/__proto__/x', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/devices/constructor/toString', 404, 'DEVICE_UNKNOWN'],
    ['GET', '/api/v1/devices/wujin-gas/cab-001/points/nothing/history', 404, 'POINT_UNKNOWN'],
    ['GET', '/api/v1/devices/wujin-gas/cab-001/points/constructor/history', 404, 'POINT_UNKNOWN'],
    ['GET', '/api/v1/rejections?reason=bored', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/rejections?cursor=x', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/deliveries?state=lost', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/deliveries?cursor=junk', 400, 'CURSOR_INVALID'],
    ['POST', '/api/v1/deliveries/cc/8/redeliver', 404, 'DELIVERY_UNKNOWN'],
    ['POST', '/api/v1/deliveries/cc/0/redeliver', 400, 'REQUEST_INVALID'],
    ['POST', '/api/v1/deliveries/cc/x/redeliver', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/configuration?secrets=true', 400, 'REQUEST_INVALID'],
    ['GET', '/api/v1/nothing', 404, 'ROUTE_UNKNOWN'],
    ['POST', '/api/v1/alarms', 404, 'ROUTE_UNKNOWN'],
    ['GET', '/api/v1/%zz', 400, 'URL_INVALID'],
  ] as const)('%s %s', async (method, url, status, code) => {
    const answer = await api.call(method, url);
    expect(answer).toMatchObject({ status, body: { code, status, instance: url } });
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  });
});
