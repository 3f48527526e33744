import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { StuckSpec } from '../model/rule.ts';
import type { Measure } from './measure.ts';

/**
 * Seconds for which a value has stayed within a band around the sample it began with, by source time and up to the
 * newest sample: silence proves nothing. After a gap in the reports the time counts anew, but what was proven before it
 * stands until the value moves. 0 until enough reports have come; only one newer than all before it counts.
 */
export class StuckMeasure implements Measure {
  readonly inputs: readonly number[];
  private readonly spec: StuckSpec;
  private anchor: number | null = null;
  private since = 0;
  private until = 0;
  private reports = 0;
  /** Seconds that were proven before the last gap. */
  private proven = 0;

  constructor(spec: StuckSpec) {
    this.spec = spec;
    this.inputs = [spec.point];
  }

  observe(_index: number, value: Value, _quality: Quality, ts: number): void {
    if (typeof value !== 'number') return;
    if (this.isOutside(value)) {
      this.anchor = value;
      this.proven = 0;
      this.until = ts;
      this.begin(ts);
      return;
    }
    // A repeat of the newest report, or one older than that, says nothing new.
    if (ts <= this.until) return;
    const { maxGapMs } = this.spec;
    const gap = maxGapMs !== null && ts - this.until > maxGapMs;
    if (gap) this.proven = this.seconds();
    this.until = ts;
    if (gap) this.begin(ts);
    else this.reports++;
  }

  /**
   * A late sample outside the band proves that the value has moved since: what is unmoved begins there. One inside proves
   * nothing: it may be the repeat of a report that was counted.
   */
  observeLate(_index: number, value: Value, ts: number): void {
    if (typeof value !== 'number' || this.anchor === null || ts < this.since || !this.isOutside(value)) return;
    this.proven = 0;
    this.begin(ts);
  }

  evaluate(): number | null {
    return this.anchor === null ? null : this.seconds();
  }

  forget(): void {
    this.anchor = null;
    this.reports = 0;
    this.proven = 0;
  }

  snapshot(): unknown {
    return this.anchor === null ? undefined : [this.anchor, this.since, this.until, this.reports, this.proven];
  }

  restore(saved: unknown): void {
    if (!Array.isArray(saved)) return;
    const [anchor, since, until, reports, proven = 0] = saved as [number, number, number, number, number?];
    this.anchor = anchor;
    this.since = since;
    this.until = until;
    this.reports = reports;
    this.proven = proven;
  }

  private isOutside(value: number): boolean {
    return this.anchor === null || Math.abs(value - this.anchor) > this.spec.band;
  }

  private begin(ts: number): void {
    this.since = ts;
    this.reports = 1;
  }

  private seconds(): number {
    const now = this.reports < this.spec.minReports ? 0 : (this.until - this.since) / 1000;
    return Math.max(this.proven, now);
  }
}
