import type { Alarm } from '../model/alarm.ts';
import type { Cover } from '../model/bypass.ts';
import type { ActiveLevel, ConditionChange } from '../model/condition.ts';
import type { Status } from '../model/reading.ts';
import { ulidOf } from '../runtime/identity.ts';
import type { AlarmInput, Step } from './machine/step.ts';
import { next, raise } from './machine.ts';
import { alarmMessage, endedMessage } from './message.ts';

/**
 * What a change is about, and at most one alarm is open for: a rule of a device or a side of a point, and whether it is
 * the real thing. The kind of a rule is no part of it: its alarm goes on when that is changed.
 */
export function subjectOf(change: ConditionChange): string {
  const { device, rule, status } = change;
  return rule ? ruleSubject(device.key, rule.id, status) : keyOf(change);
}

/** What an alarm is about. */
export function subjectOfAlarm({ key, site, device, rule, status }: Alarm): string {
  return rule === null ? key : ruleSubject(`${site}/${device}`, rule, status);
}

function ruleSubject(device: string, rule: string, status: Status): string {
  return `${device}|${rule}|${status}`;
}

/** Receivers know an alarm by its key, which it keeps from its first raise on. */
function keyOf({ device, rule, point, direction, status }: ConditionChange): string {
  return `${device.key}|${rule?.id ?? point?.id ?? ''}|${direction}|${status}`;
}

/**
 * What a change of the rules makes of the open alarm of its subject, if there is one; null = nothing. `coversOf`: the
 * bypasses that apply to an alarm.
 */
export function afterChange(
  open: Alarm | undefined,
  change: ConditionChange,
  coversOf: (alarm: Alarm) => readonly Cover[] = () => [],
): Step | null {
  // Only a person's command can be refused.
  if (open) return next(open, inputOf(open, change), change.at, coversOf(open)) as Step;
  if (!change.level) return null;
  const alarm = newAlarm(keyOf(change), change, change.level);
  return raise(alarm, coversOf(alarm));
}

function inputOf(alarm: Alarm, change: ConditionChange): AlarmInput {
  const { value, quality, occurredAt, receivedAt, journalSeq, level } = change;
  const sample = { value, quality, occurredAt, receivedAt, journalSeq, ruleVersion: change.device.ruleVersion };
  if (!level) return { kind: 'inactive', sample: { ...sample, message: endedMessage(change, alarm) } };
  const message = alarmMessage(change, level);
  return { kind: 'active', level, sample: { ...sample, message }, direction: change.direction, unit: unitOf(change) };
}

function unitOf({ point, rule }: ConditionChange): string {
  return point?.unit ?? rule?.unit ?? '';
}

/** The alarm that a change raises, before its first event (revision 0). */
function newAlarm(key: string, change: ConditionChange, level: ActiveLevel): Alarm {
  const { device, point, value, occurredAt } = change;
  return {
    id: `alm_${ulidOf(occurredAt, key, occurredAt, change.at)}`,
    key,
    site: device.site,
    device: device.id,
    profile: device.profile.id,
    point: point?.id ?? null,
    rule: change.rule?.id ?? null,
    condition: level.condition,
    direction: change.direction,
    level: level.rank,
    latched: level.latch,
    tier: level.tier,
    baseTier: level.tier,
    state: 'unacknowledged',
    shown: 'unacknowledged',
    bypass: null,
    case: 'open',
    supervised: false,
    nuisance: null,
    status: change.status,
    value,
    unit: unitOf(change),
    limit: level.limit,
    measured: level.measured,
    quality: change.quality,
    message: alarmMessage(change, level),
    why: whyOf(change),
    title: point?.title ?? device.title,
    location: device.location,
    grid: device.grid,
    tags: device.tags,
    ruleVersion: device.ruleVersion,
    occurredAt,
    receivedAt: change.receivedAt,
    raisedAt: change.at,
    notifiedAt: null,
    acknowledgedAt: null,
    acknowledgedBy: null,
    annunciatedAt: change.at,
    annunciatedTier: level.tier,
    escalations: 0,
    escalatedMs: null,
    repeatedAt: null,
    returnedAt: null,
    journalSeq: change.journalSeq,
    occurrences: 1,
    revision: 0,
  };
}

function whyOf({ device, point, rule, direction }: ConditionChange): Alarm['why'] {
  if (direction === 'absent') return device.profile.absent?.why ?? null;
  return rule?.why ?? point?.why ?? null;
}
