import { expect, test } from 'vitest';
import type { EventFilter, LoggedEvent } from '../../../src/alerts/alarm-log.ts';
import { openCase } from '../../../src/alerts/case.ts';
import { createNotification } from '../../../src/alerts/delivery/notification.ts';
import { lastRaised, type TraceDeps, traceAlarm } from '../../../src/explain/alarm-trace.ts';
import type { AlarmEventType } from '../../../src/model/alarm.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { buildAlarmEvent } from '../../helpers/delivery-rig.ts';
import { NOON } from '../../helpers/readings.ts';
import { BYPASS } from '../api/fake-ports.ts';

const MINUTE = 60_000;

/** A log with one event a minute, those at `own` minutes of the alarm that is asked about. */
function logOf(minutes: number, own: Readonly<Record<number, AlarmEventType>>, first = 1) {
  const events: LoggedEvent[] = [];
  let revision = 0;
  for (let minute = first; minute <= minutes; minute++) {
    const type = own[minute];
    const alarm = type ? buildAlarm({ revision: ++revision }) : buildAlarm({ id: 'alm_OTHER' });
    events.push({
      id: `evt_${minute}`,
      sequence: minute,
      type: `davylamp.alarm.${type ?? 'raised'}`,
      at: NOON + minute * MINUTE,
      alarm,
      by: null,
      comment: null,
      details: null,
      hash: null,
    });
  }
  let read = 0;
  const deps: TraceDeps = {
    events({ after = 0, limit }: EventFilter) {
      const items = events.filter(({ sequence }) => sequence > after).slice(0, limit);
      read += items.length;
      const last = items.at(-1);
      return { items, next: last && last.sequence < minutes ? last.sequence : null };
    },
    deliveriesOf: () => [],
    digestsOf: () => [],
    caseOf: () => openCase(alarm, alarm.raisedAt),
    bypass: () => null,
    messageOf: () => null,
  };
  return { deps, read: () => read };
}

const alarm = buildAlarm({ raisedAt: NOON + 5000 * MINUTE, revision: 3 });
const own = { 5000: 'raised', 5010: 'escalated', 5300: 'acknowledged' } as const;

test('the events of an alarm are found without reading the log from its beginning', async () => {
  const { deps, read } = logOf(20_000, own);
  const { events, complete } = await traceAlarm(alarm, deps);
  expect(events.map(({ event }) => event.sequence)).toEqual([5000, 5010, 5300]);
  expect(complete).toBe(true);
  expect(read()).toBeLessThan(1100);
  expect(await lastRaised(alarm, deps)).toBe(NOON + 5010 * MINUTE);
});

test('older events that are gone are missed, and the answer says so', async () => {
  const { deps } = logOf(6000, { 5300: 'acknowledged' }, 5200);
  expect(await traceAlarm(alarm, deps)).toMatchObject({ complete: false, events: [{ event: { sequence: 5300 } }] });
  expect(await lastRaised(alarm, deps)).toBe(alarm.raisedAt);
  expect(await traceAlarm(alarm, logOf(0, {}).deps)).toMatchObject({ complete: false, events: [] });
});

test('an alarm is traced to its message, its digests, what hid it and its case', async () => {
  const { deps } = logOf(5400, { 5000: 'raised', 5010: 'shelved', 5300: 'unshelved' });
  const hidden = new Set([5010, 5300]);
  const digest = createNotification(buildAlarmEvent(1), 'duty-room', 4);
  const found = await traceAlarm(alarm, {
    ...deps,
    events(filter) {
      const page = deps.events(filter);
      const details = { bypass: 'byp_1', reason: 'sensor is being changed', until: null };
      const told = (event: LoggedEvent) => {
        return 'alarm' in event && hidden.has(event.sequence) ? { ...event, details } : event;
      };
      return { ...page, items: page.items.map(told) };
    },
    digestsOf: (sequence) => (sequence === 5010 ? [digest] : []),
    bypass: (id) => (id === 'byp_1' ? BYPASS : null),
    messageOf: (id) => ({ topic: `t/${id}`, payload: '{}', bytes: 2, client: 'cab-001', receivedAt: NOON }),
  });
  expect(found.origin).toMatchObject({ event: { sequence: 5000 }, message: { topic: `t/${alarm.id}` } });
  expect(found.events.map(({ digests }) => digests)).toEqual([[], [digest], []]);
  expect(found.bypasses).toEqual([BYPASS]);
  expect(found.case).toMatchObject({ alarm: alarm.id, state: 'open' });
});
