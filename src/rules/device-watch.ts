import type { Direction } from '../model/alarm.ts';
import type { ActiveLevel, ConditionChange } from '../model/condition.ts';
import type { Device } from '../model/device.ts';
import type { Reading, Status } from '../model/reading.ts';
import type { Tier } from '../model/tier.ts';
import type { Due } from './deadlines.ts';
import { type PointSnapshot, PointWatch } from './point-watch.ts';

export type ChangeSink = (change: ConditionChange) => void;

/** State of one device's rules as plain data, as it was after journal sequence `seq`. */
export interface DeviceSnapshot {
  seq: number;
  seenAt: number;
  absent: boolean;
  points: Record<string, PointSnapshot>;
}

/**
 * The rules of one device. Exercises and tests run through a watch of their own beside the real one: a drill can
 * neither raise nor calm what is actual.
 */
export class DeviceWatch implements Due {
  readonly device: Device;
  readonly status: Status;
  readonly order: string;
  scheduledAt = Number.POSITIVE_INFINITY;
  /** Journal sequence of the last message judged. */
  seq = 0;
  /** Sequence of the snapshot it was restored from: what came up to there is in its state. */
  savedSeq = 0;
  /** First message since the last snapshot; 0 = nothing to save. */
  dirtySince = 0;
  /** Engine time of the last live reading, or of the moment we began to watch. */
  seenAt: number;
  absent = false;
  private readonly points: (PointWatch | null)[];
  private readonly emit: ChangeSink;

  constructor(device: Device, status: Status, seenAt: number, emit: ChangeSink) {
    this.device = device;
    this.status = status;
    this.order = `${device.key}|${status}`;
    this.seenAt = seenAt;
    this.emit = emit;
    this.points = device.points.map((point) =>
      point.limits.length > 0 || point.rates.length > 0 ? new PointWatch(point) : null,
    );
  }

  /** Judges a live reading. A sample older than one already judged only joins its slope's window, within `latenessMs`. */
  judge(reading: Reading, seq: number, latenessMs: number): void {
    this.seq = seq;
    this.seenAt = reading.receivedAt;
    if (this.absent) {
      this.absent = false;
      this.emitAbsence(null, reading.receivedAt, reading.ts);
    }
    const { values, qualities, ts, receivedAt } = reading;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (value === undefined) continue;
      const watch = this.points[i];
      if (!watch) continue;
      watch.take(value, qualities?.[i] ?? 'good', ts, receivedAt, latenessMs, this.sink);
    }
  }

  /** Lets run out what is due at engine time `at`. */
  tick(at: number): void {
    for (const watch of this.points) watch?.tick(at, this.sink);
    const { absent } = this.device.profile;
    if (absent && !this.absent && this.status === 'actual' && this.seenAt + absent.afterMs <= at) {
      this.absent = true;
      for (const watch of this.points) watch?.distrust();
      this.emitAbsence(absenceLevel(absent.tier), at, this.seenAt);
    }
  }

  /** Earliest engine time at which {@link tick} has something to do; Infinity = never. */
  dueAt(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const watch of this.points) if (watch) due = Math.min(due, watch.dueAt());
    const { absent } = this.device.profile;
    if (absent && !this.absent && this.status === 'actual') due = Math.min(due, this.seenAt + absent.afterMs);
    return due;
  }

  /** Nobody watched for `ms`: silence in that time is ours, not the device's, and it proves no calm. */
  excuse(ms: number): void {
    this.seenAt += ms;
    for (const watch of this.points) watch?.excuse(ms);
  }

  /** The engine's clock was set by `ms` and is at `at` now: every deadline moves with it. */
  shift(ms: number, at: number): void {
    this.seenAt = Math.min(this.seenAt + ms, at);
    for (const watch of this.points) watch?.shift(ms, at);
  }

  /** Emits every condition in force once more. */
  restate(at: number): void {
    for (const watch of this.points) watch?.restate(at, this.sink);
    const { absent } = this.device.profile;
    if (absent && this.absent) {
      this.emitAbsence(absenceLevel(absent.tier), at, this.seenAt);
    }
  }

  snapshot(): DeviceSnapshot {
    const points: Record<string, PointSnapshot> = {};
    for (const watch of this.points) if (watch) points[watch.point.id] = watch.snapshot();
    return { seq: this.seq, seenAt: this.seenAt, absent: this.absent, points };
  }

  restore(snapshot: DeviceSnapshot): void {
    this.seq = snapshot.seq;
    this.savedSeq = snapshot.seq;
    this.seenAt = snapshot.seenAt;
    this.absent = snapshot.absent && this.device.profile.absent !== null;
    for (const watch of this.points) {
      const saved = watch && snapshot.points[watch.point.id];
      if (saved) watch.restore(saved);
    }
  }

  private readonly sink = (watch: PointWatch, direction: Direction, level: ActiveLevel | null, at: number): void => {
    const origin = watch.origin(direction);
    this.emit({
      device: this.device,
      point: watch.point,
      direction,
      status: this.status,
      level,
      value: watch.value,
      quality: watch.quality,
      occurredAt: level && origin ? origin.occurredAt : watch.ts,
      receivedAt: level && origin ? origin.receivedAt : this.seenAt,
      at,
      journalSeq: this.seq,
    });
  };

  private emitAbsence(level: ActiveLevel | null, at: number, occurredAt: number): void {
    this.emit({
      device: this.device,
      point: null,
      direction: 'absent',
      status: this.status,
      level,
      value: null,
      quality: level ? 'bad' : 'good',
      occurredAt,
      receivedAt: this.seenAt,
      at,
      journalSeq: this.seq,
    });
  }
}

function absenceLevel(tier: Tier): ActiveLevel {
  return { condition: 'absent', rank: 1, tier, limit: null, latch: false };
}
