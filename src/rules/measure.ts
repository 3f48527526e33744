import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { RuleLevel } from '../model/rule.ts';
import type { Samples } from './samples.ts';

/**
 * What one kind of rule measures. It turns samples into one number that {@link RuleWatch} compares with the set points
 * of the rule; deadbands, delays, tiers and quality are the watch's.
 */
export interface Measure {
  /** Indexes of the points it reads: a new sample of one calls for a judgement. */
  readonly inputs: readonly number[];
  /** True for a measure of quality itself: bad samples reach it, and are judged as any other. */
  readonly ofQuality?: boolean;
  /** True for a measure that is asked whatever the quality of its inputs is, and says null where that matters. */
  readonly weighsQuality?: boolean;
  /** True where it changes with time alone: every reading of the device calls for a judgement. */
  readonly followsTime?: boolean;
  /** Takes a new sample of an input, in source order. Samples of bad quality come only if {@link ofQuality}. */
  observe?(index: number, value: Value, quality: Quality, ts: number): void;
  /** Takes a sample that newer ones have overtaken, within the lateness: it may join a window. */
  observeLate?(index: number, value: Value, ts: number): void;
  /** The measured quantity as of `ts`, in the unit of the rule; null = nothing can be said. */
  evaluate(samples: Samples, ts: number): number | null;
  /**
   * Where a step looks at another side of what was measured, as the earliest end of an interval: what it is compared
   * with, in place of what {@link evaluate} gave last.
   */
  ofLevel?(level: RuleLevel): number | null;
  /** Source time at which what was measured began, where that is known better than by the sample that tripped. */
  began?(): number | null;
  /** Told after a judgement that left the rule at rest, no step in force or about to be: the sample may be learned. */
  learn?(): void;
  /** Told after a judgement, of a value that is not bad, that left a step in force and not about to end. */
  inForce?(): void;
  /** Told that the alarm is over. */
  over?(): void;
  /** Forgets what hangs on source time: the source's clock was set back. */
  forget?(): void;
  /** What it remembers, as plain data; a measure that remembers nothing has none. */
  snapshot?(): unknown;
  restore?(saved: unknown): void;
}
