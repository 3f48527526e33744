import type { EventFilter, LoggedEvent } from '../alerts/alarm-log.ts';
import type { Notification } from '../alerts/delivery/notification.ts';
import type { Alarm, AlarmEvent } from '../model/alarm.ts';

/** Records of the event log that are looked at for one alarm. */
const MOST_LOOKED_AT = 100_000;
const PAGE = 500;
/** A log may be out of order by as much where the computer's clock was set. */
const SLACK_MS = 60_000;

/** One event of an alarm, and who was told. */
export interface TracedEvent {
  readonly event: AlarmEvent & { readonly sequence: number };
  readonly deliveries: readonly Notification[];
}

/** What happened to an alarm from its raise on. */
export interface AlarmTrace {
  readonly alarm: Alarm;
  readonly events: readonly TracedEvent[];
  /** False: older events were removed, or lie too far back in the log. */
  readonly complete: boolean;
}

export interface TraceDeps {
  events(filter: EventFilter): { readonly items: readonly LoggedEvent[]; readonly next: number | null };
  /** Every notification of an event that is kept. */
  deliveriesOf(eventId: string): readonly Notification[];
}

/** The events and deliveries of an alarm; it looks through the log a page at a time, with turns for others in between. */
export async function traceAlarm(alarm: Alarm, deps: TraceDeps): Promise<AlarmTrace> {
  const events: TracedEvent[] = [];
  let after: number | null = startOf(alarm.raisedAt - SLACK_MS, deps);
  for (let looked = 0; after !== null && looked < MOST_LOOKED_AT; looked += PAGE) {
    const page: ReturnType<TraceDeps['events']> = deps.events({ after, limit: PAGE });
    for (const event of page.items) {
      if (!('alarm' in event) || event.alarm.id !== alarm.id) continue;
      events.push({ event, deliveries: deps.deliveriesOf(event.id) });
    }
    if (events.at(-1)?.event.alarm.revision === alarm.revision) break;
    after = page.next;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { alarm, events, complete: events.length === alarm.revision };
}

/** When what an alarm says now came into force: its last raise or change of step; its first raise where that is lost. */
export async function lastRaised(alarm: Alarm, deps: TraceDeps): Promise<number> {
  const { events } = await traceAlarm(alarm, { ...deps, deliveriesOf: () => [] });
  return events.findLast(({ event }) => RAISING.has(event.type))?.event.at ?? alarm.raisedAt;
}

const RAISING: ReadonlySet<string> = new Set([
  'davylamp.alarm.raised',
  'davylamp.alarm.escalated',
  'davylamp.alarm.deescalated',
]);

/** The place in the log before the first event at or after `at`, found by halving. */
function startOf(at: number, { events }: TraceDeps): number {
  const atOrAfter = (sequence: number) => {
    const [first] = events({ after: sequence - 1, limit: 1 }).items;
    return first === undefined || first.at >= at;
  };
  let low = 0;
  let high = 1;
  while (!atOrAfter(high)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (atOrAfter(middle)) high = middle;
    else low = middle;
  }
  return low;
}
