import type { Alarm, AlarmEvent, OutboundEvent, SystemEvent } from '../../model/alarm.ts';
import { alarmWire, iso } from '../../model/alarm-wire.ts';

/**
 * The body of the notification of `event` to one receiver: a CloudEvents 1.0 JSON envelope, UTF-8. The same event and
 * sequence give the same bytes.
 */
export function cloudEvent(event: OutboundEvent, sequence: number): Buffer {
  const envelope = isAlarmEvent(event) ? alarmEnvelope(event, sequence) : systemEnvelope(event, sequence);
  return Buffer.from(JSON.stringify(envelope));
}

/** True for an event about an alarm, false for one about Davylamp itself. */
export function isAlarmEvent(event: OutboundEvent): event is AlarmEvent {
  return 'alarm' in event;
}

/** `{site}/{device}/{point}`, without the point where the alarm is about the whole device. */
export function alarmSubject(alarm: Alarm): string {
  const device = `${alarm.site}/${alarm.device}`;
  return alarm.point === null ? device : `${device}/${alarm.point}`;
}

function alarmEnvelope(event: AlarmEvent, sequence: number) {
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
    },
  };
}

function systemEnvelope(event: SystemEvent, sequence: number) {
  return {
    specversion: '1.0',
    id: event.id,
    source: '/davylamp',
    type: event.type,
    time: iso(event.at),
    subject: event.code,
    datacontenttype: 'application/json',
    data: { sequence, status: 'actual', code: event.code, message: event.message, details: event.details },
  };
}
