import type { Value } from '../../model/reading.ts';

/** The two newest samples of a point. */
export class Previous {
  private ts = Number.NEGATIVE_INFINITY;
  private newest: Value = null;
  private beforeTs = Number.NEGATIVE_INFINITY;
  private before: Value = null;

  /** The sample before the newest; null = there were not two yet. */
  get value(): Value {
    return this.before;
  }

  /** Takes a sample; a late one may still become the one before the newest. */
  add(ts: number, value: Value): void {
    if (ts > this.ts) {
      this.beforeTs = this.ts;
      this.before = this.newest;
    }
    if (ts >= this.ts) {
      this.ts = ts;
      this.newest = value;
    } else if (ts >= this.beforeTs) {
      this.beforeTs = ts;
      this.before = value;
    }
  }

  clear(): void {
    this.load([]);
  }

  /** Time, value, time, value, the newest first; empty while nothing came. */
  toArray(): Value[] {
    if (this.newest === null) return [];
    return this.before === null ? [this.ts, this.newest] : [this.ts, this.newest, this.beforeTs, this.before];
  }

  load([ts, newest, beforeTs, before]: readonly unknown[]): void {
    this.ts = typeof ts === 'number' ? ts : Number.NEGATIVE_INFINITY;
    this.newest = toValue(newest);
    this.beforeTs = typeof beforeTs === 'number' ? beforeTs : Number.NEGATIVE_INFINITY;
    this.before = toValue(before);
  }
}

function toValue(saved: unknown): Value {
  return typeof saved === 'number' || typeof saved === 'boolean' || typeof saved === 'string' ? saved : null;
}
