import type { Alarm, AlarmEvent, DigestEvent, DigestLine, OutboundEvent, SystemEvent } from '../../model/alarm.ts';
import { alarmWire, detailsWire, iso } from '../../model/alarm-wire.ts';

/** An event to be told; one of the event log with its place there. */
export type Told<E extends OutboundEvent = OutboundEvent> = E & {
  readonly sequence?: number;
  readonly hash?: string | null;
};

/** A notification as JSON, before it is bytes. */
export type Envelope = AlarmEnvelope | DigestEnvelope | SystemEnvelope;
export type AlarmEnvelope = ReturnType<typeof alarmEnvelope>;
export type DigestEnvelope = ReturnType<typeof digestEnvelope>;
export type SystemEnvelope = ReturnType<typeof systemEnvelope>;

/**
 * The body of the notification of `event` to one receiver: a CloudEvents 1.0 JSON envelope, UTF-8. The same event and
 * sequence give the same bytes.
 */
export function cloudEvent(event: Told, sequence: number): Buffer {
  return Buffer.from(JSON.stringify(envelopeOf(event, sequence)));
}

function envelopeOf(event: Told, sequence: number): Envelope {
  if (isAlarmEvent(event)) return alarmEnvelope(event, sequence);
  return isDigestEvent(event) ? digestEnvelope(event, sequence) : systemEnvelope(event, sequence);
}

/** True for an event about an alarm, false for one about Davylamp itself and for a digest. */
export function isAlarmEvent(event: OutboundEvent): event is AlarmEvent {
  return 'alarm' in event;
}

/** True for several events told at once. */
export function isDigestEvent(event: OutboundEvent): event is DigestEvent {
  return 'digest' in event;
}

/** True for the type of a digest. */
export function isDigestType(type: OutboundEvent['type']): type is DigestEvent['type'] {
  return type === 'davylamp.digest';
}

/** `{site}/{device}/{point}`, without the point where the alarm is about the whole device. */
export function alarmSubject(alarm: Alarm): string {
  const device = `${alarm.site}/${alarm.device}`;
  return alarm.point === null ? device : `${device}/${alarm.point}`;
}

/** What all events of a digest share, as `site=wujin-gas`; the receiver where they share nothing. */
export function digestSubject({ digest }: DigestEvent): string {
  const shared = Object.entries(digest.group).map(([label, value]) => `${label}=${value}`);
  return shared.length > 0 ? shared.join(',') : digest.receiver;
}

function alarmEnvelope(event: Told<AlarmEvent>, sequence: number) {
  const { alarm } = event;
  return {
    specversion: '1.0',
    id: event.id,
    source: `/davylamp/${alarm.site}/${alarm.device}`,
    type: event.type,
    time: iso(event.at),
    subject: alarmSubject(alarm),
    datacontenttype: 'application/json',
    data: {
      sequence,
      status: alarm.status,
      alarm: alarmWire(alarm),
      by: event.by,
      comment: event.comment,
      details: detailsWire(event.details),
      log: logPlace(event),
    },
  };
}

function digestEnvelope(event: DigestEvent, sequence: number) {
  const { digest } = event;
  return {
    specversion: '1.0',
    id: event.id,
    source: '/davylamp',
    type: event.type,
    time: iso(event.at),
    subject: digestSubject(event),
    datacontenttype: 'application/json',
    data: {
      sequence,
      status: 'actual',
      digest: {
        ...digest,
        from: iso(digest.from),
        to: iso(digest.to),
        firstOut: lineWire(digest.firstOut),
        lines: digest.lines.map(lineWire),
      },
    },
  };
}

function lineWire(line: DigestLine) {
  return { ...line, at: iso(line.at) };
}

/** Place in the event log and its hash there: whoever has got it is a witness of the log up to here. */
function logPlace({ sequence, hash }: Told) {
  return sequence === undefined || typeof hash !== 'string' ? null : { sequence, hash };
}

function systemEnvelope(event: Told<SystemEvent>, sequence: number) {
  return {
    specversion: '1.0',
    id: event.id,
    source: '/davylamp',
    type: event.type,
    time: iso(event.at),
    subject: event.code,
    datacontenttype: 'application/json',
    data: {
      sequence,
      status: 'actual',
      code: event.code,
      message: event.message,
      details: event.details,
      log: logPlace(event),
    },
  };
}
