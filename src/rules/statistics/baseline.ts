import { median } from './order-statistics.ts';
import { ThinnedRing, type ThinnedRingSnapshot } from './thinned-ring.ts';

/** Samples kept of each bucket, a bucket being an hour of the day or all of it. */
export const BASELINE_SAMPLES = 128;

/** σ of a normal distribution in units of its median absolute deviation (MAD). */
const SIGMA_PER_MAD = 1.4826;
/** The same the other way round, as Iglewicz and Hoaglin (1993) write it: a robust z beyond 3.5 is an outlier. */
const MAD_PER_SIGMA = 0.6745;
const OUTLIER = 3.5;

export interface BaselineOptions {
  /** How far back it learns, ms of source time. */
  readonly spanMs: number;
  /** Samples of a bucket before it says anything, at most {@link BASELINE_SAMPLES}. */
  readonly minSamples: number;
  /** Smallest step of the instrument, above 0, in the unit of the point. */
  readonly resolution: number;
  /** True: each hour of the day has its own baseline, as gas load needs it. */
  readonly byHour: boolean;
}

/** What is normal for a point, in its unit. */
export interface Norm {
  /** Number of samples it rests on. */
  readonly count: number;
  readonly median: number;
  /** Median absolute deviation from the median, at least half the resolution: a quiet signal must not explode. */
  readonly mad: number;
  /** 1.4826·MAD. */
  readonly sigma: number;
  /** Mean of the samples that are no outliers: steadier than the median, which EWMA and CUSUM need. */
  readonly mean: number;
}

/** State of a {@link Baseline} as plain data. */
export interface BaselineSnapshot {
  readonly byHour: boolean;
  readonly buckets: readonly { readonly hour: number; readonly ring: ThinnedRingSnapshot }[];
}

interface Bucket {
  readonly ring: ThinnedRing;
  /** Undefined = not worked out since the last sample was taken. */
  norm: Norm | undefined;
}

/**
 * Learns what is normal for a point: median and MAD of at most 128 samples a bucket, taken evenly over the span. They
 * are worked out anew only after a sample was taken, so a judgement costs nothing. It follows a drift slower than its
 * span, which only a fixed limit finds.
 */
export class Baseline {
  private readonly options: BaselineOptions;
  private readonly stepMs: number;
  private readonly buckets = new Map<number, Bucket>();

  constructor(options: BaselineOptions) {
    this.options = options;
    this.stepMs = options.spanMs / (BASELINE_SAMPLES * (options.byHour ? 24 : 1));
  }

  /**
   * Offers a sample at source time `ts` (ms). `hour`, 0 to 23, is the local hour of the day; without `byHour` it does not
   * matter. `learn` is false while the point is in alarm or its value not good, or the alarm would become normal.
   */
  add(ts: number, value: number, hour: number, learn: boolean): void {
    if (!learn) return;
    const bucket = this.bucket(this.key(hour));
    if (bucket.ring.add(ts, value)) bucket.norm = undefined;
  }

  /** What is normal at this hour; null before enough samples are known. Judge a sample before it is learned. */
  norm(hour: number): Norm | null {
    const bucket = this.buckets.get(this.key(hour));
    if (!bucket || bucket.ring.count < Math.min(this.options.minSamples, BASELINE_SAMPLES)) return null;
    bucket.norm ??= normOf(bucket.ring.values(), this.options.resolution);
    return bucket.norm;
  }

  /** The source's clock was set back: what was learned stays, and learning goes on at once. */
  forgetTime(): void {
    for (const { ring } of this.buckets.values()) ring.forgetTime();
  }

  /** Forgets all that it has learned. */
  clear(): void {
    this.buckets.clear();
  }

  snapshot(): BaselineSnapshot {
    const buckets = [...this.buckets].map(([hour, { ring }]) => ({ hour, ring: ring.snapshot() }));
    return { byHour: this.options.byHour, buckets };
  }

  /** Takes up a snapshot, unless it was learned with another `byHour`: then it begins afresh. */
  restore(saved: BaselineSnapshot): void {
    this.clear();
    if (saved.byHour !== this.options.byHour) return;
    for (const { hour, ring } of saved.buckets) this.bucket(hour).ring.restore(ring);
  }

  private key(hour: number): number {
    return this.options.byHour ? hour : 0;
  }

  private bucket(key: number): Bucket {
    let bucket = this.buckets.get(key);
    if (!bucket) {
      bucket = { ring: new ThinnedRing(BASELINE_SAMPLES, this.stepMs), norm: undefined };
      this.buckets.set(key, bucket);
    }
    return bucket;
  }
}

/** Robust z-score 0.6745·(x - median)/MAD. */
export function robustZ(norm: Norm, value: number): number {
  return (MAD_PER_SIGMA * (value - norm.median)) / norm.mad;
}

/** Standardised deviation (x - mean)/σ, as EWMA and CUSUM take it. */
export function standardise(norm: Norm, value: number): number {
  return (value - norm.mean) / norm.sigma;
}

/** Median, MAD and the rest of `values` (at least one), which it reorders. */
function normOf(values: Float64Array, resolution: number): Norm {
  const count = values.length;
  const middle = median(values, count);
  const mad = Math.max(
    resolution / 2,
    median(
      values.map((value) => Math.abs(value - middle)),
      count,
    ),
  );
  const usual = values.filter((value) => (MAD_PER_SIGMA * Math.abs(value - middle)) / mad <= OUTLIER);
  return {
    count,
    median: middle,
    mad,
    sigma: SIGMA_PER_MAD * mad,
    mean: middle + usual.reduce((sum, value) => sum + (value - middle), 0) / usual.length,
  };
}
