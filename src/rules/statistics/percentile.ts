import { percentile } from './order-statistics.ts';
import { ThinnedRing, type ThinnedRingSnapshot } from './thinned-ring.ts';

/** Samples kept: one in five minutes for a span of a day. */
const CAPACITY = 288;

export interface PercentileOptions {
  /** The time that it looks back, ms of source time. */
  readonly spanMs: number;
  /** 0 to 1: 0.05 is the 5th percentile. */
  readonly share: number;
  /** Samples before it says anything, at most 288. */
  readonly minSamples: number;
}

/**
 * Running percentile of a point over a span, of at most 288 samples taken evenly. The 5th percentile of a day shows the
 * zero of a gas detector in clean air: short whiffs of gas stand above it.
 */
export class RunningPercentile {
  private readonly options: PercentileOptions;
  private readonly ring: ThinnedRing;
  private known: number | null = null;

  constructor(options: PercentileOptions) {
    this.options = options;
    this.ring = new ThinnedRing(CAPACITY, options.spanMs / CAPACITY);
  }

  /** Offers a sample at source time `ts` (ms). */
  add(ts: number, value: number): void {
    if (this.ring.add(ts, value)) this.known = null;
  }

  /** The percentile (nearest rank), in the unit of the point; null before enough samples are known. */
  value(): number | null {
    const { count } = this.ring;
    if (count === 0 || count < Math.min(this.options.minSamples, CAPACITY)) return null;
    this.known ??= percentile(this.ring.values(), count, this.options.share);
    return this.known;
  }

  /** The source's clock was set back: the samples stay, and it goes on at once. */
  forgetTime(): void {
    this.ring.forgetTime();
  }

  snapshot(): ThinnedRingSnapshot {
    return this.ring.snapshot();
  }

  restore(saved: ThinnedRingSnapshot): void {
    this.ring.restore(saved);
    this.known = null;
  }
}
