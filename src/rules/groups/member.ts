import type { ConditionChange } from '../../model/condition.ts';
import type { Held } from '../source-order.ts';
import type { ChangeSink } from '../watch.ts';
import type { HearingWatch, ReadingWatch, SampleWatch, TellableWatch } from './group-watch.ts';
import type { SilenceWatch } from './silence-watch.ts';

/** One device, as the groups see it that it belongs to. */
export class Member {
  readonly key: string;
  /** Changes that its rules have told so far, and readings that were let through in turn; part of its saved state. */
  told = 0;
  /** Groups that take its readings as they arrive. */
  readonly readers: ReadingWatch[] = [];
  /** Groups that judge its samples: as their turn comes, where they are put in order, else as they arrive. */
  readonly votes: SampleWatch[] = [];
  /** Groups that judge what its rules say of the process. */
  readonly hearers: HearingWatch[] = [];
  /** Decides who is told of its silence; null = everybody. */
  silence: SilenceWatch | null = null;

  constructor(key: string) {
    this.key = key;
  }

  /** Passes on what its rules say, to everybody and to its groups; `heard` is told of each group that took it. */
  tell(change: ConditionChange, emit: ChangeSink, heard: (group: TellableWatch) => void): void {
    this.told++;
    if (change.direction !== 'absent' || !this.silence) emit(change);
    else if (this.silence.heard.take(this.key, this.told)) {
      this.silence.hear(change);
      heard(this.silence);
    }
    for (const group of this.hearers) {
      if (!group.heard.take(this.key, this.told)) continue;
      group.hear(change);
      heard(group);
    }
  }

  /** Passes on a reading that waited for its turn; `heard` is told of each group that took it. */
  release(reading: Held, at: number, journalSeq: number, heard: (group: TellableWatch) => void): void {
    this.told++;
    for (const group of this.votes) {
      if (!group.heard.take(this.key, this.told)) continue;
      group.release(this.key, reading, at, journalSeq);
      heard(group);
    }
  }

  /** Passes on what is in force anyway, which is no change. */
  recall(change: ConditionChange, emit: ChangeSink): void {
    if (change.direction === 'absent' && this.silence) this.silence.recall(change);
    else emit(change);
    for (const group of this.hearers) group.recall(change);
  }

  /** Groups that are told what it says, or what was let through. */
  *listeners(): Iterable<TellableWatch> {
    if (this.silence) yield this.silence;
    yield* this.hearers;
    yield* this.votes;
  }
}
