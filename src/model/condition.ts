import type { Direction } from './alarm.ts';
import type { Device, Point } from './device.ts';
import type { GroupRule } from './group.ts';
import type { Quality } from './quality.ts';
import type { Status, Value } from './reading.ts';
import type { Rule } from './rule.ts';
import type { Suppression } from './suppression.ts';
import type { Text } from './text.ts';
import type { Tier } from './tier.ts';

/** The limit, slope or silence that holds now. */
export interface ActiveLevel {
  /** `outletPressure.HH`. */
  readonly condition: string;
  /** Step on the ladder: a greater rank is worse. */
  readonly rank: number;
  readonly tier: Tier;
  readonly limit: number | null;
  readonly latch: boolean;
  /** What a rule measured against the limit (a slope, a distance, a time); null where it is the value itself. */
  readonly measured: number | null;
}

/** What is behind the alarm of a group, for whoever reads of it. Members are named as `det-1`, or `det-1.gas` where one has several. */
export type Behind =
  | {
      readonly kind: 'vote';
      /** Set point that the channels vote on, and its unit. */
      readonly at: number;
      readonly unit: string;
      /** A vote counts for so long after the channel was last beyond. */
      readonly windowMs: number;
      /** N of MooN. */
      readonly channels: number;
      /** Good channels that vote. */
      readonly voting: readonly string[];
      /** Bad channels, and whether each of them counts as a vote. */
      readonly lost: number;
      readonly lostCount: boolean;
    }
  /** Members that count. */
  | { readonly kind: 'count'; readonly members: readonly string[] }
  /** The condition that came first. `rule`: what its rule is called, where it has a name. */
  | {
      readonly kind: 'firstOut';
      readonly device: Text;
      readonly point: Text | null;
      readonly rule: Text | null;
      readonly condition: string;
    };

/** What the rules say: on one side of one point the worst condition in force has changed. */
export interface ConditionChange {
  readonly device: Device;
  /** null where the condition is about the whole device. */
  readonly point: Point | null;
  /** The rule behind it; null for a limit ladder and for silence. */
  readonly rule: Rule | GroupRule | null;
  readonly direction: Direction;
  /** Left out where the alarm is of one device, or over. */
  readonly behind?: Behind;
  readonly status: Status;
  /** null = no condition holds any more. */
  readonly level: ActiveLevel | null;
  /** The value last judged, and its quality. */
  readonly value: Value;
  readonly quality: Quality;
  /** Source time of the sample that started the condition (or ended it). */
  readonly occurredAt: number;
  readonly receivedAt: number;
  /** Source time from which it counts: that of the sample, or the end of its delay. */
  readonly effectiveAt: number;
  /** Engine time of the change: receive time of the sample, or the instant a delay ran out. */
  readonly at: number;
  readonly journalSeq: number;
}

/** A suppression of a device begins, or is over. Times are engine time, epoch milliseconds. */
export interface SuppressionChange {
  readonly device: Device;
  readonly suppression: Suppression;
  /** When it began; null = it is over. */
  readonly since: number | null;
  readonly at: number;
}
