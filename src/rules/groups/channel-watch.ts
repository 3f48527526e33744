import type { Channel, VoteLevel } from '../../model/group.ts';
import type { Quality } from '../../model/quality.ts';
import type { Value } from '../../model/reading.ts';
import { judgeLimit } from '../ladder.ts';

/** State of one channel as plain data; null stands for a time that never was. */
export interface ChannelSnapshot {
  value: number | null;
  quality: Quality;
  ts: number | null;
  seenAt: number | null;
  stale: boolean;
  overtakenSince: number | null;
  /** Limits it is beyond, or was within the window: name, whether it still is, engine time of the last such sample. */
  votes: [name: string, beyond: boolean, beyondAt: number][];
}

interface Vote {
  beyond: boolean;
  beyondAt: number;
}

/** One channel of a vote: its newest sample, its health, and which limits it is beyond. Times are engine time. */
export class ChannelWatch {
  readonly id: string;
  readonly index: number;
  value: number | null = null;
  quality: Quality = 'good';
  /** Longer than the vote allows without a live sample. */
  stale = false;
  private readonly levels: readonly VoteLevel[];
  private readonly windowMs: number;
  private readonly staleMs: number;
  private readonly votes: readonly Vote[];
  /** Source time of the newest sample. */
  private ts = Number.NEGATIVE_INFINITY;
  /** The last live sample, or when we began to watch; Infinity = not yet. */
  private seenAt = Number.POSITIVE_INFINITY;
  private overtakenSince = Number.POSITIVE_INFINITY;

  constructor(
    { device, point, index }: Channel,
    levels: readonly VoteLevel[],
    windowMs: number,
    staleMs: number | null,
  ) {
    this.id = `${device}.${point}`;
    this.index = index;
    this.levels = levels;
    this.windowMs = windowMs;
    this.staleMs = staleMs ?? Number.POSITIVE_INFINITY;
    this.votes = levels.map(() => ({ beyond: false, beyondAt: Number.NEGATIVE_INFINITY }));
  }

  /** No measurement to go by. A channel that has not spoken yet is not bad until it is stale. */
  get bad(): boolean {
    return this.stale || this.quality === 'bad';
  }

  /** True if it votes for the limit: it is beyond, or was less than the window ago. */
  votesFor(level: number): boolean {
    const vote = this.votes[level];
    return vote !== undefined && (vote.beyond || vote.beyondAt !== Number.NEGATIVE_INFINITY);
  }

  /** Takes a live sample; false if a newer one has overtaken it. */
  take(value: Value, quality: Quality, ts: number, at: number, latenessMs: number): boolean {
    if (ts < this.ts) {
      if (this.overtakenSince > at) this.overtakenSince = at;
      // Nothing newer for so long: it is the source's clock that was set back.
      if (at - this.overtakenSince < latenessMs) return false;
    }
    this.overtakenSince = Number.POSITIVE_INFINITY;
    this.ts = Math.min(ts, at);
    this.seenAt = at;
    this.stale = false;
    this.value = typeof value === 'number' ? value : null;
    this.quality = this.value === null ? 'bad' : quality;
    if (this.value === null || quality === 'bad') return true;
    for (let i = 0; i < this.levels.length; i++) this.judge(i, this.value, quality, at);
    return true;
  }

  private judge(index: number, value: number, quality: Quality, at: number): void {
    const level = this.levels[index];
    const vote = this.votes[index];
    if (!level || !vote) return;
    const verdict = judgeLimit(level, value);
    if (verdict === 'tripped') {
      vote.beyond = true;
      vote.beyondAt = at;
    } else if (verdict === 'cleared' && quality === 'good') {
      vote.beyond = false;
      this.endWindow(vote, at);
    }
  }

  /** True if at `at` it went stale or a vote ran out. */
  tick(at: number): boolean {
    let changed = false;
    if (!this.stale && this.seenAt + this.staleMs <= at) {
      this.stale = true;
      changed = true;
    }
    for (const vote of this.votes) changed = this.endWindow(vote, at) || changed;
    return changed;
  }

  dueAt(): number {
    let due = this.stale ? Number.POSITIVE_INFINITY : this.seenAt + this.staleMs;
    for (const { beyond, beyondAt } of this.votes) {
      if (!beyond && beyondAt !== Number.NEGATIVE_INFINITY) due = Math.min(due, beyondAt + this.windowMs);
    }
    return due;
  }

  begin(at: number): void {
    if (this.seenAt === Number.POSITIVE_INFINITY) this.seenAt = at;
  }

  excuse(ms: number): void {
    this.seenAt += ms;
    for (const vote of this.votes) vote.beyondAt += ms;
  }

  shift(ms: number, at: number): void {
    if (this.seenAt !== Number.POSITIVE_INFINITY) this.seenAt = Math.min(this.seenAt + ms, at);
    this.ts = Math.min(this.ts, at);
    for (const vote of this.votes) vote.beyondAt += ms;
  }

  snapshot(): ChannelSnapshot {
    const votes = this.votes.flatMap(({ beyond, beyondAt }, i): ChannelSnapshot['votes'] =>
      beyondAt === Number.NEGATIVE_INFINITY ? [] : [[this.levels[i]?.name ?? '', beyond, beyondAt]],
    );
    const { value, quality, stale } = this;
    const [ts, seenAt, overtakenSince] = [this.ts, this.seenAt, this.overtakenSince].map(finite);
    return {
      value,
      quality,
      stale,
      votes,
      ts: ts ?? null,
      seenAt: seenAt ?? null,
      overtakenSince: overtakenSince ?? null,
    };
  }

  /** Takes up a snapshot; limits that the configuration no longer has are left out. */
  restore(saved: ChannelSnapshot): void {
    this.value = saved.value;
    this.quality = saved.quality;
    this.stale = saved.stale;
    this.ts = saved.ts ?? Number.NEGATIVE_INFINITY;
    this.seenAt = saved.seenAt ?? Number.POSITIVE_INFINITY;
    this.overtakenSince = saved.overtakenSince ?? Number.POSITIVE_INFINITY;
    for (const [name, beyond, beyondAt] of saved.votes) {
      const vote = this.votes[this.levels.findIndex((level) => level.name === name)];
      if (vote) Object.assign(vote, { beyond, beyondAt });
    }
  }

  private endWindow(vote: Vote, at: number): boolean {
    if (vote.beyond || vote.beyondAt === Number.NEGATIVE_INFINITY || vote.beyondAt + this.windowMs > at) return false;
    vote.beyondAt = Number.NEGATIVE_INFINITY;
    return true;
  }
}

function finite(time: number): number | null {
  return Number.isFinite(time) ? time : null;
}
