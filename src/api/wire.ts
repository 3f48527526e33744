import { Type } from '@sinclair/typebox';
import type { LoggedEvent } from '../alerts/alarm-log.ts';
import {
  ALARM_EVENT_TYPES,
  ALARM_STATES,
  type AlarmEvent,
  DIRECTIONS,
  PROMISES,
  SHOWN_STATES,
} from '../model/alarm.ts';
import { alarmWire, detailsWire, iso } from '../model/alarm-wire.ts';
import { CASE_STATES } from '../model/case.ts';
import { QUALITIES } from '../model/quality.ts';
import { TIERS } from '../model/tier.ts';
import { caseEntrySchema } from './case.ts';
import { listOf, named, nullable, words } from './typebox.ts';

export const NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$';

/** A site, device, point or receiver name. */
export const name = Type.String({ pattern: NAME_PATTERN, examples: ['cab-001'] });

export const time = Type.String({ description: 'ISO 8601, UTC.', examples: ['2026-11-21T14:03:11.204Z'] });

export const value = Type.Union([Type.Number(), Type.Boolean(), Type.String(), Type.Null()], {
  description: 'null = no value, never 0',
});

export const quality = words(QUALITIES);

export const text = Type.Object({ en: Type.String(), zh: Type.String() });

export const location = Type.Object({ lon: Type.Number(), lat: Type.Number(), datum: Type.String() });

export const why = Type.Object({
  cause: Type.Optional(Type.String()),
  consequence: Type.Optional(Type.String()),
  action: Type.Optional(Type.String()),
  responseTimeMs: Type.Optional(Type.Number()),
});

export const limit = (maximum: number, standard: number) =>
  Type.Optional(Type.Integer({ minimum: 1, maximum, default: standard, description: 'Most items of the answer.' }));

export const alarmSchema = Type.Object(
  {
    id: Type.String({ examples: ['alm_01J00000000000000000000000'] }),
    key: Type.String({ description: 'At most one alarm is open for it.' }),
    site: Type.String(),
    device: Type.String(),
    profile: Type.String(),
    point: nullable(Type.String()),
    rule: Type.Union([Type.String(), Type.Null()], { description: 'null for limits and silence.' }),
    condition: Type.String({ examples: ['outletPressure.HH'] }),
    direction: words(DIRECTIONS),
    level: Type.Integer(),
    latched: Type.Boolean(),
    tier: words(TIERS),
    baseTier: words(TIERS),
    state: words(ALARM_STATES),
    shown: words(SHOWN_STATES, { description: 'The state if nothing hid it.' }),
    bypass: Type.Union([Type.String(), Type.Null()], { description: 'What hides it, or did when it ended.' }),
    case: words(CASE_STATES),
    supervised: Type.Boolean({ description: 'Its case is watched over from above (督办).' }),
    nuisance: nullable(words(['chattering', 'fleeting'])),
    status: words(['actual', 'exercise', 'test']),
    value,
    unit: Type.String(),
    limit: nullable(Type.Number()),
    measured: Type.Union([Type.Number(), Type.Null()], {
      description: 'What a rule measured against the limit (a slope, a distance); null where it is the value itself.',
    }),
    quality,
    message: text,
    why: nullable(why),
    title: text,
    location: nullable(location),
    grid: nullable(Type.String()),
    tags: Type.Array(Type.String()),
    ruleVersion: Type.String(),
    occurredAt: time,
    receivedAt: time,
    raisedAt: time,
    notifiedAt: nullable(time),
    acknowledgedAt: nullable(time),
    acknowledgedBy: nullable(Type.String()),
    annunciatedAt: Type.Union([time, Type.Null()], { description: 'Since when it wants to be acknowledged.' }),
    annunciatedTier: Type.Union([words(TIERS), Type.Null()], { description: 'Most urgent tier since then.' }),
    escalations: Type.Integer({ description: 'Steps of the escalation that are done since then.' }),
    escalatedMs: Type.Union([Type.Number(), Type.Null()], { description: '`after` of the last of them.' }),
    repeatedAt: nullable(time),
    returnedAt: nullable(time),
    journalSeq: Type.Integer({ description: 'The message behind the last change.' }),
    occurrences: Type.Integer(),
    revision: Type.Integer(),
  },
  { $id: 'Alarm', description: 'One alarm, as webhooks carry it.' },
);

const eventDetails = Type.Union(
  [
    Type.Object(
      {
        promise: words(PROMISES),
        step: Type.Union([Type.Integer(), Type.Null()], { description: 'Of the escalation, from 1.' }),
        level: nullable(Type.String()),
        to: Type.Array(Type.String()),
      },
      { description: 'overdue: what was not kept, and whom the escalation tells.' },
    ),
    Type.Object(
      { bypass: Type.String(), reason: Type.String(), until: nullable(time) },
      { description: 'Begin or end of being hidden.' },
    ),
    Type.Object({ case: caseEntrySchema }, { description: 'A step of the case.' }),
  ],
  { description: 'What belongs to one type of event only.' },
);

const hash = Type.Union([Type.String(), Type.Null()], {
  description: 'Chains the event to all before it; null = written by a version that did not.',
});

export const alarmEventSchema = Type.Object(
  {
    sequence: Type.Integer({ description: 'Place in the event log; not the sequence of a receiver.' }),
    id: Type.String({ description: 'As in the webhook.' }),
    type: words(ALARM_EVENT_TYPES.map((each) => `davylamp.alarm.${each}` as const)),
    time,
    alarm: named(alarmSchema),
    by: nullable(Type.String()),
    comment: nullable(Type.String()),
    details: nullable(eventDetails),
    hash,
  },
  { $id: 'AlarmEvent', description: 'What happened to an alarm, and the alarm as it was then.' },
);

export const systemEventSchema = Type.Object(
  {
    sequence: Type.Integer(),
    id: Type.String(),
    type: Type.String({ pattern: '^davylamp\\.system\\.' }),
    time,
    code: Type.String(),
    message: text,
    details: Type.Record(Type.String(), value),
    hash,
  },
  { $id: 'SystemEvent', description: 'Something about Davylamp itself.' },
);

export const eventSchema = Type.Union([named(alarmEventSchema), named(systemEventSchema)]);

export const alarmList = listOf(named(alarmSchema), Type.String());
export const eventList = listOf(eventSchema, Type.Integer());

/** A record of the event log as the API tells it. */
export function eventWire(event: LoggedEvent) {
  if ('alarm' in event) return alarmEventWire(event);
  const { sequence, id, at, type, code, message, details, hash: link } = event;
  return { sequence, id, type, time: iso(at), code, message, details, hash: link };
}

/** An event of an alarm as the API tells it. */
export function alarmEventWire(event: Extract<LoggedEvent, AlarmEvent>) {
  const { sequence, id, type, at, alarm, by, comment, details, hash: link } = event;
  return {
    sequence,
    id,
    type,
    time: iso(at),
    alarm: alarmWire(alarm),
    by,
    comment,
    details: detailsWire(details),
    hash: link,
  };
}
