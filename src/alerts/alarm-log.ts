import type { Alarm, AlarmState, OutboundEvent } from '../model/alarm.ts';
import type { Tier } from '../model/tier.ts';
import type { Batch, Environment, Table } from '../runtime/database.ts';

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

/** An event with its place in the log. */
export type LoggedEvent = OutboundEvent & { readonly sequence: number };

const PRUNE_AT_ONCE = 5_000;

/** The alarms and events on disk: written with the register's commits, read by its lists. */
export class AlarmLog {
  private readonly alarms: Table<Alarm>;
  private readonly events: Table<OutboundEvent>;
  /** Ids of what is open, so that a start does not read every alarm there ever was. */
  private readonly openIds: Table<true>;

  constructor(environment: Environment) {
    this.alarms = environment.table('alarms', 'json');
    this.events = environment.table('events', 'json');
    this.openIds = environment.table('openAlarms', 'json');
  }

  get(id: string): Alarm | undefined {
    return this.alarms.get(id);
  }

  *open(): Iterable<Alarm> {
    for (const id of this.openIds.getKeys({})) {
      const alarm = this.alarms.get(id);
      if (alarm) yield alarm;
    }
  }

  /** Sequence of the last event; 0 = none ever. */
  lastSequence(): number {
    for (const key of this.events.getKeys({ reverse: true, limit: 1 })) return Number(key);
    return 0;
  }

  write(batch: Batch, alarms: Iterable<Alarm>, events: Iterable<LoggedEvent>): void {
    for (const alarm of alarms) {
      batch.put(this.alarms, alarm.id, alarm);
      if (alarm.state === 'normal') batch.remove(this.openIds, alarm.id);
      else batch.put(this.openIds, alarm.id, true);
    }
    for (const event of events) batch.put(this.events, event.sequence, event);
  }

  /** Those of `open` and, if asked for, the ended ones that the filter lets through, newest first. */
  list(filter: AlarmFilter, open: Iterable<Alarm>): { items: Alarm[]; next: string | null } {
    const items: Alarm[] = [];
    const matches = (alarm: Alarm) =>
      (filter.state === undefined || alarm.state === filter.state) &&
      (filter.tier === undefined || alarm.tier === filter.tier) &&
      (filter.site === undefined || alarm.site === filter.site) &&
      (filter.device === undefined || alarm.device === filter.device);
    for (const alarm of filter.ended ? this.newest(filter.before) : newestOf(open, filter.before)) {
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

  /**
   * What is older than `before`: some thousand events, and as many ended alarms. The last event stays, since the next
   * one's sequence follows it. Gives the function that removes them, or null when there is nothing.
   */
  prunable(before: number): ((batch: Batch) => void) | null {
    const last = this.lastSequence();
    const events: number[] = [];
    for (const { key, value } of this.events.getRange({ limit: PRUNE_AT_ONCE })) {
      if (value.at >= before || Number(key) === last) break;
      events.push(Number(key));
    }
    const alarms: string[] = [];
    // Ids begin with the time of the alarm, so the oldest come first.
    for (const { value } of this.alarms.getRange({ limit: PRUNE_AT_ONCE })) {
      if (value.occurredAt >= before) break;
      if (value.state === 'normal') alarms.push(value.id);
    }
    if (events.length + alarms.length === 0) return null;
    return (batch) => {
      for (const key of events) batch.remove(this.events, key);
      for (const id of alarms) batch.remove(this.alarms, id);
    };
  }

  private *newest(before: string | undefined): Iterable<Alarm> {
    const range = before === undefined ? {} : { start: before, exclusiveStart: true };
    for (const { value } of this.alarms.getRange({ reverse: true, ...range })) yield value;
  }
}

function newestOf(alarms: Iterable<Alarm>, before: string | undefined): Alarm[] {
  const older = [...alarms].filter((alarm) => before === undefined || alarm.id < before);
  return older.sort((a, b) => (a.id < b.id ? 1 : -1));
}
