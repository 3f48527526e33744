import { describe, expect, test } from 'vitest';
import { cloudEvent } from '../../../src/alerts/delivery/cloud-event.ts';
import { createDeadLetterTally, deliveryFailedEvent } from '../../../src/alerts/delivery/dead-letter.ts';
import { createNotification } from '../../../src/alerts/delivery/notification.ts';
import { buildAlarmEvent } from '../../helpers/delivery-rig.ts';

const AT = Date.UTC(2026, 10, 21, 14, 3, 11, 204);

describe('cloudEvent', () => {
  test('is a CloudEvents envelope with the whole alarm', () => {
    const event = { ...buildAlarmEvent('001', 'raised', { at: AT, tags: ['硫化氢'] }), by: 'li', comment: '已核实 😀' };
    expect(JSON.parse(cloudEvent(event, 1042).toString('utf8'))).toEqual({
      specversion: '1.0',
      id: 'evt_001_1',
      source: '/davylamp/wujin-gas/cab-001',
      type: 'davylamp.alarm.raised',
      time: '2026-11-21T14:03:11.204Z',
      subject: 'wujin-gas/cab-001/outletPressure',
      datacontenttype: 'application/json',
      data: {
        sequence: 1042,
        status: 'actual',
        by: 'li',
        comment: '已核实 😀',
        details: null,
        log: null,
        alarm: {
          ...event.alarm,
          occurredAt: '2026-11-21T14:03:06.204Z',
          receivedAt: '2026-11-21T14:03:07.204Z',
          raisedAt: '2026-11-21T14:03:11.204Z',
          notifiedAt: null,
          acknowledgedAt: null,
          annunciatedAt: '2026-11-21T14:03:11.204Z',
          repeatedAt: null,
          returnedAt: null,
        },
      },
    });
  });

  test('makes its receiver a witness of the event log', () => {
    const log = { sequence: 17, hash: 'a'.repeat(64) };
    const logged = { ...buildAlarmEvent(1, 'raised', { at: AT }), ...log };
    expect(JSON.parse(cloudEvent(logged, 3).toString('utf8')).data).toMatchObject({ sequence: 3, log });
  });

  test('gives the same bytes for the same event and sequence', () => {
    const event = buildAlarmEvent(1, 'raised', { at: AT });
    expect(cloudEvent(event, 1).equals(cloudEvent(structuredClone(event), 1))).toBe(true);
  });

  test('has no point in the subject of an alarm about the device, and times where there are some', () => {
    const event = buildAlarmEvent(1, 'cleared', { at: AT, point: null, acknowledgedAt: AT, status: 'exercise' });
    const envelope = JSON.parse(cloudEvent(event, 1).toString('utf8'));
    expect(envelope.subject).toBe('wujin-gas/cab-1');
    expect(envelope.data.status).toBe('exercise');
    expect(envelope.data.alarm.acknowledgedAt).toBe('2026-11-21T14:03:11.204Z');
  });

  test('tells of Davylamp itself, with all attributes CloudEvents requires', () => {
    const tally = createDeadLetterTally('cc');
    const lost = createNotification(buildAlarmEvent(1, 'raised', { tier: 'red' }), 'cc', 1);
    tally.add(createNotification(buildAlarmEvent(2, 'raised', { tier: 'blue' }), 'cc', 2));
    tally.add({ ...lost, lastError: 'answered 500' });
    const report = tally.take(AT);
    if (!report) throw new Error('no report');
    const envelope = JSON.parse(cloudEvent(deliveryFailedEvent('evt_s', report), 3).toString('utf8'));
    expect(envelope).toMatchObject({
      specversion: '1.0',
      id: 'evt_s',
      source: '/davylamp',
      type: 'davylamp.system.delivery-failed',
      time: '2026-11-21T14:03:11.204Z',
      data: {
        sequence: 3,
        status: 'actual',
        code: 'DELIVERY_FAILED',
        details: { receiver: 'cc', count: 2, red: 1, blue: 1, worst: 'red', reason: 'answered 500' },
      },
    });
  });

  test('the loss of a report is not reported', () => {
    const tally = createDeadLetterTally('cc');
    tally.add({ ...createNotification(buildAlarmEvent(1), 'cc', 1), type: 'davylamp.system.delivery-failed' });
    expect(tally.take(AT)).toBeNull();
  });
});
