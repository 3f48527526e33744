import type { ActiveLevel } from '../model/condition.ts';
import type { ClockLimit } from '../model/limit.ts';

/** State of one device's clock check as plain data. */
export interface ClockSnapshot {
  wrongSince: number | null;
  active: boolean;
  offset: number;
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
    if (this.wrongSince === Number.POSITIVE_INFINITY) this.wrongSince = receivedAt;
    if (this.active || receivedAt - this.wrongSince < this.limit.forMs) return false;
    this.active = true;
    this.since = this.wrongSince;
    return true;
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
    return { wrongSince, active: this.active, offset: Number.isNaN(this.offset) ? 0 : this.offset };
  }

  restore(saved: ClockSnapshot): void {
    this.wrongSince = saved.wrongSince ?? Number.POSITIVE_INFINITY;
    this.active = saved.active;
    this.since = saved.wrongSince ?? 0;
    this.offset = saved.offset;
  }
}
