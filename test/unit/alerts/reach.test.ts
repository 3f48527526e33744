import { describe, expect, it } from 'vitest';
import { type Reach, reachOf } from '../../../src/alerts/policy/reach.ts';
import { ALARM_EVENT_TYPES, type AlarmEvent, type AlarmEventType, type SystemEvent } from '../../../src/model/alarm.ts';
import { buildAlarm } from '../../helpers/alarm.ts';

const HIDDEN: Readonly<Record<AlarmEventType, Reach>> = {
  raised: 'none',
  escalated: 'none',
  deescalated: 'none',
  returned: 'none',
  cleared: 'told',
  acknowledged: 'none',
  realarmed: 'none',
  repeated: 'none',
  overdue: 'told',
  shelved: 'told',
  unshelved: 'told',
  suppressed: 'told',
  unsuppressed: 'told',
  removedFromService: 'told',
  returnedToService: 'told',
  verified: 'told',
  disposed: 'told',
  reported: 'told',
  reviewed: 'told',
  supervised: 'told',
  commented: 'told',
  closed: 'told',
  reopened: 'told',
};

const event = (type: AlarmEventType, bypass: string | null) =>
  ({
    type: `davylamp.alarm.${type}`,
    alarm: buildAlarm(bypass === null ? { bypass } : { bypass, state: 'shelved' }),
  }) as AlarmEvent;
const system = (name: string) => ({ type: `davylamp.system.${name}`, code: 'C' }) as SystemEvent;

describe('how far an event goes', () => {
  it.each(ALARM_EVENT_TYPES.map((type) => [type, HIDDEN[type]] as const))('%s of a hidden alarm: %s', (type, reach) => {
    expect(reachOf(event(type, 'byp_1'))).toBe(reach);
    expect(reachOf(event(type, null))).toBe('all');
  });

  it.each(['overdue', 'closed', 'supervised'] as const)('%s of an alarm that ended under a bypass: all', (type) => {
    const ended = { ...event(type, 'byp_1'), alarm: buildAlarm({ bypass: 'byp_1', state: 'normal' }) };
    expect(reachOf(ended)).toBe('all');
    expect(reachOf({ ...ended, type: 'davylamp.alarm.cleared' })).toBe('told');
  });

  const shelf = { kind: 'shelf', approvedBy: null, from: '2026-11-21T22:19:52.000Z' };
  it.each<[string, SystemEvent['details'], Reach]>([
    ['bypass-requested', { ...shelf, from: null }, 'all'],
    ['bypass-expiring', shelf, 'all'],
    ['bypass-begun', shelf, 'none'],
    ['bypass-ended', shelf, 'none'],
    ['bypass-begun', { ...shelf, approvedBy: 'Wang' }, 'all'],
    ['bypass-ended', { ...shelf, approvedBy: 'Wang' }, 'all'],
    ['bypass-ended', { ...shelf, from: null }, 'all'],
    ['bypass-begun', { ...shelf, kind: 'outOfService' }, 'all'],
    ['bypass-ended', { ...shelf, kind: 'outOfService' }, 'all'],
    ['bypass-begun', { ...shelf, kind: 'suppression', approvedBy: 'Wang' }, 'none'],
    ['bypass-ended', { ...shelf, kind: 'suppression', approvedBy: 'Wang' }, 'none'],
    ['journal-full', {}, 'all'],
  ])('%s of Davylamp itself, %j: %s', (name, details, reach) => {
    expect(reachOf({ ...system(name), details })).toBe(reach);
  });
});
