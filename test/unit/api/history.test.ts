import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { ApiPorts } from '../../../src/api/ports.ts';
import { AppError } from '../../../src/model/error.ts';
import { NOON } from '../../helpers/readings.ts';
import { calculatingDevice } from '../../helpers/watched.ts';
import { openApi } from './api-client.ts';
import { fakePorts } from './fake-ports.ts';

let answer: ApiPorts['history'] | null = null;
const fake = fakePorts();
const api = openApi({
  ...fake,
  ports: { ...fake.ports, history: (query) => (answer ?? fake.ports.history)(query) },
});

beforeEach(() => {
  api.reset();
  answer = null;
});
afterAll(() => api.server.stop());

const history = '/api/v1/devices/wujin-gas/cab-001/points/pressure/history';
const HOUR = 3_600_000;

describe('history', () => {
  test.each([
    ['', { from: NOON - HOUR, to: NOON, stepMs: null, limit: 1001 }],
    [`?from=${NOON - 5}&to=${NOON}&limit=10`, { from: NOON - 5, to: NOON, limit: 11 }],
    ['?from=2026-11-21T22:00:00Z&to=2026-11-22T06:19:52%2B08:00', { from: NOON - 1_192_000, to: NOON }],
    ['?from=2026-11-21T22:00:00Z&to=2026-11-22T06:19:52+08:00', { to: NOON }],
    ['?step=1m', { stepMs: 60_000, aggregate: 'mean' }],
    ['?step=500ms&aggregate=max', { stepMs: 500, aggregate: 'max' }],
  ])('%s', async (query, expected) => {
    expect((await api.call('GET', history + query)).status).toBe(200);
    expect(api.calls['history']).toMatchObject([expected]);
  });

  test('buckets of a point that is no number take the last value', async () => {
    await api.call('GET', `${history.replace('pressure', 'open')}?step=1m`);
    expect(api.calls['history']).toMatchObject([{ aggregate: 'last' }]);
  });

  test.each([
    ['from=5&to=5', 'HISTORY_RANGE_INVALID'],
    ['from=6&to=5', 'HISTORY_RANGE_INVALID'],
    [`from=0&to=${NOON}`, 'HISTORY_RANGE_INVALID'],
    ['step=100ms', 'HISTORY_RANGE_INVALID'],
    ['step=0s', 'HISTORY_RANGE_INVALID'],
    ['aggregate=mean', 'HISTORY_AGGREGATE_INVALID'],
    ['from=yesterday', 'TIME_INVALID'],
    ['from=-5', 'TIME_INVALID'],
    ['from=2026-11-21T22:00:00', 'TIME_INVALID'],
    ['to=2026-13-41T22:00:00Z', 'TIME_INVALID'],
    ['to=1795299592000000', 'TIME_INVALID'],
    ['step=1y', 'REQUEST_INVALID'],
    ['step=60000', 'REQUEST_INVALID'],
    ['step=1m&aggregate=median', 'REQUEST_INVALID'],
    ['limit=10001', 'REQUEST_INVALID'],
    ['limit=0', 'REQUEST_INVALID'],
    ['cursor=5', 'REQUEST_INVALID'],
  ])('?%s is refused as %s', async (query, code) => {
    const { status, body } = await api.call('GET', `${history}?${query}`);
    expect(body).toMatchObject({ code, status: 400 });
    expect(status).toBe(400);
    expect(api.calls['history']).toBeUndefined();
  });

  test('a full page names where to go on, and never splits a millisecond', async () => {
    const items = [1, 2, 3, 3, 4].map((ts) => ({ ts, value: ts, quality: 'good' as const }));
    answer = async ({ from, limit }) => items.filter(({ ts }) => ts >= from).slice(0, limit);
    const pages: unknown[] = [];
    let from: number | null = 0;
    while (from !== null) {
      const { body } = await api.call('GET', `${history}?from=${from}&to=9&limit=3`);
      const page = body as { items: { ts: number }[]; next: number | null };
      pages.push(page.items.map(({ ts }) => ts));
      from = page.next;
    }
    expect(pages).toEqual([
      [1, 2],
      [3, 3, 4],
    ]);
  });

  test('a store that is down is 503 with Retry-After, and its words stay inside', async () => {
    answer = () => Promise.reject(new AppError('STORE_UNAVAILABLE', 'connect ECONNREFUSED 10.0.0.7:8086'));
    const { status, headers, body, text } = await api.call('GET', history);
    expect(body).toMatchObject({ code: 'STORE_UNAVAILABLE', status: 503 });
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect(text).not.toContain('10.0.0.7');
  });

  test('only so many questions are put to the store at once', async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    answer = () => gate.then(() => []);
    const asked = Array.from({ length: 17 }, () => api.call('GET', history));
    const refused = await Promise.race(asked);
    expect(refused).toMatchObject({ status: 503, body: { code: 'HISTORY_BUSY' } });
    release();
    const statuses = (await Promise.all(asked)).map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(16).fill(200), 503]);
  });
});

describe('history of a calculated point', () => {
  const device = calculatingDevice({ sum: 'p + q' });
  const { configuration } = fake.ports;
  const own = fakePorts();
  const calculating = openApi({
    ...own,
    ports: { ...own.ports, configuration: { ...configuration, devices: new Map([[device.key, device]]) } },
  });
  afterAll(() => calculating.server.stop());

  test('is not there, and the answer says what to ask for', async () => {
    const { status, body } = await calculating.call('GET', history.replace('pressure', 'sum'));
    expect(status).toBe(404);
    expect(body).toMatchObject({
      code: 'POINT_NOT_STORED',
      detail: 'sum is calculated and not stored: ask for the points of p + q',
    });
  });
});
