import type { ActiveLevel } from '../model/condition.ts';
import type { Device } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Status, Value } from '../model/reading.ts';
import { Calculation } from './calculation.ts';
import { type RulesSnapshot, restoreRules, snapshotRules } from './device-snapshot.ts';
import type { Side } from './ladder.ts';
import { isWatched, type Plan, planOf } from './plan.ts';
import { type Outcome, type Patience, PointWatch, patienceOf } from './point-watch.ts';
import { RuleWatch } from './rule-watch.ts';
import type { Held } from './source-order.ts';
import { type AgeingSamples, SuppressionWatch } from './suppression-watch.ts';
import type { Trace } from './trace.ts';

/** Told of what the points and rules of a device find. */
export interface RulesListener {
  /** The worst limit in force on one side of a point has changed; null = none holds. */
  ladder(watch: PointWatch, side: Side, level: ActiveLevel | null, effectiveAt: number): void;
  /** The worst step in force of a rule has changed; null = none holds. */
  rule(watch: RuleWatch, level: ActiveLevel | null, effectiveAt: number): void;
  /** A suppression has begun to hide, or is over. Asked after everything else was judged. */
  suppression(watch: SuppressionWatch): void;
  /** The source's clock was set back. */
  clockSetBack(): void;
}

/** The points of one device with their limits, what is calculated from them, and the rules over them. */
export class DeviceRules implements AgeingSamples {
  private readonly device: Device;
  private readonly listener: RulesListener;
  private readonly points: readonly (PointWatch | null)[];
  /** In the order in which they are judged. */
  private readonly rules: readonly RuleWatch[];
  /** Drills have none: they would hide what is actual. */
  private readonly suppressions: readonly SuppressionWatch[];
  /** Each behind those it depends on. */
  private readonly calculations: readonly Calculation[];
  private readonly plan: Plan;
  private readonly patience: Patience;
  /** Counts readings, see {@link RuleWatch.touched}. */
  private judged = 0;
  /** As of which time samples are fresh or stale: that from which the delays of what is judged run. */
  private asOf = 0;

  constructor(device: Device, status: Status, seenAt: number, latenessMs: number, listener: RulesListener) {
    this.device = device;
    this.listener = listener;
    this.patience = patienceOf(device.profile, latenessMs);
    const plan = planOf(device);
    this.plan = plan;
    // A drill plays some points for a while: that the others, and later all, say nothing is no loss of measurement.
    const points = status === 'actual' ? device.points : device.points.map((one) => ({ ...one, staleAfterMs: null }));
    this.rules = plan.rules.map((rule) => new RuleWatch(rule, points));
    const suppressions = status === 'actual' ? plan.suppressions : [];
    this.suppressions = suppressions.map((one) => new SuppressionWatch(one, device.points));
    this.calculations = plan.calculated.map((one) => new Calculation(one, points));
    this.points = points.map((point) => (isWatched(point, plan) ? new PointWatch(point, seenAt) : null));
  }

  value(index: number): Value {
    return this.points[index]?.value ?? null;
  }

  quality(index: number): Quality {
    const watch = this.points[index];
    return !watch || watch.isStale(this.asOf) ? 'bad' : watch.quality;
  }

  isStale(index: number): boolean {
    return this.points[index]?.isStale(this.asOf) ?? true;
  }

  staleAt(index: number): number {
    return this.points[index]?.staleAt() ?? Number.POSITIVE_INFINITY;
  }

  ts(index: number): number {
    return this.points[index]?.ts ?? Number.NEGATIVE_INFINITY;
  }

  /** True where alarms of this device may be suppressed. */
  get canSuppress(): boolean {
    return this.suppressions.length > 0;
  }

  /** The watch of a point; null = nothing depends on it. */
  point(index: number): PointWatch | null {
    return this.points[index] ?? null;
  }

  /** Tells `trace` of every judgement from now on; null = no more. */
  follow(trace: Trace | null): void {
    for (const watch of this.points) if (watch) watch.trace = trace;
    for (const watch of this.rules) watch.trace = trace;
  }

  /** Judges the values of a reading. `at`: engine time from which delays run. */
  judge({ values, qualities, ts }: Held, at: number): void {
    this.asOf = at;
    this.judged++;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value !== undefined) this.judgeValue(i, value, qualities?.[i] ?? 'good', ts, at);
    }
    for (const one of this.calculations) if (one.touched === this.judged) this.judgeCalculated(one, ts, at);
    let fault: { readonly error: unknown } | null = null;
    for (const watch of this.rules) {
      if (watch.touched !== this.judged) continue;
      try {
        watch.judge(this, ts, at, this.listener.rule);
      } catch (error) {
        // One rule that fails keeps no other from being judged.
        fault ??= { error };
      }
    }
    for (const watch of this.suppressions) {
      if (watch.touched === this.judged) watch.judge(this, ts, at, this.listener.suppression);
    }
    if (fault) throw fault.error;
  }

  /** Lets run out what is due at engine time `at`. */
  tick(at: number): void {
    this.asOf = at;
    for (const watch of this.points) watch?.tick(at, this.listener.ladder);
    for (const watch of this.rules) watch.tick(at, this, this.listener.rule);
    for (const watch of this.suppressions) watch.tick(at, this, this.listener.suppression);
  }

  /** Earliest engine time at which a delay runs out; Infinity = none is pending. */
  dueAt(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const watch of this.points) if (watch) due = Math.min(due, watch.dueAt());
    for (const watch of this.rules) due = Math.min(due, watch.dueAt());
    for (const watch of this.suppressions) due = Math.min(due, watch.dueAt(this.asOf, this));
    return due;
  }

  /** Lets every delay that is over at source time `ts` run out, in the order of their ends. */
  advance(ts: number, at: number): void {
    this.asOf = at;
    for (;;) {
      let due = Number.POSITIVE_INFINITY;
      for (const watch of this.points) if (watch) due = Math.min(due, watch.dueTs());
      for (const watch of this.rules) due = Math.min(due, watch.dueTs());
      for (const watch of this.suppressions) due = Math.min(due, watch.dueTs());
      if (due > ts) return;
      for (const watch of this.points) watch?.advance(due, at, this.listener.ladder);
      for (const watch of this.rules) watch.advance(due, at, this, this.listener.rule);
      for (const watch of this.suppressions) watch.advance(due, at, this.listener.suppression);
    }
  }

  /** The device is silent, which proves nothing: no clear may complete on it, and nothing is hidden any more. */
  distrust(at: number): void {
    for (const watch of this.suppressions) watch.end(at, this.listener.suppression);
    for (const watch of this.points) watch?.distrust();
    for (const watch of this.rules) watch.distrust();
  }

  /** Nobody watched for `ms`. */
  excuse(ms: number): void {
    for (const watch of this.points) watch?.excuse(ms);
    for (const watch of this.rules) watch.excuse(ms);
  }

  /** The engine's clock was set by `ms` and is at `at` now. */
  shift(ms: number, at: number): void {
    let future = false;
    for (const watch of this.points) future = (watch?.shift(ms, at) ?? false) || future;
    for (const watch of this.rules) watch.shift(ms);
    for (const watch of this.suppressions) watch.shift(ms);
    if (!future) return;
    for (const watch of this.rules) watch.measure.forget?.();
    for (const watch of this.suppressions) watch.forget();
    for (const one of this.calculations) one.forget();
  }

  /** Tells of everything in force once more. */
  restate(at: number): void {
    for (const watch of this.suppressions) if (watch.holds) this.listener.suppression(watch);
    for (const watch of this.points) watch?.restate(this.listener.ladder);
    for (const watch of this.rules) watch.restate(at, this.listener.rule);
  }

  snapshot(): RulesSnapshot {
    return snapshotRules(this.parts);
  }

  /** Takes up a snapshot, be it of another configuration; see {@link restoreRules}. */
  restore(saved: RulesSnapshot): void {
    restoreRules(this.parts, saved);
  }

  private get parts() {
    const { device, points, rules, suppressions, calculations } = this;
    return { device, points, rules, suppressions, calculations };
  }

  private judgeValue(index: number, value: Value, quality: Quality, ts: number, at: number): void {
    const watch = this.points[index];
    if (!watch) return;
    const outcome = watch.take(value, quality, ts, at, this.patience, this.listener.ladder);
    if (outcome === 'clockSetBack') this.listener.clockSetBack();
    if (outcome !== 'ignored') this.pass(watch, value, quality, ts, outcome);
  }

  private judgeCalculated(one: Calculation, ts: number, at: number): void {
    const watch = this.points[one.point.index];
    if (!watch) return;
    const calculatedTs = one.calculate(this, ts);
    const outcome = calculatedTs < watch.ts ? 'clockSetBack' : 'judged';
    watch.judge(one.value, one.quality, calculatedTs, at, this.listener.ladder);
    this.pass(watch, one.value, one.quality, calculatedTs, outcome);
  }

  /** Gives a sample to what reads its point: calculated points and rules. */
  private pass(watch: PointWatch, value: Value, quality: Quality, ts: number, outcome: Outcome): void {
    const { index } = watch.point;
    const grade = value === null ? 'bad' : quality;
    for (const place of this.plan.calculatedOf[index] ?? NONE) {
      this.calculations[place]?.take(index, value, grade, ts, outcome, this.judged);
    }
    for (const place of this.plan.rulesOf[index] ?? NONE) {
      this.rules[place]?.take(index, value, grade, ts, outcome, this.judged);
    }
    for (const place of this.plan.suppressionsOf[index] ?? NONE) {
      this.suppressions[place]?.take(index, value, grade, ts, outcome, this.judged);
    }
  }
}

const NONE: readonly number[] = [];
