import type { Point } from '../model/device.ts';
import type { RateLimit } from '../model/limit.ts';
import type { Value } from '../model/reading.ts';
import type { Rule } from '../model/rule.ts';
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

const lists: (readonly number[])[] = [];

/** The list of one index; many thousand measures share it. */
function alone(index: number): readonly number[] {
  lists[index] ??= [index];
  return lists[index];
}

/**
 * Rate of change as the slope over a window, given as change per window. It says nothing while the window does not
 * speak, nor of a slope that would trip and does not stand out of the noise: that is neither an alarm nor calm.
 */
export class RateMeasure implements Measure {
  readonly inputs: readonly number[];
  private readonly rate: RateLimit;
  private readonly slopes: SlopeWindow;

  constructor(point: number, rate: RateLimit) {
    this.inputs = alone(point);
    this.rate = rate;
    this.slopes = new SlopeWindow(rate);
  }

  observe(_index: number, value: Value, _quality: unknown, ts: number): void {
    if (typeof value === 'number') this.slopes.add(ts, value);
  }

  observeLate(_index: number, value: Value, ts: number): void {
    if (typeof value === 'number') this.slopes.add(ts, value);
  }

  evaluate(): number | null {
    if (!this.slopes.speaks) return null;
    const change = this.directed(this.change());
    return change >= this.rate.by && !this.standsOut() ? null : change;
  }

  forget(): void {
    this.slopes.clear();
  }

  snapshot(): unknown {
    return this.slopes.snapshot();
  }

  restore(saved: unknown): void {
    if (Array.isArray(saved)) this.slopes.restore(saved as number[]);
  }

  private change(): number {
    const { window } = this.slopes;
    if (this.rate.method === 'leastSquares') return window.change();
    return rounded((theilSenSlope(window) ?? 0) * this.rate.overMs);
  }

  private directed(change: number): number {
    if (this.rate.direction === 'changing') return Math.abs(change);
    return this.rate.direction === 'rising' ? change : -change;
  }

  private standsOut(): boolean {
    const { method, significance } = this.rate;
    if (significance === 0 || method !== 'leastSquares') return true;
    const line = fit(this.slopes.window);
    return line !== null && isSignificant(line, significance);
  }
}
