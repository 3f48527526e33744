import type { Point } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import { type ForecastSpec, HORIZON_WINDOWS, type RuleLevel } from '../model/rule.ts';
import { CALM_WINDOWS, CalmRun, type CalmRunSnapshot, type CalmTerms } from './calm-run.ts';
import { sideOf } from './ladder.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';
import { SlopeWindow } from './slope-window.ts';
import { type ForecastTarget, forecast } from './statistics/forecast.ts';
import { type Fit, fit, isSignificant } from './statistics/regression.ts';

const MINUTE_MS = 60_000;

/** State of a {@link ForecastMeasure} as plain data: the samples, and what was found last, in minutes. */
interface ForecastSnapshot {
  readonly samples: readonly number[];
  readonly expected: number | null;
  readonly earliest: number | null;
  readonly calm?: CalmRunSnapshot | null;
}

/**
 * Minutes until a point reaches a limit along the line fitted to its good samples: 0 where the newest value is at or
 * beyond it, and the horizon, three windows, where the line does not lead there in that time or does not stand out of
 * the noise. It says nothing while the window does not speak, or the newest value is not good.
 *
 * Reports that have become too slow for the window would keep an alarm for ever. So while the rule is not at rest and the
 * window does not speak, it is at the horizon once for three windows no step between neighbouring good samples, drawn on
 * from the newer one, has led to the limit in that time. That can end an alarm and never begin one.
 */
export class ForecastMeasure implements Measure, CalmTerms {
  readonly inputs: readonly number[];
  /** All the way. */
  readonly steepestCalm = 1;
  private readonly spec: ForecastSpec;
  private readonly slopes: SlopeWindow;
  private readonly target: ForecastTarget | null;
  private expected: number | null = null;
  private earliest: number | null = null;
  /** Null while the rule is at rest, and as long as the window speaks. */
  private calm: CalmRun | null = null;

  constructor(spec: ForecastSpec, points: readonly Point[]) {
    this.spec = spec;
    this.inputs = [spec.point];
    this.slopes = new SlopeWindow(spec);
    this.target = targetOf(spec, points[spec.point]);
  }

  observe(_index: number, value: Value, quality: Quality, ts: number): void {
    if (typeof value !== 'number' || quality !== 'good') {
      this.calm?.clear();
      return;
    }
    this.slopes.add(ts, value);
    this.calm?.add(ts, value);
  }

  observeLate(_index: number, value: Value, ts: number): void {
    if (typeof value !== 'number') return;
    this.slopes.add(ts, value);
    // It lies between samples of the row, and its quality is not known.
    this.calm?.clear();
  }

  evaluate(samples: Samples): number | null {
    const { target } = this;
    const value = samples.value(this.spec.point);
    if (target === null || typeof value !== 'number') return this.found(null);
    if (isBeyond(value, target)) return this.found(0);
    if (samples.quality(this.spec.point) !== 'good') return this.found(null);
    if (!this.slopes.speaks) return this.found(this.isCalm() ? this.horizon : null);
    this.calm = null;
    const line = fit(this.slopes.window);
    return line === null ? this.found(null) : this.judgeLine(line, target);
  }

  /** Share of the way to the limit that it covers within the horizon. */
  steepness(change: number, ms: number, value: number): number {
    if (this.target === null || isBeyond(value, this.target)) return Number.POSITIVE_INFINITY;
    return (change * HORIZON_WINDOWS * this.spec.overMs) / ms / (this.target.limit - value);
  }

  get terms(): string {
    return `${this.target?.sense} ${this.target?.limit} in ${this.spec.overMs}`;
  }

  learn(): void {
    this.calm = null;
  }

  ofLevel({ tier }: RuleLevel): number | null {
    const { basis } = this.spec;
    return basis === 'earliest' || (basis === 'byTier' && tier === 'red') ? this.earliest : this.expected;
  }

  forget(): void {
    this.slopes.clear();
    this.calm = null;
  }

  snapshot(): ForecastSnapshot {
    const { expected, earliest, calm } = this;
    return { samples: this.slopes.snapshot(), expected, earliest, ...(calm ? { calm: calm.snapshot() } : {}) };
  }

  restore(saved: unknown): void {
    const { samples, expected, earliest, calm } = saved as ForecastSnapshot;
    this.slopes.restore(samples);
    this.expected = expected;
    this.earliest = earliest;
    if (calm === undefined) return;
    this.calm = new CalmRun(this);
    if (calm) this.calm.restore(calm);
  }

  private isCalm(): boolean {
    this.calm ??= new CalmRun(this);
    return this.calm.over(CALM_WINDOWS * this.spec.overMs) !== null;
  }

  private judgeLine(line: Fit, target: ForecastTarget): number | null {
    // The line lags behind a value that is on its way back.
    if (isBeyond(line.value, target)) return this.found(isLeaving(line, target) ? this.horizon : 0);
    const result = forecast(line, target);
    if (result.kind === 'timeToLimit') return this.found(minutes(result.expectedMs), minutes(result.earliestMs));
    switch (result.reason) {
      case 'slopeInsignificant':
      case 'movingAway':
      case 'beyondHorizon':
        return this.found(this.horizon);
      // The samples are too few to tell a slope from none.
      case 'tooFewSamples':
      case 'noFiniteInterval':
        return this.found(null);
    }
  }

  private found(expected: number | null, earliest = expected): number | null {
    this.expected = expected;
    this.earliest = earliest;
    return expected;
  }

  private get horizon(): number {
    return minutes(HORIZON_WINDOWS * this.spec.overMs);
  }
}

/** What a forecast is asked for; null where the point has no such limit. */
function targetOf(spec: ForecastSpec, point: Point | undefined): ForecastTarget | null {
  const { to, overMs, minSamples, significance } = spec;
  const limit = limitOf(to, point);
  return limit && { ...limit, windowMs: overMs, minSamples, kappa: significance };
}

function limitOf(to: ForecastSpec['to'], point: Point | undefined): Pick<ForecastTarget, 'limit' | 'sense'> | null {
  if (typeof to === 'object') return { limit: to.value, sense: to.sense };
  const limit = point?.limits.find(({ name }) => name === to);
  return limit ? { limit: limit.at, sense: sideOf(limit) === 'high' ? 'above' : 'below' } : null;
}

function isBeyond(value: number, { limit, sense }: ForecastTarget): boolean {
  return sense === 'above' ? value >= limit : value <= limit;
}

function isLeaving(line: Fit, { sense, kappa }: ForecastTarget): boolean {
  return isSignificant(line, kappa) && (sense === 'above' ? line.slope < 0 : line.slope > 0);
}

/** To a hundredth: more says nothing about what is to come. */
function minutes(ms: number): number {
  return Math.round((100 * ms) / MINUTE_MS) / 100;
}
