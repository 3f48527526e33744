import type { OutboundEvent } from '../../model/alarm.ts';
import type { Tier } from '../../model/tier.ts';
import { alarmSubject, isAlarmEvent } from './cloud-event.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;

/** `dead`: given up or pushed out by a full outbox; kept, and can be sent again. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One event on its way to one receiver. Its body lies beside it and never changes. Times are epoch milliseconds. */
export interface Notification {
  readonly receiver: string;
  /** Gap-free per receiver, from 1. */
  readonly sequence: number;
  readonly eventId: string;
  readonly type: OutboundEvent['type'];
  /** null for an event about Davylamp itself. */
  readonly alarmId: string | null;
  /** `{site}/{device}/{point}`, or the code of a system event. */
  readonly subject: string;
  readonly tier: Tier;
  /** Time of the event. */
  readonly at: number;
  /** From here the time until giving up counts: the event's time, or when somebody asked to send it again. */
  readonly pendingSince: number;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly lastAttemptAt: number | null;
  readonly lastError: string | null;
  /** When it was delivered or became a dead letter. */
  readonly settledAt: number | null;
}

/** How one attempt ended. Whatever is not delivered is tried again until the receiver's time is up. */
export type Outcome =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'retry';
      /** `answered`: a status other than 2xx; the others: no answer at all. */
      readonly code: 'answered' | 'timeout' | 'connection' | 'refused';
      /** For people; never contains the URL, a secret or what the receiver answered. */
      readonly reason: string;
      readonly status: number | null;
      readonly retryAfterMs: number | null;
    }
  /** The engine is stopping: nothing is known, it stays pending. */
  | { readonly kind: 'aborted' };

export type RetryOutcome = Extract<Outcome, { kind: 'retry' }>;

/** A system event ranks as orange: that alarms do not get through is itself urgent, but never before red. */
export const SYSTEM_EVENT_TIER: Tier = 'orange';

/** The notification of `event` to `receiver` before its first attempt. */
export function createNotification(event: OutboundEvent, receiver: string, sequence: number): Notification {
  const about = isAlarmEvent(event)
    ? { alarmId: event.alarm.id, subject: alarmSubject(event.alarm), tier: event.alarm.tier }
    : { alarmId: null, subject: event.code, tier: SYSTEM_EVENT_TIER };
  return {
    receiver,
    sequence,
    eventId: event.id,
    type: event.type,
    ...about,
    at: event.at,
    pendingSince: event.at,
    state: 'pending',
    attempts: 0,
    lastAttemptAt: null,
    lastError: null,
    settledAt: null,
  };
}
