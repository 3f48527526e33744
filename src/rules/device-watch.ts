import type { Direction } from '../model/alarm.ts';
import type { ActiveLevel, ConditionChange } from '../model/condition.ts';
import type { Device } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Reading, Status, Value } from '../model/reading.ts';
import { AbsenceWatch } from './absence-watch.ts';
import { Calculation } from './calculation.ts';
import { believed, ClockWatch } from './clock-watch.ts';
import { type DeviceSnapshot, restoreWatches, snapshotWatches } from './device-snapshot.ts';
import type { Hold } from './hold.ts';
import type { Side } from './ladder.ts';
import { isWatched, type Plan, planOf } from './plan.ts';
import { type Outcome, type Patience, PointWatch, patienceOf } from './point-watch.ts';
import { RuleWatch } from './rule-watch.ts';
import type { Samples } from './samples.ts';
import { type Held, SourceOrder } from './source-order.ts';
import type { Trace } from './trace.ts';
import type { ChangeSink, Watch } from './watch.ts';

/**
 * The rules of one device. Exercises and tests run through a watch of their own beside the real one: a drill can
 * neither raise nor calm what is actual.
 */
export class DeviceWatch implements Watch, Samples {
  readonly device: Device;
  readonly status: Status;
  readonly order: string;
  scheduledAt = Number.POSITIVE_INFINITY;
  seq = 0;
  savedSeq = 0;
  dirtySince = 0;
  private readonly points: (PointWatch | null)[];
  /** In the order in which they are judged. */
  private readonly rules: readonly RuleWatch[];
  /** Each behind those it depends on. */
  private readonly calculations: readonly Calculation[];
  private readonly plan: Plan;
  private readonly sourceOrder: SourceOrder | null;
  private readonly clock: ClockWatch | null;
  private readonly absence: AbsenceWatch;
  private readonly patience: Patience;
  private readonly emit: ChangeSink;
  /** Counts readings, see {@link RuleWatch.touched}. */
  private judged = 0;
  /** Engine time; delays of held readings may run from later. */
  private now = 0;
  /** As of which time samples are fresh or stale: that from which the delays of what is judged run. */
  private asOf = 0;

  constructor(device: Device, status: Status, seenAt: number, latenessMs: number, emit: ChangeSink) {
    this.device = device;
    this.status = status;
    this.order = `${device.key}|${status}`;
    this.absence = new AbsenceWatch(status === 'actual' ? device.profile.absent : null, seenAt);
    this.patience = patienceOf(device.profile, latenessMs);
    this.emit = emit;
    const plan = planOf(device);
    this.plan = plan;
    this.rules = plan.rules.map((rule) => new RuleWatch(rule, device.points));
    this.calculations = plan.calculated.map((one) => new Calculation(one, device.points));
    this.points = device.points.map((point) => (isWatched(point, plan) ? new PointWatch(point, seenAt) : null));
    this.sourceOrder = device.profile.reporting.order === 'source' ? new SourceOrder(latenessMs) : null;
    this.clock = device.profile.clock && status === 'actual' ? new ClockWatch(device.profile.clock) : null;
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

  ts(index: number): number {
    return this.points[index]?.ts ?? Number.NEGATIVE_INFINITY;
  }

  /** Tells `trace` of every judgement from now on; null = no more. */
  follow(trace: Trace | null): void {
    for (const watch of this.points) if (watch) watch.trace = trace;
    for (const watch of this.rules) watch.trace = trace;
  }

  /** Compares the device's clock with ours; to be called for every reading that is not historical, however old. */
  judgeClock(reading: Reading, seq: number): void {
    this.seq = seq;
    this.now = reading.receivedAt;
    const told = this.clock?.judge(reading.ts, reading.receivedAt, reading.clockAhead);
    if (told) this.tellOfClock();
  }

  /** The reading as it is to be judged; null = it is too old. */
  believe(reading: Reading, liveWindowMs: number): Reading | null {
    return believed(reading, liveWindowMs, this.clock);
  }

  /** Judges a live reading, or keeps it until its turn comes. */
  judge(reading: Reading, seq: number): void {
    this.seq = seq;
    this.now = reading.receivedAt;
    if (this.absence.heard(reading.receivedAt)) this.tellOfDevice('absent', null, reading.ts);
    if (this.sourceOrder?.take(reading)) this.release(reading.receivedAt);
    else this.judgeValues(reading, reading.receivedAt);
  }

  /** Lets run out what is due at engine time `at`. */
  tick(at: number): void {
    this.now = at;
    this.release(at);
    this.asOf = at;
    for (const watch of this.points) watch?.tick(at, this.ladderSink);
    for (const watch of this.rules) watch.tick(at, this, this.ruleSink);
    if (!this.absence.tick(at)) return;
    for (const watch of this.points) watch?.distrust();
    for (const watch of this.rules) watch.distrust();
    this.tellOfDevice('absent', this.absence.level(), this.absence.seenAt);
  }

  dueAt(): number {
    let due = Math.min(this.absence.dueAt(), this.sourceOrder?.dueAt() ?? Number.POSITIVE_INFINITY);
    for (const watch of this.points) if (watch) due = Math.min(due, watch.dueAt());
    for (const watch of this.rules) due = Math.min(due, watch.dueAt());
    return due;
  }

  excuse(ms: number): void {
    this.absence.seenAt += ms;
    for (const watch of this.points) watch?.excuse(ms);
    for (const watch of this.rules) watch.excuse(ms);
  }

  shift(ms: number, at: number): void {
    this.absence.seenAt = Math.min(this.absence.seenAt + ms, at);
    let future = false;
    for (const watch of this.points) future = (watch?.shift(ms, at) ?? false) || future;
    for (const watch of this.rules) watch.shift(ms);
    if (!future) return;
    for (const watch of this.rules) watch.measure.forget?.();
    for (const one of this.calculations) one.forget();
    this.sourceOrder?.forget();
  }

  restate(at: number): void {
    this.now = at;
    for (const watch of this.points) watch?.restate(this.ladderSink);
    for (const watch of this.rules) watch.restate(at, this.ruleSink);
    if (this.clock?.active) this.tellOfClock();
    if (this.absence.active) this.tellOfDevice('absent', this.absence.level(), this.absence.seenAt);
  }

  snapshot(): DeviceSnapshot {
    const order = this.sourceOrder ? { order: this.sourceOrder.snapshot(this.device.profile.points) } : {};
    const clock = this.clock ? { clock: this.clock.snapshot() } : {};
    const { seenAt, active } = this.absence;
    return { seq: this.seq, seenAt, absent: active, ...snapshotWatches(this.watches), ...order, ...clock };
  }

  restore(saved: unknown): void {
    const snapshot = saved as DeviceSnapshot;
    this.seq = snapshot.seq;
    this.savedSeq = snapshot.seq;
    this.absence.restore(snapshot.seenAt, snapshot.absent);
    restoreWatches(this.watches, snapshot);
    if (snapshot.order) this.sourceOrder?.restore(snapshot.order, this.device.profile.points);
    if (snapshot.clock) this.clock?.restore(snapshot.clock);
  }

  private get watches() {
    return { device: this.device, points: this.points, rules: this.rules, calculations: this.calculations };
  }

  /** Judges the held readings whose turn has come. Their delays count from when their turn comes at the latest. */
  private release(at: number): void {
    const { sourceOrder } = this;
    if (!sourceOrder) return;
    for (let next = sourceOrder.next(at); next; next = sourceOrder.next(at)) {
      const turn = Math.max(sourceOrder.turnOf(next), next.receivedAt);
      this.advance(next.ts, turn);
      this.judgeValues(next, turn);
    }
  }

  /** Lets every delay of the device that is over at source time `ts` run out, in the order of their ends. */
  private advance(ts: number, at: number): void {
    this.asOf = at;
    for (;;) {
      let due = Number.POSITIVE_INFINITY;
      for (const watch of this.points) if (watch) due = Math.min(due, watch.dueTs());
      for (const watch of this.rules) due = Math.min(due, watch.dueTs());
      if (due > ts) return;
      for (const watch of this.points) watch?.advance(due, at, this.ladderSink);
      for (const watch of this.rules) watch.advance(due, at, this, this.ruleSink);
    }
  }

  /** `at`: engine time from which delays run. */
  private judgeValues(reading: Held, at: number): void {
    const { values, qualities, ts } = reading;
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
        watch.judge(this, ts, at, this.ruleSink);
      } catch (error) {
        // One rule that fails keeps no other from being judged.
        fault ??= { error };
      }
    }
    if (fault) throw fault.error;
  }

  private judgeValue(index: number, value: Value, quality: Quality, ts: number, at: number): void {
    const watch = this.points[index];
    if (!watch) return;
    const outcome = watch.take(value, quality, ts, at, this.patience, this.ladderSink);
    if (outcome === 'clockSetBack') this.sourceOrder?.forget();
    if (outcome !== 'ignored') this.pass(watch, value, quality, ts, outcome);
  }

  private judgeCalculated(one: Calculation, ts: number, at: number): void {
    const watch = this.points[one.point.index];
    if (!watch) return;
    const calculatedTs = one.calculate(this, ts);
    const outcome = calculatedTs < watch.ts ? 'clockSetBack' : 'judged';
    watch.judge(one.value, one.quality, calculatedTs, at, this.ladderSink);
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
  }

  private readonly ladderSink = (
    watch: PointWatch,
    side: Side,
    level: ActiveLevel | null,
    effectiveAt: number,
  ): void => {
    this.tell(side, watch.point.index, null, level, watch.origin(side), effectiveAt);
  };

  private readonly ruleSink = (watch: RuleWatch, level: ActiveLevel | null, effectiveAt: number): void => {
    const { rule } = watch;
    this.tell(rule.spec.kind, rule.point, rule, level, watch.origin(), effectiveAt);
  };

  private tell(
    direction: Direction,
    index: number | null,
    rule: RuleWatch['rule'] | null,
    level: ActiveLevel | null,
    origin: Hold | null,
    effectiveAt: number,
  ): void {
    const watch = index === null ? null : this.points[index];
    const started = level && origin;
    const { point = null, value = null, quality = 'good', ts = effectiveAt } = watch ?? {};
    const occurredAt = started ? started.occurredAt : ts;
    const receivedAt = started ? started.receivedAt : this.absence.seenAt;
    this.send({ point, rule, direction, level, value, quality, occurredAt, receivedAt, effectiveAt });
  }

  private tellOfClock(): void {
    const level = this.clock?.level() ?? null;
    this.tellOfDevice('clock', level, level && this.clock ? this.clock.since : this.now);
  }

  private tellOfDevice(direction: Direction, level: ActiveLevel | null, occurredAt: number): void {
    const quality = direction === 'absent' && level ? 'bad' : 'good';
    const times = { occurredAt, receivedAt: this.absence.seenAt, effectiveAt: this.now };
    this.send({ point: null, rule: null, direction, level, value: null, quality, ...times });
  }

  private send(change: Omit<ConditionChange, 'device' | 'status' | 'at' | 'journalSeq'>): void {
    const { device, status, now, seq } = this;
    this.emit({ device, status, at: now, journalSeq: seq, ...change });
  }
}

const NONE: readonly number[] = [];
