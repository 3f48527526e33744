import { afterAll, beforeEach, expect, test } from 'vitest';
import { NOON } from '../../helpers/readings.ts';
import { openApi } from './api-client.ts';

const api = openApi();
afterAll(() => api.server.stop());
beforeEach(() => api.reset());

test('receivers are listed with how it stands with them', async () => {
  const { status, body } = await api.call('GET', '/api/v1/receivers');
  const floodSince = new Date(NOON).toISOString();
  const cc = { id: 'cc', channel: 'webhook', lastSequence: 9, pending: 1, dead: 0, failing: true, floodSince, held: 3 };
  expect([status, body]).toEqual([200, { items: [cc], next: null }]);
});

test('a receiver fetches a range of what it was sent', async () => {
  const { status, body } = await api.call('GET', '/api/v1/receivers/cc/notifications?from=1&to=8&limit=5');
  expect(api.calls['missed']).toEqual([{ receiver: 'cc', from: 1, to: 8, limit: 5 }]);
  const item = { sequence: 7, eventId: 'evt_7', state: 'dead', body: '{"id":"evt_7"}' };
  expect([status, body]).toEqual([200, { items: [item], expired: [{ from: 1, to: 6 }], lastSequence: 9, next: 8 }]);
});

test.each([
  ['/api/v1/receivers/nobody/notifications?from=1', 404, 'RECEIVER_UNKNOWN'],
  ['/api/v1/receivers/cc/notifications', 400, 'REQUEST_INVALID'],
  ['/api/v1/receivers/cc/notifications?from=0', 400, 'REQUEST_INVALID'],
  ['/api/v1/receivers/cc/notifications?from=1&limit=1001', 400, 'REQUEST_INVALID'],
  ['/api/v1/receivers/cc/notifications?from=1&since=2', 400, 'REQUEST_INVALID'],
])('%s is refused', async (url, expected, code) => {
  const { status, body } = await api.call('GET', url);
  expect([status, body]).toEqual([expected, expect.objectContaining({ code })]);
});
