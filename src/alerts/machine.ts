import type { Alarm, AlarmEventType, AlarmState } from '../model/alarm.ts';
import type { ActiveLevel } from '../model/condition.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { Text } from '../model/text.ts';
import { tierRank } from '../model/tier.ts';

/** What the rules saw when the condition changed. */
export interface Sample {
  readonly value: Value;
  readonly quality: Quality;
  readonly occurredAt: number;
  readonly receivedAt: number;
  readonly journalSeq: number;
  readonly message: Text;
  readonly ruleVersion: string;
}

/** A condition in force. What it is about and its unit are those of the rules that judged it. */
export interface Active extends Pick<Alarm, 'direction' | 'unit'> {
  readonly kind: 'active';
  readonly level: ActiveLevel;
  readonly sample: Sample;
}

export type AlarmInput =
  | Active
  | { readonly kind: 'inactive'; readonly sample: Sample }
  | { readonly kind: 'acknowledge'; readonly by: string }
  | { readonly kind: 'reset' };

/** The alarm after each event, in order; no event = nothing that anyone must hear of. */
export interface Step {
  readonly kind: 'step';
  readonly alarm: Alarm;
  readonly events: readonly { readonly type: AlarmEventType; readonly alarm: Alarm }[];
}

/** A command that the state of the alarm does not allow. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: 'ALARM_ALREADY_ACKNOWLEDGED' | 'ALARM_STILL_ACTIVE' | 'ALARM_NOT_ACKNOWLEDGED' | 'ALARM_NOT_LATCHED';
}

/**
 * The alarm machine of ISA-18.2 / IEC 62682 (OPC UA Part 9 words): what an input at engine time `at` makes of an alarm.
 * State `normal` ends the alarm. Raising a new one is {@link raise}.
 */
export function next(alarm: Alarm, input: AlarmInput, at: number): Step | Refused {
  switch (input.kind) {
    case 'active':
      return active(alarm, input);
    case 'inactive':
      return inactive(alarm, input.sample, at);
    case 'acknowledge':
      return acknowledge(alarm, input.by, at);
    case 'reset':
      return reset(alarm);
  }
}

/** The first event of a new alarm: `alarm` is as it was built, with revision 0. */
export function raise(alarm: Alarm): Step {
  return step(alarm, ['raised'], {});
}

function active(alarm: Alarm, input: Active): Step {
  const { level, sample } = input;
  const worse = isWorse(level, alarm);
  const now = { ...sampled(sample), ...levelled(alarm, input) };
  const raised = { ...now, occurrences: alarm.occurrences + 1 };
  switch (alarm.state) {
    case 'unacknowledged':
    case 'acknowledged':
      if (worse) return step(alarm, ['escalated'], { ...now, ...unheard });
      if (level.rank < alarm.level) return alarm.latched ? step(alarm, [], {}) : step(alarm, ['deescalated'], now);
      // The same step of the ladder under changed rules: the alarm has its limit, tier and latch from now on.
      return step(alarm, level.tier === alarm.tier ? [] : ['deescalated'], now);
    case 'returned':
    case 'latchedUnacknowledged':
      return step(alarm, [worse && alarm.state !== 'returned' ? 'escalated' : 'raised'], {
        ...raised,
        state: 'unacknowledged',
        returnedAt: null,
      });
    case 'latchedAcknowledged':
      // The operator knows of this alarm: a condition no worse than it comes back as acknowledged (ISA-18.2 F to C).
      if (worse) return step(alarm, ['escalated'], { ...raised, ...unheard, returnedAt: null });
      return step(alarm, ['raised'], { ...raised, state: 'acknowledged', returnedAt: null });
    case 'normal':
      return step(alarm, ['raised'], { ...raised, ...unheard, returnedAt: null });
  }
}

function inactive(alarm: Alarm, sample: Sample, at: number): Step {
  const { value, quality, journalSeq, message } = sample;
  const after = { value, quality, journalSeq, message, returnedAt: at };
  switch (alarm.state) {
    case 'unacknowledged':
      return step(alarm, ['returned'], { ...after, state: alarm.latched ? 'latchedUnacknowledged' : 'returned' });
    case 'acknowledged':
      if (alarm.latched) return step(alarm, ['returned'], { ...after, state: 'latchedAcknowledged' });
      return step(alarm, ['cleared'], { ...after, state: 'normal' });
    case 'returned':
    case 'latchedUnacknowledged':
    case 'latchedAcknowledged':
    case 'normal':
      return step(alarm, [], {});
  }
}

function acknowledge(alarm: Alarm, by: string, at: number): Step | Refused {
  const heard = { acknowledgedAt: at, acknowledgedBy: by };
  switch (alarm.state) {
    case 'unacknowledged':
      return step(alarm, ['acknowledged'], { ...heard, state: 'acknowledged' });
    case 'latchedUnacknowledged':
      return step(alarm, ['acknowledged'], { ...heard, state: 'latchedAcknowledged' });
    case 'returned':
      return step(alarm, ['acknowledged', 'cleared'], { ...heard, state: 'normal' });
    case 'acknowledged':
    case 'latchedAcknowledged':
    case 'normal':
      return { kind: 'refused', code: 'ALARM_ALREADY_ACKNOWLEDGED' };
  }
}

function reset(alarm: Alarm): Step | Refused {
  switch (alarm.state) {
    case 'latchedAcknowledged':
      return step(alarm, ['cleared'], { state: 'normal' });
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

const unheard: { state: AlarmState; acknowledgedAt: null; acknowledgedBy: null } = {
  state: 'unacknowledged',
  acknowledgedAt: null,
  acknowledgedBy: null,
};

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

function step(alarm: Alarm, types: readonly AlarmEventType[], change: Partial<Alarm>): Step {
  let current: Alarm = Object.keys(change).length === 0 ? alarm : { ...alarm, ...change };
  const events = types.map((type) => {
    current = { ...current, revision: current.revision + 1 };
    return { type, alarm: current };
  });
  return { kind: 'step', alarm: current, events };
}
