import type { Alarm, AlarmEvent, EventDetails, SystemEvent } from '../model/alarm.ts';
import { AppError } from '../model/error.ts';
import type { Batch, Environment, Table } from '../runtime/database.ts';
import { ulidOf } from '../runtime/identity.ts';
import { AlarmLog, type ChainedEvent } from './alarm-log.ts';
import { type ChainLink, chained } from './chain.ts';
import { subjectOfAlarm } from './condition-alarm.ts';
import { holds, type Step } from './machine/step.ts';
import type { Page } from './page.ts';
import { NuisanceBook } from './policy/nuisance-book.ts';
import { type Reach, reachOf } from './policy/reach.ts';

/** How far the engine has come: journal sequence and engine time, committed with what it caused. */
export interface Position {
  readonly seq: number;
  readonly at: number;
}

/** Who sends events on: adds notifications to the commit, and may send them once the commit is durable. */
export interface Notifier {
  /** Gets every event that goes anywhere; `told`: only to receivers that have been told of the alarm. */
  enqueue(batch: Batch, event: ChainedEvent, reach: Exclude<Reach, 'none'>): void;
  committed(): void;
}

/** Who commands, and what they say of it. */
export interface Command {
  readonly by: string;
  readonly comment: string | null;
}

/** What is kept of where alarms came from, as long as they are. */
export interface Evidence {
  /** Writes it for alarms that are raised in this commit. Must not throw. */
  keep(batch: Batch, alarms: readonly Alarm[]): void;
  remove(batch: Batch, alarm: string): void;
}

export interface LedgerDeps {
  readonly environment: Environment;
  readonly notifier: Notifier;
  /** The disk failed: what was about to be committed is not, and the process must end. */
  readonly onFatal: (error: unknown) => void;
  readonly onEvent: (event: ChainedEvent) => void;
  readonly evidence?: Evidence;
  readonly faultPoint?: (name: string) => void;
}

/** A page, whatever its values are. */
export type Turning = Pick<Page<unknown>, 'hasPending' | 'turn'>;

/** Who follows the alarms. */
export interface Follower {
  /** An alarm has changed, and the change waits for its commit. */
  changed(before: Alarm | undefined, alarm: Alarm, at: number): void;
  /** What an event says of the bypass that begins or ends with it. */
  describe(bypass: string): EventDetails | null;
}

/**
 * The open alarms, the event log, and what waits for the next commit: alarms, events, and the pages of cases and
 * bypasses, with the notifications they cause and the engine's position, are one LMDB transaction.
 */
export class Ledger {
  readonly log: AlarmLog;
  readonly nuisances = new NuisanceBook();
  private readonly deps: LedgerDeps;
  private readonly positions: Table<Position>;
  private readonly alarms: Page<Alarm>;
  private readonly pages: Turning[] = [];
  /** By subject: at most one alarm is open for it. */
  private readonly open = new Map<string, Alarm>();
  private readonly subjectOfId = new Map<string, string>();
  /** Ids of the open ones, by the key that bypasses and receivers know. */
  private readonly idOfKey = new Map<string, string>();
  private pendingEvents: ChainedEvent[] = [];
  /** The last event, on disk or not. */
  private head: ChainLink;
  private follower: Follower | null = null;

  constructor(deps: LedgerDeps) {
    this.deps = deps;
    this.log = new AlarmLog(deps.environment);
    this.alarms = this.log.page;
    this.pages.push(this.alarms);
    this.positions = deps.environment.table('positions', 'json');
    this.takeUp(this.log.open());
    this.nuisances.repeat(this.log);
    this.head = this.log.head();
  }

  /** Adds a table that is written with every commit. */
  add(page: Turning): void {
    this.pages.push(page);
  }

  follow(follower: Follower): void {
    this.follower = follower;
  }

  /** Place of the last event, committed or not: no two changes have the same. */
  get sequence(): number {
    return this.head.sequence;
  }

  /** Where the engine stood at the last commit. */
  position(): Position {
    return this.positions.get('engine') ?? { seq: 0, at: 0 };
  }

  /** Alarms that are not over. */
  openAlarms(): Iterable<Alarm> {
    return this.open.values();
  }

  /** The open alarm about a subject. */
  openOf(subject: string): Alarm | undefined {
    return this.open.get(subject);
  }

  /** The open alarm with a key. */
  openWithKey(key: string): Alarm | undefined {
    return this.find(this.idOfKey.get(key) ?? '');
  }

  /** An alarm by its id, open or over. */
  find(id: string): Alarm | undefined {
    const open = this.open.get(this.subjectOfId.get(id) ?? '');
    return (open?.id === id ? open : undefined) ?? this.alarms.get(id);
  }

  /** @throws AppError `ALARM_UNKNOWN` */
  expect(id: string): Alarm {
    const alarm = this.find(id);
    if (!alarm) throw new AppError('ALARM_UNKNOWN', `there is no alarm ${id}`);
    return alarm;
  }

  /**
   * Takes what the alarm machine made of an alarm; {@link commit} makes it durable. `details`: of an input that has one
   * event.
   */
  take(made: Step, at: number, command: Command | null, details: EventDetails | null = null): void {
    const step = this.nuisances.mark(made, at);
    for (const event of step.events) {
      this.record({
        id: `evt_${ulidOf(at, event.alarm.id, event.alarm.revision)}`,
        type: `davylamp.alarm.${event.type}`,
        at,
        alarm: event.alarm,
        by: command?.by ?? null,
        comment: command?.comment ?? null,
        details: event.bypass === null ? details : (this.follower?.describe(event.bypass) ?? null),
      });
    }
    const { alarm } = step;
    const before = this.find(alarm.id);
    if (before === alarm) return;
    this.replace(alarm);
    this.follower?.changed(before, alarm, at);
  }

  /** Changes an alarm without an event. */
  replace(alarm: Alarm): void {
    this.alarms.put(alarm.id, alarm);
    const subject = this.subjectOf(alarm);
    if (alarm.state !== 'normal') {
      this.keep(alarm);
    } else if (this.open.get(subject)?.id === alarm.id) {
      this.open.delete(subject);
      this.subjectOfId.delete(alarm.id);
      if (this.idOfKey.get(alarm.key) === alarm.id) this.idOfKey.delete(alarm.key);
    }
  }

  /** Logs an event about Davylamp itself. */
  tell(event: Omit<SystemEvent, 'id' | 'type'> & { readonly name: string }, ...facts: string[]): void {
    const { name, ...said } = event;
    const id = `evt_${ulidOf(said.at, name, ...facts, this.head.sequence)}`;
    this.record({ id, type: `davylamp.system.${name}`, ...said });
  }

  /** True when there is something to commit. */
  get hasPending(): boolean {
    return this.pendingEvents.length > 0 || this.pages.some((page) => page.hasPending);
  }

  /**
   * Commits what has happened, with the engine's position (null = as it was) and what `also` writes; resolves when it
   * is on disk.
   *
   * @throws AppError `STATE_FAILED`
   */
  async commit(position: Position | null, also?: (batch: Batch) => void): Promise<void> {
    const events = this.pendingEvents;
    this.pendingEvents = [];
    const turns = this.pages.map((page) => page.turn());
    try {
      if (events.length > 0) this.deps.faultPoint?.('alarm-before-commit');
      await this.deps.environment.commit((batch) => {
        for (const turn of turns) turn.write(batch);
        this.log.writeEvents(batch, events);
        this.deps.evidence?.keep(batch, events.flatMap(newAlarm));
        for (const event of events) {
          const reach = reachOf(event);
          if (reach !== 'none') this.deps.notifier.enqueue(batch, event, reach);
        }
        if (position) batch.put(this.positions, 'engine', position);
        also?.(batch);
      });
    } catch (cause) {
      const error = new AppError('STATE_FAILED', 'the state cannot be written: check the disk, then start again', {
        cause,
      });
      this.deps.onFatal(error);
      throw error;
    }
    for (const turn of turns) turn.written();
    if (events.length === 0) return;
    this.deps.faultPoint?.('alarm-after-commit');
    this.deps.notifier.committed();
    for (const event of events) this.deps.onEvent(event);
  }

  private record(event: AlarmEvent | SystemEvent): void {
    const logged = chained(this.head, event);
    this.head = { sequence: logged.sequence, hash: logged.hash };
    this.pendingEvents.push(logged);
  }

  /**
   * Takes up the open alarms on disk. An older version may have left several about one rule that was of several kinds: the
   * one in force, or else the newest, goes on; the others go by their keys and wait for a person.
   */
  private takeUp(alarms: Iterable<Alarm>): void {
    const isFirst = (a: Alarm, b: Alarm) => Number(holds(b)) - Number(holds(a)) || (a.id < b.id ? 1 : -1);
    for (const alarm of [...alarms].sort(isFirst)) {
      if (this.open.has(subjectOfAlarm(alarm))) this.subjectOfId.set(alarm.id, alarm.key);
      this.keep(alarm);
    }
  }

  private keep(alarm: Alarm): void {
    const subject = this.subjectOf(alarm);
    this.open.set(subject, alarm);
    this.subjectOfId.set(alarm.id, subject);
    this.idOfKey.set(alarm.key, alarm.id);
  }

  private subjectOf(alarm: Alarm): string {
    return this.subjectOfId.get(alarm.id) ?? subjectOfAlarm(alarm);
  }
}

function newAlarm(event: ChainedEvent): readonly Alarm[] {
  return 'alarm' in event && event.alarm.revision === 1 ? [event.alarm] : [];
}
