const MIN_CAPACITY = 8;
/** A window keeps at most this many samples: denser ones are thinned, so memory stays bounded at any rate. */
export const MAX_SAMPLES = 240;

/**
 * The samples of one point over the last `overMs`, in source time, with their least-squares slope at constant cost:
 * sums are kept up to date and made afresh once per window, so that rounding cannot pile up.
 */
export class Window {
  readonly overMs: number;
  private times = new Float64Array(MIN_CAPACITY);
  private values = new Float64Array(MIN_CAPACITY);
  private head = 0;
  private size = 0;
  private origin = 0;
  private base = 0;
  private sumT = 0;
  private sumV = 0;
  private sumTT = 0;
  private sumTV = 0;
  private removed = 0;

  constructor(overMs: number) {
    this.overMs = overMs;
  }

  /** Number of samples held. */
  get count(): number {
    return this.size;
  }

  /** Source milliseconds between the oldest and the newest sample. */
  get spanMs(): number {
    return this.size < 2 ? 0 : this.timeAt(this.size - 1) - this.timeAt(0);
  }

  /**
   * Takes a sample. One that is older than the newest is put in its place; one at a time already held replaces its
   * value; one closer to its predecessor than a 240th of the window is left out.
   */
  add(ts: number, value: number): void {
    const last = this.size === 0 ? Number.NEGATIVE_INFINITY : this.timeAt(this.size - 1);
    if (ts > last) {
      if (this.size > 0 && ts - last < this.overMs / MAX_SAMPLES) return;
      this.append(ts, value);
      this.expire(ts - this.overMs);
    } else if (ts >= last - this.overMs) {
      this.insert(ts, value);
    }
  }

  /** Forgets every sample. */
  clear(): void {
    this.head = 0;
    this.size = 0;
    this.removed = 0;
    this.clearSums();
  }

  /** Fitted change over the whole window, in units of the value; 0 with fewer than two distinct times. */
  change(): number {
    const n = this.size;
    const spread = n * this.sumTT - this.sumT * this.sumT;
    return spread <= 0 ? 0 : ((n * this.sumTV - this.sumT * this.sumV) / spread) * this.overMs;
  }

  /** The samples, oldest first, as time, value, time, value … */
  toArray(): number[] {
    const samples: number[] = [];
    for (let i = 0; i < this.size; i++) samples.push(this.timeAt(i), this.valueAt(i));
    return samples;
  }

  /** Puts back what {@link toArray} gave. */
  load(samples: readonly number[]): void {
    for (let i = 0; i + 1 < samples.length; i += 2) this.append(samples[i] ?? 0, samples[i + 1] ?? 0);
  }

  private timeAt(i: number): number {
    return this.times[(this.head + i) % this.times.length] ?? 0;
  }

  private valueAt(i: number): number {
    return this.values[(this.head + i) % this.values.length] ?? 0;
  }

  private append(ts: number, value: number): void {
    if (this.size === 0) {
      this.origin = ts;
      this.base = value;
    }
    if (this.size === this.times.length) this.grow();
    const slot = (this.head + this.size) % this.times.length;
    this.times[slot] = ts;
    this.values[slot] = value;
    this.size++;
    this.tally(ts, value, 1);
  }

  private expire(before: number): void {
    while (this.size > 0 && this.timeAt(0) < before) {
      this.tally(this.timeAt(0), this.valueAt(0), -1);
      this.head = (this.head + 1) % this.times.length;
      this.size--;
      this.removed++;
    }
    if (this.removed >= this.times.length) this.recount();
  }

  /** The rare path: a late or repeated sample. */
  private insert(ts: number, value: number): void {
    const samples = this.toArray();
    let i = samples.length;
    while (i > 0 && (samples[i - 2] ?? 0) > ts) i -= 2;
    if (i > 0 && samples[i - 2] === ts) samples[i - 1] = value;
    else if (samples.length / 2 < MAX_SAMPLES) samples.splice(i, 0, ts, value);
    this.clear();
    this.load(samples);
  }

  private grow(): void {
    const times = new Float64Array(this.times.length * 2);
    const values = new Float64Array(this.times.length * 2);
    for (let i = 0; i < this.size; i++) {
      times[i] = this.timeAt(i);
      values[i] = this.valueAt(i);
    }
    this.times = times;
    this.values = values;
    this.head = 0;
  }

  private recount(): void {
    this.removed = 0;
    this.clearSums();
    this.origin = this.timeAt(0);
    this.base = this.valueAt(0);
    for (let i = 0; i < this.size; i++) this.tally(this.timeAt(i), this.valueAt(i), 1);
  }

  private clearSums(): void {
    this.sumT = 0;
    this.sumV = 0;
    this.sumTT = 0;
    this.sumTV = 0;
  }

  /** Times and values are counted from the first sample's, which keeps the sums small and the slope exact. */
  private tally(ts: number, value: number, sign: 1 | -1): void {
    const t = ts - this.origin;
    const v = value - this.base;
    this.sumT += sign * t;
    this.sumV += sign * v;
    this.sumTT += sign * t * t;
    this.sumTV += sign * t * v;
  }
}
