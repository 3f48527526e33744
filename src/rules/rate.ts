import type { Point } from '../model/device.ts';
import type { RateLimit } from '../model/limit.ts';
import type { Value } from '../model/reading.ts';
import type { Rule } from '../model/rule.ts';
import type { Measure } from './measure.ts';
import { Window } from './window.ts';

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

/**
 * Rate of change as the slope over a window, given as change per window. With too few samples, or samples over less
 * than half the window, it says nothing: two close points are not a slope.
 */
export class RateMeasure implements Measure {
  readonly inputs: readonly number[];
  private readonly rate: RateLimit;
  private readonly window: Window;

  constructor(point: number, rate: RateLimit) {
    this.inputs = [point];
    this.rate = rate;
    this.window = new Window(rate.overMs);
  }

  observe(_index: number, value: Value, _quality: unknown, ts: number): void {
    if (typeof value === 'number') this.window.add(ts, value);
  }

  observeLate(_index: number, value: Value, ts: number): void {
    if (typeof value === 'number') this.window.add(ts, value);
  }

  evaluate(): number | null {
    const { rate, window } = this;
    if (window.count < rate.minSamples || window.spanMs < rate.overMs / 2) return null;
    const change = window.change();
    if (rate.direction === 'changing') return Math.abs(change);
    return rate.direction === 'rising' ? change : -change;
  }

  forget(): void {
    this.window.clear();
  }

  snapshot(): unknown {
    return this.window.toArray();
  }

  restore(saved: unknown): void {
    if (Array.isArray(saved)) this.window.load(saved as number[]);
  }
}
