import type { Alarm } from '../model/alarm.ts';
import type { Drill } from '../model/routing.ts';
import type { Text } from '../model/text.ts';

/** Where the chain from the broker to the people broke. `end`: the exercise could not be brought to its end. */
export const DRILL_STAGES = ['broker', 'rule', 'delivery', 'acknowledgement', 'end'] as const;

export type DrillStage = (typeof DRILL_STAGES)[number];

export const DRILL_PHASES = ['waiting', 'clearing', 'raising', 'answering', 'ending', 'over'] as const;

/**
 * `waiting` for another exercise of the device; `clearing` what an earlier one left; `raising` until the alarm is there;
 * `answering` until receivers and people have answered; `ending` until the alarm is over.
 */
export type DrillPhase = (typeof DRILL_PHASES)[number];

/** One exercise, as it stands. Plain data; times are epoch milliseconds, engine time. */
export interface DrillRun {
  /** `drill_` and a ULID that follows from the drill and its planned time. */
  readonly id: string;
  /** The drill as it was when it was planned. */
  readonly drill: Drill;
  readonly plannedAt: number;
  readonly phase: DrillPhase;
  /** When this phase began. */
  readonly phaseAt: number;
  /** First reading that was acknowledged; null = none was. */
  readonly sentAt: number | null;
  /** Why the last one was not; null = it was. */
  readonly sendFault: string | null;
  readonly alarm: string | null;
  readonly raisedAt: number | null;
  /** When each receiver had it. */
  readonly delivered: Readonly<Record<string, number>>;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly failure: { readonly stage: DrillStage; readonly at: number; readonly message: Text } | null;
  readonly endedAt: number | null;
}

/** What is known of the exercise from outside. */
export interface DrillFacts {
  /** Open exercise alarms of the device. */
  readonly open: readonly Alarm[];
  /** The alarm of this run, over or not; null = there is none yet. */
  readonly alarm: Alarm | null;
  /** Who was to be told of it, and when they had it; null = not yet. */
  readonly deliveries: readonly { readonly receiver: string; readonly deliveredAt: number | null }[];
}

/** What is to be done now. */
export type DrillAct =
  | { readonly kind: 'send'; readonly what: 'values' | 'back' }
  | { readonly kind: 'acknowledge' | 'reset'; readonly alarm: string };

export interface DrillStep {
  readonly run: DrillRun;
  readonly act: DrillAct | null;
}

/** The alarm of an exercise is ended by the exercise, in so long at the most: off-delays are shorter [D]. */
export const ENDING_MS = 600_000;

/** A run before it begins. */
export function plannedRun(id: string, drill: Drill, plannedAt: number, at: number): DrillRun {
  return {
    id,
    drill,
    plannedAt,
    phase: 'waiting',
    phaseAt: at,
    sentAt: null,
    sendFault: null,
    alarm: null,
    raisedAt: null,
    delivered: {},
    acknowledgedAt: null,
    acknowledgedBy: null,
    failure: null,
    endedAt: null,
  };
}

/** What the facts make of a run at `at`; a stage that was not passed in its time fails it, and it is brought to its end. */
export function advance(run: DrillRun, facts: DrillFacts, at: number): DrillStep {
  switch (run.phase) {
    case 'waiting':
      return advance({ ...run, phase: 'clearing', phaseAt: at }, facts, at);
    case 'clearing':
      return clearing(run, facts, at);
    case 'raising':
      return raising(run, facts, at);
    case 'answering':
      return answering(run, facts, at);
    case 'ending':
      return ending(run, facts, at);
    case 'over':
      return { run, act: null };
  }
}

function clearing(run: DrillRun, facts: DrillFacts, at: number): DrillStep {
  if (facts.open.length === 0) return raising({ ...run, phase: 'raising', phaseAt: at }, facts, at);
  if (at - run.phaseAt <= run.drill.raisedWithinMs) return { run, act: release(facts.open) };
  return failed(run, 'rule', { en: 'an earlier exercise alarm did not end', zh: '此前的演练报警未结束' }, facts, at);
}

function raising(run: DrillRun, facts: DrillFacts, at: number): DrillStep {
  const { drill, phaseAt, sentAt, sendFault } = run;
  const found = facts.open.find(({ condition }) => condition === drill.expect);
  if (found) {
    return answering({ ...run, phase: 'answering', phaseAt: at, alarm: found.id, raisedAt: at }, facts, at);
  }
  if (at - phaseAt <= drill.raisedWithinMs) return { run, act: { kind: 'send', what: 'values' } };
  if (sentAt !== null) {
    const message = { en: `${drill.expect} was not raised`, zh: `未产生报警 ${drill.expect}` };
    return failed(run, 'rule', message, facts, at);
  }
  const why = sendFault ?? 'it was not acknowledged';
  const message = { en: `the reading was not taken: ${why}`, zh: `演练数据未被接收：${why}` };
  return failed(run, 'broker', message, facts, at);
}

function answering(before: DrillRun, facts: DrillFacts, at: number): DrillStep {
  const { drill } = before;
  const raisedAt = before.raisedAt ?? at;
  const run = { ...before, ...answersOf(before, facts) };
  const asked = drill.receivers.length > 0 ? drill.receivers : facts.deliveries.map(({ receiver }) => receiver);
  const late = asked.filter(
    (receiver) => !isWithin(run.delivered[receiver] ?? null, raisedAt, drill.deliveredWithinMs),
  );
  const isDelivered = asked.length > 0 && late.length === 0;
  if (!isDelivered && at - raisedAt > drill.deliveredWithinMs) {
    const names = late.length > 0 ? late.join(', ') : '-';
    const message = { en: `not delivered in time to ${names}`, zh: `未按时送达：${names}` };
    return failed(run, 'delivery', message, facts, at);
  }
  const within = drill.acknowledgedWithinMs;
  const isAnswered = within === null || isWithin(run.acknowledgedAt, raisedAt, within);
  if (!isAnswered && within !== null && at - raisedAt > within) {
    return failed(run, 'acknowledgement', { en: 'nobody acknowledged in time', zh: '无人按时确认' }, facts, at);
  }
  if (!isDelivered || !isAnswered) return { run, act: null };
  return ending({ ...run, phase: 'ending', phaseAt: at }, facts, at);
}

function ending(run: DrillRun, facts: DrillFacts, at: number): DrillStep {
  if (facts.open.length === 0) return { run: { ...run, phase: 'over', phaseAt: at, endedAt: at }, act: null };
  if (at - run.phaseAt <= ENDING_MS) return { run, act: release(facts.open) };
  const message = { en: 'the exercise alarm does not end: end it by hand', zh: '演练报警未能结束：请人工结束' };
  const failure = run.failure ?? { stage: 'end' as const, at, message };
  return { run: { ...run, phase: 'over', phaseAt: at, endedAt: at, failure }, act: null };
}

function failed(run: DrillRun, stage: DrillStage, message: Text, facts: DrillFacts, at: number): DrillStep {
  return ending({ ...run, phase: 'ending', phaseAt: at, failure: { stage, at, message } }, facts, at);
}

/** The next thing that brings an exercise alarm to its end. */
function release(open: readonly Alarm[]): DrillAct | null {
  const [alarm] = open;
  if (!alarm) return null;
  switch (alarm.shown) {
    case 'unacknowledged':
    case 'acknowledged':
    case 'normal':
      return { kind: 'send', what: 'back' };
    case 'returned':
    case 'latchedUnacknowledged':
      return { kind: 'acknowledge', alarm: alarm.id };
    case 'latchedAcknowledged':
      return { kind: 'reset', alarm: alarm.id };
  }
}

function answersOf(run: DrillRun, { alarm, deliveries }: DrillFacts): Partial<DrillRun> {
  const had = deliveries.flatMap(({ receiver, deliveredAt }) =>
    deliveredAt === null ? [] : [[receiver, deliveredAt]],
  );
  return {
    delivered: { ...Object.fromEntries(had), ...run.delivered },
    acknowledgedAt: run.acknowledgedAt ?? alarm?.acknowledgedAt ?? null,
    acknowledgedBy: run.acknowledgedBy ?? alarm?.acknowledgedBy ?? null,
  };
}

function isWithin(at: number | null, since: number, ms: number): boolean {
  return at !== null && at - since <= ms;
}
