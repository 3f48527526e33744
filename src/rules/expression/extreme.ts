/** Beyond this many candidates, those of the same 120th of the window become one. */
const MAX_CANDIDATES = 240;
const STEPS = 120;

/**
 * The greatest (`sign` 1) or least (`sign` -1) value over the last `overMs` of source time. Every sample counts, also
 * those that a thinned window leaves out: a peak of one sample is still a peak. Only samples that no newer one
 * outdoes are kept. With more than 240 of them a value may count for up to a 120th of the window longer.
 */
export class Extreme {
  private readonly sign: 1 | -1;
  private readonly overMs: number;
  private newest = Number.NEGATIVE_INFINITY;
  /** Times rise, values times sign fall. */
  private readonly times: number[] = [];
  private readonly values: number[] = [];

  constructor(sign: 1 | -1, overMs: number) {
    this.sign = sign;
    this.overMs = overMs;
  }

  /** The extreme value; null = no sample yet. */
  get value(): number | null {
    const first = this.values[0];
    return first === undefined ? null : first * this.sign;
  }

  /** Takes a sample; one that comes late is put in its place. */
  add(ts: number, value: number): void {
    if (ts < this.newest - this.overMs) return;
    const { times, values } = this;
    const signed = value * this.sign;
    let end = times.length;
    while (end > 0 && (times[end - 1] ?? 0) > ts) end--;
    if ((values[end] ?? Number.NEGATIVE_INFINITY) >= signed) return;
    if (times[end - 1] === ts && (values[end - 1] ?? 0) >= signed) return;
    let start = end;
    while (start > 0 && (values[start - 1] ?? 0) <= signed) start--;
    times.splice(start, end - start, ts);
    values.splice(start, end - start, signed);
    this.newest = Math.max(this.newest, ts);
    let expired = 0;
    while ((times[expired] ?? 0) < this.newest - this.overMs) expired++;
    if (expired > 0) {
      times.splice(0, expired);
      values.splice(0, expired);
    }
    if (times.length > MAX_CANDIDATES) this.thin();
  }

  clear(): void {
    this.newest = Number.NEGATIVE_INFINITY;
    this.times.length = 0;
    this.values.length = 0;
  }

  /** The candidates, oldest first, as time, value, time, value … The last one is the newest sample. */
  toArray(): number[] {
    return this.times.flatMap((ts, i) => [ts, (this.values[i] ?? 0) * this.sign]);
  }

  load(saved: readonly number[]): void {
    this.clear();
    for (let i = 0; i + 1 < saved.length; i += 2) this.add(saved[i] ?? 0, saved[i + 1] ?? 0);
  }

  /**
   * Moves times up to the end of their step, but not beyond the newest, and keeps the greatest of each step. Times on the
   * end of a step stay there, so that repeating it moves nothing further.
   */
  private thin(): void {
    const { times, values } = this;
    const step = Math.ceil(this.overMs / STEPS);
    let kept = 0;
    for (let i = 0; i < times.length; i++) {
      const ts = Math.min(Math.ceil((times[i] ?? 0) / step) * step, this.newest);
      if (kept > 0 && times[kept - 1] === ts) continue;
      times[kept] = ts;
      values[kept] = values[i] ?? 0;
      kept++;
    }
    times.length = kept;
    values.length = kept;
  }
}
