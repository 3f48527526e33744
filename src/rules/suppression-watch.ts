import type { Point } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { Suppression } from '../model/suppression.ts';
import { type Working, working } from './compiled.ts';
import { GoodSamples } from './good-samples.ts';
import {
  createHold,
  type Hold,
  type HoldSnapshot,
  isActive,
  judge,
  restoreHold,
  shiftHold,
  snapshotHold,
} from './hold.ts';
import type { Outcome } from './point-watch.ts';
import type { Samples } from './samples.ts';

/** Samples that tell when they will be too old to be believed. */
export interface AgeingSamples extends Samples {
  /** Engine time from which the newest sample of a point is stale; Infinity = never. */
  staleAt(index: number): number;
}

/** Told when a suppression begins to hide, and when it ends. */
export type SuppressionListener = (watch: SuppressionWatch) => void;

/** State of one suppression as plain data. */
export interface SuppressionSnapshot {
  readonly hold: HoldSnapshot | null;
  /** null = it does not hide. */
  readonly since: number | null;
  readonly spent: boolean;
  readonly memory?: unknown;
}

/**
 * One suppression of one device. It hides only what it knows to be meaningless, the opposite of an alarm, which a bad
 * value never ends: its condition must be true by good and fresh samples alone. What is unknown ends it at once, without
 * off-delay, and so does the silence of the device.
 */
export class SuppressionWatch {
  readonly suppression: Suppression;
  /** Number of the reading that touched it last. */
  touched = 0;
  /** Engine time at which it began to hide; NaN = it does not. */
  private began = Number.NaN;
  /** It has hidden for as long as it may, and its condition was not false since. */
  private spent = false;
  private readonly hold: Hold = createHold();
  private readonly when: Working;

  constructor(suppression: Suppression, points: readonly Point[]) {
    this.suppression = suppression;
    this.when = working(suppression.when, points);
  }

  /** True while it hides. */
  get holds(): boolean {
    return !Number.isNaN(this.began);
  }

  /** Engine time at which it began to hide; null = it does not. */
  get since(): number | null {
    return this.holds ? this.began : null;
  }

  /** Takes a sample of an input in reading number `reading`. A late one goes to its place, and changes nothing now. */
  take(index: number, value: Value, quality: Quality, ts: number, outcome: Outcome, reading: number): void {
    if (outcome === 'clockSetBack') this.forget();
    if (outcome !== 'late') this.touched = reading;
    if (quality === 'good') this.when.state.observe(index, value, ts);
  }

  /** Judges as of source time `ts`, after every new sample was observed. */
  judge(samples: Samples, ts: number, at: number, tell: SuppressionListener): void {
    if (this.dueTs() <= ts) this.complete();
    const outcome = this.when.state.evaluate(new GoodSamples(samples), ts);
    if (typeof outcome !== 'boolean') {
      this.end(at, tell);
      return;
    }
    if (!outcome) this.spent = false;
    judge(this.hold, outcome ? 'tripped' : 'cleared', true, this.suppression, ts, at);
    this.settle(at, tell);
  }

  /** Lets run out what is due at engine time `at`: delays, the longest time, and the belief in its samples. */
  tick(at: number, samples: AgeingSamples, tell: SuppressionListener): void {
    if (this.hold.phase === 'inactive') return;
    const { inputs, state } = this.when;
    const isStale = inputs.some((index) => samples.isStale(index));
    if (isStale && state.evaluate(new GoodSamples(samples), at) !== true) {
      this.end(at, tell);
      return;
    }
    if (this.hold.dueAt <= at) this.complete();
    this.settle(at, tell);
  }

  /** Completes the delay that is over at source time `ts`. */
  advance(ts: number, at: number, tell: SuppressionListener): void {
    if (this.dueTs() > ts) return;
    this.complete();
    this.settle(at, tell);
  }

  /** Earliest engine time at which {@link tick} has something to do; Infinity = never. */
  dueAt(at: number, samples: AgeingSamples): number {
    if (this.hold.phase === 'inactive') return Number.POSITIVE_INFINITY;
    let due = Math.min(this.hold.dueAt, this.maxAt());
    for (const index of this.when.inputs) {
      const staleAt = samples.staleAt(index);
      if (staleAt > at && staleAt < due) due = staleAt;
    }
    return due;
  }

  /** Earliest source time at which a delay runs out; Infinity = none pending. */
  dueTs(): number {
    return this.hold.phase === 'pendingOn' || this.hold.phase === 'pendingOff'
      ? this.hold.dueTs
      : Number.POSITIVE_INFINITY;
  }

  /** Nothing is known any more: it ends at once. */
  end(at: number, tell: SuppressionListener): void {
    this.hold.phase = 'inactive';
    this.hold.dueAt = Number.POSITIVE_INFINITY;
    this.settle(at, tell);
  }

  /** The engine's clock was set by `ms`. */
  shift(ms: number): void {
    shiftHold(this.hold, ms);
    this.began += ms;
  }

  /** The source's clock was set back. */
  forget(): void {
    this.when.state.forget();
  }

  /** Indexes of the points it reads. */
  get inputs(): readonly number[] {
    return this.when.inputs;
  }

  snapshot(): SuppressionSnapshot {
    const { hold, spent } = this;
    const memory = this.when.state.snapshot();
    return {
      hold: hold.phase === 'inactive' ? null : snapshotHold('', hold),
      since: this.since,
      spent,
      ...(memory === undefined ? {} : { memory }),
    };
  }

  restore({ hold, since, spent, memory }: SuppressionSnapshot): void {
    if (hold) restoreHold(this.hold, hold);
    this.began = since ?? Number.NaN;
    this.spent = spent;
    if (memory !== undefined) this.when.state.restore(memory);
  }

  private complete(): void {
    const { hold } = this;
    if (hold.phase === 'pendingOn') hold.phase = 'active';
    else if (hold.phase === 'pendingOff') hold.phase = 'inactive';
    hold.dueAt = Number.POSITIVE_INFINITY;
  }

  private maxAt(): number {
    const { maxMs } = this.suppression;
    return this.holds && maxMs !== null ? this.began + maxMs : Number.POSITIVE_INFINITY;
  }

  /** Begins or ends to hide as the hold says. */
  private settle(at: number, tell: SuppressionListener): void {
    if (this.holds && at >= this.maxAt()) this.spent = true;
    const hides = isActive(this.hold) && !this.spent;
    if (hides === this.holds) return;
    this.began = hides ? at : Number.NaN;
    tell(this);
  }
}
