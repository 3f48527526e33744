import { Type } from '@sinclair/typebox';
import type { AlarmOrigin, AlarmTrace, TracedEvent } from '../explain/alarm-trace.ts';
import { alarmWire, iso } from '../model/alarm-wire.ts';
import { bypassSchema, bypassWire } from './bypass.ts';
import { caseSchema, caseWire } from './case.ts';
import { deliverySchema, deliveryWire } from './delivery.ts';
import { named, nullable } from './typebox.ts';
import { alarmEventSchema, alarmEventWire, alarmSchema, quality, time, value } from './wire.ts';

const origin = Type.Object(
  {
    journalSeq: Type.Integer({ description: 'Of the message in the journal.' }),
    message: Type.Union(
      [
        Type.Object({
          topic: Type.String(),
          client: Type.String({ description: 'Who sent it.' }),
          receivedAt: time,
          bytes: Type.Integer(),
          payload: Type.String({ description: 'As UTF-8, its first 16 KB.' }),
        }),
        Type.Null(),
      ],
      { description: 'null = it was not kept, or there was none, as for silence.' },
    ),
    occurredAt: time,
    receivedAt: time,
    condition: Type.String(),
    value,
    quality,
    limit: nullable(Type.Number()),
    measured: nullable(Type.Number()),
    ruleVersion: Type.String({ description: 'Version of the rules that judged it.' }),
  },
  { description: 'The reading that raised the alarm, and the message that it came in.' },
);

export const traceSchema = Type.Object({
  alarm: named(alarmSchema),
  origin: Type.Union([origin, Type.Null()], { description: 'null = the event is no longer kept.' }),
  items: Type.Array(
    Type.Object({
      event: named(alarmEventSchema),
      deliveries: Type.Array(deliverySchema, { description: 'To each receiver that was told of the event itself.' }),
      digests: Type.Array(deliverySchema, { description: 'The digests that told of it, where it was held.' }),
    }),
    { description: 'What happened, oldest first.' },
  ),
  acknowledgements: Type.Array(
    Type.Object({ sequence: Type.Integer(), at: time, by: nullable(Type.String()), comment: nullable(Type.String()) }),
    { description: 'Who has seen it; it may have had to be acknowledged again.' },
  ),
  escalations: Type.Array(
    Type.Object({
      sequence: Type.Integer(),
      at: time,
      promise: Type.String(),
      step: nullable(Type.Integer()),
      level: nullable(Type.String()),
      to: Type.Array(Type.String()),
    }),
    { description: 'Promises that were not kept, and whom that has told.' },
  ),
  bypasses: Type.Array(named(bypassSchema), { description: 'What has hidden it.' }),
  case: named(caseSchema),
  complete: Type.Boolean({ description: 'false = older events are no longer kept, or lie too far back.' }),
});

/** The trace of an alarm as the API tells it. */
export function traceWire({ alarm, origin: began, events, bypasses, case: found, complete }: AlarmTrace) {
  return {
    alarm: alarmWire(alarm),
    origin: began && originWire(began),
    items: events.map(({ event, deliveries, digests }) => ({
      event: alarmEventWire(event),
      deliveries: deliveries.map(deliveryWire),
      digests: digests.map(deliveryWire),
    })),
    acknowledgements: events.flatMap(acknowledgement),
    escalations: events.flatMap(escalation),
    bypasses: bypasses.map(bypassWire),
    case: caseWire(found),
    complete,
  };
}

function originWire({ event: { alarm }, message }: AlarmOrigin) {
  const { journalSeq, occurredAt, receivedAt, condition, value: seen, quality: grade, limit, measured } = alarm;
  return {
    journalSeq,
    message: message && {
      topic: message.topic,
      client: message.client,
      receivedAt: iso(message.receivedAt),
      bytes: message.bytes,
      payload: message.payload,
    },
    occurredAt: iso(occurredAt),
    receivedAt: iso(receivedAt),
    condition,
    value: seen,
    quality: grade,
    limit,
    measured,
    ruleVersion: alarm.ruleVersion,
  };
}

function acknowledgement({ event: { type, sequence, at, by, comment } }: TracedEvent) {
  return type === 'davylamp.alarm.acknowledged' ? [{ sequence, at: iso(at), by, comment }] : [];
}

function escalation({ event: { sequence, at, details } }: TracedEvent) {
  return details !== null && 'promise' in details ? [{ ...details, sequence, at: iso(at) }] : [];
}
