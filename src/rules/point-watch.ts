import type { ActiveLevel } from '../model/condition.ts';
import type { Point, Profile } from '../model/device.ts';
import type { Limit } from '../model/limit.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import {
  areCalm,
  CALM,
  complete,
  createHold,
  distrust,
  earliestDue,
  earliestDueTs,
  excuseHold,
  firstDue,
  type Hold,
  type HoldSnapshot,
  judge,
  restoreHold,
  shiftHold,
  snapshotHold,
  suspend,
} from './hold.ts';
import { judgeLimit, ladderLevel, limitLevel, type Side, sideOf } from './ladder.ts';
import type { Trace } from './trace.ts';

/** Told when the worst limit in force on one side of the point changes; null = none holds. */
export type LadderSink = (watch: PointWatch, side: Side, level: ActiveLevel | null, effectiveAt: number) => void;

/** State of one point as plain data. */
export interface PointSnapshot {
  /** null = no sample yet. */
  ts: number | null;
  value: Value;
  quality: Quality;
  holds: HoldSnapshot[];
  freshAt: number;
  /** null = no sample came that is older than the newest. */
  overtakenSince: number | null;
  unit?: string;
}

/** How long older samples are waited for, and how long nothing but older ones must come before they are believed. */
export interface Patience {
  readonly latenessMs: number;
  readonly patienceMs: number;
}

/** While live readings come in between, what is old is a backlog, and no clock that was set back. */
export function patienceOf({ reporting }: Profile, latenessMs: number): Patience {
  return { latenessMs, patienceMs: Math.max(latenessMs, 3 * reporting.intervalMs) };
}

/** What became of a sample: judged; overtaken by newer ones and left to the slopes; or worth nothing any more. */
export type Outcome = 'judged' | 'late' | 'ignored' | 'clockSetBack';

/** The newest sample of one point of one device, and its limit ladder. */
export class PointWatch {
  readonly point: Point;
  high: Limit | null = null;
  low: Limit | null = null;
  /** Source time of the newest sample judged, but never ahead of when that was received. */
  ts = Number.NEGATIVE_INFINITY;
  /** The newest value: a number in a field of its own, which is overwritten in place and makes no garbage. */
  private number = Number.NaN;
  private other: boolean | string | null = null;
  quality: Quality = 'bad';
  /** Engine time from which its age counts: that of the newest sample, or when we began to wait for one. */
  private freshAt: number;
  trace: Trace | null = null;
  /** One a limit; {@link CALM} while all are inactive, which is nearly always and for nearly all points. */
  private holds: readonly Hold[] = CALM;
  /** Values strictly between these trip no limit. */
  private readonly calmAbove: number;
  private readonly calmBelow: number;
  /** Since when samples only come that are older than the newest judged; Infinity = they do not. */
  private overtakenSince = Number.POSITIVE_INFINITY;

  constructor(point: Point, at: number) {
    this.point = point;
    this.freshAt = at;
    const ats = (side: Side) => point.limits.filter((limit) => sideOf(limit) === side).map((limit) => limit.at);
    this.calmAbove = Math.max(...ats('low'));
    this.calmBelow = Math.min(...ats('high'));
  }

  get value(): Value {
    return Number.isNaN(this.number) ? this.other : this.number;
  }

  private set value(value: Value) {
    if (typeof value === 'number') {
      this.number = value;
      return;
    }
    this.number = Number.NaN;
    this.other = value;
  }

  /**
   * Takes a live sample. One that is older than the newest judged is late; but when for `patienceMs` nothing newer has
   * come, it is the source's clock that was set back, and samples count again.
   */
  take(
    value: Value,
    quality: Quality,
    ts: number,
    at: number,
    { latenessMs, patienceMs }: Patience,
    sink: LadderSink,
  ): Outcome {
    let outcome: Outcome = 'judged';
    if (ts < this.ts) {
      if (this.overtakenSince > at) this.overtakenSince = at;
      if (at - this.overtakenSince < patienceMs) {
        return quality !== 'bad' && ts >= this.ts - latenessMs ? 'late' : 'ignored';
      }
      outcome = 'clockSetBack';
    }
    this.overtakenSince = Number.POSITIVE_INFINITY;
    this.judge(value, quality, ts, at, sink);
    return outcome;
  }

  /** Takes a sample as the newest, whatever its time. */
  judge(value: Value, quality: Quality, ts: number, at: number, sink: LadderSink): void {
    if (this.holds !== CALM) this.complete('dueTs', ts, at, sink);
    // A repeat of the newest sample is no sign of life of the point.
    if (ts !== this.ts) this.freshAt = at;
    this.ts = Math.min(ts, at);
    this.value = value;
    this.quality = value === null ? 'bad' : quality;
    if (quality === 'bad' || typeof value !== 'number') {
      for (const hold of this.holds) distrust(hold);
      return;
    }
    if (this.holds === CALM && !this.trace && value > this.calmAbove && value < this.calmBelow) return;
    const { limits } = this.point;
    if (limits.length === 0) return;
    if (this.holds === CALM) this.holds = limits.map(createHold);
    for (let i = 0; i < limits.length; i++) {
      const limit = limits[i];
      const hold = this.holds[i];
      if (!limit || !hold) continue;
      const verdict = judgeLimit(limit, value);
      const before = hold.phase;
      judge(hold, verdict, quality === 'good', limit, ts, at);
      this.trace?.(`${this.point.id}.${limit.name}`, ts, at, value, quality, value, limit.at, verdict, before, hold);
    }
    this.announce(ts, sink);
    this.settle();
  }

  /** Completes the delays that are over at engine time `at`. */
  tick(at: number, sink: LadderSink): void {
    if (this.holds === CALM) return;
    this.complete('dueAt', at, at, sink);
    this.settle();
  }

  /** Earliest engine time at which a delay runs out; Infinity = none pending. */
  dueAt(): number {
    return earliestDue(this.holds);
  }

  /** Earliest source time at which a delay runs out; Infinity = none pending. */
  dueTs(): number {
    return earliestDueTs(this.holds);
  }

  /** Completes the delays that are over at source time `ts`. */
  advance(ts: number, at: number, sink: LadderSink): void {
    if (this.holds === CALM) return;
    this.complete('dueTs', ts, at, sink);
    this.settle();
  }

  /** Silence proves nothing: no clear may complete on it, but only on the next sample. */
  distrust(): void {
    for (const hold of this.holds) suspend(hold);
  }

  /** True where the newest sample is too old at engine time `at`, or none came in all that time. */
  isStale(at: number): boolean {
    const { staleAfterMs } = this.point;
    return staleAfterMs !== null && at - this.freshAt > staleAfterMs;
  }

  /** Engine time from which the newest sample is stale; Infinity = never. */
  staleAt(): number {
    return this.freshAt + (this.point.staleAfterMs ?? Number.POSITIVE_INFINITY) + 1;
  }

  /** Nobody watched for `ms`. */
  excuse(ms: number): void {
    this.freshAt += ms;
    for (const hold of this.holds) excuseHold(hold, ms);
  }

  /** The engine's clock was set by `ms` and is at `at` now; true if the newest sample was from the future. */
  shift(ms: number, at: number): boolean {
    this.freshAt = Math.min(this.freshAt + ms, at);
    for (const hold of this.holds) shiftHold(hold, ms);
    if (this.ts <= at) return false;
    this.ts = at;
    return true;
  }

  /** Gives every limit in force once more to `sink`. */
  restate(sink: LadderSink): void {
    if (this.high) sink(this, 'high', limitLevel(this.point, this.high), this.ts);
    if (this.low) sink(this, 'low', limitLevel(this.point, this.low), this.ts);
  }

  snapshot(): PointSnapshot {
    const holds: HoldSnapshot[] = [];
    this.holds.forEach((hold, i) => {
      if (hold.phase !== 'inactive') holds.push(snapshotHold(this.point.limits[i]?.name ?? '', hold));
    });
    const { value, quality, freshAt, point } = this;
    const ts = Number.isFinite(this.ts) ? this.ts : null;
    const overtakenSince = Number.isFinite(this.overtakenSince) ? this.overtakenSince : null;
    return { ts, value, quality, holds, freshAt, overtakenSince, unit: point.unit };
  }

  /** Takes up a snapshot; limits that the configuration no longer has are left out. */
  restore(snapshot: PointSnapshot): void {
    this.ts = snapshot.ts ?? Number.NEGATIVE_INFINITY;
    this.value = snapshot.value;
    this.quality = snapshot.quality;
    this.freshAt = snapshot.freshAt;
    this.overtakenSince = snapshot.overtakenSince ?? Number.POSITIVE_INFINITY;
    if (snapshot.holds.length > 0) this.holds = this.point.limits.map(createHold);
    for (const saved of snapshot.holds) {
      const hold = this.holds[this.point.limits.findIndex((limit) => limit.name === saved[0])];
      if (hold) restoreHold(hold, saved);
    }
    this.high = ladderLevel(this.point, this.holds, 'high');
    this.low = ladderLevel(this.point, this.holds, 'low');
    this.settle();
  }

  /** Times of the sample behind the limit in force on a side. */
  origin(side: Side): Hold | null {
    const limit = this[side];
    return this.holds[limit ? this.point.limits.indexOf(limit) : -1] ?? null;
  }

  /**
   * Completes the delays that are over at `time` one at a time, earliest first, so that H is told before HH however
   * late we look. Source and engine time may order two delays differently: each is completed by the clock it is asked by.
   * Where the newest sample is stale by the end of an off-delay, that waits for the next one.
   */
  private complete(clock: 'dueTs' | 'dueAt', time: number, at: number, sink: LadderSink): void {
    for (let i = firstDue(this.holds, clock, time); i !== -1; i = firstDue(this.holds, clock, time)) {
      const hold = this.holds[i];
      const limit = this.point.limits[i];
      if (!hold || !limit) return;
      const before = hold.phase;
      if (!complete(hold, this.isStale(hold.dueAt))) continue;
      const { value, quality } = this;
      this.trace?.(
        `${this.point.id}.${limit.name}`,
        hold.dueTs,
        at,
        value,
        quality,
        null,
        limit.at,
        'delayOver',
        before,
        hold,
      );
      this.announce(hold.dueTs, sink);
    }
  }

  private settle(): void {
    if (areCalm(this.holds)) this.holds = CALM;
  }

  private announce(effectiveAt: number, sink: LadderSink): void {
    this.announceSide('high', effectiveAt, sink);
    this.announceSide('low', effectiveAt, sink);
  }

  private announceSide(side: Side, effectiveAt: number, sink: LadderSink): void {
    const level = ladderLevel(this.point, this.holds, side);
    if (level === this[side]) return;
    this[side] = level;
    sink(this, side, level ? limitLevel(this.point, level) : null, effectiveAt);
  }
}
