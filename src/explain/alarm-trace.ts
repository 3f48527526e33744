import type { EventFilter, LoggedEvent } from '../alerts/alarm-log.ts';
import type { Notification } from '../alerts/delivery/notification.ts';
import type { Alarm, AlarmEvent } from '../model/alarm.ts';
import type { Bypass } from '../model/bypass.ts';
import type { Case } from '../model/case.ts';

/** Records of the event log that are looked at for one alarm. */
const MOST_LOOKED_AT = 100_000;
const PAGE = 500;
/** A log may be out of order by as much where the computer's clock was set. */
const SLACK_MS = 60_000;

/** One event of an alarm, and who was told. */
export interface TracedEvent {
  readonly event: Extract<LoggedEvent, AlarmEvent>;
  /** The event itself, to each receiver. */
  readonly deliveries: readonly Notification[];
  /** The digests that told of it, where it was held. */
  readonly digests: readonly Notification[];
}

/** A raw message as a device sent it. */
export interface RawMessage {
  readonly topic: string;
  readonly client: string;
  readonly receivedAt: number;
  /** Length of the whole message. */
  readonly bytes: number;
  /** Its beginning, as UTF-8. */
  readonly payload: string;
}

/** What began an alarm. */
export interface AlarmOrigin {
  readonly event: Extract<LoggedEvent, AlarmEvent>;
  /** null = it was not kept, or there was none, as for silence: what was read stands in the event. */
  readonly message: RawMessage | null;
}

/** What happened to an alarm: from the message that raised it to whoever was told, and what people did about it. */
export interface AlarmTrace {
  readonly alarm: Alarm;
  /** null = the event is no longer kept. */
  readonly origin: AlarmOrigin | null;
  readonly events: readonly TracedEvent[];
  /** What has hidden it, in the order in which it did. */
  readonly bypasses: readonly Bypass[];
  readonly case: Case;
  /** False: older events were removed, or lie too far back in the log. */
  readonly complete: boolean;
}

export interface TraceDeps {
  events(filter: EventFilter): { readonly items: readonly LoggedEvent[]; readonly next: number | null };
  /** Every notification of an event that is kept. */
  deliveriesOf(eventId: string): readonly Notification[];
  /** Every digest that is kept and carries the event at this place in the log. */
  digestsOf(sequence: number): readonly Notification[];
  caseOf(alarm: string): Case;
  bypass(id: string): Bypass | null;
  /** The message that raised an alarm. */
  messageOf(alarm: string): RawMessage | null;
}

type Log = Pick<TraceDeps, 'events'>;

/** Everything that belongs to an alarm, with turns for others in between. */
export async function traceAlarm(alarm: Alarm, deps: TraceDeps): Promise<AlarmTrace> {
  const events: TracedEvent[] = [];
  for (const event of await eventsOf(alarm, deps)) {
    events.push({ event, deliveries: deps.deliveriesOf(event.id), digests: deps.digestsOf(event.sequence) });
    await turn();
  }
  const raised = events.find(({ event }) => event.type === 'davylamp.alarm.raised')?.event;
  return {
    alarm,
    origin: raised ? { event: raised, message: deps.messageOf(alarm.id) } : null,
    events,
    bypasses: bypassIds(events).flatMap((id) => deps.bypass(id) ?? []),
    case: deps.caseOf(alarm.id),
    complete: events.length === alarm.revision,
  };
}

function bypassIds(events: readonly TracedEvent[]): readonly string[] {
  const ids = events.flatMap(({ event: { alarm, details } }) => [
    ...(details !== null && 'bypass' in details ? [details.bypass] : []),
    ...(alarm.bypass === null ? [] : [alarm.bypass]),
  ]);
  return [...new Set(ids)];
}

/** The events of an alarm; it looks through the log a page at a time, with turns for others in between. */
async function eventsOf(alarm: Alarm, log: Log): Promise<readonly TracedEvent['event'][]> {
  const events: TracedEvent['event'][] = [];
  let after: number | null = startOf(alarm.raisedAt - SLACK_MS, log);
  for (let looked = 0; after !== null && looked < MOST_LOOKED_AT; looked += PAGE) {
    const page: ReturnType<Log['events']> = log.events({ after, limit: PAGE });
    for (const event of page.items) if ('alarm' in event && event.alarm.id === alarm.id) events.push(event);
    if (events.at(-1)?.alarm.revision === alarm.revision) break;
    after = page.next;
    await turn();
  }
  return events;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** When what an alarm says now came into force: its last raise or change of step; its first raise where that is lost. */
export async function lastRaised(alarm: Alarm, log: Log): Promise<number> {
  const events = await eventsOf(alarm, log);
  return events.findLast(({ type }) => RAISING.has(type))?.at ?? alarm.raisedAt;
}

const RAISING: ReadonlySet<string> = new Set([
  'davylamp.alarm.raised',
  'davylamp.alarm.escalated',
  'davylamp.alarm.deescalated',
]);

/** The place in the log before the first event at or after `at`, found by halving. */
function startOf(at: number, { events }: Log): number {
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
