import type { Direction } from '../model/alarm.ts';
import type { ActiveLevel } from '../model/condition.ts';
import type { Limit, Point, RateLimit } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import { complete, createHold, distrust, type Hold, isActive, isPending, judge } from './hold.ts';
import { judgeLimit, ladderLevel, limitLevel, type Side, sideOf } from './ladder.ts';
import { judgeRate, rateLevel } from './rate.ts';
import { Window } from './window.ts';

/** Told when the worst condition on one side of the point changes; null = none holds. */
export type LevelSink = (watch: PointWatch, direction: Direction, level: ActiveLevel | null, at: number) => void;

interface RateWatch {
  readonly rate: RateLimit;
  readonly window: Window;
  readonly hold: Hold;
  active: boolean;
}

/** One hold of a point as plain data: name, phase, times. */
type HoldSnapshot = [
  name: string,
  phase: Hold['phase'],
  dueTs: number,
  dueAt: number | null,
  occurred: number,
  received: number,
];

/** State of one point's rules as plain data. */
export interface PointSnapshot {
  /** null = no sample yet. */
  ts: number | null;
  value: Value;
  quality: Quality;
  holds: HoldSnapshot[];
  windows: Record<string, number[]>;
}

/** The rules of one point of one device, and what they remember. */
export class PointWatch {
  readonly point: Point;
  readonly limits: readonly Hold[];
  readonly rates: readonly RateWatch[];
  high: Limit | null = null;
  low: Limit | null = null;
  /** False while every hold is inactive: the usual case, in which a calm sample has nothing to look at. */
  private busy = false;
  /** Values strictly between these trip no limit. */
  private readonly calmAbove: number;
  private readonly calmBelow: number;
  /** Source time of the newest sample judged, but never ahead of when that was received. */
  ts = Number.NEGATIVE_INFINITY;
  /** Since when samples only come that are older than the newest judged; Infinity = they do not. */
  private overtakenSince = Number.POSITIVE_INFINITY;
  value: Value = null;
  quality: Quality = 'good';

  constructor(point: Point) {
    this.point = point;
    this.limits = point.limits.map(createHold);
    const ats = (side: Side) => point.limits.filter((limit) => sideOf(limit) === side).map((limit) => limit.at);
    this.calmAbove = Math.max(...ats('low'));
    this.calmBelow = Math.min(...ats('high'));
    this.rates = point.rates.map((rate) => ({
      rate,
      window: new Window(rate.overMs),
      hold: createHold(),
      active: false,
    }));
  }

  /**
   * Takes a live sample. One that is older than the newest judged only joins the slopes, within `latenessMs`; but when
   * for `latenessMs` nothing newer has come, it is the source's clock that was set back, and samples count again.
   */
  take(value: Value, quality: Quality, ts: number, at: number, latenessMs: number, sink: LevelSink): void {
    if (ts < this.ts) {
      if (this.overtakenSince > at) this.overtakenSince = at;
      if (at - this.overtakenSince < latenessMs) {
        if (typeof value === 'number' && quality !== 'bad' && ts >= this.ts - latenessMs) this.remember(value, ts);
        return;
      }
      for (const { window } of this.rates) window.clear();
    }
    this.overtakenSince = Number.POSITIVE_INFINITY;
    this.judge(value, quality, ts, at, sink);
  }

  private judge(value: Value, quality: Quality, ts: number, at: number, sink: LevelSink): void {
    if (this.busy) this.complete('dueTs', ts, at, sink);
    this.ts = Math.min(ts, at);
    this.value = value;
    this.quality = quality;
    if (quality === 'bad' || typeof value !== 'number') {
      if (this.busy) this.distrust();
      return;
    }
    const calm = !this.busy && value > this.calmAbove && value < this.calmBelow;
    if (calm && this.rates.length === 0) return;
    const good = quality === 'good';
    if (!calm) {
      const { limits } = this.point;
      for (let i = 0; i < limits.length; i++) {
        const limit = limits[i];
        const hold = this.limits[i];
        if (limit && hold) judge(hold, judgeLimit(limit, value), good, limit, ts, at);
      }
    }
    let tripped = false;
    for (const { rate, window, hold } of this.rates) {
      window.add(ts, value);
      const verdict = judgeRate(rate, window);
      judge(hold, verdict, good, rate, ts, at);
      tripped ||= verdict === 'tripped';
    }
    if (calm && !tripped) return;
    this.announce(at, sink);
    this.settle();
  }

  private remember(value: number, ts: number): void {
    for (const { window } of this.rates) window.add(ts, value);
  }

  /** Completes the delays that are over at engine time `at`. */
  tick(at: number, sink: LevelSink): void {
    if (!this.busy) return;
    this.complete('dueAt', at, at, sink);
    this.settle();
  }

  /** Earliest engine time at which a delay runs out; Infinity = none pending. */
  dueAt(): number {
    if (!this.busy) return Number.POSITIVE_INFINITY;
    let due = Number.POSITIVE_INFINITY;
    for (const hold of this.limits) if (hold.dueAt < due) due = hold.dueAt;
    for (const { hold } of this.rates) if (hold.dueAt < due) due = hold.dueAt;
    return due;
  }

  /** Silence proves nothing: no clear may complete on it. */
  distrust(): void {
    for (const hold of this.limits) distrust(hold);
    for (const { hold } of this.rates) distrust(hold);
  }

  /** Nobody watched for `ms`: a clear that is pending takes so much longer. */
  excuse(ms: number): void {
    for (const hold of this.holds()) if (hold.phase === 'pendingOff') hold.dueAt += ms;
  }

  /** The engine's clock was set by `ms` and is at `at` now: delays move with it, and no sample is from the future. */
  shift(ms: number, at: number): void {
    for (const hold of this.holds()) {
      hold.dueAt += ms;
      hold.dueTs += ms;
    }
    if (this.ts <= at) return;
    this.ts = at;
    for (const { window } of this.rates) window.clear();
  }

  /** Gives every condition in force once more to `sink`. */
  restate(at: number, sink: LevelSink): void {
    if (this.high) sink(this, 'high', limitLevel(this.point, this.high), at);
    if (this.low) sink(this, 'low', limitLevel(this.point, this.low), at);
    for (const { rate, active } of this.rates) if (active) sink(this, rate.direction, rateLevel(this.point, rate), at);
  }

  snapshot(): PointSnapshot {
    const holds: HoldSnapshot[] = [];
    const keep = (name: string, h: Hold) => {
      if (h.phase === 'inactive') return;
      const dueAt = Number.isFinite(h.dueAt) ? h.dueAt : null;
      holds.push([name, h.phase, h.dueTs, dueAt, h.occurredAt, h.receivedAt]);
    };
    this.limits.forEach((hold, i) => {
      keep(this.point.limits[i]?.name ?? '', hold);
    });
    const windows: Record<string, number[]> = {};
    for (const { rate, hold, window } of this.rates) {
      keep(rate.direction, hold);
      windows[rate.direction] = window.toArray();
    }
    return { ts: Number.isFinite(this.ts) ? this.ts : null, value: this.value, quality: this.quality, holds, windows };
  }

  /** Takes up a snapshot; limits that the configuration no longer has are left out. */
  restore(snapshot: PointSnapshot): void {
    this.ts = snapshot.ts ?? Number.NEGATIVE_INFINITY;
    this.value = snapshot.value;
    this.quality = snapshot.quality;
    const byName = new Map<string, Hold>();
    this.point.limits.forEach((limit, i) => {
      const hold = this.limits[i];
      if (hold) byName.set(limit.name, hold);
    });
    for (const { rate, hold, window } of this.rates) {
      byName.set(rate.direction, hold);
      window.load(snapshot.windows[rate.direction] ?? []);
    }
    for (const [name, phase, dueTs, dueAt, occurredAt, receivedAt] of snapshot.holds) {
      const hold = byName.get(name);
      if (hold) Object.assign(hold, { phase, dueTs, dueAt: dueAt ?? Number.POSITIVE_INFINITY, occurredAt, receivedAt });
    }
    this.high = ladderLevel(this.point, this.limits, 'high');
    this.low = ladderLevel(this.point, this.limits, 'low');
    for (const watch of this.rates) watch.active = isActive(watch.hold);
    this.settle();
  }

  /** Times of the sample behind what the sink is being told. */
  origin(direction: Direction): Hold | null {
    if (direction === 'high' || direction === 'low') {
      const limit = direction === 'high' ? this.high : this.low;
      const index = limit ? this.point.limits.indexOf(limit) : -1;
      return this.limits[index] ?? null;
    }
    return this.rates.find((watch) => watch.rate.direction === direction)?.hold ?? null;
  }

  /**
   * Completes the delays that are over at `time` one at a time, earliest first, so that H is told before HH however
   * late we look. Source and engine time may order two delays differently: each is completed by the clock it is asked by.
   */
  private complete(clock: 'dueTs' | 'dueAt', time: number, at: number, sink: LevelSink): void {
    for (;;) {
      let first: Hold | null = null;
      for (const hold of this.limits) first = earlier(first, hold, clock);
      for (const { hold } of this.rates) first = earlier(first, hold, clock);
      if (first === null || first[clock] > time) return;
      complete(first);
      this.announce(at, sink);
    }
  }

  private *holds(): Iterable<Hold> {
    yield* this.limits;
    for (const { hold } of this.rates) yield hold;
  }

  private settle(): void {
    this.busy =
      this.limits.some((hold) => hold.phase !== 'inactive') || this.rates.some(({ hold }) => hold.phase !== 'inactive');
  }

  private announce(at: number, sink: LevelSink): void {
    if (this.limits.length > 0) {
      this.announceSide('high', at, sink);
      this.announceSide('low', at, sink);
    }
    for (const watch of this.rates) {
      const active = isActive(watch.hold);
      if (active === watch.active) continue;
      watch.active = active;
      sink(this, watch.rate.direction, active ? rateLevel(this.point, watch.rate) : null, at);
    }
  }

  private announceSide(side: Side, at: number, sink: LevelSink): void {
    const level = ladderLevel(this.point, this.limits, side);
    if (level === this[side]) return;
    this[side] = level;
    sink(this, side, level ? limitLevel(this.point, level) : null, at);
  }
}

/** The pending one that is over first by `clock`. */
function earlier(first: Hold | null, hold: Hold, clock: 'dueTs' | 'dueAt'): Hold | null {
  if (!isPending(hold)) return first;
  return first === null || hold[clock] < first[clock] ? hold : first;
}
