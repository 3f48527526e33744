import type { Device } from './device.ts';
import type { LimitName, Why } from './limit.ts';
import type { Text } from './text.ts';
import type { Tier } from './tier.ts';

/** What the alarms of groups are about, beside silence. */
export const GROUP_KINDS = ['vote', 'degraded', 'count', 'firstOut'] as const;

export type GroupKind = (typeof GROUP_KINDS)[number];

/** The rule behind an alarm of a group, as far as the alarm speaks of it. */
export interface GroupRule {
  /** Unique within the group; alarms go by it. */
  readonly id: string;
  readonly spec: { readonly kind: GroupKind | 'deviation' };
  readonly title: Text | null;
  /** Unit of what the alarm measures against its limit; empty where it counts. */
  readonly unit: string;
  readonly why: Why | null;
}

/** One step of a group's alarm. */
export interface GroupLevel {
  /** `HH`, `count.orange`, `degraded`. */
  readonly condition: string;
  /** A greater rank is worse; from 1. */
  readonly rank: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly tier: Tier;
  readonly latch: boolean;
}

/** One limit of a vote: the channels that are beyond `at` vote for it. */
export interface VoteLevel extends GroupLevel {
  readonly name: LimitName;
  /** Set point of every channel: a vote at >= `at` (H, HH) or <= `at` (L, LL). */
  readonly at: number;
  /** A channel takes its vote back only beyond `at` -/+ `deadband`. */
  readonly deadband: number;
  /** M of MooN. */
  readonly needed: number;
}

/** One point of one device that has a vote. */
export interface Channel {
  /** Key of the device. */
  readonly device: string;
  readonly point: string;
  readonly index: number;
}

/** MooN voting over points of several devices (IEC 61511 words). */
export interface VoteGroup {
  readonly kind: 'vote';
  /** The group as a device: alarms, routes and messages go by it. */
  readonly device: Device;
  readonly channels: readonly Channel[];
  readonly unit: string;
  /** H and HH, L and LL: two alarms that climb. Rank rising. */
  readonly high: readonly VoteLevel[];
  readonly low: readonly VoteLevel[];
  /** A vote still counts for so long after the channel was last beyond its limit. */
  readonly windowMs: number;
  /** A channel without a live sample for so long is bad; null = silence is no fault. */
  readonly staleMs: number | null;
  /** A bad channel counts as a vote, or is left out. */
  readonly onBadChannel: 'safe' | 'available';
  /** First some channel is bad, then fewer are good than the vote needs. */
  readonly degraded: readonly [GroupLevel, GroupLevel];
  /** A channel further than `by` from the median of the good ones. */
  readonly deviation: (GroupLevel & { readonly by: number; readonly deadband: number }) | null;
  readonly why: Why | null;
}

/** A device, or one point of it, that counts as one. */
export interface CountMember {
  readonly device: string;
  /** null = whatever the device raises. */
  readonly point: string | null;
}

/** So many members in alarm are an alarm of their own (step rule as in GB 39496). */
export interface CountLevel extends GroupLevel {
  /** Members that trip it. */
  readonly at: number;
  /** A member counts with a condition of this tier or a more urgent one. */
  readonly counting: Tier;
}

export interface CountGroup {
  readonly kind: 'count';
  readonly device: Device;
  readonly members: readonly CountMember[];
  /** Rank rising. */
  readonly levels: readonly CountLevel[];
  readonly why: Why | null;
}

/** Conditions of one device that may be first. */
export interface FirstOutMember {
  readonly device: string;
  /** Names of conditions; null = whatever the device raises about its process. */
  readonly conditions: ReadonlySet<string> | null;
}

/** The first of several conditions by source time is named until all are over (ISA-18.2 first-out alarm). */
export interface FirstOutGroup {
  readonly kind: 'firstOut';
  readonly device: Device;
  readonly members: readonly FirstOutMember[];
  readonly tier: Tier;
  /** For so long one that comes later may turn out to have been earlier. */
  readonly windowMs: number;
  readonly why: Why | null;
}

/** Devices that fall silent together when what they speak through does: a gateway, or the line of a whole site. */
export interface Trunk {
  /** The gateway or site as a device. */
  readonly device: Device;
  /** Keys of the devices behind it. */
  readonly devices: readonly string[];
  /** Devices behind it whose silence is an alarm. */
  readonly watched: number;
  /**
   * Silence of all of them for so long is its own: time in which half of the watched ones report, and two at least, the
   * quick ones first. null = it has too few devices for that.
   */
  readonly silentAfterMs: number | null;
}

/** The silences of one site: many at once are one alarm. */
export interface SilenceGroup {
  readonly kind: 'silence';
  readonly device: Device;
  readonly site: Trunk;
  readonly gateways: readonly Trunk[];
}

/** What is judged over several devices of one site or more. */
export type Group = VoteGroup | CountGroup | FirstOutGroup | SilenceGroup;
