import type { Alarm, Promised } from '../../model/alarm.ts';
import type { ActiveLevel } from '../../model/condition.ts';
import { tierRank } from '../../model/tier.ts';
import {
  type Active,
  type AlarmInput,
  annunciated,
  type Change,
  change,
  isHidden,
  type Refused,
  type Sample,
  unheard,
} from './step.ts';

/** What an input at engine time `at` makes of `shown`, the state of the alarm without any bypass. */
export function changeOf(alarm: Alarm, input: AlarmInput, at: number): Change | Refused {
  switch (input.kind) {
    case 'active':
      return active(alarm, input, at);
    case 'inactive':
      return inactive(alarm, input.sample, at);
    case 'acknowledge':
      return acknowledge(alarm, input.by, at);
    case 'reset':
      return reset(alarm);
    case 'realarm':
      if (alarm.state !== 'acknowledged') return change([], {});
      return change(['realarmed'], { ...unheard, ...annunciated(alarm, at) });
    case 'repeat':
      return calls(alarm) ? change(['repeated'], { repeatedAt: at }) : change([], {});
    case 'overdue':
      return overdue(alarm, input.promise, input.afterMs);
    case 'cover':
      return change([], {});
    case 'caseChanged':
      return change([input.type], { case: input.case, supervised: input.supervised });
  }
}

function active(alarm: Alarm, input: Active, at: number): Change {
  const { level, sample } = input;
  const worse = isWorse(level, alarm);
  const now = { ...sampled(sample), ...levelled(alarm, input) };
  const called = { ...now, ...calledAgain(alarm, now.tier ?? alarm.tier, at) };
  const raised = { ...called, occurrences: alarm.occurrences + 1 };
  switch (alarm.shown) {
    case 'unacknowledged':
    case 'acknowledged':
      if (worse) return change(['escalated'], { ...called, ...unheard });
      if (level.rank < alarm.level) return alarm.latched ? change([], {}) : change(['deescalated'], now);
      // The same step of the ladder under changed rules: the alarm has its limit, tier and latch from now on.
      return change(level.tier === alarm.tier ? [] : ['deescalated'], now);
    case 'returned':
    case 'latchedUnacknowledged':
      return change([worse && alarm.shown !== 'returned' ? 'escalated' : 'raised'], {
        ...raised,
        shown: 'unacknowledged',
        returnedAt: null,
      });
    case 'latchedAcknowledged':
      // The operator knows of this alarm: a condition no worse than it comes back as acknowledged (ISA-18.2 F to C).
      if (worse) return change(['escalated'], { ...raised, ...unheard, returnedAt: null });
      return change(['raised'], {
        ...now,
        occurrences: alarm.occurrences + 1,
        shown: 'acknowledged',
        returnedAt: null,
      });
    case 'normal':
      return change(['raised'], { ...raised, ...unheard, returnedAt: null });
  }
}

function inactive(alarm: Alarm, sample: Sample, at: number): Change {
  const { value, quality, journalSeq, message } = sample;
  const after = { value, quality, journalSeq, message, returnedAt: at };
  switch (alarm.shown) {
    case 'unacknowledged':
      if (alarm.latched) return change(['returned'], { ...after, shown: 'latchedUnacknowledged' });
      // It came and went while it was hidden: nobody was asked, so nobody has to answer.
      if (alarm.annunciatedAt === null) return change(['cleared'], { ...after, shown: 'normal' });
      return change(['returned'], { ...after, shown: 'returned' });
    case 'acknowledged':
      if (alarm.latched) return change(['returned'], { ...after, shown: 'latchedAcknowledged' });
      return change(['cleared'], { ...after, shown: 'normal' });
    case 'returned':
    case 'latchedUnacknowledged':
    case 'latchedAcknowledged':
    case 'normal':
      return change([], {});
  }
}

function acknowledge(alarm: Alarm, by: string, at: number): Change | Refused {
  const heard = { acknowledgedAt: at, acknowledgedBy: by, annunciatedAt: null, annunciatedTier: null };
  switch (alarm.shown) {
    case 'unacknowledged':
      return change(['acknowledged'], { ...heard, shown: 'acknowledged' });
    case 'latchedUnacknowledged':
      return change(['acknowledged'], { ...heard, shown: 'latchedAcknowledged' });
    case 'returned':
      return change(['acknowledged', 'cleared'], { ...heard, shown: 'normal' });
    case 'acknowledged':
    case 'latchedAcknowledged':
    case 'normal':
      return { kind: 'refused', code: 'ALARM_ALREADY_ACKNOWLEDGED' };
  }
}

function reset(alarm: Alarm): Change | Refused {
  switch (alarm.shown) {
    case 'latchedAcknowledged':
      return change(['cleared'], { shown: 'normal' });
    case 'latchedUnacknowledged':
      return { kind: 'refused', code: 'ALARM_NOT_ACKNOWLEDGED' };
    case 'unacknowledged':
    case 'acknowledged':
      return { kind: 'refused', code: 'ALARM_STILL_ACTIVE' };
    case 'returned':
    case 'normal':
      return { kind: 'refused', code: 'ALARM_NOT_LATCHED' };
  }
}

/** The promises of the case outlive the alarm and its bypasses; that of the acknowledgement does not. */
function overdue(alarm: Alarm, promise: Promised, afterMs: number | null): Change {
  if (promise !== 'acknowledge') return change(['overdue'], {});
  if (!calls(alarm)) return change([], {});
  return change(['overdue'], { escalations: alarm.escalations + 1, escalatedMs: afterMs ?? alarm.escalatedMs });
}

/**
 * The condition holds again, or is worse. Where nobody has acknowledged it the time goes on, so that one that comes and
 * goes does not escape its escalation; only a tier more urgent than any since then begins anew.
 */
function calledAgain(alarm: Alarm, tier: Alarm['tier'], at: number): Partial<Alarm> {
  if (isHidden(alarm)) return {};
  const { annunciatedTier } = alarm;
  return annunciatedTier !== null && tierRank(tier) <= tierRank(annunciatedTier) ? {} : annunciated({ tier }, at);
}

/** True while it is shown and nobody has acknowledged it. */
function calls(alarm: Alarm): boolean {
  return alarm.annunciatedAt !== null && !isHidden(alarm);
}

function sampled(sample: Sample): Partial<Alarm> {
  const { value, quality, journalSeq, message, ruleVersion } = sample;
  return { value, quality, journalSeq, message, ruleVersion };
}

/** A higher step of the ladder, or the same one with a more urgent tier (the configuration has changed). */
function isWorse(level: ActiveLevel, alarm: Alarm): boolean {
  if (level.rank !== alarm.level) return level.rank > alarm.level;
  return tierRank(level.tier) > tierRank(alarm.tier);
}

/** A latched level is not stepped down from until it is reset. */
function levelled(alarm: Alarm, { level, direction, unit }: Active): Partial<Alarm> {
  if (alarm.latched && level.rank < alarm.level) return {};
  return {
    condition: level.condition,
    direction,
    unit,
    level: level.rank,
    tier: level.tier,
    limit: level.limit,
    measured: level.measured,
    latched: alarm.latched || level.latch,
  };
}
