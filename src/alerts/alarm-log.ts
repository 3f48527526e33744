import type { Alarm, AlarmEvent, AlarmState, SystemEvent } from '../model/alarm.ts';
import type { Tier } from '../model/tier.ts';
import type { Batch, Environment, Table } from '../runtime/database.ts';
import { type ChainLink, GENESIS_HASH } from './chain.ts';
import { completeAlarm, completeEvent } from './earlier-version.ts';
import { Page } from './page.ts';

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

/** An event with its place in the log, and what chains it to those before; null: of a version that did not chain. */
export type LoggedEvent = (AlarmEvent | SystemEvent) & { readonly sequence: number; readonly hash: string | null };

/** An event as it is written: always chained. */
export type ChainedEvent = (AlarmEvent | SystemEvent) & ChainLink;

type StoredEvent = (AlarmEvent | SystemEvent) & { readonly hash?: string };

const PRUNE_AT_ONCE = 5_000;

/** The alarms and events on disk: written with the register's commits, read by its lists. */
export class AlarmLog {
  /** Changed alarms on their way to the disk. */
  readonly page: Page<Alarm>;
  private readonly alarms: Table<Alarm>;
  private readonly events: Table<StoredEvent>;
  /** `head`: the last event. `anchor`: what the first one of the chain follows, as those before it are removed. */
  private readonly chain: Table<ChainLink>;
  /** Ids of what is open, so that a start does not read every alarm there ever was. */
  private readonly openIds: Table<true>;

  constructor(environment: Environment) {
    this.alarms = environment.table('alarms', 'json');
    this.events = environment.table('events', 'json');
    this.openIds = environment.table('openAlarms', 'json');
    this.chain = environment.table('chain', 'json');
    this.page = new Page(
      (id) => this.get(id),
      (batch, alarm) => this.write(batch, alarm),
    );
  }

  *open(): Iterable<Alarm> {
    for (const id of this.openIds.getKeys({})) {
      const alarm = this.get(String(id));
      if (alarm) yield alarm;
    }
  }

  /** What the next event follows; sequence 0 = there was none ever. */
  head(): ChainLink {
    const last = this.last();
    const head = this.chain.get('head') ?? last;
    // Later events without a hash are those of an earlier version that was run in between.
    return { sequence: Math.max(head.sequence, last.sequence), hash: head.hash };
  }

  writeEvents(batch: Batch, events: readonly ChainedEvent[]): void {
    const [first] = events;
    const head = events.at(-1);
    if (!first || !head) return;
    // Once, where nothing is chained yet: from here on it is.
    if (this.last().hash === GENESIS_HASH && !this.chain.doesExist('anchor')) {
      batch.put(this.chain, 'anchor', { sequence: first.sequence - 1, hash: GENESIS_HASH });
    }
    for (const event of events) batch.put(this.events, event.sequence, event);
    batch.put(this.chain, 'head', { sequence: head.sequence, hash: head.hash });
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
      items.push({ ...completeEvent(value), sequence: Number(key), hash: value.hash ?? null });
    }
    return { items, next: null };
  }

  /** The events of the last `withinMs` before the newest one, at most `limit`, oldest first. */
  recent(withinMs: number, limit: number): LoggedEvent[] {
    const found: LoggedEvent[] = [];
    for (const { key, value } of this.events.getRange({ reverse: true, limit })) {
      if (value.at < (found[0]?.at ?? value.at) - withinMs) break;
      found.push({ ...completeEvent(value), sequence: Number(key), hash: value.hash ?? null });
    }
    return found.reverse();
  }

  /**
   * What is older than `before`: some thousand events, and as many ended alarms. The last event stays, since the next
   * one's sequence follows it, and so do the alarms that `keeps` names. Gives the function that removes them, `also`
   * included for each alarm, or null when there is nothing.
   */
  prunable(
    before: number,
    keeps: (alarm: string) => boolean,
    also: (batch: Batch, alarm: string) => void,
  ): ((batch: Batch) => void) | null {
    const last = this.last().sequence;
    const events: number[] = [];
    let anchor: ChainLink | null = null;
    for (const { key, value } of this.events.getRange({ limit: PRUNE_AT_ONCE })) {
      if (value.at >= before || Number(key) === last) break;
      events.push(Number(key));
      if (value.hash !== undefined) anchor = { sequence: Number(key), hash: value.hash };
    }
    const alarms: string[] = [];
    // Ids begin with the time of the alarm, so the oldest come first.
    for (const { value } of this.alarms.getRange({ limit: PRUNE_AT_ONCE })) {
      if (value.occurredAt >= before) break;
      if (value.state === 'normal' && !keeps(value.id)) alarms.push(value.id);
    }
    if (events.length + alarms.length === 0) return null;
    return (batch) => {
      for (const key of events) batch.remove(this.events, key);
      if (anchor) batch.put(this.chain, 'anchor', anchor);
      for (const id of alarms) {
        batch.remove(this.alarms, id);
        also(batch, id);
      }
    };
  }

  private last(): ChainLink {
    for (const { key, value } of this.events.getRange({ reverse: true, limit: 1 })) {
      return { sequence: Number(key), hash: value.hash ?? GENESIS_HASH };
    }
    return { sequence: 0, hash: GENESIS_HASH };
  }

  private get(id: string): Alarm | undefined {
    const alarm = this.alarms.get(id);
    return alarm && completeAlarm(alarm);
  }

  private write(batch: Batch, alarm: Alarm): void {
    batch.put(this.alarms, alarm.id, alarm);
    if (alarm.state === 'normal') batch.remove(this.openIds, alarm.id);
    else batch.put(this.openIds, alarm.id, true);
  }

  private *newest(before: string | undefined): Iterable<Alarm> {
    const range = before === undefined ? {} : { start: before, exclusiveStart: true };
    for (const { value } of this.alarms.getRange({ reverse: true, ...range })) yield completeAlarm(value);
  }
}

function newestOf(alarms: Iterable<Alarm>, before: string | undefined): Alarm[] {
  const older = [...alarms].filter((alarm) => before === undefined || alarm.id < before);
  return older.sort((a, b) => (a.id < b.id ? 1 : -1));
}
