import type { RateLimit } from '../model/limit.ts';

/** State of a {@link CalmRun} as plain data. */
export interface CalmRunSnapshot {
  readonly since: number;
  readonly ts: number;
  readonly value: number;
  readonly steepest: number | null;
  readonly steps: number;
}

/** Fewer steps from one sample to the next prove no calm. */
const MIN_STEPS = 2;

/** A change as a rate looks at it: the greater, the worse. */
export function directed({ direction }: RateLimit, change: number): number {
  if (direction === 'changing') return Math.abs(change);
  return direction === 'rising' ? change : -change;
}

/**
 * Good samples in a row, each of which changes from the one before by less than the clear point of a rate, reckoned per
 * window of that. One that changes by more begins the row afresh.
 *
 * A line through all of them is no steeper than the steepest step, so a row that is long enough shows that a slope is
 * over, even where its samples are too far apart to be a slope themselves. What lies between two of them nobody knows,
 * but it has come to less than the clear point in all that time.
 */
export class CalmRun {
  private readonly rate: RateLimit;
  /** Source time of the first sample of the row and of the newest; NaN = there is none. */
  private since = Number.NaN;
  private ts = Number.NaN;
  private value = 0;
  private steepest = Number.NEGATIVE_INFINITY;
  private steps = 0;

  constructor(rate: RateLimit) {
    this.rate = rate;
  }

  /** Takes a good sample at source time `ts`; a repeat of the newest counts for nothing. */
  add(ts: number, value: number): void {
    if (ts === this.ts && value === this.value) return;
    const { overMs, by, deadband } = this.rate;
    const change = directed(this.rate, ((value - this.value) * overMs) / (ts - this.ts));
    if (ts > this.ts && change < by - deadband) {
      this.steepest = Math.max(this.steepest, change);
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
    return { since, ts, value, steepest: steps === 0 ? null : steepest, steps };
  }

  restore({ since, ts, value, steepest, steps }: CalmRunSnapshot): void {
    this.since = since;
    this.ts = ts;
    this.value = value;
    this.steepest = steepest ?? Number.NEGATIVE_INFINITY;
    this.steps = steps;
  }
}
