import type { CaseEntry, CaseState } from './case.ts';
import type { Location } from './device.ts';
import { GROUP_KINDS } from './group.ts';
import type { Why } from './limit.ts';
import type { Quality } from './quality.ts';
import type { Status, Value } from './reading.ts';
import { RULE_KINDS } from './rule.ts';
import type { Text } from './text.ts';
import type { Tier } from './tier.ts';

/** States in which nothing hides an alarm (ISA-18.2 A to F): what the rules and the operator made of it. */
export const SHOWN_STATES = [
  'normal',
  'unacknowledged',
  'acknowledged',
  'returned',
  'latchedUnacknowledged',
  'latchedAcknowledged',
] as const;

export type ShownState = (typeof SHOWN_STATES)[number];

/** States in which a bypass hides it (ISA-18.2 G to I); it is evaluated and logged all the same. */
export const HIDDEN_STATES = ['shelved', 'suppressed', 'outOfService'] as const;

export type HiddenState = (typeof HIDDEN_STATES)[number];

export const ALARM_STATES = [...SHOWN_STATES, ...HIDDEN_STATES] as const;

export type AlarmState = ShownState | HiddenState;

export const ALARM_EVENT_TYPES = [
  'raised',
  'escalated',
  'deescalated',
  'returned',
  'cleared',
  'acknowledged',
  // It was acknowledged, and holds for so long that it wants to be seen again.
  'realarmed',
  // Nobody has acknowledged it yet, and those who were told are told again.
  'repeated',
  // A promise of the tier was not kept: nobody acknowledged, nobody reported, nobody closed.
  'overdue',
  'shelved',
  'unshelved',
  'suppressed',
  'unsuppressed',
  'removedFromService',
  'returnedToService',
  // Steps of the case.
  'verified',
  'disposed',
  'reported',
  'reviewed',
  'supervised',
  'commented',
  'closed',
  'reopened',
] as const;

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
  /** The state it would be in if nothing hid it; the same as `state` where nothing does. */
  readonly shown: ShownState;
  /** The bypass that hides it, or did when it ended; null where nothing does. */
  readonly bypass: string | null;
  /** State of its closed-loop case (接警 to 销号), which ends on its own. */
  readonly case: CaseState;
  /** Somebody above watches over the case (督办). */
  readonly supervised: boolean;
  /** Comes and goes so often, or so briefly, that it says little; null where it does not. */
  readonly nuisance: Nuisance | null;
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
  /**
   * Since when it wants to be acknowledged: escalation and repeats count from here; null while it does not. Where a
   * bypass hides it: since when it did before that; null = nobody was ever asked, or somebody has acknowledged.
   */
  readonly annunciatedAt: number | null;
  /** Most urgent tier since then: a more urgent one begins anew, so that nobody is given its time by a lesser one. */
  readonly annunciatedTier: Tier | null;
  /** Steps of the escalation that are done since then. */
  readonly escalations: number;
  /** `afterMs` of the last of them: plans change with tier, time and configuration, and what is due is what lies beyond. */
  readonly escalatedMs: number | null;
  /** When it was last repeated since then. */
  readonly repeatedAt: number | null;
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
  /** What else the type says: see {@link EventDetails}. */
  readonly details: EventDetails | null;
}

const TYPE_PREFIX = 'davylamp.alarm.';

/** What happened, without the prefix of the wire. */
export function alarmEventType({ type }: Pick<AlarmEvent, 'type'>): AlarmEventType {
  return type.slice(TYPE_PREFIX.length) as AlarmEventType;
}

/** What is not kept. */
export const PROMISES = ['acknowledge', 'report', 'close'] as const;

export type Promised = (typeof PROMISES)[number];

/** What belongs to one kind of event only. */
export type EventDetails =
  /** `overdue`: the promise; `step` and `level` (enterprise, town, county, city) of the escalation that it causes, from 1. */
  | {
      readonly promise: Promised;
      readonly step: number | null;
      readonly level: string | null;
      readonly to: readonly string[];
    }
  /** Beginning and end of a bypass. */
  | { readonly bypass: string; readonly reason: string; readonly until: number | null }
  /** A step of the case. */
  | { readonly case: CaseEntry };

/** `chattering`: came and went three times in a minute (EEMUA 191). `fleeting`: gone before anybody could act. */
export type Nuisance = 'chattering' | 'fleeting';

/** Something about Davylamp itself that a receiver must know. */
export interface SystemEvent {
  readonly id: string;
  readonly type: `davylamp.system.${string}`;
  readonly at: number;
  readonly code: string;
  readonly message: Text;
  readonly details: Readonly<Record<string, string | number | boolean | null>>;
  /** Only these receivers are told; left out = all of them. */
  readonly to?: readonly string[];
}

/** Several events that one receiver is told of at once: what was held for a group, in a flood or by a rate limit. */
export interface DigestEvent {
  readonly id: string;
  readonly type: 'davylamp.digest';
  readonly at: number;
  readonly digest: Digest;
}

/** Why events wait for a digest. */
export type HeldFor = 'group' | 'flood' | 'rate' | 'nuisance';

/** What a digest says; its lists are bounded, its counts are not. */
export interface Digest {
  readonly receiver: string;
  readonly reasons: readonly HeldFor[];
  /** Shared by all of a group, as `{ site: wujin-gas }`. */
  readonly group: Readonly<Record<string, string>>;
  readonly from: number;
  readonly to: number;
  /** All events held, and alarms behind them, by tier. */
  readonly events: number;
  readonly alarms: Readonly<Record<Tier, number>>;
  /** The alarm that began it; in a flood the one that was too many. */
  readonly firstOut: DigestLine;
  /** The most urgent ones, then the newest; `omitted` says how many more there were. */
  readonly lines: readonly DigestLine[];
  readonly omitted: number;
  /** First and last place in the event log: `GET /api/v1/events` has everything. */
  readonly log: { readonly from: number; readonly to: number };
  readonly message: Text;
}

export interface DigestLine {
  readonly alarm: string;
  /** Of the alarm: who has heard of a later one has already heard more than this line says. */
  readonly revision: number;
  readonly type: AlarmEventType;
  readonly tier: Tier;
  readonly state: AlarmState;
  readonly subject: string;
  readonly condition: string;
  readonly at: number;
  readonly message: Text;
}

export type OutboundEvent = AlarmEvent | SystemEvent | DigestEvent;
