import type { ActiveLevel } from '../model/condition.ts';
import type { Absence } from '../model/device.ts';

/** Whether a device has been silent for too long. Times are engine time, epoch milliseconds. */
export class AbsenceWatch {
  /** The last live reading, or the moment we began to watch. */
  seenAt: number;
  active = false;
  private readonly limit: Absence | null;

  /** `limit` null: silence is no alarm. */
  constructor(limit: Absence | null, seenAt: number) {
    this.limit = limit;
    this.seenAt = seenAt;
  }

  /** Takes a sign of life; true when it ends the silence. */
  heard(at: number): boolean {
    this.seenAt = at;
    const ended = this.active;
    this.active = false;
    return ended;
  }

  /** True when the silence has become an alarm at `at`. */
  tick(at: number): boolean {
    if (this.dueAt() > at) return false;
    this.active = true;
    return true;
  }

  /** When the silence becomes an alarm; Infinity = never, or it is one. */
  dueAt(): number {
    return this.limit && !this.active ? this.seenAt + this.limit.afterMs : Number.POSITIVE_INFINITY;
  }

  level(): ActiveLevel | null {
    return this.active ? absentLevel(this.limit) : null;
  }

  restore(seenAt: number, active: boolean): void {
    this.seenAt = seenAt;
    this.active = active && this.limit !== null;
  }
}

/** The silence of a device as a condition in force; null where silence is no alarm. */
export function absentLevel(limit: Absence | null): ActiveLevel | null {
  return limit && { condition: 'absent', rank: 1, tier: limit.tier, limit: null, latch: false, measured: null };
}
