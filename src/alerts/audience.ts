import { type Alarm, type AlarmEventType, alarmEventType } from '../model/alarm.ts';
import type { WallTime } from '../model/local-time.ts';
import type { Recipient, Routing } from '../model/routing.ts';
import type { Batch, Environment } from '../runtime/database.ts';
import type { LoggedEvent } from './alarm-log.ts';
import type { Outbox } from './delivery/outbox.ts';
import type { LoggedAlarmEvent } from './held-events.ts';
import { InhibitedAlarms } from './inhibited-alarms.ts';
import { InhibitionIndex } from './policy/inhibit.ts';
import type { Reach } from './policy/reach.ts';
import { recipients } from './policy/route.ts';

export interface AudienceDeps {
  readonly environment: Environment;
  readonly outbox: Pick<Outbox, 'told' | 'ofEvent'>;
  readonly alarms: {
    openAlarms(): Iterable<Alarm>;
    get(id: string): Alarm | null;
    eventAt(sequence: number): LoggedEvent | undefined;
  };
  readonly wallClock: (at: number) => WallTime;
  /** An alarm event that reaches nobody. */
  readonly onInhibited: () => void;
  /** No route named a receiver, and everybody is told. */
  readonly onUnrouted: () => void;
}

/** An event that is told now, later than it happened. */
export interface Announcement {
  readonly event: LoggedAlarmEvent;
  readonly to: readonly Recipient[];
}

/** Who is told of an alarm event, by routes, inhibitions, and who has been told before. */
export interface Audience {
  /** Takes over a routing; with other inhibitions, alarms may have to be announced. */
  take(routing: Routing): void;
  /** Who is told of an event of the log; to be asked once for each, in their order. */
  of(batch: Batch, event: LoggedAlarmEvent, reach: Exclude<Reach, 'none'>): readonly Recipient[];
  /** Whom the routes name for an alarm at engine time `at`, whoever was told of it before. */
  anew(alarm: Alarm, at: number): readonly Recipient[];
  /** Some inhibited alarms that may not be inhibited any more. */
  readonly hasRechecks: boolean;
  /** Looks at some of them again, and gives what is to be announced. */
  recheck(batch: Batch, at: number): Announcement[];
}

/** Alarms looked at again in one commit, so that the end of an alarm that inhibited thousands holds up nobody. */
const RECHECKS_AT_ONCE = 500;

/** What an inhibited alarm would say for itself; whoever knows of it hears the rest. */
const INHIBITED: ReadonlySet<AlarmEventType> = new Set(['raised', 'escalated', 'realarmed', 'repeated']);

/** An audience without receivers; {@link Audience.take} gives it some. */
export function createAudience(deps: AudienceDeps): Audience {
  const { outbox, alarms } = deps;
  const inhibited = new InhibitedAlarms(deps.environment);
  const rechecks = new Set<string>();
  let routing: Routing = { receivers: [], routes: [], rosters: new Map(), calendars: new Map(), inhibitions: [] };
  let index = new InhibitionIndex([]);

  /**
   * How far an event goes past the inhibitions. What an inhibited alarm says for itself reaches nobody, and its newest
   * event is kept for the day it is announced; the rest reaches who knows of it.
   */
  function reachThrough(batch: Batch, event: LoggedAlarmEvent, reach: Reach): Reach {
    const { alarm } = event;
    const listed = inhibited.has(alarm.id);
    const by = isShown(alarm) ? index.inhibitedBy(alarm) : null;
    if (!by) {
      inhibited.remove(batch, alarm.id);
      return listed && alarm.state === 'normal' ? 'told' : reach;
    }
    const type = alarmEventType(event);
    const silent = INHIBITED.has(type);
    if (silent || listed) inhibited.put(batch, event, by.alarm);
    if (silent) return 'none';
    return 'told';
  }

  /** Who has been told of an alarm, and is configured. */
  function among(receivers: readonly string[]): Recipient[] {
    const configured = routing.receivers.filter(({ id }) => receivers.includes(id));
    return configured.map(({ id }) => ({ receiver: id, grouping: null }));
  }

  function routed(alarm: Alarm, told: readonly string[], at: number): readonly Recipient[] {
    const found = recipients(routing, alarm, told, deps.wallClock(at));
    if (found.unrouted) deps.onUnrouted();
    return found.recipients;
  }

  return {
    take(next) {
      routing = next;
      index = new InhibitionIndex(next.inhibitions, alarms.openAlarms());
      for (const id of inhibited.all()) rechecks.add(id);
    },
    of(batch, event, reach) {
      const { alarm, at, details } = event;
      index.update(alarm);
      for (const id of inhibited.behind(alarm.id)) rechecks.add(id);
      const reached = reachThrough(batch, event, reach);
      if (reached === 'none') {
        deps.onInhibited();
        return [];
      }
      const told = outbox.told(alarm.id);
      const promise = details !== null && 'promise' in details ? details : null;
      if (reached === 'all' && !promise) return routed(alarm, told, at);
      const known = among([...told, ...(promise?.to ?? [])]);
      // A promise of an alarm that nobody knows of is everybody's.
      return known.length === 0 && promise && reached === 'all' ? routed(alarm, told, at) : known;
    },
    anew: (alarm, at) => routed(alarm, [], at),
    get hasRechecks() {
      return rechecks.size > 0;
    },
    recheck(batch, at) {
      const announced: Announcement[] = [];
      let left = RECHECKS_AT_ONCE;
      for (const id of rechecks) {
        if (left-- === 0) break;
        rechecks.delete(id);
        const alarm = alarms.get(id);
        const by = alarm && isShown(alarm) ? index.inhibitedBy(alarm) : null;
        if (by) {
          inhibited.move(batch, id, by.alarm);
          continue;
        }
        const event = inhibited.lastEvent(id, alarms.eventAt);
        inhibited.remove(batch, id);
        if (!alarm || !event || !isShown(alarm)) continue;
        const had = outbox.ofEvent(event.id).map(({ receiver }) => receiver);
        const to = routed(alarm, outbox.told(id), at).filter(({ receiver }) => !had.includes(receiver));
        announced.push({ event, to });
      }
      return announced;
    },
  };
}

/** It is not over, and no bypass hides it. */
function isShown({ state, bypass }: Alarm): boolean {
  return state !== 'normal' && bypass === null;
}
