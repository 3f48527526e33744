import { type Alarm, type AlarmEvent, type OutboundEvent, SHOWN_STATES, type SystemEvent } from '../model/alarm.ts';

/** What an alarm on disk has that was written before there were bypasses, cases and follow-ups. */
type LaterPart =
  | 'shown'
  | 'bypass'
  | 'supervised'
  | 'nuisance'
  | 'annunciatedAt'
  | 'annunciatedTier'
  | 'escalations'
  | 'escalatedMs'
  | 'repeatedAt';

type Stored = Omit<Alarm, LaterPart> & Partial<Pick<Alarm, LaterPart>>;

/** The alarm with what its version did not know: nothing hid it, and it has called since it was raised. */
export function completeAlarm(stored: Stored): Alarm {
  const shown = stored.shown ?? SHOWN_STATES.find((state) => state === stored.state) ?? 'unacknowledged';
  const calls = shown === 'unacknowledged' || shown === 'returned' || shown === 'latchedUnacknowledged';
  return {
    bypass: null,
    supervised: false,
    nuisance: null,
    annunciatedAt: calls ? stored.raisedAt : null,
    annunciatedTier: calls ? stored.tier : null,
    escalations: 0,
    escalatedMs: null,
    repeatedAt: null,
    ...stored,
    shown,
  };
}

/** The event with what its version did not know. */
export function completeEvent(stored: AlarmEvent | SystemEvent): AlarmEvent | SystemEvent;
export function completeEvent(stored: OutboundEvent): OutboundEvent;
export function completeEvent(stored: OutboundEvent): OutboundEvent {
  if (!('alarm' in stored)) return stored;
  return { ...stored, details: stored.details ?? null, alarm: completeAlarm(stored.alarm) };
}
