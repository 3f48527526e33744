import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { AlarmEvent } from '../../../src/model/alarm.ts';
import { NOON } from '../../helpers/readings.ts';
import { openApi } from './api-client.ts';
import { BYPASS, buildEvent, CASE } from './fake-ports.ts';

const api = openApi();
beforeEach(() => api.reset());
afterAll(() => api.server.stop());

const alarm = '/api/v1/alarms/alm_01JTEST';
const told = { by: 'Li Wei', comment: 'valve work' };
const NOON_TEXT = '2026-11-21T22:19:52.000Z';
const outOfService = {
  by: 'Li Wei',
  reason: 'sensor exchange',
  site: 'wujin-gas',
  upTo: 'orange',
  duration: '2h',
  replacement: 'portable detector',
};

describe('shelves', () => {
  test('have a length in words, and are timed unless they say otherwise', async () => {
    const { status, body } = await api.call('POST', `${alarm}/shelve`, { body: { ...told, duration: '30m' } });
    expect(body).toMatchObject({ id: BYPASS.id, state: 'requested', until: '2026-11-21T22:34:52.000Z', from: null });
    expect(status).toBe(200);
    await api.call('POST', `${alarm}/shelve`, { body: { ...told, duration: '1.5h', oneShot: true } });
    expect(api.calls['shelve']).toEqual([
      { id: 'alm_01JTEST', ...told, lengthMs: 1_800_000, oneShot: false },
      { id: 'alm_01JTEST', ...told, lengthMs: 5_400_000, oneShot: true },
    ]);
  });

  test('are lifted by unshelve', async () => {
    expect(await api.call('POST', `${alarm}/unshelve`, { body: told })).toMatchObject({ status: 200 });
    expect(api.calls['unshelve']).toEqual([{ id: 'alm_01JTEST', ...told }]);
  });

  test.each([
    [{ ...told }],
    [{ ...told, duration: 'soon' }],
    [{ ...told, duration: 30 }],
    [{ by: 'Li Wei', duration: '30m' }],
    [{ ...told, comment: ' ', duration: '30m' }],
    [{ ...told, duration: '30m', upTo: 'red' }],
  ])('are refused as %j', async (body) => {
    expect(await api.call('POST', `${alarm}/shelve`, { body })).toMatchObject({
      status: 400,
      body: { code: 'REQUEST_INVALID' },
    });
    expect(api.calls['shelve']).toBeUndefined();
  });
});

describe('bypasses', () => {
  test.each([
    ['', { limit: 100 }],
    ['?state=over&site=s1&cursor=byp_01J&limit=3', { state: 'over', site: 's1', before: 'byp_01J', limit: 3 }],
  ])('are listed%s', async (query, filter) => {
    const { body } = await api.call('GET', `/api/v1/bypasses${query}`);
    expect(body).toMatchObject({
      items: [{ id: BYPASS.id, origin: { kind: 'person', id: null }, requestedAt: NOON_TEXT }],
    });
    expect(JSON.stringify(body)).not.toContain('since');
    expect(api.calls['bypasses']).toEqual([filter]);
  });

  test('one is found, or is not', async () => {
    expect(await api.call('GET', `/api/v1/bypasses/${BYPASS.id}`)).toMatchObject({ status: 200, body: { hidden: 0 } });
    expect(await api.call('GET', '/api/v1/bypasses/byp_no')).toMatchObject({
      status: 404,
      body: { code: 'BYPASS_UNKNOWN' },
    });
  });

  test('take what is configured out of service', async () => {
    const body = { ...outOfService, device: 'cab-001', point: 'pressure', workOrder: 'WO-7' };
    expect(await api.call('POST', '/api/v1/bypasses', { body })).toMatchObject({ status: 200 });
    expect(api.calls['request']).toEqual([
      {
        kind: 'outOfService',
        scope: { alarm: null, site: 'wujin-gas', device: 'cab-001', profile: null, point: 'pressure', rule: null },
        upTo: 'orange',
        oneShot: false,
        reason: 'sensor exchange',
        owner: 'Li Wei',
        approvedBy: null,
        origin: { kind: 'person' },
        replacement: 'portable detector',
        workOrder: 'WO-7',
        lengthMs: 7_200_000,
      },
    ]);
  });

  test.each([
    [{ site: 'nowhere' }, 404, 'DEVICE_UNKNOWN'],
    [{ device: 'cab-999' }, 404, 'DEVICE_UNKNOWN'],
    [{ profile: 'tank' }, 404, 'DEVICE_UNKNOWN'],
    [{ device: 'cab-001', point: 'level' }, 404, 'POINT_UNKNOWN'],
    [{ rule: 'nonsense' }, 404, 'RULE_UNKNOWN'],
    [{ upTo: 'purple' }, 400, 'REQUEST_INVALID'],
    [{ replacement: '' }, 400, 'REQUEST_INVALID'],
    [{ approvedBy: 'Wang' }, 400, 'REQUEST_INVALID'],
  ])('are not of what is not there: %j', async (parts, status, code) => {
    const answer = await api.call('POST', '/api/v1/bypasses', { body: { ...outOfService, ...parts } });
    expect(answer).toMatchObject({ status, body: { code } });
    expect(api.calls['request']).toBeUndefined();
  });

  test('are approved by another, and lifted by anybody', async () => {
    const approve = `/api/v1/bypasses/${BYPASS.id}/approve`;
    expect(await api.call('POST', approve, { body: told })).toMatchObject({
      status: 409,
      body: { code: 'BYPASS_SAME_PERSON', type: 'urn:davylamp:problem:BYPASS_SAME_PERSON' },
    });
    expect(await api.call('POST', approve, { body: { ...told, by: 'Wang' } })).toMatchObject({
      status: 200,
      body: { state: 'active', approvedBy: 'Wang', from: NOON_TEXT },
    });
    expect(await api.call('POST', `/api/v1/bypasses/${BYPASS.id}/lift`, { body: told })).toMatchObject({
      body: { state: 'over', end: 'refused', endedBy: 'Li Wei' },
    });
    expect(await api.call('POST', '/api/v1/bypasses/byp_no/lift', { body: told })).toMatchObject({ status: 404 });
  });
});

describe('cases', () => {
  test.each([
    ['', { limit: 100 }],
    [
      '?state=disposing&overdue=true&supervised=false&cursor=alm_01J&limit=2',
      { state: 'disposing', overdue: true, supervised: false, before: 'alm_01J', limit: 2 },
    ],
  ])('are listed%s', async (query, filter) => {
    const { body } = await api.call('GET', `/api/v1/cases${query}`);
    expect(body).toMatchObject({ items: [{ alarm: 'alm_01JTEST', openedAt: NOON_TEXT, overdue: ['report'] }] });
    expect(api.calls['cases']).toEqual([filter]);
  });

  test('tell every step as it was done', async () => {
    const { status, body } = await api.call('GET', `${alarm}/case`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ entries: CASE.entries.map((entry) => ({ ...entry, at: NOON_TEXT })) });
    expect(await api.call('GET', '/api/v1/alarms/nobody/case')).toMatchObject({ status: 404 });
  });

  test.each([
    [{ kind: 'verify', result: 'real', method: 'on site' }],
    [{ kind: 'verify', result: 'processOperation', method: null }],
    [{ kind: 'dispose', measures: 'inlet valve closed' }],
    [{ kind: 'report', to: null }],
    [{ kind: 'review', accepted: false }],
    [{ kind: 'supervise', on: true }],
    [{ kind: 'reopen' }],
  ])('take the step %j', async (action) => {
    const evidence = ['https://files.example/1.jpg'];
    expect(await api.call('POST', `${alarm}/case`, { body: { by: 'Li Wei', action, evidence } })).toMatchObject({
      status: 200,
    });
    expect(api.calls['act']).toEqual([{ id: 'alm_01JTEST', by: 'Li Wei', comment: null, action, evidence }]);
  });

  test.each([
    [{ kind: 'verify', result: 'perhaps', method: null }],
    [{ kind: 'dispose' }],
    [{ kind: 'close', cause: 'sun', tuning: 'yes' }],
    [{ kind: 'reopen', by: 'Wang' }],
    [{ kind: 'forget' }],
  ])('do not take %j', async (action) => {
    expect(await api.call('POST', `${alarm}/case`, { body: { ...told, action } })).toMatchObject({ status: 400 });
    expect(api.calls['act']).toBeUndefined();
  });

  test.each([
    [
      { kind: 'verify', result: 'real' },
      { kind: 'verify', result: 'real', method: null },
    ],
    [{ kind: 'report' }, { kind: 'report', to: null }],
    [
      { kind: 'close', cause: 'steam' },
      { kind: 'close', cause: 'steam', tuning: false },
    ],
  ])('may leave out what nobody said: %j', async (asked, action) => {
    await api.call('POST', `${alarm}/case`, { body: { by: 'Li Wei', action: asked } });
    expect(api.calls['act']).toMatchObject([{ action }]);
  });

  test.each([
    [{ kind: 'dispose' }, 'body/action/measures is required'],
    [{ kind: 'verify' }, 'body/action/result is required'],
    [{ kind: 'forget' }, 'body/action/kind is not one of those in the API document'],
    [{}, 'body/action/kind is not one of those in the API document'],
  ])('say what is wrong with %j, and nothing of other steps', async (action, detail) => {
    const answer = await api.call('POST', `${alarm}/case`, { body: { by: 'Li Wei', action } });
    expect(answer.body).toMatchObject({ code: 'REQUEST_INVALID', detail });
  });

  test('say why a step is refused', async () => {
    const action = { kind: 'close', cause: 'sun', tuning: false };
    expect(await api.call('POST', `${alarm}/case`, { body: { ...told, action } })).toMatchObject({
      status: 409,
      body: { code: 'CASE_ALARM_ACTIVE' },
    });
  });

  test('take remarks, with links over https only', async () => {
    const remark = (evidence: string[]) => api.call('POST', `${alarm}/comment`, { body: { ...told, evidence } });
    expect(await remark(['https://files.example/1.jpg'])).toMatchObject({ status: 200 });
    expect(api.calls['act']).toMatchObject([{ action: { kind: 'comment' }, comment: 'valve work' }]);
    expect(await remark(['http://files.example/1.jpg'])).toMatchObject({ status: 400 });
    expect(await remark(Array.from({ length: 21 }, () => 'https://files.example/1.jpg'))).toMatchObject({
      status: 400,
    });
  });
});

describe('events', () => {
  test.each<[AlarmEvent['details'], unknown]>([
    [null, null],
    [
      { promise: 'acknowledge', step: 1, level: 'county', to: ['cc'] },
      { promise: 'acknowledge', step: 1, level: 'county', to: ['cc'] },
    ],
    [
      { bypass: 'byp_1', reason: 'valve work', until: NOON },
      { bypass: 'byp_1', reason: 'valve work', until: NOON_TEXT },
    ],
    [
      { bypass: 'byp_1', reason: 'tank empty', until: null },
      { bypass: 'byp_1', reason: 'tank empty', until: null },
    ],
    [
      { case: { at: NOON, by: 'Li', action: { kind: 'reopen' }, comment: null, evidence: [] } },
      { case: { at: NOON_TEXT, by: 'Li', action: { kind: 'reopen' }, comment: null, evidence: [] } },
    ],
  ])('tell their details: %j', async (details, expected) => {
    const event = buildEvent(1, { state: 'shelved', shown: 'returned', bypass: 'byp_1', case: 'closed' });
    api.log.push({ ...event, details } as typeof event);
    const { body } = await api.call('GET', '/api/v1/events');
    expect(body).toMatchObject({ items: [{ details: expected, alarm: { state: 'shelved', bypass: 'byp_1' } }] });
  });
});
