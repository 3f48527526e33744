import type { Quality } from '../model/quality.ts';
import type { Reading, Value } from '../model/reading.ts';

/** A held reading as plain data: what it says of each point that it names, by id, as indexes move with the configuration. */
type HeldSnapshot = [
  ts: number,
  subMs: number,
  seq: number | null,
  receivedAt: number,
  samples: [id: string, value: Value, quality: Quality][],
];

/** Where the order stands, as plain data. */
export interface SourceOrderSnapshot {
  held: HeldSnapshot[];
  /** null = nothing was let through yet. */
  lastTs: number | null;
  lastSubMs: number;
  lastSeq: number | null;
  /** What was let through last; null or absent = nothing, or it is not known. */
  last?: HeldSnapshot | null;
}

/** What of a reading has to be kept until its turn comes. */
export type Held = Pick<Reading, 'ts' | 'subMs' | 'seq' | 'receivedAt' | 'values' | 'qualities'>;

interface Named {
  readonly id: string;
}

/** Readings that one device may have waiting; the oldest is judged when there are more. */
const MOST_HELD = 1_000;

/**
 * Puts the readings of one device back into the order of their source times. A reading waits until nothing older can
 * come any more: until its source time is more than the lateness ago, or at once where its `seq` follows that of the last one let
 * through. Any order of arrival within the lateness, with any repeats, lets the same readings through in the same order.
 */
export class SourceOrder {
  /** By source time, then by what tells readings of one millisecond apart. */
  private readonly held: Held[] = [];
  private lastTs = Number.NEGATIVE_INFINITY;
  private lastSubMs = 0;
  private lastSeq: number | null = null;
  /** What was let through last: another message of the same scan may follow it. */
  private last: Held | null = null;
  /** How long after its source time a reading's turn comes at the latest: one late by just the lateness is in time. */
  readonly waitMs: number;

  constructor(latenessMs: number) {
    this.waitMs = latenessMs + 1;
  }

  /** For readings that go by arrival from now on: whatever is held has its turn at once. */
  static thatWaitsNoMore(): SourceOrder {
    return new SourceOrder(-1);
  }

  /** True where no reading waits. */
  get isEmpty(): boolean {
    return this.held.length === 0;
  }

  /** Takes a reading; false if it comes too late to be put in order. */
  take(reading: Held): boolean {
    const { ts, subMs } = reading;
    if (this.last && isSame(this.last, reading)) return true;
    if (ts < this.lastTs || (ts === this.lastTs && subMs < this.lastSubMs)) return this.isRepeat(reading);
    let i = this.held.length;
    for (; i > 0; i--) {
      const before = this.held[i - 1];
      if (!before || !isAfter(before, reading)) break;
    }
    for (let j = i - 1; j >= 0 && this.held[j]?.ts === ts && this.held[j]?.subMs === subMs; j--) {
      const before = this.held[j];
      if (before && isSame(before, reading)) return true;
    }
    this.held.splice(i, 0, reading);
    return true;
  }

  /** The next reading whose turn has come at engine time `at`, or null. */
  next(at: number): Held | null {
    const first = this.held[0];
    if (!first) return null;
    const follows = first.seq !== null && this.lastSeq !== null && first.seq === this.lastSeq + 1;
    if (!follows && this.turnOf(first) > at && this.held.length <= MOST_HELD) return null;
    this.held.shift();
    this.lastTs = first.ts;
    this.lastSubMs = first.subMs;
    if (first.seq !== null) this.lastSeq = first.seq;
    this.last = first;
    return first;
  }

  /** Engine time at which the next reading's turn comes; Infinity = none is held. */
  dueAt(): number {
    const first = this.held[0];
    return first ? this.turnOf(first) : Number.POSITIVE_INFINITY;
  }

  /** When its turn comes at the latest. A clock that is ahead makes nobody wait longer. */
  turnOf({ ts, receivedAt }: Held): number {
    return Math.min(ts, receivedAt) + this.waitMs;
  }

  /**
   * The engine's clock was set by `ms` and is at `at` now. What is held was received by then, and is no newer: it keeps
   * its order, and its turn comes after the lateness at the latest. What was let through may be of the future since; then
   * what comes now is the newest.
   */
  shift(ms: number, at: number): void {
    const { held } = this;
    for (let i = 0; i < held.length; i++) {
      const one = held[i];
      if (one) held[i] = { ...one, ts: Math.min(one.ts, at), receivedAt: Math.min(one.receivedAt + ms, at) };
    }
    if (this.lastTs > at) this.forget();
  }

  /** The source's clock was set back: what comes now is the newest. */
  forget(): void {
    this.lastTs = Number.NEGATIVE_INFINITY;
    this.last = null;
  }

  /**
   * What is overtaken within the lateness came before. Not so what follows in number, or is numbered so far below that
   * the source counts anew.
   */
  private isRepeat({ ts, seq, receivedAt }: Held): boolean {
    if (seq !== null && this.lastSeq !== null && (seq > this.lastSeq || seq < this.lastSeq - MOST_HELD)) return false;
    return receivedAt - ts < this.waitMs;
  }

  /** `points` in the order of a reading's values. */
  snapshot(points: readonly Named[]): SourceOrderSnapshot {
    const held = this.held.map((one) => toSnapshot(one, points));
    const { lastTs, lastSubMs, lastSeq } = this;
    const last = this.last && toSnapshot(this.last, points);
    return { held, lastTs: Number.isFinite(lastTs) ? lastTs : null, lastSubMs, lastSeq, last };
  }

  /** Takes up a snapshot; samples of points that are not among `points` any more are left out, as are those of a null. */
  restore(saved: SourceOrderSnapshot, points: readonly (Named | null)[]): void {
    this.lastTs = saved.lastTs ?? Number.NEGATIVE_INFINITY;
    this.lastSubMs = saved.lastSubMs;
    this.lastSeq = saved.lastSeq;
    this.last = saved.last ? fromSnapshot(saved.last, points) : null;
    for (const one of saved.held) this.held.push(fromSnapshot(one, points));
  }
}

function toSnapshot(reading: Held, points: readonly Named[]): HeldSnapshot {
  const { ts, subMs, seq, receivedAt, values, qualities } = reading;
  const samples = points.flatMap(({ id }, i): HeldSnapshot[4] => {
    const value = values[i];
    return value === undefined ? [] : [[id, value, qualities?.[i] ?? 'good']];
  });
  return [ts, subMs, seq, receivedAt, samples];
}

function fromSnapshot(saved: HeldSnapshot, points: readonly (Named | null)[]): Held {
  const [ts, subMs, seq, receivedAt, samples] = saved;
  const byId = new Map(samples.map(([id, value, quality]) => [id, { value, quality }]));
  const saidOf = points.map((point) => (point ? byId.get(point.id) : undefined));
  const values = saidOf.map((said) => said?.value);
  const qualities = saidOf.map((said) => said?.quality ?? 'good');
  return { ts, subMs, seq, receivedAt, values, qualities };
}

function isAfter(one: Held, other: Held): boolean {
  return one.ts > other.ts || (one.ts === other.ts && one.subMs > other.subMs);
}

/** The same reading once more, and not another message of the same scan. */
function isSame(one: Held, other: Held): boolean {
  if (one.ts !== other.ts || one.subMs !== other.subMs || one.seq !== other.seq) return false;
  for (let i = 0; i < Math.max(one.values.length, other.values.length); i++) {
    if (one.values[i] !== other.values[i]) return false;
  }
  return true;
}
