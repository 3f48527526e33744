import type { Alarm, AlarmEventType } from '../model/alarm.ts';
import type { ConditionChange } from '../model/condition.ts';
import type { Evaluation } from '../model/evaluation.ts';
import { type SentEvent, selects } from './alarm-book.ts';
import { diff, type Failure, type TrialOutcome } from './outcome.ts';
import { play, playBySourceTime, type Rig, type Run, type View } from './stage.ts';
import type { Expectation, ExpectedEvent, Trial, Variant } from './trial.ts';
import { duplicated, inSourceOrder, numbered, shuffled } from './variants.ts';

/** What calls people; other events are compared only where a test names their type. */
const CALLS: readonly AlarmEventType[] = ['raised', 'escalated'];

/** Plays a test with all its variants and compares what came of it with what it expects. */
export function examine(trial: Trial, rig: Rig): TrialOutcome {
  const run = play(trial, rig);
  const wrong = trial.expectations.filter((expectation) => !holds(expectation, run.views.get(expectation.at)));
  // What nobody asks about is not traced: the test is played again for its explanation.
  const explained = wrong.length > 0 ? play(trial, rig, { explainAt: new Set(wrong.map(({ at }) => at)) }) : run;
  const failures: Failure[] = [
    ...run.rejected.map((message) => plainFailure('reading', null, null, 'every reading is taken', message)),
    ...run.refused.map(({ command: { at, line, text }, message }) => plainFailure('command', at, line, text, message)),
    ...wrong.map((expectation) => failureOf(expectation, explained.views.get(expectation.at), trial)),
    ...compareEvents(trial, run.events),
  ];
  for (const variant of trial.variants) failures.push(...compareVariant(trial, rig, run, variant));
  const tripped = new Set(
    run.changes.flatMap(({ device: { key, profile }, level }) =>
      level ? [`${profile.id}|${level.condition}`, `${key}|${level.condition}`] : [],
    ),
  );
  return { trial, failures, tripped };
}

function plainFailure(
  kind: Failure['kind'],
  at: number | null,
  line: number | null,
  expected: string,
  was: string,
): Failure {
  return { kind, at, line, expected, was, diff: [], evaluations: [] };
}

/** Alarms that an expectation is about, in force or not. */
function meant({ which }: Expectation, view: View): Alarm[] {
  return view.alarms.filter((alarm) => selects(which, alarm));
}

/** True from the raise until the condition is over and nothing latches it. */
function inForce(alarm: Alarm): boolean {
  return alarm.state !== 'returned';
}

function holds(expectation: Expectation, view: View | undefined): boolean {
  if (!view) return false;
  const { none, state, tier } = expectation;
  const alarms = meant(expectation, view);
  if (state === 'normal') return alarms.length === 0;
  if (none) return !alarms.some(inForce) && (state === null || alarms.length > 0);
  return alarms.some(
    (alarm) => (state === null ? inForce(alarm) : alarm.state === state) && (tier === null || alarm.tier === tier),
  );
}

function failureOf(expectation: Expectation, view: View | undefined, trial: Trial): Failure {
  const { at, line, text } = expectation;
  const { which } = expectation;
  const about = view && !expectation.none ? sameSubject(expectation, view) : view ? meant(expectation, view) : [];
  const conditions = new Set(about.map(({ condition }) => condition));
  const evaluations = (view?.evaluations ?? []).filter(
    (evaluation) => conditions.has(evaluation.condition) || concerns(expectation, evaluation),
  );
  const alarms = about.map((alarm) => `${alarm.condition}, state ${alarm.state}, tier ${alarm.tier}`);
  const values = view ? valuesOf(which.device, pointOf(expectation), view, trial) : '';
  const was = `${alarms.join('; ') || 'no such alarm'}${values}`;
  return { kind: 'expect', at, line, expected: text, was, diff: [], evaluations };
}

/** The alarms of what an expectation is about, whichever condition they are at. */
function sameSubject(expectation: Expectation, view: View): Alarm[] {
  const { which } = expectation;
  const point = pointOf(expectation);
  return view.alarms.filter(
    (alarm) =>
      selects(which, alarm) ||
      (point !== null && alarm.point === point && selects({ ...which, condition: null, ladder: null }, alarm)),
  );
}

function pointOf({ which }: Expectation): string | null {
  return which.ladder ?? which.condition?.split('.')[0] ?? null;
}

function concerns({ which }: Expectation, { device, condition }: Evaluation): boolean {
  if (which.device !== null && which.device !== device) return false;
  if (which.condition !== null) return condition === which.condition || condition.startsWith(`${which.condition}.`);
  return which.ladder !== null && new RegExp(`^${which.ladder}\\.(?:LL|L|H|HH)$`).test(condition);
}

function valuesOf(device: string | null, pointId: string | null, view: View, trial: Trial): string {
  const shown = trial.devices.flatMap(({ key, points }) => {
    const point = points.find(({ id }) => id === pointId);
    const reading = view.latest.get(key);
    const value = point && reading?.values[point.index];
    if (!point || value === undefined || (device !== null && device !== key)) return [];
    return [`; ${point.id} ${value} ${point.unit} ${reading?.qualities?.[point.index] ?? 'good'}`.replace('  ', ' ')];
  });
  return shown.join('');
}

function compareEvents({ notified, start }: Trial, events: readonly SentEvent[]): Failure[] {
  if (!notified) return [];
  const types = new Set<AlarmEventType>(CALLS);
  for (const { type } of notified.events) if (type) types.add(type);
  const compared = events.filter(({ type }) => types.has(type));
  const lines = diff(
    notified.events,
    compared,
    (expected, event) => announces(expected, event, start),
    { expected: ({ text }) => text, actual: (event) => describe(event, start) },
    Number.POSITIVE_INFINITY,
  );
  if (lines.length === 0) return [];
  const expected = `notified exactly so (${notified.events.length})`;
  const was = `${compared.length} events that differ`;
  return [{ ...plainFailure('notified', null, notified.line, expected, was), diff: lines }];
}

function announces({ at, which, type, tier, to }: ExpectedEvent, event: SentEvent, start: number): boolean {
  return (
    event.at === start + at &&
    (type === null || event.type === type) &&
    (tier === null || event.alarm.tier === tier) &&
    selects(which, event.alarm) &&
    (to === null || (to.length === event.receivers.length && to.every((one) => event.receivers.includes(one))))
  );
}

/** `43s raised yellow outletPressure.H of site/RC-7, to duty-room`. */
function describe({ type, alarm, at, receivers }: SentEvent, start: number): string {
  const to = receivers.length > 0 ? `, to ${receivers.join(', ')}` : '';
  return `${secondsOf(at - start)} ${type} ${alarm.tier} ${alarm.condition} of ${alarm.site}/${alarm.device}${to}`;
}

/** Times since the start as people write them. */
export function secondsOf(ms: number): string {
  return `${ms / 1000}s`;
}

function compareVariant(trial: Trial, rig: Rig, plain: Run, variant: Variant): Failure[] {
  const { start } = trial;
  const { expected, actual } = playVariant(trial, rig, plain, variant);
  // In another order readings wait for each other: what happens is the same, but not when we know it.
  const withEngineTime = variant.kind !== 'shuffle';
  const lines = diff(
    expected.map((event) => signature(event, start, withEngineTime)),
    actual.map((event) => signature(event, start, withEngineTime)),
    (one, other) => one === other,
    { expected: (text) => text, actual: (text) => text },
  );
  if (lines.length === 0) return [];
  const was = 'other events than without it (-: without, +: with)';
  return [{ ...plainFailure('also', null, trial.line, `${nameOf(variant)} changes nothing`, was), diff: lines }];
}

function playVariant(
  trial: Trial,
  rig: Rig,
  plain: Run,
  variant: Variant,
): { expected: readonly SentEvent[]; actual: readonly SentEvent[] } {
  switch (variant.kind) {
    case 'crash':
      return { expected: plain.events, actual: play(trial, rig, { crashAt: variant.at }).events };
    case 'duplicate': {
      const deliveries = duplicated(trial.deliveries, variant.share, variant.seed, rig.settings.latenessMs);
      return { expected: plain.events, actual: play(trial, rig, { deliveries }).events };
    }
    case 'shuffle': {
      // Readings wait for those that they have overtaken: the test goes on until the last had its turn.
      const longer = { ...trial, endMs: trial.endMs + 2 * rig.settings.latenessMs };
      const devices = inSourceOrder(trial.devices);
      const inOrder = numbered(trial.deliveries);
      const bySource = (deliveries: typeof inOrder) => {
        const { changes } = play(longer, rig, { devices, deliveries });
        const ending = trial.start + trial.endMs;
        const judged = changes.filter((change) => bySourceTime(change, trial) && change.effectiveAt <= ending);
        return playBySourceTime(trial, rig, judged);
      };
      return { expected: bySource(inOrder), actual: bySource(shuffled(inOrder, variant.withinMs, variant.seed)) };
    }
  }
}

/** False for what is judged by the time of arrival, which is another one in another order: silence, clocks, groups. */
function bySourceTime({ direction, device }: ConditionChange, { devices }: Trial): boolean {
  return direction !== 'absent' && direction !== 'clock' && devices.some(({ key }) => key === device.key);
}

function nameOf(variant: Variant): string {
  switch (variant.kind) {
    case 'crash':
      return `crashAt ${secondsOf(variant.at)}`;
    case 'duplicate':
      return `duplicate ${Math.round(variant.share * 100)}% (seed ${variant.seed})`;
    case 'shuffle':
      return `shuffleWithin ${secondsOf(variant.withinMs)} (seed ${variant.seed})`;
  }
}

/** What of an event must not depend on crashes, order and repeats, in words. */
export function signature(
  { type, alarm, at, effectiveAt, occurredAt }: SentEvent,
  start: number,
  withEngineTime: boolean,
): string {
  const { condition, tier, site, device } = alarm;
  // What is over was started by no sample: the newest one is all that is known.
  const since = type === 'returned' || type === 'cleared' ? 'newest sample at' : 'since';
  const sample = occurredAt === effectiveAt ? '' : `, ${since} ${secondsOf(occurredAt - start)}`;
  const told = !withEngineTime || at === effectiveAt ? '' : `, told ${secondsOf(at - start)}`;
  return `${secondsOf(effectiveAt - start)} ${type} ${tier} ${condition} of ${site}/${device}${sample}${told}`;
}
