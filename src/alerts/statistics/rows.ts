import type { HiddenState, Promised } from '../../model/alarm.ts';
import type { Tier } from '../../model/tier.ts';
import type { Sketch } from './sketch.ts';

/** What figures can be told apart by. `grid` is empty where the device has none. */
export interface Place {
  readonly site: string;
  readonly grid: string;
  readonly profile: string;
  readonly tier: Tier;
}

/** Answers of people, against what the tier promised then. */
export interface Answers {
  kept: number;
  missed: number;
  times: Sketch;
}

/** What happened in one hour at one place. */
export interface Bucket {
  /** Calls of an operator by minute of the hour, 0 to 59; minutes without are left out. */
  calls: Record<string, number>;
  /** Alarms raised in that hour, by the worst tier that each reached. */
  raised: number;
  /** How many of all raises were hidden by a bypass. */
  hiddenRaised: number;
  /** How often an alarm was hidden. */
  hidden: Record<HiddenState, number>;
  /** Promises that were not kept. */
  overdue: Record<Promised, number>;
  acknowledged: Answers;
  closed: Answers;
}

/** One alarm of the plant in one hour. */
export interface Actor extends Place {
  readonly device: string;
  readonly point: string | null;
  tier: Tier;
  conditions: string[];
  count: number;
  fleeting: number;
  /** Raises that were part of three within a minute. */
  chattering: number;
  /** How long it was in force after its raises in that hour, as far as it is over, milliseconds. */
  activeMs: number;
}

/** An alarm that is not over, or whose case is not closed. Times are epoch milliseconds. */
export interface Watch {
  readonly key: string;
  readonly place: Place;
  readonly device: string;
  /** In force since; null = it is not. */
  since: number | null;
  /** Hour and tier under which its last raise is counted. */
  hour: number;
  tier: Tier;
  /** It did not come soon after the one before. */
  alone: boolean;
  hidden: boolean;
  annunciatedAt: number | null;
  annunciatedTier: Tier | null;
  /** First time that somebody was asked; from then its case counts. */
  openedAt: number | null;
  /** Most urgent tier since then. */
  caseTier: Tier;
  /** Its case was closed once. */
  closed: boolean;
}

/** The last raises of one alarm of the plant, as far as they may still be chattering or fleeting. */
export interface Trail {
  raises: { at: number; hour: number; chatters: boolean }[];
  /** null = it is in force. */
  ended: { at: number; hour: number; fleeting: boolean } | null;
}

/** A time in which an alarm was stale and that is over. Epoch milliseconds. */
export interface StaleSpan extends Place {
  readonly from: number;
  readonly to: number;
}

/** The rows that are folded into. What `change` gives may be changed in place until the next commit. */
export interface Rows {
  change<K extends RowKind>(kind: K, key: RowKey, make: () => RowOf[K]): RowOf[K];
  find<K extends RowKind>(kind: K, key: RowKey): RowOf[K] | undefined;
  drop(kind: RowKind, key: RowKey): void;
}

/**
 * Hour (since the epoch) and place for a bucket; hour and key of the alarm for an actor; id of the alarm for a watch;
 * its key for a trail; beginning and id for a stale span.
 */
export type RowKey = readonly (string | number)[];

export interface RowOf {
  readonly bucket: Bucket;
  readonly actor: Actor;
  readonly watch: Watch;
  readonly trail: Trail;
  readonly stale: StaleSpan;
}

export type RowKind = keyof RowOf;

export const ROW_KINDS = ['bucket', 'actor', 'watch', 'trail', 'stale'] as const satisfies readonly RowKind[];

/** A bucket in which nothing happened. */
export function emptyBucket(): Bucket {
  return {
    calls: {},
    raised: 0,
    hiddenRaised: 0,
    hidden: { shelved: 0, suppressed: 0, outOfService: 0 },
    overdue: { acknowledge: 0, report: 0, close: 0 },
    acknowledged: { kept: 0, missed: 0, times: {} },
    closed: { kept: 0, missed: 0, times: {} },
  };
}

/** Key of the bucket of an hour and a place. */
export function bucketKey(hour: number, { site, grid, profile, tier }: Place): RowKey {
  return [hour, site, grid, profile, tier];
}

/** The rows of a span, and what is not over at its end. */
export interface Counted {
  readonly buckets: readonly { readonly hour: number; readonly place: Place; readonly bucket: Bucket }[];
  readonly actors: readonly { readonly hour: number; readonly key: string; readonly actor: Actor }[];
  readonly stale: readonly StaleSpan[];
  readonly watches: readonly Watch[];
}
