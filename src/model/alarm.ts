import type { Location } from './device.ts';
import { GROUP_KINDS } from './group.ts';
import type { Why } from './limit.ts';
import type { Quality } from './quality.ts';
import type { Status, Value } from './reading.ts';
import { RULE_KINDS } from './rule.ts';
import type { Text } from './text.ts';
import type { Tier } from './tier.ts';

/** ISA-18.2 states that the core reaches; shelved, suppressed and outOfService have their place beside them. */
export const ALARM_STATES = [
  'normal',
  'unacknowledged',
  'acknowledged',
  'returned',
  'latchedUnacknowledged',
  'latchedAcknowledged',
] as const;

export type AlarmState = (typeof ALARM_STATES)[number];

export const ALARM_EVENT_TYPES = ['raised', 'escalated', 'deescalated', 'returned', 'cleared', 'acknowledged'] as const;

export type AlarmEventType = (typeof ALARM_EVENT_TYPES)[number];

/** What an alarm is about: high and low side of a ladder, silence, a wrong clock, or the kind of its rule or group. */
export const DIRECTIONS = ['high', 'low', 'absent', 'clock', ...RULE_KINDS, ...GROUP_KINDS] as const;

export type Direction = (typeof DIRECTIONS)[number];

/** One alarm, from its first raise until it is normal again. Times are epoch milliseconds. */
export interface Alarm {
  readonly id: string;
  /** `{device key}|{rule or point}|{direction}|{status}`, as it was raised: at most one alarm is open for it. */
  readonly key: string;
  readonly site: string;
  readonly device: string;
  readonly profile: string;
  /** null where the alarm is about the whole device. */
  readonly point: string | null;
  /** Id of the rule behind it; null for a limit ladder and for silence. */
  readonly rule: string | null;
  /** `outletPressure.HH`, `outletPressure.falling`, `absent`. */
  readonly condition: string;
  readonly direction: Direction;
  /** Step on its ladder: 1 for H and L, 2 for HH and LL. */
  readonly level: number;
  /** The condition in force holds the alarm until a person resets it. */
  readonly latched: boolean;
  readonly tier: Tier;
  readonly baseTier: Tier;
  readonly state: AlarmState;
  /** Closed-loop case (接警 to 销号); the core opens it. */
  readonly case: 'open';
  readonly status: Status;
  readonly value: Value;
  readonly unit: string;
  /** The set point in force; null for absence. */
  readonly limit: number | null;
  /** What a rule measured against the limit; null where it is the value itself. */
  readonly measured: number | null;
  readonly quality: Quality;
  readonly message: Text;
  readonly why: Why | null;
  readonly title: Text;
  readonly location: Location | null;
  readonly grid: string | null;
  readonly tags: readonly string[];
  readonly ruleVersion: string;
  /** Source time of the sample that started it. */
  readonly occurredAt: number;
  readonly receivedAt: number;
  readonly raisedAt: number;
  /** First delivery to any receiver. */
  readonly notifiedAt: number | null;
  readonly acknowledgedAt: number | null;
  readonly acknowledgedBy: string | null;
  readonly returnedAt: number | null;
  /** Journal sequence of the message behind the last change: the way back to the raw message. */
  readonly journalSeq: number;
  /** How often the condition came back before the alarm ended. */
  readonly occurrences: number;
  /** Counts the events of this alarm, from 1. */
  readonly revision: number;
}

/** One line of the event log: what happened to which alarm, and the alarm as it was then. */
export interface AlarmEvent {
  /** `evt_` and a ULID; the same on every retry and for every receiver. */
  readonly id: string;
  readonly type: `davylamp.alarm.${AlarmEventType}`;
  /** Epoch milliseconds, engine time. */
  readonly at: number;
  readonly alarm: Alarm;
  readonly by: string | null;
  readonly comment: string | null;
}

/** Something about Davylamp itself that a receiver must know. */
export interface SystemEvent {
  readonly id: string;
  readonly type: `davylamp.system.${string}`;
  readonly at: number;
  readonly code: string;
  readonly message: Text;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
}

export type OutboundEvent = AlarmEvent | SystemEvent;
