import type { ActiveLevel } from '../model/condition.ts';
import type { ClockLimit } from '../model/limit.ts';
import type { Reading } from '../model/reading.ts';

/** State of one device's clock check as plain data. */
export interface ClockSnapshot {
  wrongSince: number | null;
  active: boolean;
  offset: number;
  bands: [Band, Band];
  /** Readings with a wrong time so far; states of older versions have none. */
  wrong?: number;
  /** What steps of our own clock explain; states of older versions have none. */
  ours?: number;
}

/** So many readings over so long show a clock that was set: a backlog sent a sixth faster than it was made has moved on. */
const STEADY_READINGS = 3;
const STEADY_MS = 60_000;

/** Least and most offset from engine time `since` on. */
interface Band {
  since: number;
  least: number;
  most: number;
}

/**
 * Compares a device's clock with the receive time. A clock counts as wrong when for `forMs` no reading came with a time
 * within `withinMs` of ours: readings sent late after an outage of the line do not count as long as live ones come too.
 * A step of our own clock is no fault of the device: as long as its clock differs from ours by that step, as if nothing
 * had been set, it counts as right.
 */
export class ClockWatch {
  active = false;
  /** Engine time of the first reading with a wrong time since the last with a right one. */
  since = 0;
  private readonly limit: ClockLimit;
  private wrongSince = Number.POSITIVE_INFINITY;
  /** Readings since then, and how long they have come. */
  private wrong = 0;
  private wrongForMs = 0;
  /**
   * Receive time less source time of the last reading less what is {@link ours}, milliseconds; NaN where the source was
   * too far ahead to believe.
   */
  private offset = 0;
  /** Offsets of the span of `forMs` that runs and of the one before: what was longer ago counts no more. */
  private bands: [Band, Band] = [newBand(0, 0), newBand(0, 0)];

  /** By how much our clock was set since the device's last agreed with it: an offset of so much is not the device's. */
  private ours = 0;

  constructor(limit: ClockLimit) {
    this.limit = limit;
  }

  /** Takes the times of one reading; true when the condition has changed. */
  judge(ts: number, receivedAt: number, ahead: boolean): boolean {
    if (!ahead && Math.abs(receivedAt - ts) <= this.limit.withinMs) this.ours = 0;
    this.offset = ahead ? Number.NaN : receivedAt - ts - this.ours;
    // How far ahead is not known; where we went back ourselves, that explains it.
    const right = ahead ? this.ours < -this.limit.withinMs : Math.abs(this.offset) <= this.limit.withinMs;
    if (right) {
      this.wrongSince = Number.POSITIVE_INFINITY;
      this.wrong = 0;
      if (!this.active) return false;
      this.active = false;
      return true;
    }
    if (this.wrongSince === Number.POSITIVE_INFINITY) {
      this.wrongSince = receivedAt;
      this.wrong = 0;
      this.bands = [newBand(receivedAt, this.offset), newBand(receivedAt, this.offset)];
    }
    this.wrong++;
    this.wrongForMs = receivedAt - this.wrongSince;
    const [running] = this.bands;
    if (receivedAt - running.since >= this.limit.forMs) this.bands = [newBand(receivedAt, this.offset), running];
    const [band] = this.bands;
    band.least = Math.min(band.least, this.offset);
    band.most = Math.max(band.most, this.offset);
    if (this.active || receivedAt - this.wrongSince < this.limit.forMs) return false;
    this.active = true;
    this.since = this.wrongSince;
    return true;
  }

  /** Our own clock was set by `ms` and is at `at` now. */
  shift(ms: number, at: number): void {
    this.ours += ms;
    if (this.wrongSince !== Number.POSITIVE_INFINITY) this.wrongSince = Math.min(this.wrongSince + ms, at);
    this.since = Math.min(this.since + ms, at);
    for (const band of this.bands) band.since = Math.min(band.since + ms, at);
  }

  /** True where a step of our own clock explains that the last reading looks old. */
  get isOurs(): boolean {
    return this.ours > 0 && Math.abs(this.offset) <= this.limit.withinMs;
  }

  /**
   * True where the clock is wrong by the same all the time: what comes is new and only says otherwise. Stored readings
   * that are sent late get less old from one to the next. Until the clock counts as wrong, the same means a closer one.
   */
  get isSteady(): boolean {
    const [running, before] = this.bands;
    const spread = Math.max(running.most, before.most) - Math.min(running.least, before.least);
    if (this.active) return spread <= this.limit.withinMs;
    return this.wrong >= STEADY_READINGS && this.wrongForMs >= STEADY_MS && spread <= this.limit.withinMs / 3;
  }

  /** The condition in force, or null; measured and limit in seconds. */
  level(): ActiveLevel | null {
    if (!this.active) return null;
    const measured = Number.isNaN(this.offset) ? null : this.offset / 1000;
    return {
      condition: 'clock',
      rank: 1,
      tier: this.limit.tier,
      limit: this.limit.withinMs / 1000,
      latch: false,
      measured,
    };
  }

  snapshot(): ClockSnapshot {
    const wrongSince = Number.isFinite(this.wrongSince) ? this.wrongSince : null;
    const { active, offset, ours, wrong } = this;
    const [running, before] = this.bands;
    const bands: [Band, Band] = [{ ...running }, { ...before }];
    return { wrongSince, active, offset: Number.isNaN(offset) ? 0 : offset, bands, wrong, ours };
  }

  restore(saved: ClockSnapshot): void {
    this.wrongSince = saved.wrongSince ?? Number.POSITIVE_INFINITY;
    this.active = saved.active;
    this.since = saved.wrongSince ?? 0;
    this.offset = saved.offset;
    this.bands = [{ ...saved.bands[0] }, { ...saved.bands[1] }];
    this.wrong = saved.wrong ?? 0;
    this.ours = saved.ours ?? 0;
  }
}

/**
 * A reading as it is to be judged; null = it is too old. One from a clock that is known to be wrong, and always by the
 * same, counts as of its arrival: a wrong clock must not make us blind. So does one that only a step of our own clock
 * makes look old.
 */
export function believed(reading: Reading, liveWindowMs: number, clock: ClockWatch | null): Reading | null {
  if (reading.receivedAt - reading.ts <= liveWindowMs) return reading;
  return clock?.isSteady || clock?.isOurs ? { ...reading, ts: reading.receivedAt } : null;
}

function newBand(since: number, offset: number): Band {
  return { since, least: offset, most: offset };
}
