import { validateObject } from '../ingest/validate.ts';
import type { Alarm } from '../model/alarm.ts';
import type { ConditionChange } from '../model/condition.ts';
import type { Device } from '../model/device.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { Reading } from '../model/reading.ts';
import { Engine, type EngineSettings } from '../rules/engine.ts';
import { AlarmBook, type AlarmBookSnapshot, type SentEvent, type Telling } from './alarm-book.ts';
import { Evaluations } from './evaluations.ts';
import type { Command, Delivery, Trial } from './trial.ts';

/** What the configuration says about judging and telling. */
export interface Rig extends Telling {
  readonly settings: EngineSettings & { readonly futureToleranceMs: number };
}

/** Another way to play a test. */
export interface Staging {
  /** The deliveries of the test, changed; in the order of their arrival. */
  readonly deliveries?: readonly Delivery[];
  /** The devices of the test, changed; in the same places. */
  readonly devices?: readonly Device[];
  /** The state is written down, thrown away and read back at this time, milliseconds since the start. */
  readonly crashAt?: number;
  /** Where evaluations are to be shown: times since the start. */
  readonly explainAt?: ReadonlySet<number>;
}

/** What is to be seen at one time. */
export interface View {
  readonly alarms: readonly Alarm[];
  /** The newest reading of each device, by its key. */
  readonly latest: ReadonlyMap<string, Reading>;
  /** The last evaluations, where they were asked for. */
  readonly evaluations: readonly Evaluation[];
}

/** What came of playing a test. */
export interface Run {
  readonly changes: readonly ConditionChange[];
  readonly events: readonly SentEvent[];
  /** By time since the start: one for each expectation's. */
  readonly views: ReadonlyMap<number, View>;
  /** Commands that could not be done, and why. */
  readonly refused: readonly { readonly command: Command; readonly message: string }[];
  /** Readings or values that the engine would not take, and why; each message once. */
  readonly rejected: readonly string[];
}

/**
 * Plays a test: the rule engine, the alarm machine and the routing as in operation, with readings, commands and
 * deadlines at their instants. Nothing but the arguments decides what comes out.
 */
export function play(trial: Trial, rig: Rig, staging: Staging = {}): Run {
  const { start, endMs, commands, expectations } = trial;
  const deliveries = staging.deliveries ?? trial.deliveries;
  const devices = staging.devices ?? trial.devices;
  const changes: ConditionChange[] = [];
  const events: SentEvent[] = [];
  const views = new Map<number, View>();
  const refused: Run['refused'][number][] = [];
  const rejected = new Set<string>();
  const latest = new Map<string, Reading>();
  const evaluations = staging.explainAt ? new Evaluations() : null;
  let book = new AlarmBook(rig, (event) => events.push(event));
  let engine = createEngine();
  let journalSeq = 1;
  let next = 0;
  let restating = false;
  engine.resume(start, 0, 0, journalSeq);
  follow();

  const looks = new Set(expectations.map(({ at }) => at));
  const stops = new Set([...looks, ...commands.map(({ at }) => at), endMs]);
  if (staging.crashAt !== undefined) stops.add(staging.crashAt);
  for (const stop of [...stops].sort((a, b) => a - b)) {
    advance(stop);
    if (stop === staging.crashAt) crash(start + stop);
    for (const command of commands) {
      if (command.at !== stop) continue;
      const message = book.obey(command, start + stop);
      if (message !== null) refused.push({ command, message });
    }
    if (!looks.has(stop)) continue;
    const shown = staging.explainAt?.has(stop) ? (evaluations?.recent() ?? []) : [];
    views.set(stop, { alarms: book.alarms(), latest: new Map(latest), evaluations: shown });
  }
  return { changes, events, views, refused, rejected: [...rejected] };

  function createEngine(): Engine {
    const byKey = new Map(devices.map((device) => [device.key, device]));
    const take = (change: ConditionChange) => {
      if (restating) return;
      changes.push(change);
      book.apply(change);
    };
    return new Engine(byKey, rig.settings, take, trial.groups, (change) => book.suppress(change));
  }

  /** Judges what arrives up to `stop`, and lets run out what is due by then. */
  function advance(stop: number): void {
    for (let delivery = deliveries[next]; delivery && delivery.arrives <= stop; delivery = deliveries[next]) {
      next++;
      const reading = readingOf(delivery);
      if (!reading) continue;
      latest.set(reading.device.key, reading);
      engine.step(reading, ++journalSeq);
    }
    engine.tick(start + stop);
  }

  function readingOf({ device: index, ts, arrives, seq, values, qualities, historical }: Delivery): Reading | null {
    const device = devices[index];
    if (!device) return null;
    const wire = {
      ts: start + ts,
      ...(seq === null ? {} : { seq }),
      ...(historical ? { historical } : {}),
      values,
      quality: qualities,
    };
    return validateObject(device, wire, start + arrives, rig.settings, ({ reason, message }) =>
      rejected.add(`${device.key}: ${reason}: ${message}`),
    );
  }

  /** What a crash and a start make of the state: all of it goes through its form on disk. */
  function crash(at: number): void {
    const saved = throughJson(engine.takeUnsaved(Number.POSITIVE_INFINITY));
    const alarms = throughJson(book.snapshot());
    book = new AlarmBook(rig, (event) => events.push(event));
    book.restore(alarms as AlarmBookSnapshot);
    engine = createEngine();
    for (const { key, snapshot } of saved as { key: string; snapshot: unknown }[]) engine.restore(key, snapshot);
    engine.reschedule();
    // What hides alarms now is not written down with them: the rules tell it once more.
    restating = true;
    engine.restate(at);
    restating = false;
    engine.resume(at, 0, 0, ++journalSeq);
    follow();
  }

  function follow(): void {
    if (!evaluations) return;
    for (const device of devices) engine.follow(device, evaluations.traceOf(device.key));
  }
}

/**
 * The events that the same changes bring about when each counts from its source time, and commands too. What happens at
 * the same time has an order of its own: by device, then by what it is about. Nothing is suppressed: which readings came
 * before which decides that.
 */
export function playBySourceTime(trial: Trial, rig: Rig, changes: readonly ConditionChange[]): SentEvent[] {
  const events: SentEvent[] = [];
  const book = new AlarmBook(rig, (event) => events.push(event));
  const { start, commands } = trial;
  let next = 0;
  const obeyUntil = (time: number) => {
    for (let command = commands[next]; command && start + command.at < time; command = commands[next]) {
      next++;
      book.obey(command, start + command.at);
    }
  };
  for (const change of changes.toSorted(bySourceTimeAndSubject)) {
    obeyUntil(change.effectiveAt);
    book.apply(change);
  }
  obeyUntil(Number.POSITIVE_INFINITY);
  return events;
}

function bySourceTimeAndSubject(a: ConditionChange, b: ConditionChange): number {
  if (a.effectiveAt !== b.effectiveAt) return a.effectiveAt - b.effectiveAt;
  const [one, other] = [subjectOf(a), subjectOf(b)];
  return one === other ? 0 : one < other ? -1 : 1;
}

function subjectOf({ device, point, rule, direction }: ConditionChange): string {
  return [device.key, rule?.id ?? point?.id ?? '', direction].join('|');
}

function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
