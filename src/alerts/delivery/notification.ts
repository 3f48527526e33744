import type { Digest, OutboundEvent } from '../../model/alarm.ts';
import { TIERS, type Tier, tierRank } from '../../model/tier.ts';
import { alarmSubject, digestSubject, isAlarmEvent, isDigestEvent } from './cloud-event.ts';

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;

/** `dead`: given up or pushed out by a full outbox; kept, and can be sent again. */
export type DeliveryState = (typeof DELIVERY_STATES)[number];

export const RECEIPT_RESULTS = ['delivered', 'answered', 'throttled', 'timeout', 'connection', 'refused'] as const;

/** How one attempt ended, and how long it took. */
export interface Receipt {
  /** When it began. */
  readonly at: number;
  readonly durationMs: number;
  /** See the codes of {@link Outcome}. */
  readonly result: (typeof RECEIPT_RESULTS)[number];
  /** Of HTTP; null = there was no answer, or the channel has none. */
  readonly status: number | null;
}

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
  /** Of the last few attempts, oldest first; absent before the first one. */
  readonly receipts?: readonly Receipt[];
  /** When it was delivered or became a dead letter. */
  readonly settledAt: number | null;
}

/** How one attempt ended. Whatever is not delivered is tried again until the receiver's time is up. */
export type Outcome =
  /** `status`: of HTTP; null where the channel has none. */
  | { readonly kind: 'delivered'; readonly status: number | null }
  | {
      readonly kind: 'retry';
      /**
       * `answered`: refused by the receiver; `throttled`: it was told too much at once; `refused`: nothing was sent;
       * the others: no answer at all.
       */
      readonly code: 'answered' | 'throttled' | 'timeout' | 'connection' | 'refused';
      /** For people; never contains the URL, a secret or what the receiver answered. */
      readonly reason: string;
      readonly status: number | null;
      readonly retryAfterMs: number | null;
    }
  /** The engine is stopping: nothing is known, it stays pending. */
  | { readonly kind: 'aborted' };

export type RetryOutcome = Extract<Outcome, { kind: 'retry' }>;

/** A system event ranks as orange: that alarms do not get through is itself urgent, but never before red. */
const SYSTEM_EVENT_TIER: Tier = 'orange';

/** Those that report nothing wrong. */
const CALM_EVENTS: Readonly<Record<string, Tier>> = {
  'davylamp.system.daily-assessment': 'blue',
  'davylamp.system.flood-ended': 'blue',
  'davylamp.system.store-recovered': 'blue',
  'davylamp.system.configuration-reloaded': 'blue',
  'davylamp.system.bypass-begun': 'blue',
  'davylamp.system.bypass-ended': 'blue',
  'davylamp.system.bypass-expiring': 'yellow',
};

/** The notification of `event` to `receiver` before its first attempt; `pendingSince`: when it is told, if later. */
export function createNotification(
  event: OutboundEvent,
  receiver: string,
  sequence: number,
  pendingSince: number = event.at,
): Notification {
  const about = {
    alarmId: isAlarmEvent(event) ? event.alarm.id : null,
    subject: subjectOf(event),
    tier: tierOf(event),
  };
  return {
    receiver,
    sequence,
    eventId: event.id,
    type: event.type,
    ...about,
    at: event.at,
    pendingSince,
    state: 'pending',
    attempts: 0,
    lastAttemptAt: null,
    lastError: null,
    settledAt: null,
  };
}

/** How urgent the notification of an event is: a digest as the worst that it tells. */
export function tierOf(event: OutboundEvent): Tier {
  if (isAlarmEvent(event)) return event.alarm.tier;
  return isDigestEvent(event) ? digestTier(event.digest) : (CALM_EVENTS[event.type] ?? SYSTEM_EVENT_TIER);
}

function subjectOf(event: OutboundEvent): string {
  if (isAlarmEvent(event)) return alarmSubject(event.alarm);
  return isDigestEvent(event) ? digestSubject(event) : event.code;
}

function digestTier({ alarms, firstOut }: Digest): Tier {
  return TIERS.reduce(
    (worst, tier) => (alarms[tier] > 0 && tierRank(tier) > tierRank(worst) ? tier : worst),
    firstOut.tier,
  );
}
