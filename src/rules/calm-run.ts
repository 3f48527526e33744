/** State of a {@link CalmRun} as plain data. */
export interface CalmRunSnapshot {
  readonly since: number;
  readonly ts: number;
  readonly value: number;
  readonly steepest: number | null;
  readonly steps: number;
  /** {@link CalmTerms.terms}; states of older versions have none. */
  readonly terms?: string;
}

/** What makes a step calm. */
export interface CalmTerms {
  /** What a change by `change` in `ms` (above 0), to `value`, amounts to: the greater, the worse. */
  steepness(change: number, ms: number, value: number): number;
  /** A step that amounts to as much is not calm. */
  readonly steepestCalm: number;
  /** Says what {@link steepness} goes by: of a row under other terms nothing is known. */
  readonly terms: string;
}

/** Windows for which samples that are too far apart for a slope must be calm before the alarm ends [D]. */
export const CALM_WINDOWS = 3;

/** Fewer steps from one sample to the next prove no calm. */
const MIN_STEPS = 2;

/**
 * Good samples in a row, each of which makes a calm step from the one before. One that does not begins the row afresh.
 *
 * A line through all of them is no steeper than the steepest step, so a row that is long enough shows that a slope is
 * over, even where its samples are too far apart to be a slope themselves. What lies between two of them nobody knows,
 * but in all that time it has come to a calm step.
 */
export class CalmRun {
  private readonly calm: CalmTerms;
  /** Source time of the first sample of the row and of the newest; NaN = there is none. */
  private since = Number.NaN;
  private ts = Number.NaN;
  private value = 0;
  private steepest = Number.NEGATIVE_INFINITY;
  private steps = 0;

  constructor(calm: CalmTerms) {
    this.calm = calm;
  }

  /** Takes a good sample at source time `ts`; a repeat of the newest counts for nothing. */
  add(ts: number, value: number): void {
    if (ts === this.ts && value === this.value) return;
    const ms = ts - this.ts;
    const steepness = ms > 0 ? this.calm.steepness(value - this.value, ms, value) : Number.POSITIVE_INFINITY;
    if (steepness < this.calm.steepestCalm) {
      this.steepest = Math.max(this.steepest, steepness);
      this.steps++;
    } else {
      this.clear();
      this.since = ts;
    }
    this.ts = ts;
    this.value = value;
  }

  /** The row is broken. */
  clear(): void {
    this.since = Number.NaN;
    this.ts = Number.NaN;
    this.steepest = Number.NEGATIVE_INFINITY;
    this.steps = 0;
  }

  /** The steepest step, once the row has lasted `spanMs`; null before. */
  over(spanMs: number): number | null {
    return this.steps >= MIN_STEPS && this.ts - this.since >= spanMs ? this.steepest : null;
  }

  /** Null while there is no row. */
  snapshot(): CalmRunSnapshot | null {
    const { since, ts, value, steepest, steps } = this;
    if (Number.isNaN(ts)) return null;
    return { since, ts, value, steepest: steps === 0 ? null : steepest, steps, terms: this.calm.terms };
  }

  /** Takes up a row; one under other terms is left out. */
  restore({ since, ts, value, steepest, steps, terms }: CalmRunSnapshot): void {
    if (terms !== this.calm.terms) return;
    this.since = since;
    this.ts = ts;
    this.value = value;
    this.steepest = steepest ?? Number.NEGATIVE_INFINITY;
    this.steps = steps;
  }
}
