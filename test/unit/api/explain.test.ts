import { afterAll, beforeEach, expect, test } from 'vitest';
import { openApi } from './api-client.ts';
import { buildEvent } from './fake-ports.ts';

const api = openApi();
beforeEach(() => api.reset());
afterAll(() => api.server.stop());

const device = '/api/v1/devices/wujin-gas/cab-001';

test.each([
  [`${device}/points/pressure/explanation`, { reason: 'noSample', asOf: { basis: 'replay' }, alarm: null }],
  [`${device}/points/open/explanation`, { reason: 'notWatched', conditions: [] }],
  [`${device}/explanation`, { conditions: [{ condition: 'absent', kind: 'absent', limit: { at: 180 } }] }],
  [
    `${device}/explanation?rule=pressure.H`,
    { conditions: [{ limit: { at: 3 }, origin: { kind: 'device', profileAt: 3.2, source: 'sheet 4' } }] },
  ],
  [`${device}/explanation?rule=pressure.falling&at=2026-11-21T22:19:53Z`, { asOf: { at: '2026-11-21T22:19:53.000Z' } }],
  [
    '/api/v1/alarms/alm_01JTEST/explanation',
    { alarm: { id: 'alm_01JTEST' }, trace: '/api/v1/alarms/alm_01JTEST/trace', ruleVersion: { alarm: '1' } },
  ],
])('GET %s', async (url, expected) => {
  const { status, body } = await api.call('GET', url);
  expect(body).toMatchObject(expected);
  expect(status).toBe(200);
});

test.each([
  [`${device}/points/nothing/explanation`, 404, 'POINT_UNKNOWN'],
  [`${device}/explanation?rule=nothing`, 404, 'RULE_UNKNOWN'],
  ['/api/v1/devices/wujin-gas/cab-9/explanation', 404, 'DEVICE_UNKNOWN'],
  ['/api/v1/alarms/alm_X/explanation', 404, 'ALARM_UNKNOWN'],
  ['/api/v1/alarms/alm_X/trace', 404, 'ALARM_UNKNOWN'],
  [`${device}/points/pressure/explanation?at=yesterday`, 400, 'TIME_INVALID'],
  [`${device}/points/pressure/explanation?at=2099-01-01T00:00:00Z`, 400, 'TIME_INVALID'],
  [`${device}/explanation?when=now`, 400, 'REQUEST_INVALID'],
])('GET %s is refused', async (url, expected, code) => {
  const { status, body } = await api.call('GET', url);
  expect([status, body]).toEqual([expected, expect.objectContaining({ code })]);
});

test('the trace of an alarm is its events with their deliveries', async () => {
  api.publish(buildEvent(1));
  api.publish(buildEvent(2, { id: 'alm_OTHER' }));
  const { body } = await api.call('GET', '/api/v1/alarms/alm_01JTEST/trace');
  expect(body).toMatchObject({ complete: true, items: [{ event: { sequence: 1 }, deliveries: [{ receiver: 'cc' }] }] });
});
