import type { ActiveLevel } from '../model/condition.ts';
import type { ClockLimit } from '../model/limit.ts';
import type { Reading } from '../model/reading.ts';

/** State of one device's clock check as plain data. */
export interface ClockSnapshot {
  wrongSince: number | null;
  active: boolean;
  offset: number;
  bands: [Band, Band];
}

/** Least and most offset from engine time `since` on. */
interface Band {
  since: number;
  least: number;
  most: number;
}

/**
 * Compares a device's clock with the receive time. A clock counts as wrong when for `forMs` no reading came with a time
 * within `withinMs` of ours: readings sent late after an outage of the line do not count as long as live ones come too.
 */
export class ClockWatch {
  active = false;
  /** Engine time of the first reading with a wrong time since the last with a right one. */
  since = 0;
  private readonly limit: ClockLimit;
  private wrongSince = Number.POSITIVE_INFINITY;
  /** Receive time less source time of the last reading, milliseconds; NaN where the source was too far ahead to believe. */
  private offset = 0;
  /** Offsets of the span of `forMs` that runs and of the one before: what was longer ago counts no more. */
  private bands: [Band, Band] = [newBand(0, 0), newBand(0, 0)];

  constructor(limit: ClockLimit) {
    this.limit = limit;
  }

  /** Takes the times of one reading; true when the condition has changed. */
  judge(ts: number, receivedAt: number, ahead: boolean): boolean {
    this.offset = ahead ? Number.NaN : receivedAt - ts;
    const wrong = ahead || Math.abs(this.offset) > this.limit.withinMs;
    if (!wrong) {
      this.wrongSince = Number.POSITIVE_INFINITY;
      if (!this.active) return false;
      this.active = false;
      return true;
    }
    if (this.wrongSince === Number.POSITIVE_INFINITY) {
      this.wrongSince = receivedAt;
      this.bands = [newBand(receivedAt, this.offset), newBand(receivedAt, this.offset)];
    }
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

  /**
   * True where the clock is wrong by the same all the time: what comes is new and only says otherwise. Stored readings
   * that are sent late get less old from one to the next.
   */
  get isSteady(): boolean {
    const [running, before] = this.bands;
    const spread = Math.max(running.most, before.most) - Math.min(running.least, before.least);
    return this.active && spread <= this.limit.withinMs;
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
    const { active, offset } = this;
    const [running, before] = this.bands;
    return { wrongSince, active, offset: Number.isNaN(offset) ? 0 : offset, bands: [{ ...running }, { ...before }] };
  }

  restore(saved: ClockSnapshot): void {
    this.wrongSince = saved.wrongSince ?? Number.POSITIVE_INFINITY;
    this.active = saved.active;
    this.since = saved.wrongSince ?? 0;
    this.offset = saved.offset;
    this.bands = [{ ...saved.bands[0] }, { ...saved.bands[1] }];
  }
}

/**
 * A reading as it is to be judged; null = it is too old. One from a clock that is known to be wrong, and always by the
 * same, counts as of its arrival: a wrong clock must not make us blind.
 */
export function believed(reading: Reading, liveWindowMs: number, clock: ClockWatch | null): Reading | null {
  if (reading.receivedAt - reading.ts <= liveWindowMs) return reading;
  return clock?.isSteady ? { ...reading, ts: reading.receivedAt } : null;
}

function newBand(since: number, offset: number): Band {
  return { since, least: offset, most: offset };
}
