import type { Alarm } from '../model/alarm.ts';
import type { Device, Point } from '../model/device.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { Quality } from '../model/quality.ts';
import type { Status, Value } from '../model/reading.ts';
import type { Rule, RuleLevel } from '../model/rule.ts';
import type { Text } from '../model/text.ts';

/** Where a set point was decided. */
export interface Origin {
  readonly kind: 'profile' | 'device';
  readonly profile: string;
  readonly profileVersion: string;
  /** What the profile says; null where it has no such limit, or nothing was changed. */
  readonly profileAt: number | null;
  /** Where the number comes from, as the setting sheet. */
  readonly source: string | null;
  /** Reference of the approved change. */
  readonly change: string | null;
  /** Last day it was approved for. */
  readonly expires: string | null;
}

/** One condition that is asked about: a limit, a step of a rule, the silence of a device or its clock. */
export interface Watched {
  /** `outletPressure.HH`, `outletPressure.falling`, `absent`. */
  readonly condition: string;
  readonly point: Point | null;
  /** null for a limit, silence and the clock. */
  readonly rule: Rule | null;
  /** Set point in force, in {@link unit}, a fall as a negative change; null = switched off for this device. */
  readonly level: RuleLevel | null;
  /** null = the rule answers yes (1) or no (0). */
  readonly unit: string | null;
  readonly origin: Origin;
}

/** What is asked. Times are epoch milliseconds. */
export interface Question {
  readonly device: Device;
  readonly status: Status;
  /** null = now. */
  readonly at: number | null;
  readonly watched: readonly Watched[];
  /** Points of which samples are shown. */
  readonly points: readonly Point[];
  /** The condition that the answer is about; null = whichever there is most to say of. */
  readonly condition: string | null;
  readonly alarm: Alarm | null;
}

/** Why a condition is an alarm, or none; those that leave most to be said come first. */
export const CONDITION_REASONS = [
  'inForce',
  'heldByBadQuality',
  'heldByUncertainQuality',
  'heldByDeadband',
  'returning',
  'pending',
  'notYetJudged',
  'drill',
  'historical',
  'badQuality',
  'silent',
  'tooFewSamples',
  'windowTooShort',
  'gap',
  'notSignificant',
  'nothingMeasured',
  'noSample',
  'nearLimit',
  'normal',
  'off',
] as const;

export type ConditionReason = (typeof CONDITION_REASONS)[number];

/** Every reason that an answer gives. */
export const REASONS = [...CONDITION_REASONS, 'notWatched', 'severalDevices', 'notReproduced'] as const;

export type Reason = (typeof REASONS)[number];

/** The line through the samples of a window. */
export interface Slope {
  /** Source time of the oldest and the newest sample. */
  readonly from: number;
  readonly to: number;
  readonly n: number;
  readonly minSamples: number;
  readonly overMs: number;
  /** Widest gap between neighbours, and the widest that is taken; null = any. */
  readonly widestGapMs: number;
  readonly maxGapMs: number | null;
  /** Change per minute by least squares, in the unit of the point; null = there is no line. */
  readonly perMinute: number | null;
  /** How many standard errors the slope is from zero; null = no line, or one without noise. */
  readonly significance: number | null;
  /** How many are needed; 0 = any will do. */
  readonly neededSignificance: number;
}

/** One condition with the state it was in. */
export interface Situation {
  readonly watched: Watched;
  readonly phase: Evaluation['after'];
  /** Source time of the sample that started what runs or holds; null = nothing does. */
  readonly since: number | null;
  /** When the running delay is over; null = none runs. */
  readonly dueAt: number | null;
  readonly value: Value;
  readonly quality: Quality;
  /** Source time of the newest sample judged; null = there was none. */
  readonly ts: number | null;
  /** What was compared with the set point, a fall as a negative change; null = nothing could be said. */
  readonly measured: number | null;
  readonly window: Slope | null;
  /** What the rule reads; none for a limit, silence and the clock. */
  readonly inputs: readonly Input[];
}

/** A point that a rule reads, with its newest sample. */
export interface Input {
  readonly point: Point;
  readonly value: Value;
  readonly quality: Quality;
  /** Source time; null = there was none. */
  readonly ts: number | null;
}

/**
 * What a member does in a vote: `yes` = beyond the limit; `no`; `mayHold` = no longer beyond it, and may still count
 * within its deadband or the window of the vote; `badCounts` and `badLeftOut` = bad, and counted as the group says.
 */
export const BALLOTS = ['yes', 'no', 'mayHold', 'badCounts', 'badLeftOut'] as const;

export type Ballot = (typeof BALLOTS)[number];

/** What a member of a group is doing: its own alarm, nothing, silence, or never heard of. */
export const MEMBER_STATES = ['alarm', 'normal', 'silent', 'notJudged'] as const;

/** A device, or one point of it, that a group judges together with others, as the rules have it now. */
export interface Member {
  /** Key of the device. */
  readonly device: string;
  /** null = the device as a whole. */
  readonly point: string | null;
  readonly unit: string;
  readonly value: Value;
  /** null where the member is a device as a whole. */
  readonly quality: Quality | null;
  /** Source time of the newest sample, or when the device was last heard; null = never. */
  readonly ts: number | null;
  readonly state: (typeof MEMBER_STATES)[number];
  /** null where the group does not vote on a limit. */
  readonly vote: Ballot | null;
}

/** A situation with what it means. */
export interface ExplainedCondition extends Situation {
  readonly reason: ConditionReason;
  readonly text: Text;
  /** What the rule works out, as it is written; null = the rule is no expression. */
  readonly expression: { readonly [key in 'when' | 'until' | 'measure']?: string } | null;
}

/** One sample of a point, as it is kept. */
export interface Sample {
  /** Source time. */
  readonly ts: number;
  readonly receivedAt: number;
  readonly value: Value;
  readonly quality: Quality;
  readonly status: Status;
  /** Recorded only: backfill, or later than the live window. */
  readonly historical: boolean;
  /** False: the rules have it, the store does not yet. */
  readonly stored: boolean;
}

export interface Series {
  readonly point: Point;
  /** Oldest first. */
  readonly samples: readonly Sample[];
}

/** What must be known to read the answer aright. */
export interface Note {
  readonly code:
    | 'rulesChanged'
    | 'cut'
    | 'storeUnavailable'
    | 'behind'
    | 'memoryBeyond'
    | 'differs'
    | 'foldedSilence'
    | 'suppressed';
  readonly text: Text;
}

/** The answer. Times are epoch milliseconds. */
export interface Explanation {
  readonly question: Question | null;
  readonly deviceKey: string;
  readonly status: Status;
  /** The moment that is explained. */
  readonly at: number;
  /** `live`: the state of the running rules; `replay`: what today's rules make of the stored readings. */
  readonly basis: 'live' | 'replay' | 'alarm';
  /** Last journal record that the running rules have judged of this device. */
  readonly journalSeq: number | null;
  readonly alarm: Alarm | null;
  /** Open alarms of the device. */
  readonly openAlarms: readonly Alarm[];
  readonly reason: Reason;
  readonly answer: Text;
  readonly conditions: readonly ExplainedCondition[];
  /** Span of the readings that were judged again. */
  readonly span: {
    readonly from: number;
    readonly to: number;
    readonly readings: number;
    readonly cut: boolean;
  } | null;
  readonly series: readonly Series[];
  /** The last ones, oldest first. */
  readonly evaluations: readonly Evaluation[];
  readonly ruleVersion: string | null;
  /** Members, where several devices are judged together. */
  readonly members: readonly Member[];
  readonly notes: readonly Note[];
}
