import type { RateLimit, Why } from './limit.ts';
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

/** Every kind of rule, as alarms name it. */
export const RULE_KINDS = ['rising', 'falling', 'changing', 'deviation'] as const satisfies readonly RuleSpec['kind'][];

/** What a rule looks at. Points are given by their index. */
export type RuleSpec = RateSpec | DeviationSpec;

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
  /** Unit of the measured quantity. */
  readonly unit: string;
  /** Rank rising. */
  readonly levels: readonly RuleLevel[];
  /** What bad or missing input means: the state is held, or it counts as tripped. */
  readonly onBad: 'hold' | 'alarm';
  /** False: the on-delay counts samples' time only and does not run out in silence (stuck value). */
  readonly byClock: boolean;
  /** null = that of the point. */
  readonly why: Why | null;
}
