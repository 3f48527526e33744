import type { LimitName, RateLimit, Why } from './limit.ts';
import type { Text } from './text.ts';
import type { Tier } from './tier.ts';

/** One step of a rule: the measured quantity against a set point. Steps of one rule are one alarm that climbs and descends. */
export interface RuleLevel {
  /** Part of the condition's name where a rule has several steps, as `orange` in `overfill.orange`; empty where it has one. */
  readonly name: string;
  /** A greater rank is worse; from 1. */
  readonly rank: number;
  /** Set point, in the unit of the rule's quantity. */
  readonly at: number;
  /** `above` trips at >= `at`, `below` at <= `at`. */
  readonly sense: 'above' | 'below';
  /** Clears only beyond `at` -/+ `deadband`. */
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  readonly tier: Tier;
  /** A latched alarm stays until a person resets it. */
  readonly latch: boolean;
}

/** A CEL expression over the points of a device. */
export interface Expression {
  readonly text: string;
  /** IANA name of the zone whose wall clock hour(), minuteOfDay() and weekday() show. */
  readonly timezone: string;
  /** How often the device reports, milliseconds: how wide a gap its slopes may have follows. null = on change only. */
  readonly intervalMs: number | null;
}

/** Slope of one point over a window (ISA-18.2 rate-of-change alarm); the details are the point's {@link RateLimit}. */
export interface RateSpec {
  readonly kind: RateLimit['direction'];
  readonly point: number;
  readonly rate: RateLimit;
}

/** A point against a fixed value or another point (deviation alarm). */
export interface DeviationSpec {
  readonly kind: 'deviation';
  readonly point: number;
  readonly from: { readonly value: number } | { readonly point: number };
  /** `high` measures point - from, `low` from - point, `either` the distance. */
  readonly side: 'high' | 'low' | 'either';
}

/** A discrete state (door open, valve closed): abnormal where the value is, or is not, among the listed ones. */
export interface StateSpec {
  readonly kind: 'state';
  readonly point: number;
  readonly values: readonly (number | boolean | string)[];
  /** What a listed value means. */
  readonly listed: 'normal' | 'alarm';
}

/** Bits of a status word (ISA-18.2 bit-pattern alarm). */
export interface BitsSpec {
  readonly kind: 'bits';
  readonly point: number;
  /** What people call the pattern. */
  readonly name: string;
  /** Up to 2^53 - 1. */
  readonly mask: number;
  /** What the masked word is while the condition holds; null = any bit of the mask is set. */
  readonly equals: number | null;
}

/** A value that does not move: the instrument is frozen. The set point is the time, in seconds. */
export interface StuckSpec {
  readonly kind: 'stuck';
  readonly point: number;
  /** Furthest from the value at the start that still counts as unmoved, in the unit of the point. */
  readonly band: number;
  /** Fewer reports prove nothing. */
  readonly minReports: number;
  /** A longer time without a report does not count as unmoved; null where the device reports by exception. */
  readonly maxGapMs: number | null;
  /** While it is true the value need not move; left out where it always must. */
  readonly unless?: Expression;
}

/** Bad measurement: quality bad, no value, or a value outside the range of the point. */
export interface BadSpec {
  readonly kind: 'bad';
  readonly point: number;
  /** Uncertain quality counts too. */
  readonly uncertain: boolean;
  /** While it is true nothing need be measured; left out where it always must. */
  readonly unless?: Expression;
}

/** Two points that should agree and do not (ISA-18.2 discrepancy alarm): the distance of two measurements. */
export interface DistanceSpec {
  readonly kind: 'discrepancy';
  readonly between: readonly [number, number];
}

/** Two points that should agree and do not: a feedback that does not follow its command. */
export interface FeedbackSpec {
  readonly kind: 'discrepancy';
  readonly command: number;
  readonly feedback: number;
  /** By feedback, as text: the command that it confirms. null = equal values agree. */
  readonly confirms: ReadonlyMap<string, number | boolean | string> | null;
}

/** Several points of a device together: a condition that is true or false (ISA-18.2 calculated alarm). */
export interface ConditionSpec {
  readonly kind: 'expression';
  readonly when: Expression;
  /** What must be true before the alarm may clear; null = that `when` is false. */
  readonly until: Expression | null;
}

/** Several points of a device together: a number with steps. */
export interface QuantitySpec {
  readonly kind: 'expression';
  readonly measure: Expression;
}

/** What is normal for a point, in its unit, as told. */
export interface FixedNorm {
  readonly mean: number;
  readonly sigma: number;
}

/** What is normal for a point is learned from its own good samples that are no alarm. */
export interface LearnedNorm {
  /** How far back it learns. */
  readonly spanMs: number;
  /** Samples before it says anything; of each hour, where it goes by the hour. */
  readonly minSamples: number;
  /** Smallest step of the instrument, above 0, in the unit of the point. */
  readonly resolution: number;
  /** Each hour of the day has its own, by the wall clock of this zone (IANA name); null = one for all day. */
  readonly hoursOf: string | null;
  /** An alarm that lasts so long makes it learn anew; left out where none does. */
  readonly relearnAfterMs?: number;
}

/** What a statistic compares with what is normal. Its set point is in standard deviations. */
interface StatisticSpec {
  readonly point: number;
  /** `high` sees what is too high, `low` what is too low. */
  readonly side: 'high' | 'low' | 'either';
  readonly norm: FixedNorm | LearnedNorm;
}

/** A lasting shift, by the exponentially weighted moving average (statistical alarm). The set point is L. */
export interface EwmaSpec extends StatisticSpec {
  readonly kind: 'ewma';
  readonly weight: { readonly lambda: number } | { readonly tauMs: number };
  /** It takes at most one sample in this time; 0 = every one. */
  readonly everyMs: number;
}

/** A lasting shift, by the cumulative sum (statistical alarm). The set point is h. */
export interface CusumSpec extends StatisticSpec {
  readonly kind: 'cusum';
  /** Allowance: half the shift to be found. */
  readonly k: number;
  readonly h: number;
  /** It takes at most one sample in this time; 0 = every one. */
  readonly everyMs: number;
}

/** A single sample far from what is normal, by the robust z-score (statistical alarm). */
export interface ZscoreSpec extends StatisticSpec {
  readonly kind: 'zscore';
}

/** A line may be drawn on for so many times the window that it was fitted to [D]. */
export const HORIZON_WINDOWS = 3;

/** Time until a point reaches a limit along its fitted line. The set points are minutes. */
export interface ForecastSpec {
  readonly kind: 'forecast';
  readonly point: number;
  /** A limit of the point, as it is in force for the device, or a value. */
  readonly to: LimitName | { readonly value: number; readonly sense: 'above' | 'below' };
  readonly overMs: number;
  readonly minSamples: number;
  readonly maxGapMs: number | null;
  /** The slope counts only if it is more than so many standard errors from zero. */
  readonly significance: number;
  /** Which time is compared; `byTier`: the earliest for red, the expected one for the others. */
  readonly basis: 'expected' | 'earliest' | 'byTier';
}

/** Every kind of rule, as alarms name it. */
export const RULE_KINDS = [
  'rising',
  'falling',
  'changing',
  'deviation',
  'state',
  'bits',
  'stuck',
  'bad',
  'discrepancy',
  'expression',
  'ewma',
  'cusum',
  'zscore',
  'forecast',
] as const satisfies readonly RuleSpec['kind'][];

/** What a rule looks at. Points are given by their index. */
export type RuleSpec =
  | RateSpec
  | DeviationSpec
  | StateSpec
  | BitsSpec
  | StuckSpec
  | BadSpec
  | DistanceSpec
  | FeedbackSpec
  | ConditionSpec
  | QuantitySpec
  | EwmaSpec
  | CusumSpec
  | ZscoreSpec
  | ForecastSpec;

export type RuleKind = RuleSpec['kind'];

/** One rule in force for one device, beyond the limit ladder of a point. Its id is stable: alarms and saved state go by it. */
export interface Rule {
  /** Unique within the device: `outletPressure.falling`, or the id of an entry of `rules:`. */
  readonly id: string;
  readonly spec: RuleSpec;
  /** Index of the point that the alarm shows; null = the alarm is about the device. */
  readonly point: number | null;
  /** What people call it; null = named by its kind and point. */
  readonly title: Text | null;
  /** Unit of the measured quantity; null = it answers yes (1) or no (0), and people are shown no number. */
  readonly unit: string | null;
  /** Rank rising. */
  readonly levels: readonly RuleLevel[];
  /** What bad or missing input means: the state is held, or it counts as tripped. */
  readonly onBad: 'hold' | 'alarm';
  /** False: the on-delay counts samples' time only and does not run out in silence (stuck value). */
  readonly byClock: boolean;
  /** null = that of the point. */
  readonly why: Why | null;
}
