/**
 * How much a new sample weighs: `lambda` (0 to 1] for each sample, for even sampling; or α = 1 - exp(-Δt/τ) with the
 * time constant `tauMs` (above 0), for uneven sampling.
 */
export type EwmaWeight = { readonly lambda: number } | { readonly tauMs: number };

/** State of an {@link Ewma} as plain data. */
export interface EwmaSnapshot {
  readonly value: number;
  readonly variance: number;
  readonly lastTs: number | null;
}

/**
 * Exponentially weighted moving average of standardised deviations z = (x - μ)/σ: it finds a small lasting shift that
 * single samples hide in noise.
 *
 * Its variance follows v = (1 - α)²·v + α², which for a constant weight is the textbook factor
 * λ/(2 - λ)·(1 - (1 - λ)^2t) (Roberts 1959, NIST/SEMATECH e-Handbook 6.3.2.4) and holds for uneven weights too. The
 * samples are taken to be independent: thin out a slow signal first.
 */
export class Ewma {
  /** The average, in standard deviations of one sample. */
  value = 0;
  private variance = 0;
  private lastTs: number | null = null;
  private readonly weight: EwmaWeight;

  constructor(weight: EwmaWeight) {
    this.weight = weight;
  }

  /**
   * Takes the standardised deviation `z` of a sample at source time `ts` (ms). With a time constant the first sample has
   * the full weight, and one that is no newer than the last has none.
   */
  add(ts: number, z: number): void {
    const alpha = this.alpha(ts);
    this.value += alpha * (z - this.value);
    this.variance = (1 - alpha) ** 2 * this.variance + alpha * alpha;
    if (this.lastTs === null || ts > this.lastTs) this.lastTs = ts;
  }

  /** The average in its own standard deviations, with its sign: out of control beyond ±L. 0 before the first sample. */
  get score(): number {
    return this.variance === 0 ? 0 : this.value / Math.sqrt(this.variance);
  }

  /** The control limits μ ± L·σ·√v that hold now for the average in the unit of the point, that is μ + σ·{@link value}. */
  limits(mean: number, sigma: number, width: number): { readonly lower: number; readonly upper: number } {
    const distance = width * sigma * Math.sqrt(this.variance);
    return { lower: mean - distance, upper: mean + distance };
  }

  /** Begins afresh. */
  reset(): void {
    this.value = 0;
    this.variance = 0;
    this.lastTs = null;
  }

  snapshot(): EwmaSnapshot {
    return { value: this.value, variance: this.variance, lastTs: this.lastTs };
  }

  restore(saved: EwmaSnapshot): void {
    this.value = saved.value;
    this.variance = saved.variance;
    this.lastTs = saved.lastTs;
  }

  private alpha(ts: number): number {
    if ('lambda' in this.weight) return this.weight.lambda;
    if (this.lastTs === null) return 1;
    return -Math.expm1(-Math.max(0, ts - this.lastTs) / this.weight.tauMs);
  }
}
