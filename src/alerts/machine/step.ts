import type { Alarm, AlarmEventType, HiddenState, Promised, ShownState } from '../../model/alarm.ts';
import type { CaseState } from '../../model/case.ts';
import type { ActiveLevel } from '../../model/condition.ts';
import type { Quality } from '../../model/quality.ts';
import type { Value } from '../../model/reading.ts';
import type { Text } from '../../model/text.ts';

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

/** Events that tell of a step of the case. */
export type CaseEventType = Extract<
  AlarmEventType,
  'verified' | 'disposed' | 'reported' | 'reviewed' | 'supervised' | 'commented' | 'closed' | 'reopened'
>;

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
  | { readonly kind: 'reset' }
  /** It was acknowledged so long ago that it wants to be seen again. */
  | { readonly kind: 'realarm' }
  /** Nobody has acknowledged it for so long that those who know of it are told again. */
  | { readonly kind: 'repeat' }
  /** A promise was not kept. `afterMs`: of the step of the escalation that this causes; null = none. */
  | { readonly kind: 'overdue'; readonly promise: Promised; readonly afterMs: number | null }
  /** Bypasses have begun or ended: only what covers it now counts. */
  | { readonly kind: 'cover' }
  | {
      readonly kind: 'caseChanged';
      readonly type: CaseEventType;
      readonly case: CaseState;
      readonly supervised: boolean;
    };

export interface StepEvent {
  readonly type: AlarmEventType;
  readonly alarm: Alarm;
  /** The bypass that begins or ends to hide it with this event; null for all other types. */
  readonly bypass: string | null;
}

/** The alarm after each event, in order; no event = nothing that anyone must hear of. */
export interface Step {
  readonly kind: 'step';
  readonly alarm: Alarm;
  readonly events: readonly StepEvent[];
}

/** A command that the state of the alarm does not allow. */
export interface Refused {
  readonly kind: 'refused';
  readonly code: 'ALARM_ALREADY_ACKNOWLEDGED' | 'ALARM_STILL_ACTIVE' | 'ALARM_NOT_ACKNOWLEDGED' | 'ALARM_NOT_LATCHED';
}

/** What an input makes of the alarm if nothing hides it. */
export interface Change {
  readonly kind: 'change';
  readonly types: readonly AlarmEventType[];
  readonly parts: Partial<Alarm>;
}

/** What tells that a bypass does not hide the alarm any more. */
export const LEAVING: Readonly<Record<HiddenState, AlarmEventType>> = {
  shelved: 'unshelved',
  suppressed: 'unsuppressed',
  outOfService: 'returnedToService',
};

/** True while a bypass hides the alarm. */
export function isHidden(alarm: Alarm): boolean {
  return alarm.state in LEAVING;
}

/** True while the condition itself holds, shown or hidden. */
export function holds(alarm: Alarm): boolean {
  return alarm.shown === 'unacknowledged' || alarm.shown === 'acknowledged';
}

/** Nobody has acknowledged it. */
export const unheard: { shown: ShownState; acknowledgedAt: null; acknowledgedBy: null } = {
  shown: 'unacknowledged',
  acknowledgedAt: null,
  acknowledgedBy: null,
};

/** Nobody is asked to acknowledge. */
export const silent = { annunciatedAt: null, annunciatedTier: null };

/** From now on it wants to be acknowledged: escalation and repeats begin anew. */
export function annunciated({ tier }: Pick<Alarm, 'tier'>, at: number): Partial<Alarm> {
  return { annunciatedAt: at, annunciatedTier: tier, escalations: 0, escalatedMs: null, repeatedAt: null };
}

export function change(types: readonly AlarmEventType[], parts: Partial<Alarm>): Change {
  return { kind: 'change', types, parts };
}

/** The alarm with `parts`, and once more for each event: each has a revision of its own. */
export function step(alarm: Alarm, types: readonly Pick<StepEvent, 'type' | 'bypass'>[], parts: Partial<Alarm>): Step {
  const differs = Object.entries(parts).some(([name, part]) => alarm[name as keyof Alarm] !== part);
  let current: Alarm = differs ? { ...alarm, ...parts } : alarm;
  const events = types.map(({ type, bypass }) => {
    current = { ...current, revision: current.revision + 1 };
    return { type, alarm: current, bypass };
  });
  return { kind: 'step', alarm: current, events };
}
