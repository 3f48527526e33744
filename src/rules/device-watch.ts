import type { Direction } from '../model/alarm.ts';
import type { ActiveLevel, ConditionChange, SuppressionChange } from '../model/condition.ts';
import type { Device } from '../model/device.ts';
import type { Reading, Status } from '../model/reading.ts';
import { AbsenceWatch } from './absence-watch.ts';
import { believed, ClockWatch } from './clock-watch.ts';
import { DeviceRules, type RulesListener } from './device-rules.ts';
import { type DeviceSnapshot, pointsKept } from './device-snapshot.ts';
import type { Hold } from './hold.ts';
import type { RuleWatch } from './rule-watch.ts';
import { type Held, SourceOrder } from './source-order.ts';
import type { Trace } from './trace.ts';
import type { ChangeSink, SuppressionSink, Watch } from './watch.ts';

/** Told of a reading that waited for its turn, when that has come: engine time `at`, while record `seq` was judged. */
export type ReleaseSink = (reading: Held, at: number, seq: number) => void;

/**
 * The rules of one device. Exercises and tests run through a watch of their own beside the real one: a drill can
 * neither raise nor calm what is actual.
 */
export class DeviceWatch implements Watch {
  readonly device: Device;
  readonly status: Status;
  readonly order: string;
  scheduledAt = Number.POSITIVE_INFINITY;
  seq = 0;
  savedSeq = 0;
  dirtySince = 0;
  private readonly rules: DeviceRules;
  /** Readings wait for their turn here. Where they go by arrival: what still waited when the profile was changed to that. */
  private sourceOrder: SourceOrder | null;
  private readonly clock: ClockWatch | null;
  private readonly absence: AbsenceWatch;
  private readonly emit: ChangeSink;
  private readonly suppress: SuppressionSink;
  private readonly released: ReleaseSink | null;
  /** What was found since {@link gather}; null = everything is told at once. */
  private gathered: { readonly changes: ConditionChange[]; readonly over: SuppressionChange[] } | null = null;
  /** Engine time; delays of held readings may run from later. */
  private now = 0;

  /** `released` null: nobody wants to know. */
  constructor(
    device: Device,
    status: Status,
    seenAt: number,
    latenessMs: number,
    emit: ChangeSink,
    suppress: SuppressionSink,
    released: ReleaseSink | null,
  ) {
    this.device = device;
    this.status = status;
    this.order = `${device.key}|${status}`;
    this.absence = new AbsenceWatch(status === 'actual' ? device.profile.absent : null, seenAt);
    this.emit = emit;
    this.suppress = suppress;
    this.released = released;
    this.rules = new DeviceRules(device, status, seenAt, latenessMs, this.listener());
    this.sourceOrder = this.isOrdered ? new SourceOrder(latenessMs) : null;
    this.clock = device.profile.clock && status === 'actual' ? new ClockWatch(device.profile.clock) : null;
  }

  /** Tells `trace` of every judgement from now on; null = no more. */
  follow(trace: Trace | null): void {
    this.rules.follow(trace);
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
    if (!this.isOrdered) {
      this.release(reading.receivedAt);
      this.judgeRules(reading, reading.receivedAt);
    } else if (this.sourceOrder?.take(reading)) {
      this.release(reading.receivedAt);
    } else {
      this.judgeReleased(reading, reading.receivedAt);
    }
  }

  /** Lets run out what is due at engine time `at`. */
  tick(at: number): void {
    this.now = at;
    this.release(at);
    this.gather();
    try {
      this.rules.tick(at);
    } finally {
      this.scatter();
    }
    if (!this.absence.tick(at)) return;
    this.rules.distrust(at);
    this.tellOfDevice('absent', this.absence.level(), this.absence.seenAt);
  }

  dueAt(): number {
    const held = this.sourceOrder?.dueAt() ?? Number.POSITIVE_INFINITY;
    return Math.min(this.absence.dueAt(), held, this.rules.dueAt());
  }

  excuse(ms: number): void {
    this.absence.seenAt += ms;
    this.rules.excuse(ms);
  }

  shift(ms: number, at: number): void {
    this.absence.seenAt = Math.min(this.absence.seenAt + ms, at);
    this.rules.shift(ms, at);
    this.sourceOrder?.shift(ms, at);
    this.clock?.shift(ms, at);
  }

  restate(at: number): void {
    this.now = at;
    this.rules.restate(at);
    if (this.clock?.active) this.tellOfClock();
    if (this.absence.active) this.tellOfDevice('absent', this.absence.level(), this.absence.seenAt);
  }

  snapshot(): DeviceSnapshot {
    const { sourceOrder } = this;
    const waiting = sourceOrder && (this.isOrdered || !sourceOrder.isEmpty);
    const order = waiting ? { order: sourceOrder.snapshot(this.device.profile.points) } : {};
    const clock = this.clock ? { clock: this.clock.snapshot() } : {};
    const { seenAt, active } = this.absence;
    return { seq: this.seq, seenAt, absent: active, ...this.rules.snapshot(), ...order, ...clock };
  }

  restore(saved: unknown): void {
    const snapshot = saved as DeviceSnapshot;
    this.seq = snapshot.seq;
    this.savedSeq = snapshot.seq;
    this.absence.restore(snapshot.seenAt, snapshot.absent);
    this.rules.restore(snapshot);
    if (snapshot.order && snapshot.order.held.length > 0) this.sourceOrder ??= SourceOrder.thatWaitsNoMore();
    if (snapshot.order) this.sourceOrder?.restore(snapshot.order, pointsKept(this.device.profile.points, snapshot));
    if (snapshot.clock) this.clock?.restore(snapshot.clock);
  }

  private get isOrdered(): boolean {
    return this.device.profile.reporting.order === 'source';
  }

  /** Judges the held readings whose turn has come. Their delays count from when their turn comes at the latest. */
  private release(at: number): void {
    const { sourceOrder } = this;
    if (!sourceOrder) return;
    for (let next = sourceOrder.next(at); next; next = sourceOrder.next(at)) {
      const turn = Math.max(sourceOrder.turnOf(next), next.receivedAt);
      this.gather();
      this.rules.advance(next.ts, turn);
      this.scatter();
      this.judgeReleased(next, turn);
    }
  }

  /** `at`: engine time from which delays run. */
  private judgeReleased(reading: Held, at: number): void {
    try {
      this.judgeRules(reading, at);
    } finally {
      this.released?.(reading, this.now, this.seq);
    }
  }

  private judgeRules(reading: Held, at: number): void {
    this.gather();
    try {
      this.rules.judge(reading, at);
    } finally {
      this.scatter();
    }
  }

  /**
   * What one sample or instant brings is told in the order in which nothing is announced in vain: suppressions that
   * begin, then conditions, then suppressions that are over.
   */
  private gather(): void {
    if (this.rules.canSuppress) this.gathered = { changes: [], over: [] };
  }

  private scatter(): void {
    const { gathered } = this;
    if (!gathered) return;
    this.gathered = null;
    for (const change of gathered.changes) this.emit(change);
    for (const change of gathered.over) this.suppress(change);
  }

  private listener(): RulesListener {
    return {
      ladder: (watch, side, level, effectiveAt) => {
        this.tell(side, watch.point.index, null, level, watch.origin(side), effectiveAt);
      },
      rule: (watch, level, effectiveAt) => {
        const { rule } = watch;
        this.tell(rule.spec.kind, rule.point, rule, level, watch.origin(), effectiveAt);
      },
      suppression: (watch) => {
        const { device, now: at } = this;
        const change = { device, suppression: watch.suppression, since: watch.since, at };
        if (change.since === null && this.gathered) this.gathered.over.push(change);
        else this.suppress(change);
      },
      clockSetBack: () => this.sourceOrder?.forget(),
    };
  }

  private tell(
    direction: Direction,
    index: number | null,
    rule: RuleWatch['rule'] | null,
    level: ActiveLevel | null,
    origin: Hold | null,
    since: number,
  ): void {
    const watch = index === null ? null : this.rules.point(index);
    // A point in another unit has its alarm still, but no sample yet.
    const effectiveAt = Number.isFinite(since) ? since : this.now;
    const started = level && origin;
    const { point = null, value = null, quality = 'good' } = watch ?? {};
    const ts = watch && Number.isFinite(watch.ts) ? watch.ts : effectiveAt;
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
    const told = { device, status, at: now, journalSeq: seq, ...change };
    if (this.gathered) this.gathered.changes.push(told);
    else this.emit(told);
  }
}
