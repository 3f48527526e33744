import type { Alarm, AlarmEvent, OutboundEvent, SystemEvent } from '../model/alarm.ts';
import type { ConditionChange } from '../model/condition.ts';
import { AppError } from '../model/error.ts';
import type { Batch, Environment, Table } from '../runtime/database.ts';
import { ulidOf } from '../runtime/identity.ts';
import { type AlarmFilter, AlarmLog, type EventFilter, type LoggedEvent } from './alarm-log.ts';
import { afterChange, subjectOf, subjectOfAlarm } from './condition-alarm.ts';
import { type AlarmInput, next, type Step } from './machine.ts';
import type { Notice } from './notice.ts';

/** How far the engine has come: journal sequence and engine time, committed with what it caused. */
export interface Position {
  readonly seq: number;
  readonly at: number;
}

/** Who sends events on: adds notifications to the commit, and may send them once the commit is durable. */
export interface Notifier {
  enqueue(batch: Batch, event: OutboundEvent): void;
  committed(): void;
}

/** Who commands, and what they say of it. */
export interface Command {
  readonly by: string;
  readonly comment: string | null;
}

export interface RegisterDeps {
  readonly environment: Environment;
  readonly notifier: Notifier;
  /** The disk failed: what was about to be committed is not, and the process must end. */
  readonly onFatal: (error: unknown) => void;
  readonly onEvent: (event: LoggedEvent) => void;
  readonly faultPoint?: (name: string) => void;
}

const REFUSALS: Readonly<Record<string, string>> = {
  ALARM_ALREADY_ACKNOWLEDGED: 'the alarm is acknowledged already',
  ALARM_STILL_ACTIVE: 'the condition still holds: a latched alarm can be reset after it has returned to normal',
  ALARM_NOT_ACKNOWLEDGED: 'acknowledge the alarm first, then reset it',
  ALARM_NOT_LATCHED: 'only a latched alarm is reset; this one ends when it is acknowledged',
};

/**
 * The alarms and their event log. A change of the rules goes through the alarm machine; the alarm as it then is, the
 * event, the notifications and the engine's position are one LMDB commit, and only after it anything is sent.
 */
export class Register {
  private readonly deps: RegisterDeps;
  private readonly log: AlarmLog;
  private readonly positions: Table<Position>;
  /** By subject. */
  private readonly open = new Map<string, Alarm>();
  /** Alarms whose last change is not on disk yet, by id: reading the disk would find them as they were. */
  private readonly unwritten = new Map<string, Alarm>();
  private readonly subjectOfId = new Map<string, string>();
  private pendingAlarms = new Map<string, Alarm>();
  private pendingEvents: LoggedEvent[] = [];
  private lastSequence: number;

  constructor(deps: RegisterDeps) {
    this.deps = deps;
    this.log = new AlarmLog(deps.environment);
    this.positions = deps.environment.table('positions', 'json');
    this.takeUp(this.log.open());
    this.lastSequence = this.log.lastSequence();
  }

  /** Where the engine stood at the last commit. */
  position(): Position {
    return this.positions.get('engine') ?? { seq: 0, at: 0 };
  }

  /** Alarms that are not over. */
  openAlarms(): Iterable<Alarm> {
    return this.open.values();
  }

  /** Takes a change of the rules; {@link commit} makes it durable. */
  apply(change: ConditionChange): void {
    const step = afterChange(this.open.get(subjectOf(change)), change);
    if (step) this.take(step, change.at, null);
  }

  /** A condition that no rule speaks for any more (limit or device removed): its alarm returns to normal. */
  abandon(alarm: Alarm, at: number): void {
    const { value, quality, occurredAt, receivedAt, journalSeq, ruleVersion } = alarm;
    const message = { en: `${alarm.message.en} (no longer configured)`, zh: `${alarm.message.zh}（已不再配置）` };
    const sample = { value, quality, occurredAt, receivedAt, journalSeq, message, ruleVersion };
    this.take(next(alarm, { kind: 'inactive', sample }, at) as Step, at, {
      by: 'davylamp',
      comment: 'no longer configured',
    });
  }

  /**
   * Acknowledges an alarm.
   *
   * @throws AppError `ALARM_UNKNOWN`, or the refusal of the alarm machine
   */
  acknowledge(id: string, command: Command, at: number): Promise<Alarm> {
    return this.command(id, { kind: 'acknowledge', by: command.by }, command, at);
  }

  /**
   * Resets a latched alarm whose condition is over.
   *
   * @throws AppError `ALARM_UNKNOWN`, or the refusal of the alarm machine
   */
  reset(id: string, command: Command, at: number): Promise<Alarm> {
    return this.command(id, { kind: 'reset' }, command, at);
  }

  /** Logs an event about Davylamp itself and sends it to every receiver. */
  announce({ name, code, message }: Notice, at: number): Promise<void> {
    const id = `evt_${ulidOf(at, name, this.lastSequence)}`;
    this.record({ id, type: `davylamp.system.${name}`, at, code, message, details: {} });
    return this.commit(null);
  }

  /** Notes when somebody was first told of an alarm. */
  notified(id: string, at: number): Promise<void> {
    const alarm = this.find(id);
    if (!alarm || alarm.notifiedAt !== null) return Promise.resolve();
    const told = { ...alarm, notifiedAt: at };
    if (this.open.get(this.subjectOf(told))?.id === id) this.keep(told);
    this.change(told);
    return this.commit(null);
  }

  /** True when there is something to commit. */
  get hasPending(): boolean {
    return this.pendingEvents.length > 0 || this.pendingAlarms.size > 0;
  }

  /**
   * Commits what has happened, with the engine's position (null = as it was) and what `also` writes; resolves when it
   * is on disk.
   */
  async commit(position: Position | null, also?: (batch: Batch) => void): Promise<void> {
    const alarms = this.pendingAlarms;
    const events = this.pendingEvents;
    this.pendingAlarms = new Map();
    this.pendingEvents = [];
    try {
      if (events.length > 0) this.deps.faultPoint?.('alarm-before-commit');
      await this.deps.environment.commit((batch) => {
        this.log.write(batch, alarms.values(), events);
        for (const event of events) this.deps.notifier.enqueue(batch, event);
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
    for (const [id, alarm] of alarms) if (this.unwritten.get(id) === alarm) this.unwritten.delete(id);
    if (events.length === 0) return;
    this.deps.faultPoint?.('alarm-after-commit');
    this.deps.notifier.committed();
    for (const event of events) this.deps.onEvent(event);
  }

  /** Removes some thousand events and ended alarms that are older than `before`. */
  async prune(before: number): Promise<void> {
    const remove = this.log.prunable(before);
    if (remove) await this.commit(null, remove);
  }

  get(id: string): Alarm | null {
    return this.find(id) ?? null;
  }

  /** Newest first. */
  list(filter: AlarmFilter): { items: Alarm[]; next: string | null } {
    return this.log.list(filter, this.open.values());
  }

  /** Events after a sequence, oldest first. */
  listEvents(filter: EventFilter): { items: LoggedEvent[]; next: number | null } {
    return this.log.listEvents(filter);
  }

  private async command(id: string, input: AlarmInput, command: Command, at: number): Promise<Alarm> {
    const alarm = this.find(id);
    if (!alarm) throw new AppError('ALARM_UNKNOWN', `there is no alarm ${id}`);
    const outcome = next(alarm, input, at);
    if (outcome.kind === 'refused') throw new AppError(outcome.code, REFUSALS[outcome.code] ?? outcome.code);
    this.take(outcome, at, command);
    await this.commit(null);
    return outcome.alarm;
  }

  private take(step: Step, at: number, command: Command | null): void {
    for (const { type, alarm } of step.events) {
      this.record({
        id: `evt_${ulidOf(at, alarm.id, alarm.revision)}`,
        type: `davylamp.alarm.${type}`,
        at,
        alarm,
        by: command?.by ?? null,
        comment: command?.comment ?? null,
      });
    }
    const { id, state } = step.alarm;
    if (this.find(id) === step.alarm) return;
    this.change(step.alarm);
    const subject = this.subjectOf(step.alarm);
    if (state !== 'normal') {
      this.keep(step.alarm);
    } else if (this.open.get(subject)?.id === id) {
      this.open.delete(subject);
      this.subjectOfId.delete(id);
    }
  }

  /**
   * Takes up the open alarms on disk. An older version may have left several about one rule that was of several kinds: the
   * one in force, or else the newest, goes on; the others go by their keys and wait for a person.
   */
  private takeUp(alarms: Iterable<Alarm>): void {
    const isFirst = (a: Alarm, b: Alarm) => Number(isInForce(b)) - Number(isInForce(a)) || (a.id < b.id ? 1 : -1);
    for (const alarm of [...alarms].sort(isFirst)) {
      if (this.open.has(subjectOfAlarm(alarm))) this.subjectOfId.set(alarm.id, alarm.key);
      this.keep(alarm);
    }
  }

  private change(alarm: Alarm): void {
    this.pendingAlarms.set(alarm.id, alarm);
    this.unwritten.set(alarm.id, alarm);
  }

  private record(event: AlarmEvent | SystemEvent): void {
    this.lastSequence++;
    this.pendingEvents.push({ ...event, sequence: this.lastSequence });
  }

  private keep(alarm: Alarm): void {
    const subject = this.subjectOf(alarm);
    this.open.set(subject, alarm);
    this.subjectOfId.set(alarm.id, subject);
  }

  private subjectOf(alarm: Alarm): string {
    return this.subjectOfId.get(alarm.id) ?? subjectOfAlarm(alarm);
  }

  private find(id: string): Alarm | undefined {
    const open = this.open.get(this.subjectOfId.get(id) ?? '');
    return (open?.id === id ? open : undefined) ?? this.unwritten.get(id) ?? this.log.get(id);
  }
}

/** True while its condition holds. */
export function isInForce({ state }: Alarm): boolean {
  return state === 'unacknowledged' || state === 'acknowledged';
}
