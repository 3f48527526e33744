import type { ConditionChange } from '../../model/condition.ts';
import type { Reading } from '../../model/reading.ts';
import type { Held } from '../source-order.ts';
import type { Watch } from '../watch.ts';
import type { Heard } from './heard.ts';

/** The rules of a group, as the engine drives them. */
export interface GroupWatch extends Watch {
  /** Begins to watch at engine time `at` what it does not watch yet. */
  begin(at: number): void;
}

/** A group that judges the readings of its members. */
export interface ReadingWatch extends GroupWatch {
  /** Takes a live reading of a member. */
  observe(reading: Reading, seq: number): void;
}

/** A group that is told things by its members, each once. */
export interface TellableWatch extends GroupWatch {
  readonly heard: Heard;
}

/** A group that judges the samples of its members. */
export interface SampleWatch extends ReadingWatch, TellableWatch {
  /**
   * Takes a reading of member `key` that waited for its turn, at engine time `at`, while journal record `journalSeq` was
   * judged.
   */
  release(key: string, reading: Held, at: number, journalSeq: number): void;
}

/** A group that judges what the rules of its members say. */
export interface HearingWatch extends TellableWatch {
  /** Takes a change of a member. */
  hear(change: ConditionChange): void;
  /** Takes what is in force at a member, before {@link restate}: what is not recalled is over. */
  recall(change: ConditionChange): void;
}

/** State of a group as plain data. */
export interface GroupSnapshot {
  seq: number;
}
