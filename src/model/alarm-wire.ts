import type { Alarm, EventDetails } from './alarm.ts';

type RequiredTime = 'occurredAt' | 'receivedAt' | 'raisedAt';
type LaterTime = 'notifiedAt' | 'acknowledgedAt' | 'annunciatedAt' | 'repeatedAt' | 'returnedAt';

/** An alarm as webhooks and the API carry it: its times in ISO 8601. */
export type AlarmWire = Omit<Alarm, RequiredTime | LaterTime> &
  Readonly<Record<RequiredTime, string>> &
  Readonly<Record<LaterTime, string | null>>;

/** ISO 8601 of epoch milliseconds. */
export function iso(at: number): string {
  return new Date(at).toISOString();
}

/** ISO 8601 of epoch milliseconds; null stays null. */
export function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
}

export function alarmWire(alarm: Alarm): AlarmWire {
  return {
    ...alarm,
    occurredAt: iso(alarm.occurredAt),
    receivedAt: iso(alarm.receivedAt),
    raisedAt: iso(alarm.raisedAt),
    notifiedAt: isoOrNull(alarm.notifiedAt),
    acknowledgedAt: isoOrNull(alarm.acknowledgedAt),
    annunciatedAt: isoOrNull(alarm.annunciatedAt),
    repeatedAt: isoOrNull(alarm.repeatedAt),
    returnedAt: isoOrNull(alarm.returnedAt),
  };
}

/** What belongs to one kind of event, as webhooks and the API carry it: its times in ISO 8601. */
export function detailsWire(details: EventDetails | null) {
  if (details === null) return null;
  if ('bypass' in details) return { ...details, until: isoOrNull(details.until) };
  if ('case' in details) return { case: { ...details.case, at: iso(details.case.at) } };
  return details;
}
