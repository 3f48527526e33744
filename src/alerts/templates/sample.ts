import {
  ALARM_EVENT_TYPES,
  type Alarm,
  type AlarmEvent,
  type AlarmEventType,
  type DigestEvent,
  type EventDetails,
  type OutboundEvent,
  type SystemEvent,
} from '../../model/alarm.ts';

/** Events that a sample can be made of. */
export const SAMPLE_KINDS = [...ALARM_EVENT_TYPES, 'digest', 'system'] as const;

export type SampleKind = (typeof SAMPLE_KINDS)[number];

/** An event of a kind, about `alarm`, as receivers get it: to try templates, and to show what would be sent. */
export function sampleEvent(kind: SampleKind, alarm: Alarm, receiver: string, at: number): OutboundEvent {
  if (kind === 'digest') return digest(alarm, receiver, at);
  return kind === 'system' ? system(receiver, at) : alarmEvent(kind, alarm, at);
}

function alarmEvent(kind: AlarmEventType, alarm: Alarm, at: number): AlarmEvent {
  const byPerson = PERSONS.has(kind);
  return {
    id: 'evt_01SAMPLE000000000000000000',
    type: `davylamp.alarm.${kind}`,
    at,
    alarm: { ...alarm, ...STATES[kind] },
    by: byPerson ? 'Li Wei' : null,
    comment: byPerson ? 'sample' : null,
    details: detailsOf(kind, at),
  };
}

const PERSONS: ReadonlySet<AlarmEventType> = new Set([
  'acknowledged',
  'shelved',
  'removedFromService',
  'verified',
  'disposed',
  'reported',
  'reviewed',
  'supervised',
  'commented',
  'closed',
  'reopened',
]);

const BYPASS = 'byp_01SAMPLE000000000000000000';

/** What the alarm is like after an event of this kind; without a line as before. */
const STATES: Readonly<Partial<Record<AlarmEventType, Partial<Alarm>>>> = {
  cleared: { state: 'normal', shown: 'normal' },
  closed: { state: 'normal', shown: 'normal', case: 'closed' },
  returned: { state: 'returned', shown: 'returned' },
  acknowledged: { state: 'acknowledged', shown: 'acknowledged', acknowledgedBy: 'Li Wei' },
  shelved: { state: 'shelved', bypass: BYPASS },
  suppressed: { state: 'suppressed', bypass: BYPASS },
  removedFromService: { state: 'outOfService', bypass: BYPASS },
};

function detailsOf(kind: AlarmEventType, at: number): EventDetails | null {
  if (kind === 'overdue') return { promise: 'acknowledge', step: 1, level: null, to: [] };
  if (kind === 'commented') {
    return { case: { at, by: 'Li Wei', action: { kind: 'comment' }, comment: 'sample', evidence: [] } };
  }
  const isBypass = kind === 'shelved' || kind === 'suppressed' || kind === 'removedFromService';
  return isBypass ? { bypass: BYPASS, reason: 'sample', until: at + 3_600_000 } : null;
}

function digest(alarm: Alarm, receiver: string, at: number): DigestEvent {
  const { id, tier, state, condition, message, site, device } = alarm;
  const subject = `${site}/${device}`;
  const line = {
    alarm: id,
    revision: 1,
    type: 'raised',
    tier,
    state,
    subject,
    condition,
    at: at - 60_000,
    message,
  } as const;
  return {
    id: 'evt_01SAMPLE000000000000000000',
    type: 'davylamp.digest',
    at,
    digest: {
      receiver,
      reasons: ['flood'],
      group: { site },
      from: at - 60_000,
      to: at,
      events: 3,
      alarms: { blue: 0, yellow: 0, orange: 0, red: 0, [tier]: 3 },
      firstOut: line,
      lines: [line, line],
      omitted: 1,
      log: { from: 1, to: 3 },
      message: { en: `${alarm.site}: 3 events, sample`, zh: `${alarm.site}：3 条事件，示例` },
    },
  };
}

function system(receiver: string, at: number): SystemEvent {
  return {
    id: 'evt_01SAMPLE000000000000000000',
    type: 'davylamp.system.sample',
    at,
    code: 'SAMPLE',
    message: { en: `sample for receiver ${receiver}`, zh: `接收方 ${receiver} 的示例` },
    details: { receiver },
  };
}

/** An alarm of nothing that is real, to try templates with; its texts hold what templates must stand. */
export function sampleAlarm(at: number): Alarm {
  return {
    id: 'alm_01SAMPLE000000000000000000',
    key: 'sample-site/sample-device|pressure|high|actual',
    site: 'sample-site',
    device: 'sample-device',
    profile: 'sample-profile',
    point: 'pressure',
    rule: null,
    condition: 'pressure.HH',
    direction: 'high',
    level: 2,
    latched: false,
    tier: 'red',
    baseTier: 'red',
    state: 'unacknowledged',
    shown: 'unacknowledged',
    bypass: null,
    case: 'open',
    supervised: false,
    nuisance: null,
    status: 'actual',
    value: 4.3,
    unit: 'kPa',
    limit: 4,
    measured: null,
    quality: 'good',
    message: {
      en: 'Sample "site" / Device <1> & co: Pressure high-high, 4.3 kPa (limit 4 kPa)',
      zh: '示例“站点” / 设备<1>：压力高高报，4.3 kPa（限值 4 kPa）',
    },
    why: { cause: 'sample', consequence: 'sample', action: 'sample', responseTimeMs: 600_000 },
    title: { en: 'Pressure', zh: '压力' },
    location: { lon: 119.94, lat: 31.7, datum: 'WGS-84' },
    grid: '320412',
    tags: ['sample'],
    ruleVersion: 'sample',
    occurredAt: at - 5_000,
    receivedAt: at - 4_000,
    raisedAt: at,
    notifiedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    annunciatedAt: at,
    annunciatedTier: 'red',
    escalations: 0,
    escalatedMs: null,
    repeatedAt: null,
    returnedAt: null,
    journalSeq: 1,
    occurrences: 1,
    revision: 1,
  };
}
