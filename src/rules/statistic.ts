import type { Point } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { CusumSpec, EwmaSpec, ZscoreSpec } from '../model/rule.ts';
import { type Chart, createChart } from './chart.ts';
import type { Measure } from './measure.ts';
import { createNorm, type NormSource } from './norm.ts';

/** State of a {@link StatisticMeasure} as plain data. */
interface StatisticSnapshot {
  /** Source time of the newest sample taken; null = none was. */
  readonly ts: number | null;
  readonly known: boolean;
  readonly chart: unknown;
  readonly norm?: unknown;
  /** Left out while no alarm is in force. */
  readonly alarm?: { readonly since: number | null; readonly relearns: boolean };
}

/**
 * A point against what is normal for it, in standard deviations. A sample is judged before it is learned, and it is
 * learned only if the rule is at rest after it. A repeat and a late sample count for nothing. While it is not known what
 * is normal, nothing is said.
 *
 * Where that is wanted, an alarm that outlasts a time is taken for a change that is there to stay: what is normal is
 * learned anew from the samples of the alarm itself, which stays until they are enough and the next one is normal by them.
 */
export class StatisticMeasure implements Measure {
  readonly inputs: readonly number[];
  private chart: Chart;
  private readonly spec: EwmaSpec | CusumSpec | ZscoreSpec;
  private readonly norm: NormSource;
  private readonly robust: boolean;
  private readonly everyMs: number;
  private ts = Number.NEGATIVE_INFINITY;
  private known = false;
  /** Value of the sample at {@link ts} while it may still be learned. */
  private learnable: number | null = null;
  /** Source time since which an alarm is in force by what is normal now; null = none is, or it is not known. */
  private alarmSince: number | null = null;
  /** True from when an alarm has made it learn anew to the end of the alarm. */
  private relearns = false;

  constructor(spec: EwmaSpec | CusumSpec | ZscoreSpec, points: readonly Point[]) {
    this.inputs = [spec.point];
    this.spec = spec;
    this.chart = createChart(spec);
    this.norm = createNorm(spec.norm, points[spec.point]);
    this.robust = spec.kind === 'zscore';
    this.everyMs = spec.kind === 'zscore' ? 0 : spec.everyMs;
  }

  observe(_index: number, value: Value, quality: Quality, ts: number): void {
    this.learnable = null;
    if (typeof value !== 'number' || !this.isNext(ts)) return;
    this.ts = ts;
    const z = this.robust ? this.norm.robust(ts, value) : this.norm.standardised(ts, value);
    this.known = z !== null;
    if (z !== null) this.chart.add(ts, z);
    if (quality === 'good') this.learnable = value;
  }

  evaluate(): number | null {
    return this.known ? this.chart.measured() : null;
  }

  began(): number | null {
    const since = this.chart.began?.() ?? null;
    // A clock that was set back since would date it after its own sample.
    return since === null ? null : Math.min(since, this.ts);
  }

  learn(): void {
    if (this.learnable === null) return;
    this.norm.learn?.(this.ts, this.learnable);
    this.learnable = null;
  }

  inForce(): void {
    if (this.ts === Number.NEGATIVE_INFINITY) return;
    if (this.relearns && !this.known) {
      this.learn();
      this.alarmSince = this.ts;
      return;
    }
    this.alarmSince ??= this.ts;
    if (!this.norm.outlast?.(this.ts - this.alarmSince)) return;
    // What the chart has added up was reckoned by what is no longer normal.
    this.chart = createChart(this.spec);
    this.known = false;
    this.relearns = true;
    this.learn();
  }

  over(): void {
    this.chart.over?.();
    this.alarmSince = null;
    this.relearns = false;
  }

  forget(): void {
    this.ts = Number.NEGATIVE_INFINITY;
    this.alarmSince = null;
    this.chart.forgetTime?.();
    this.norm.forgetTime?.();
  }

  snapshot(): StatisticSnapshot {
    const norm = this.norm.snapshot?.();
    const { alarmSince: since, relearns } = this;
    return {
      ts: Number.isFinite(this.ts) ? this.ts : null,
      known: this.known,
      chart: this.chart.snapshot(),
      ...(norm === undefined ? {} : { norm }),
      ...(since === null && !relearns ? {} : { alarm: { since, relearns } }),
    };
  }

  restore(saved: unknown): void {
    const { ts, known, chart, norm, alarm } = saved as StatisticSnapshot;
    this.ts = ts ?? Number.NEGATIVE_INFINITY;
    this.known = known;
    this.chart.restore(chart);
    if (norm !== undefined) this.norm.restore?.(norm);
    this.alarmSince = alarm?.since ?? null;
    this.relearns = alarm?.relearns ?? false;
  }

  /** True for a sample newer than the last, and in another interval: of each interval the first one stands for it. */
  private isNext(ts: number): boolean {
    const { everyMs } = this;
    return ts > this.ts && (everyMs === 0 || Math.floor(ts / everyMs) > Math.floor(this.ts / everyMs));
  }
}
