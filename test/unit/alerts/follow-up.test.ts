import { describe, expect, it } from 'vitest';
import { openCase } from '../../../src/alerts/case.ts';
import { due } from '../../../src/alerts/policy/follow-up.ts';
import type { Alarm } from '../../../src/model/alarm.ts';
import type { Case } from '../../../src/model/case.ts';
import type { EscalationStep } from '../../../src/model/routing.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildTerms } from '../../helpers/terms.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const plan: EscalationStep[] = [
  { afterMs: 5 * MINUTE, to: ['enterprise'], level: 'enterprise' },
  { afterMs: 10 * MINUTE, to: ['county', 'town'], level: 'county' },
];
const { tiers } = buildTerms({ yellow: { repeatMs: 7 * MINUTE, realarmMs: 30 * MINUTE } });
const heard: Partial<Alarm> = {
  state: 'acknowledged',
  acknowledgedAt: NOON + MINUTE,
  acknowledgedBy: 'Li',
  annunciatedAt: null,
  annunciatedTier: null,
};

// Alarm, plan, then what is due first and minutes after noon.
const unanswered: [string, Partial<Alarm>, EscalationStep[], string, number][] = [
  ['first step', {}, plan, 'escalate 1 enterprise', 5],
  [
    'next step',
    { escalations: 1, escalatedMs: 5 * MINUTE, repeatedAt: NOON + 5 * MINUTE },
    plan,
    'escalate 2 county,town',
    10,
  ],
  ['all steps done', { escalations: 2, escalatedMs: 10 * MINUTE, repeatedAt: NOON + 10 * MINUTE }, plan, 'repeat', 17],
  ['no plan', {}, [], 'repeat', 7],
  ['no plan, repeated', { repeatedAt: NOON + 9 * MINUTE }, [], 'overdue acknowledge', 15],
  ['no plan, told so', { escalations: 1, repeatedAt: NOON + 60 * MINUTE }, [], 'repeat', 67],
  ['a plan after all', { escalations: 1, repeatedAt: NOON + 60 * MINUTE }, plan, 'escalate 1 enterprise', 5],
  [
    'another plan',
    { escalations: 1, escalatedMs: 5 * MINUTE, repeatedAt: NOON + 60 * MINUTE },
    plan.slice(1),
    'escalate 1 county,town',
    10,
  ],
  ['returned', { state: 'returned' }, plan, 'escalate 1 enterprise', 5],
  ['latched', { state: 'latchedUnacknowledged', latched: true }, plan, 'escalate 1 enterprise', 5],
  ['announced again later', { annunciatedAt: NOON + HOUR }, plan, 'escalate 1 enterprise', 65],
  ['acknowledged', heard, plan, 'realarm', 31],
  ['shelved', { state: 'shelved', bypass: 'byp_1' }, plan, 'nothing', 0],
  ['raised under a bypass', { state: 'outOfService', annunciatedAt: null }, plan, 'nothing', 0],
  ['acknowledged and over', { ...heard, state: 'latchedAcknowledged' }, plan, 'nothing', 0],
  ['ended', { ...heard, state: 'normal' }, plan, 'nothing', 0],
];

const promises: [string, Partial<Case>, string, number][] = [
  ['report', {}, 'overdue report', 120],
  ['report, told so', { overdue: ['report'] }, 'overdue close', 24 * 60],
  ['reported', { state: 'reported', reportedAt: NOON }, 'overdue close', 24 * 60],
  ['both told', { overdue: ['report', 'close'] }, 'nothing', 0],
  ['closed', { state: 'closed' }, 'nothing', 0],
  ['red has no end', { tier: 'red', overdue: ['report'] }, 'nothing', 0],
  ['red at worst', { tier: 'red' }, 'overdue report', 30],
  ['opened later', { openedAt: NOON + HOUR }, 'overdue report', 180],
];

describe('follow-up', () => {
  it.each(unanswered)('of an alarm: %s', (_, parts, steps, expected, minutes) => {
    expect(told(buildAlarm(parts), null, steps)).toEqual([expected, minutes]);
  });

  it.each(promises)('of its case: %s', (_, parts, expected, minutes) => {
    const alarm = buildAlarm({ ...heard, state: 'normal' });
    expect(told(alarm, { ...openCase(alarm, NOON), ...parts }, plan)).toEqual([expected, minutes]);
  });

  it('names the earliest, and the escalation before a promise of the same time', () => {
    const alarm = buildAlarm({ escalations: 1, repeatedAt: NOON + HOUR });
    const steps = [{ afterMs: 2 * HOUR, to: ['a'], level: null }];
    expect(told(alarm, openCase(alarm, NOON), steps)).toEqual(['repeat', 67]);
    const late = { ...alarm, repeatedAt: NOON + 3 * HOUR };
    expect(told(late, openCase(alarm, NOON), steps)).toEqual(['escalate 1 a', 120]);
  });

  it('tells of the promise to acknowledge where no step of the escalation comes by then', () => {
    const alarm = buildAlarm({ repeatedAt: NOON + 9 * HOUR });
    const steps = [{ afterMs: 20 * MINUTE, to: ['a'], level: null }];
    expect(told(alarm, null, steps)).toEqual(['overdue acknowledge', 15]);
    expect(told({ ...alarm, escalations: 1 }, null, steps)).toEqual(['escalate 1 a', 20]);
    const soon = [{ afterMs: 10 * MINUTE, to: ['a'], level: null }];
    expect(told(alarm, null, soon)).toEqual(['escalate 1 a', 10]);
    expect(told({ ...alarm, escalations: 1, escalatedMs: 10 * MINUTE }, null, soon)[0]).toBe('repeat');
  });

  it('makes one repeat due after a pause, not all that were missed', () => {
    const alarm = buildAlarm({ escalations: 1 });
    const first = due(alarm, null, tiers, []);
    expect(first).toEqual({ kind: 'repeat', at: NOON + 7 * MINUTE });
    expect(due({ ...alarm, repeatedAt: NOON + 5 * HOUR }, null, tiers, [])?.at).toBe(NOON + 5 * HOUR + 7 * MINUTE);
  });
});

function told(alarm: Alarm, found: Case | null, steps: readonly EscalationStep[]): [string, number] {
  const next = due(alarm, found, tiers, steps);
  if (!next) return ['nothing', 0];
  const minutes = (next.at - NOON) / MINUTE;
  if (next.kind === 'escalate') return [`escalate ${next.step} ${next.to}`, minutes];
  return [next.kind === 'overdue' ? `overdue ${next.promise}` : next.kind, minutes];
}
