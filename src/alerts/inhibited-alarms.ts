import type { Batch, Environment, Table } from '../runtime/database.ts';
import type { LoggedEvent } from './alarm-log.ts';
import type { LoggedAlarmEvent } from './held-events.ts';

/** An alarm that receivers do not hear of as long as another one holds. */
interface Inhibited {
  /** Id of the alarm behind it. */
  readonly source: string;
  /** Its last event, which is told when nothing inhibits it any more. */
  readonly sequence: number;
}

/**
 * The open alarms that an inhibition keeps from receivers, on disk, with the last event of each. Bounded by the open
 * alarms.
 */
export class InhibitedAlarms {
  private readonly table: Table<Inhibited>;
  private readonly found = new Map<string, Inhibited>();
  private readonly bySource = new Map<string, Set<string>>();
  /** Last events that may not be on disk yet. */
  private readonly events = new Map<string, LoggedAlarmEvent>();

  constructor(environment: Environment) {
    this.table = environment.table('inhibited', 'json');
    for (const { key, value } of this.table.getRange({})) this.keep(String(key), value);
  }

  /** Ids of all of them. */
  all(): Iterable<string> {
    return this.found.keys();
  }

  /** Ids of those that this alarm inhibits. */
  behind(source: string): Iterable<string> {
    return this.bySource.get(source) ?? [];
  }

  has(alarm: string): boolean {
    return this.found.has(alarm);
  }

  put(batch: Batch, event: LoggedAlarmEvent, source: string): void {
    const inhibited = { source, sequence: event.sequence };
    this.forget(event.alarm.id);
    this.keep(event.alarm.id, inhibited);
    this.events.set(event.alarm.id, event);
    batch.put(this.table, event.alarm.id, inhibited);
  }

  /** The same alarm is inhibited by another one now. */
  move(batch: Batch, alarm: string, source: string): void {
    const before = this.found.get(alarm);
    if (!before || before.source === source) return;
    const event = this.events.get(alarm);
    const inhibited = { ...before, source };
    this.forget(alarm);
    this.keep(alarm, inhibited);
    if (event) this.events.set(alarm, event);
    batch.put(this.table, alarm, inhibited);
  }

  remove(batch: Batch, alarm: string): void {
    if (!this.found.has(alarm)) return;
    this.forget(alarm);
    batch.remove(this.table, alarm);
  }

  /** What is to be told of it; undefined only where the log has lost it. */
  lastEvent(alarm: string, eventAt: (sequence: number) => LoggedEvent | undefined): LoggedAlarmEvent | undefined {
    const known = this.events.get(alarm);
    if (known) return known;
    const event = eventAt(this.found.get(alarm)?.sequence ?? 0);
    return event && 'alarm' in event ? event : undefined;
  }

  private keep(alarm: string, inhibited: Inhibited): void {
    this.found.set(alarm, inhibited);
    const others = this.bySource.get(inhibited.source) ?? new Set();
    this.bySource.set(inhibited.source, others.add(alarm));
  }

  private forget(alarm: string): void {
    const source = this.found.get(alarm)?.source;
    this.found.delete(alarm);
    this.events.delete(alarm);
    if (source === undefined) return;
    const others = this.bySource.get(source);
    others?.delete(alarm);
    if (others?.size === 0) this.bySource.delete(source);
  }
}
