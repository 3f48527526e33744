/** `k`, the allowance: half the shift to be found, in σ. `h`, the decision interval: a sum above it is a signal. */
export interface CusumDesign {
  readonly k: number;
  readonly h: number;
}

/** One side of a {@link Cusum}. */
export interface CusumRun {
  readonly sum: number;
  /** Source time of the first sample of the run, epoch milliseconds: the estimated time of the change. Null = no run. */
  readonly since: number | null;
}

/** State of a {@link Cusum} as plain data. */
export interface CusumSnapshot {
  readonly high: CusumRun;
  readonly low: CusumRun;
}

const IDLE: CusumRun = { sum: 0, since: null };

/**
 * Two-sided cumulative sum of standardised deviations z = (x - μ)/σ (Page 1954):
 * C⁺ = max(0, C⁺ + z - k), C⁻ = max(0, C⁻ - z - k), a signal beyond h. It finds a lasting shift of 2k fastest. The
 * samples are taken to be independent: thin out a slow signal first.
 *
 * A signal does not reset it, since the deviation may well last; {@link reset} does, once the alarm is dealt with. The
 * sums stop at 2h: so after any excursion a process back on its mean is below h again within about h/k samples.
 */
export class Cusum {
  private readonly design: CusumDesign;
  private highSum = 0;
  private lowSum = 0;
  private highSince: number | null = null;
  private lowSince: number | null = null;

  constructor(design: CusumDesign) {
    this.design = design;
  }

  /** Takes the standardised deviation `z` of a sample at source time `ts` (ms), in order; gives the side that signals. */
  add(ts: number, z: number): 'high' | 'low' | null {
    const { k, h } = this.design;
    this.highSum = Math.min(2 * h, Math.max(0, this.highSum + z - k));
    this.lowSum = Math.min(2 * h, Math.max(0, this.lowSum - z - k));
    this.highSince = this.highSum > 0 ? (this.highSince ?? ts) : null;
    this.lowSince = this.lowSum > 0 ? (this.lowSince ?? ts) : null;
    if (this.highSum > h) return 'high';
    return this.lowSum > h ? 'low' : null;
  }

  /** C⁺ and when its run began. */
  get high(): CusumRun {
    return { sum: this.highSum, since: this.highSince };
  }

  /** C⁻ and when its run began. */
  get low(): CusumRun {
    return { sum: this.lowSum, since: this.lowSince };
  }

  /** The greater of the two sums, to be compared with h. */
  get worst(): number {
    return Math.max(this.highSum, this.lowSum);
  }

  /** Begins afresh. */
  reset(): void {
    this.restore({ high: IDLE, low: IDLE });
  }

  snapshot(): CusumSnapshot {
    return { high: this.high, low: this.low };
  }

  restore({ high, low }: CusumSnapshot): void {
    this.highSum = high.sum;
    this.highSince = high.since;
    this.lowSum = low.sum;
    this.lowSince = low.since;
  }
}
