import type { Alarm, AlarmEvent, AlarmState, OutboundEvent, SystemEvent } from '../model/alarm.ts';
import type { ConditionChange } from '../model/condition.ts';
import { AppError } from '../model/error.ts';
import type { Text } from '../model/text.ts';
import type { Tier } from '../model/tier.ts';
import type { Batch, Environment, Table } from '../runtime/database.ts';
import { ulidOf } from '../runtime/identity.ts';
import { inputOf, keyOf, newAlarm } from './condition-alarm.ts';
import { type AlarmInput, next, raise, type Step } from './machine.ts';

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

export interface AlarmFilter {
  readonly state?: AlarmState;
  readonly tier?: Tier;
  readonly site?: string;
  readonly device?: string;
  /** Ended alarms too; without it only those that are open. */
  readonly ended?: boolean;
  /** Only alarms older than this id: the cursor of a list. */
  readonly before?: string;
  readonly limit: number;
}

export interface EventFilter {
  readonly after?: number;
  readonly alarm?: string;
  readonly limit: number;
}

export type LoggedEvent = OutboundEvent & { readonly sequence: number };

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
  private readonly alarms: Table<Alarm>;
  private readonly events: Table<OutboundEvent>;
  private readonly positions: Table<Position>;
  private readonly openIds: Table<true>;
  private readonly open = new Map<string, Alarm>();
  /** Alarms whose last change is not on disk yet, by id: reading the disk would find them as they were. */
  private readonly unwritten = new Map<string, Alarm>();
  private readonly keyOfId = new Map<string, string>();
  private pendingAlarms = new Map<string, Alarm>();
  private pendingEvents: LoggedEvent[] = [];
  private lastSequence = 0;

  constructor(deps: RegisterDeps) {
    this.deps = deps;
    this.alarms = deps.environment.table('alarms', 'json');
    this.events = deps.environment.table('events', 'json');
    this.positions = deps.environment.table('positions', 'json');
    this.openIds = deps.environment.table('openAlarms', 'json');
    for (const id of this.openIds.getKeys({})) {
      const alarm = this.alarms.get(id);
      if (alarm) this.keep(alarm);
    }
    for (const key of this.events.getKeys({ reverse: true, limit: 1 })) this.lastSequence = Number(key);
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
    const key = keyOf(change);
    const alarm = this.open.get(key);
    if (!alarm) {
      if (change.level) this.take(raise(newAlarm(key, change, change.level)), change.at, null);
      return;
    }
    this.take(next(alarm, inputOf(alarm, change), change.at) as Step, change.at, null);
  }

  /** A condition that no rule speaks for any more (limit or device removed): its alarm returns to normal. */
  abandon(alarm: Alarm, at: number): void {
    const { value, quality, occurredAt, receivedAt, journalSeq, message, ruleVersion } = alarm;
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
  announce(name: string, code: string, message: Text, details: SystemEvent['details'], at: number): Promise<void> {
    const id = `evt_${ulidOf(at, name, this.lastSequence)}`;
    this.log({ id, type: `davylamp.system.${name}`, at, code, message, details });
    return this.commit(null);
  }

  /** Notes when somebody was first told of an alarm. */
  notified(id: string, at: number): Promise<void> {
    const alarm = this.find(id);
    if (!alarm || alarm.notifiedAt !== null) return Promise.resolve();
    const told = { ...alarm, notifiedAt: at };
    if (this.open.get(told.key)?.id === id) this.keep(told);
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
        for (const alarm of alarms.values()) {
          batch.put(this.alarms, alarm.id, alarm);
          if (alarm.state === 'normal') batch.remove(this.openIds, alarm.id);
          else batch.put(this.openIds, alarm.id, true);
        }
        for (const event of events) {
          batch.put(this.events, event.sequence, event);
          this.deps.notifier.enqueue(batch, event);
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
    for (const [id, alarm] of alarms) if (this.unwritten.get(id) === alarm) this.unwritten.delete(id);
    if (events.length === 0) return;
    this.deps.faultPoint?.('alarm-after-commit');
    this.deps.notifier.committed();
    for (const event of events) this.deps.onEvent(event);
  }

  get(id: string): Alarm | null {
    return this.find(id) ?? null;
  }

  /** Newest first. */
  list(filter: AlarmFilter): { items: Alarm[]; next: string | null } {
    const items: Alarm[] = [];
    const matches = (alarm: Alarm) =>
      (filter.state === undefined || alarm.state === filter.state) &&
      (filter.tier === undefined || alarm.tier === filter.tier) &&
      (filter.site === undefined || alarm.site === filter.site) &&
      (filter.device === undefined || alarm.device === filter.device);
    for (const alarm of filter.ended ? this.allAlarms(filter.before) : this.newestOpen(filter.before)) {
      if (!matches(alarm)) continue;
      if (items.length === filter.limit) return { items, next: items.at(-1)?.id ?? null };
      items.push(alarm);
    }
    return { items, next: null };
  }

  /** Events after a sequence, oldest first. */
  listEvents(filter: EventFilter): { items: LoggedEvent[]; next: number | null } {
    const items: LoggedEvent[] = [];
    for (const { key, value } of this.events.getRange({ start: (filter.after ?? 0) + 1 })) {
      if (filter.alarm !== undefined && (!('alarm' in value) || value.alarm.id !== filter.alarm)) continue;
      if (items.length === filter.limit) return { items, next: items.at(-1)?.sequence ?? null };
      items.push({ ...value, sequence: Number(key) });
    }
    return { items, next: null };
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
      this.log({
        id: `evt_${ulidOf(at, alarm.id, alarm.revision)}`,
        type: `davylamp.alarm.${type}`,
        at,
        alarm,
        by: command?.by ?? null,
        comment: command?.comment ?? null,
      });
    }
    const { id, key, state } = step.alarm;
    if (this.find(id) === step.alarm) return;
    this.change(step.alarm);
    if (state !== 'normal') {
      this.keep(step.alarm);
    } else if (this.open.get(key)?.id === id) {
      this.open.delete(key);
      this.keyOfId.delete(id);
    }
  }

  private change(alarm: Alarm): void {
    this.pendingAlarms.set(alarm.id, alarm);
    this.unwritten.set(alarm.id, alarm);
  }

  private log(event: AlarmEvent | SystemEvent): void {
    this.lastSequence++;
    this.pendingEvents.push({ ...event, sequence: this.lastSequence });
  }

  private keep(alarm: Alarm): void {
    this.open.set(alarm.key, alarm);
    this.keyOfId.set(alarm.id, alarm.key);
  }

  private find(id: string): Alarm | undefined {
    const open = this.open.get(this.keyOfId.get(id) ?? '');
    return (open?.id === id ? open : undefined) ?? this.unwritten.get(id) ?? this.alarms.get(id);
  }

  private newestOpen(before: string | undefined): Alarm[] {
    const open = [...this.open.values()].filter((alarm) => before === undefined || alarm.id < before);
    return open.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  private *allAlarms(before: string | undefined): Iterable<Alarm> {
    const range = before === undefined ? {} : { start: before, exclusiveStart: true };
    for (const { value } of this.alarms.getRange({ reverse: true, ...range })) yield value;
  }
}
