import type { Alarm, AlarmEvent, DigestEvent, EventDetails, OutboundEvent, SystemEvent } from '../../model/alarm.ts';
import { AppError } from '../../model/error.ts';
import { completeEvent } from '../earlier-version.ts';
import {
  type AlarmEnvelope,
  type DigestEnvelope,
  type Envelope,
  isDigestType,
  type SystemEnvelope,
} from './cloud-event.ts';

/** An event as a channel needs it: what the outbox keeps of it, read back. */
export interface StoredEvent {
  readonly sequence: number;
  readonly event: OutboundEvent;
}

/**
 * The event behind the body of a notification: the inverse of `cloudEvent`, for bodies of earlier versions too.
 *
 * @throws AppError `STORED_EVENT_UNREADABLE`
 */
export function readCloudEvent(body: Buffer): StoredEvent {
  try {
    const envelope: Envelope = JSON.parse(body.toString('utf8'));
    return { sequence: envelope.data.sequence, event: completeEvent(eventOf(envelope)) };
  } catch (error) {
    throw new AppError('STORED_EVENT_UNREADABLE', 'the stored event cannot be read', { cause: error });
  }
}

function eventOf(envelope: Envelope): OutboundEvent {
  if (isAlarmEnvelope(envelope)) return alarmEvent(envelope);
  return isDigestEnvelope(envelope) ? digestEvent(envelope) : systemEvent(envelope);
}

function isAlarmEnvelope(envelope: Envelope): envelope is AlarmEnvelope {
  return 'alarm' in envelope.data;
}

function isDigestEnvelope(envelope: Envelope): envelope is DigestEnvelope {
  return isDigestType(envelope.type);
}

function alarmEvent({ id, type, time, data }: AlarmEnvelope): AlarmEvent {
  const { alarm, by, comment } = data;
  const read: Alarm = {
    ...alarm,
    occurredAt: epochOf(alarm.occurredAt),
    receivedAt: epochOf(alarm.receivedAt),
    raisedAt: epochOf(alarm.raisedAt),
    notifiedAt: epochOrNull(alarm.notifiedAt),
    acknowledgedAt: epochOrNull(alarm.acknowledgedAt),
    annunciatedAt: epochOrNull(alarm.annunciatedAt),
    repeatedAt: epochOrNull(alarm.repeatedAt),
    returnedAt: epochOrNull(alarm.returnedAt),
  };
  return { id, type, at: epochOf(time), alarm: read, by, comment, details: detailsOf(data.details ?? null) };
}

function detailsOf(details: AlarmEnvelope['data']['details']): EventDetails | null {
  if (details === null) return null;
  if ('bypass' in details) return { ...details, until: epochOrNull(details.until) };
  if ('case' in details) return { case: { ...details.case, at: epochOf(details.case.at) } };
  return details;
}

function digestEvent({ id, type, time, data }: DigestEnvelope): DigestEvent {
  const { digest } = data;
  const line = (each: (typeof digest.lines)[number]) => ({ ...each, at: epochOf(each.at) });
  return {
    id,
    type,
    at: epochOf(time),
    digest: {
      ...digest,
      from: epochOf(digest.from),
      to: epochOf(digest.to),
      firstOut: line(digest.firstOut),
      lines: digest.lines.map(line),
    },
  };
}

function systemEvent({ id, type, time, data }: SystemEnvelope): SystemEvent {
  const { code, message, details } = data;
  return { id, type, at: epochOf(time), code, message, details };
}

function epochOf(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new AppError('STORED_EVENT_UNREADABLE', 'a time cannot be read');
  return at;
}

function epochOrNull(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : epochOf(text);
}
