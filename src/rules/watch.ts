import type { ConditionChange, SuppressionChange } from '../model/condition.ts';
import type { Due } from './deadlines.ts';

export type ChangeSink = (change: ConditionChange) => void;

export type SuppressionSink = (change: SuppressionChange) => void;

/** The rules of a device or of a group, as the engine drives them. Times are engine time, epoch milliseconds. */
export interface Watch extends Due {
  /** Journal sequence of the last message judged. */
  seq: number;
  /** Sequence of the snapshot it was restored from: what came up to there is in its state. */
  savedSeq: number;
  /** First message since the last snapshot; 0 = nothing to save. */
  dirtySince: number;
  /** Lets run out what is due at `at`. */
  tick(at: number): void;
  /** Earliest time at which {@link tick} has something to do; Infinity = never. */
  dueAt(): number;
  /** Nobody watched for `ms`: silence in that time is ours, not the device's, and it proves no calm. */
  excuse(ms: number): void;
  /** The engine's clock was set by `ms` and is at `at` now: every deadline moves with it. */
  shift(ms: number, at: number): void;
  /** Emits every condition in force once more. */
  restate(at: number): void;
  /** Its state as plain data. */
  snapshot(): { seq: number };
  restore(saved: unknown): void;
}
