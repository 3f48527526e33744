import type { Point } from '../model/device.ts';
import type { RateLimit } from '../model/limit.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { Rule } from '../model/rule.ts';
import { CALM_WINDOWS, CalmRun, type CalmRunSnapshot, type CalmTerms } from './calm-run.ts';
import type { Measure } from './measure.ts';
import { SlopeWindow } from './slope-window.ts';
import { fit, isSignificant } from './statistics/regression.ts';
import { theilSenSlope } from './statistics/theil-sen.ts';
import { rounded } from './window.ts';

/** The rule that a rate of a point stands for: the fitted change over the window against `by`. */
export function rateRule(point: Point, rate: RateLimit): Rule {
  const { direction, by, deadband, onDelayMs, offDelayMs, tier, latch } = rate;
  return {
    id: `${point.id}.${direction}`,
    spec: { kind: direction, point: point.index, rate },
    point: point.index,
    title: null,
    unit: point.unit,
    levels: [{ name: '', rank: 1, at: by, sense: 'above', deadband, onDelayMs, offDelayMs, tier, latch }],
    onBad: 'hold',
    byClock: true,
    why: null,
  };
}

/** State of a {@link RateMeasure} as plain data: the samples of its window, and the calm ones since the alarm. */
type RateSnapshot = number[] | { readonly window: number[]; readonly calm: CalmRunSnapshot | null };

const lists: (readonly number[])[] = [];

/** The list of one index; many thousand measures share it. */
function alone(index: number): readonly number[] {
  lists[index] ??= [index];
  return lists[index];
}

/** A change as a rate looks at it: the greater, the worse. */
function directed({ direction }: RateLimit, change: number): number {
  if (direction === 'changing') return Math.abs(change);
  return direction === 'rising' ? change : -change;
}

/**
 * Rate of change as the slope over a window, given as change per window. It says nothing while the window does not
 * speak, nor of a slope that would trip and does not stand out of the noise: that is neither an alarm nor calm.
 *
 * A device that falls back to reports too slow for the window would keep its alarm for ever. So while the rule is not at
 * rest and the window does not speak, what is measured is the steepest step between neighbouring good samples, once none
 * of them has reached the clear point for three windows. That can end an alarm and never begin one; silence, bad and
 * uncertain samples are no part of it.
 */
export class RateMeasure implements Measure, CalmTerms {
  readonly inputs: readonly number[];
  private readonly rate: RateLimit;
  private readonly slopes: SlopeWindow;
  /** Null while the rule is at rest, and as long as the window speaks. */
  private calm: CalmRun | null = null;

  constructor(point: number, rate: RateLimit) {
    this.inputs = alone(point);
    this.rate = rate;
    this.slopes = new SlopeWindow(rate);
  }

  observe(_index: number, value: Value, quality: Quality, ts: number): void {
    if (typeof value !== 'number') return;
    this.slopes.add(ts, value);
    if (!this.calm) return;
    if (quality === 'good') this.calm.add(ts, value);
    else this.calm.clear();
  }

  observeLate(_index: number, value: Value, ts: number): void {
    if (typeof value !== 'number') return;
    this.slopes.add(ts, value);
    // It lies between samples of the row, and its quality is not known.
    this.calm?.clear();
  }

  /** Change per window. */
  steepness(change: number, ms: number): number {
    return directed(this.rate, (change * this.rate.overMs) / ms);
  }

  /** The clear point. */
  get steepestCalm(): number {
    return this.rate.by - this.rate.deadband;
  }

  get terms(): string {
    return `${this.steepestCalm} in ${this.rate.overMs}`;
  }

  evaluate(): number | null {
    if (!this.slopes.speaks) {
      this.calm ??= new CalmRun(this);
      return this.calm.over(CALM_WINDOWS * this.rate.overMs);
    }
    this.calm = null;
    const change = directed(this.rate, this.change());
    return change >= this.rate.by && !this.standsOut() ? null : change;
  }

  learn(): void {
    this.calm = null;
  }

  forget(): void {
    this.slopes.clear();
    this.calm = null;
  }

  snapshot(): RateSnapshot {
    const window = this.slopes.snapshot();
    return this.calm ? { window, calm: this.calm.snapshot() } : window;
  }

  restore(saved: unknown): void {
    const snapshot = saved as RateSnapshot;
    if (Array.isArray(snapshot)) {
      this.slopes.restore(snapshot);
      return;
    }
    this.slopes.restore(snapshot.window);
    this.calm = new CalmRun(this);
    if (snapshot.calm) this.calm.restore(snapshot.calm);
  }

  private change(): number {
    const { window } = this.slopes;
    if (this.rate.method === 'leastSquares') return window.change();
    return rounded((theilSenSlope(window) ?? 0) * this.rate.overMs);
  }

  private standsOut(): boolean {
    const { method, significance } = this.rate;
    if (significance === 0 || method !== 'leastSquares') return true;
    const line = fit(this.slopes.window);
    return line !== null && isSignificant(line, significance);
  }
}
