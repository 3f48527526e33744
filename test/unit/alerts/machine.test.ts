import { describe, expect, it } from 'vitest';
import type { AlarmInput } from '../../../src/alerts/machine/step.ts';
import { next, raise } from '../../../src/alerts/machine.ts';
import type { Alarm, AlarmState, ShownState } from '../../../src/model/alarm.ts';
import type { ActiveLevel } from '../../../src/model/condition.ts';
import { buildAlarm } from '../../helpers/alarm.ts';

const AT = 1_795_299_600_000;
const sample = {
  value: 3.5,
  quality: 'good' as const,
  occurredAt: AT - 10,
  receivedAt: AT - 5,
  journalSeq: 7,
  ruleVersion: '2',
  message: { en: 'now', zh: '现在' },
};
const level = (rank: 1 | 2, latch = false): ActiveLevel =>
  rank === 1
    ? { condition: 'p.H', rank, tier: 'yellow', limit: 3, latch, measured: null }
    : { condition: 'p.HH', rank, tier: 'orange', limit: 4, latch, measured: null };
const about = { kind: 'active', direction: 'high', unit: 'kPa', sample } as const;
const active = (rank: 1 | 2, latch = false): AlarmInput => ({ ...about, level: level(rank, latch) });
const inactive: AlarmInput = { kind: 'inactive', sample };
const acknowledge: AlarmInput = { kind: 'acknowledge', by: 'Li Wei' };
const reset: AlarmInput = { kind: 'reset' };

const alarmAt = (rank: 1 | 2, state: ShownState, latched = state.startsWith('latched')): Alarm => {
  const { condition, tier, limit } = level(rank);
  return buildAlarm({ state, latched, condition, tier, limit, level: rank });
};

// Alarm (rank, state), input, then: state, events.
const table: [string, Alarm, AlarmInput, AlarmState, string[]][] = [
  ['same level', alarmAt(1, 'unacknowledged'), active(1), 'unacknowledged', []],
  ['worse', alarmAt(1, 'unacknowledged'), active(2), 'unacknowledged', ['escalated']],
  ['better', alarmAt(2, 'unacknowledged'), active(1), 'unacknowledged', ['deescalated']],
  ['better, latched', alarmAt(2, 'unacknowledged', true), active(1), 'unacknowledged', []],
  ['gone', alarmAt(1, 'unacknowledged'), inactive, 'returned', ['returned']],
  ['gone, latched', alarmAt(2, 'unacknowledged', true), inactive, 'latchedUnacknowledged', ['returned']],
  ['acknowledged', alarmAt(1, 'unacknowledged'), acknowledge, 'acknowledged', ['acknowledged']],
  ['reset too early', alarmAt(1, 'unacknowledged'), reset, 'unacknowledged', ['ALARM_STILL_ACTIVE']],

  ['same level', alarmAt(1, 'acknowledged'), active(1), 'acknowledged', []],
  ['worse calls again', alarmAt(1, 'acknowledged'), active(2), 'unacknowledged', ['escalated']],
  ['better', alarmAt(2, 'acknowledged'), active(1), 'acknowledged', ['deescalated']],
  ['better, latched', alarmAt(2, 'acknowledged', true), active(1), 'acknowledged', []],
  ['gone', alarmAt(1, 'acknowledged'), inactive, 'normal', ['cleared']],
  ['gone, latched', alarmAt(2, 'acknowledged', true), inactive, 'latchedAcknowledged', ['returned']],
  ['twice', alarmAt(1, 'acknowledged'), acknowledge, 'acknowledged', ['ALARM_ALREADY_ACKNOWLEDGED']],
  ['reset too early', alarmAt(2, 'acknowledged', true), reset, 'acknowledged', ['ALARM_STILL_ACTIVE']],

  ['back', alarmAt(1, 'returned'), active(1), 'unacknowledged', ['raised']],
  ['back worse', alarmAt(1, 'returned'), active(2), 'unacknowledged', ['raised']],
  ['still gone', alarmAt(1, 'returned'), inactive, 'returned', []],
  ['acknowledged', alarmAt(1, 'returned'), acknowledge, 'normal', ['acknowledged', 'cleared']],
  ['reset', alarmAt(1, 'returned'), reset, 'returned', ['ALARM_NOT_LATCHED']],

  ['back', alarmAt(2, 'latchedUnacknowledged'), active(1), 'unacknowledged', ['raised']],
  ['back worse', alarmAt(1, 'latchedUnacknowledged'), active(2), 'unacknowledged', ['escalated']],
  ['still gone', alarmAt(2, 'latchedUnacknowledged'), inactive, 'latchedUnacknowledged', []],
  ['acknowledged', alarmAt(2, 'latchedUnacknowledged'), acknowledge, 'latchedAcknowledged', ['acknowledged']],
  ['reset', alarmAt(2, 'latchedUnacknowledged'), reset, 'latchedUnacknowledged', ['ALARM_NOT_ACKNOWLEDGED']],

  ['back', alarmAt(2, 'latchedAcknowledged'), active(2), 'acknowledged', ['raised']],
  ['back worse', alarmAt(1, 'latchedAcknowledged'), active(2), 'unacknowledged', ['escalated']],
  ['still gone', alarmAt(2, 'latchedAcknowledged'), inactive, 'latchedAcknowledged', []],
  ['twice', alarmAt(2, 'latchedAcknowledged'), acknowledge, 'latchedAcknowledged', ['ALARM_ALREADY_ACKNOWLEDGED']],
  ['reset', alarmAt(2, 'latchedAcknowledged'), reset, 'normal', ['cleared']],

  ['again', alarmAt(1, 'normal', false), active(1), 'unacknowledged', ['raised']],
  ['nothing', alarmAt(1, 'normal', false), inactive, 'normal', []],
  ['acknowledged', alarmAt(1, 'normal', false), acknowledge, 'normal', ['ALARM_ALREADY_ACKNOWLEDGED']],
  ['reset', alarmAt(1, 'normal', false), reset, 'normal', ['ALARM_NOT_LATCHED']],
];

describe('alarm machine', () => {
  it.each(table)('%s: $1.state', (_, alarm, input, state, events) => {
    const outcome = next(alarm, input, AT);
    if (outcome.kind === 'refused') {
      expect([outcome.code]).toEqual(events);
      expect(alarm.state).toBe(state);
      return;
    }
    expect(outcome.events.map((event) => event.type)).toEqual(events);
    expect(outcome.alarm.state).toBe(state);
    expect(outcome.events.map((event) => event.alarm.revision)).toEqual(
      events.map((_event, i) => alarm.revision + 1 + i),
    );
    expect(outcome.alarm.id).toBe(alarm.id);
  });

  it('covers every state with every input', () => {
    const covered = new Set(table.map(([, alarm, input]) => `${alarm.state} ${input.kind}`));
    expect(covered.size).toBe(6 * 4);
  });

  it('keeps the latched level until it is reset', () => {
    const raised = raise(alarmAt(1, 'unacknowledged', false)).alarm;
    const worse = step(raised, active(2, true));
    expect(worse).toMatchObject({ tier: 'orange', latched: true, condition: 'p.HH' });
    expect(step(step(worse, inactive), active(1))).toMatchObject({ tier: 'orange', condition: 'p.HH' });
  });

  it('takes a changed tier and latch of the same limit', () => {
    const urgent: AlarmInput = { ...about, level: { ...level(1, true), tier: 'red' } };
    const heard = alarmAt(1, 'acknowledged');
    const outcome = next(heard, urgent, AT);
    expect(outcome).toMatchObject({ events: [{ type: 'escalated' }] });
    expect(step(heard, urgent)).toMatchObject({
      tier: 'red',
      latched: true,
      state: 'unacknowledged',
      ruleVersion: '2',
    });
    const calmer: AlarmInput = { ...about, level: { ...level(1), tier: 'blue' } };
    expect(next(heard, calmer, AT)).toMatchObject({ events: [{ type: 'deescalated' }], alarm: { tier: 'blue' } });
  });

  it('takes the unit and kind of the limit, but not beside a latched one that it keeps', () => {
    const changed: AlarmInput = { ...about, level: level(1), direction: 'deviation', unit: 'MPa' };
    expect(step(alarmAt(1, 'acknowledged'), changed)).toMatchObject({ direction: 'deviation', unit: 'MPa', limit: 3 });
    expect(step(alarmAt(2, 'latchedAcknowledged'), changed)).toMatchObject({ unit: 'kPa', limit: 4 });
  });

  it('names who acknowledged, and forgets it when it gets worse', () => {
    const heard = step(alarmAt(1, 'unacknowledged'), acknowledge);
    expect(heard).toMatchObject({ acknowledgedBy: 'Li Wei', acknowledgedAt: AT });
    expect(step(heard, active(2))).toMatchObject({ acknowledgedBy: null, acknowledgedAt: null });
  });
});

function step(alarm: Alarm, input: AlarmInput): Alarm {
  const outcome = next(alarm, input, AT);
  if (outcome.kind === 'refused') throw new Error(outcome.code);
  return outcome.alarm;
}
