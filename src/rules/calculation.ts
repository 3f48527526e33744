import type { Point } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import { type Working, working } from './compiled.ts';
import { GoodSamples, isAnyUncertain } from './good-samples.ts';
import type { Calculated } from './plan.ts';
import type { Outcome } from './point-watch.ts';
import type { Samples } from './samples.ts';

/** The calculated value of one point of one device. */
export class Calculation {
  readonly point: Point;
  /** What {@link calculate} found last: none where it cannot be said, and then of bad quality. */
  value: Value = null;
  quality: Quality = 'bad';
  /** Number of the reading that touched it last. */
  touched = 0;
  private readonly expression: Working;

  constructor({ point, calc }: Calculated, points: readonly Point[]) {
    this.point = point;
    this.expression = working(calc, points);
  }

  /** Indexes of the points it reads. */
  get inputs(): readonly number[] {
    return this.expression.inputs;
  }

  /** Takes a sample of an input in reading number `reading`. A late one goes to its place, and changes nothing now. */
  take(index: number, value: Value, quality: Quality, ts: number, outcome: Outcome, reading: number): void {
    if (outcome === 'clockSetBack') this.forget();
    if (outcome !== 'late') this.touched = reading;
    if (quality !== 'bad') this.expression.state.observe(index, value, ts);
  }

  /**
   * Works the value out as of source time `ts`: uncertain where it rests on something uncertain.
   *
   * @returns the source time of the value: that of the newest input, if it is newer
   */
  calculate(samples: Samples, ts: number): number {
    const { state, inputs } = this.expression;
    const value = state.evaluate(samples, ts);
    this.value = value;
    if (value === null || this.isOutside(value)) this.quality = 'bad';
    else if (!isAnyUncertain(samples, inputs)) this.quality = 'good';
    else this.quality = state.evaluate(new GoodSamples(samples), ts) === value ? 'good' : 'uncertain';
    let newest = ts;
    for (const index of inputs) newest = Math.max(newest, samples.ts(index));
    return newest;
  }

  /** The source's clock was set back. */
  forget(): void {
    this.expression.state.forget();
  }

  snapshot(): unknown {
    return this.expression.state.snapshot();
  }

  restore(saved: unknown): void {
    this.expression.state.restore(saved);
  }

  private isOutside(value: NonNullable<Value>): boolean {
    const { range } = this.point;
    return typeof value === 'number' && range !== null && (value < range[0] || value > range[1]);
  }
}
