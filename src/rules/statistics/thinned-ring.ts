/** State of a {@link ThinnedRing} as plain data. */
export interface ThinnedRingSnapshot {
  readonly lastTs: number | null;
  /** Oldest first. */
  readonly values: readonly number[];
}

/**
 * The newest `capacity` values of a point, one for each step of time: the first sample in a step stands for it, so that
 * a long span is known evenly with little memory. Steps without a sample take no room; then it reaches back further.
 */
export class ThinnedRing {
  private readonly capacity: number;
  private readonly stepMs: number;
  private readonly ring: number[] = [];
  private next = 0;
  private lastTs: number | null = null;

  constructor(capacity: number, stepMs: number) {
    this.capacity = capacity;
    this.stepMs = stepMs;
  }

  get count(): number {
    return this.ring.length;
  }

  /** Offers a sample at source time `ts` (ms). True when it was taken; a late one never is. */
  add(ts: number, value: number): boolean {
    if (this.lastTs !== null && Math.floor(ts / this.stepMs) <= Math.floor(this.lastTs / this.stepMs)) return false;
    this.lastTs = ts;
    this.ring[this.next] = value;
    this.next = (this.next + 1) % this.capacity;
    return true;
  }

  /** A copy of the values, in no order. */
  values(): Float64Array {
    return Float64Array.from(this.ring);
  }

  /** Forgets when it took the last sample and keeps the values: the source's clock was set back. */
  forgetTime(): void {
    this.lastTs = null;
  }

  snapshot(): ThinnedRingSnapshot {
    const oldest = this.ring.length < this.capacity ? 0 : this.next;
    return { lastTs: this.lastTs, values: [...this.ring.slice(oldest), ...this.ring.slice(0, oldest)] };
  }

  /** Takes up a snapshot; of more values than it holds, the newest. */
  restore({ lastTs, values }: ThinnedRingSnapshot): void {
    const kept = values.slice(-this.capacity);
    this.lastTs = lastTs;
    this.ring.splice(0, this.ring.length, ...kept);
    this.next = kept.length % this.capacity;
  }
}
