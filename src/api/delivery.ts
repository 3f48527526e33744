import { Type } from '@sinclair/typebox';
import { DELIVERY_STATES, type Notification, RECEIPT_RESULTS } from '../alerts/delivery/notification.ts';
import { iso, isoOrNull } from '../model/alarm-wire.ts';
import { TIERS } from '../model/tier.ts';
import { nullable, words } from './typebox.ts';
import { time } from './wire.ts';

/** One notification to one receiver. */
export const deliverySchema = Type.Object({
  receiver: Type.String(),
  sequence: Type.Integer({ description: 'Gap-free per receiver, from 1.' }),
  eventId: Type.String({ description: '`webhook-id` of every attempt.' }),
  type: Type.String(),
  alarmId: nullable(Type.String()),
  subject: Type.String(),
  tier: words(TIERS),
  at: time,
  pendingSince: time,
  state: words(DELIVERY_STATES),
  attempts: Type.Integer(),
  lastAttemptAt: nullable(time),
  lastError: nullable(Type.String()),
  settledAt: nullable(time),
  receipts: Type.Array(
    Type.Object({
      at: Type.String({ description: 'When the attempt began, ISO 8601.' }),
      durationMs: Type.Number(),
      result: words(RECEIPT_RESULTS, { description: '`delivered`, or why not.' }),
      status: Type.Union([Type.Integer(), Type.Null()], { description: 'Of HTTP; null = no answer.' }),
    }),
    { description: 'Of the last five attempts, oldest first.' },
  ),
});

/** A notification as the API tells it. */
export function deliveryWire(notification: Notification) {
  const { receiver, sequence, eventId, type, alarmId, subject, tier, state, attempts, lastError } = notification;
  return {
    receiver,
    sequence,
    eventId,
    type,
    alarmId,
    subject,
    tier,
    at: iso(notification.at),
    pendingSince: iso(notification.pendingSince),
    state,
    attempts,
    lastAttemptAt: isoOrNull(notification.lastAttemptAt),
    lastError,
    settledAt: isoOrNull(notification.settledAt),
    receipts: (notification.receipts ?? []).map((receipt) => ({ ...receipt, at: iso(receipt.at) })),
  };
}
