import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { StuckSpec } from '../model/rule.ts';
import type { Measure } from './measure.ts';

/**
 * Seconds for which a value has stayed within a band around the sample it began with, by source time and up to the
 * newest sample: silence proves nothing. 0 until enough reports have come.
 */
export class StuckMeasure implements Measure {
  readonly inputs: readonly number[];
  private readonly spec: StuckSpec;
  private anchor: number | null = null;
  private since = 0;
  private until = 0;
  private reports = 0;

  constructor(spec: StuckSpec) {
    this.spec = spec;
    this.inputs = [spec.point];
  }

  observe(_index: number, value: Value, _quality: Quality, ts: number): void {
    if (typeof value !== 'number') return;
    this.until = ts;
    if (this.anchor !== null && Math.abs(value - this.anchor) <= this.spec.band) {
      this.reports++;
      return;
    }
    this.anchor = value;
    this.since = ts;
    this.reports = 1;
  }

  /** A late sample outside the band proves that the value has moved since: what is unmoved begins there. */
  observeLate(_index: number, value: Value, ts: number): void {
    if (typeof value !== 'number' || this.anchor === null || ts < this.since) return;
    if (Math.abs(value - this.anchor) <= this.spec.band) {
      this.reports++;
      return;
    }
    this.since = ts;
    this.reports = 1;
  }

  evaluate(): number | null {
    if (this.anchor === null) return null;
    return this.reports < this.spec.minReports ? 0 : (this.until - this.since) / 1000;
  }

  forget(): void {
    this.anchor = null;
    this.reports = 0;
  }

  snapshot(): unknown {
    return this.anchor === null ? undefined : [this.anchor, this.since, this.until, this.reports];
  }

  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    const [anchor, since, until, reports] = saved as [number, number, number, number];
    this.anchor = anchor;
    this.since = since;
    this.until = until;
    this.reports = reports;
  }
}
