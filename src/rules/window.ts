const MIN_CAPACITY = 8;
/** A window keeps at most this many samples: denser ones are thinned, so memory stays bounded at any rate. */
export const MAX_SAMPLES = 240;

/** A window that never had a sample shares this. */
const NONE: number[] = [];

/** Significant digits of a change: a ramp of exactly the set point must not miss it by the last bit of a double. */
const DIGITS = 10;
const POWERS_OF_TEN = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16];

/** First and second moments of the samples of a {@link Window}; times in ms, values in the unit of the point. */
export interface Moments {
  readonly n: number;
  /** Mean time against that of the newest sample: zero or less. */
  readonly meanT: number;
  readonly meanV: number;
  /** Sums of squares and of products about the means. */
  readonly sxx: number;
  readonly sxy: number;
  readonly syy: number;
}

/**
 * The samples of one point over the last `overMs`, in source time, with their least-squares slope.
 *
 * What it gives is worked out from the samples it holds and from nothing else, at most {@link MAX_SAMPLES} of them.
 * Running sums would save a part of that, but their last bits tell how the samples came: after a restart or in another
 * order the same samples would have another slope.
 */
export class Window {
  readonly overMs: number;
  /** A ring of time, value, time, value … */
  private cells = NONE;
  private head = 0;
  private size = 0;

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

  /** Source time of sample `i`, of 0 (the oldest) to count - 1, in epoch milliseconds. */
  timeAt(i: number): number {
    return this.cells[this.slot(i)] ?? 0;
  }

  /** Value of sample `i`, of 0 (the oldest) to count - 1. */
  valueAt(i: number): number {
    return this.cells[this.slot(i) + 1] ?? 0;
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
  }

  /** Fitted change over the whole window, in units of the value, to ten digits; 0 with fewer than two. */
  change(): number {
    const moments = this.moments();
    return moments === null || moments.sxx === 0 ? 0 : rounded((moments.sxy / moments.sxx) * this.overMs);
  }

  /** The moments of the samples, counted about their means; null while there is none. */
  moments(): Moments | null {
    const { cells, size: n } = this;
    if (n === 0) return null;
    const mask = cells.length - 1;
    const first = 2 * this.head;
    const last = this.timeAt(n - 1);
    const base = this.valueAt(n - 1);
    let meanT = 0;
    let meanV = 0;
    for (let i = 0, slot = first; i < n; i++, slot = (slot + 2) & mask) {
      meanT += (cells[slot] ?? 0) - last;
      meanV += (cells[slot + 1] ?? 0) - base;
    }
    meanT /= n;
    meanV /= n;
    let sxx = 0;
    let sxy = 0;
    let syy = 0;
    for (let i = 0, slot = first; i < n; i++, slot = (slot + 2) & mask) {
      const t = (cells[slot] ?? 0) - last - meanT;
      const v = (cells[slot + 1] ?? 0) - base - meanV;
      sxx += t * t;
      sxy += t * v;
      syy += v * v;
    }
    return { n, meanT, meanV: base + meanV, sxx, sxy, syy };
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

  /** Where sample `i` stands: the length of the ring is a power of two. */
  private slot(i: number): number {
    return (2 * (this.head + i)) & (this.cells.length - 1);
  }

  private append(ts: number, value: number): void {
    if (2 * this.size === this.cells.length) this.grow();
    const slot = this.slot(this.size);
    this.cells[slot] = ts;
    this.cells[slot + 1] = value;
    this.size++;
  }

  private expire(before: number): void {
    while (this.size > 0 && this.timeAt(0) < before) {
      this.head = (this.head + 1) & (this.cells.length / 2 - 1);
      this.size--;
    }
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

  /** Pushed and not filled: what V8 knows to be doubles without holes it reads without boxing. */
  private grow(): void {
    const cells = this.toArray();
    const length = 2 * Math.max(MIN_CAPACITY, this.cells.length);
    while (cells.length < length) cells.push(Number.NaN);
    // A copy has no room to spare.
    this.cells = cells.slice();
    this.head = 0;
  }
}

/** To {@link DIGITS} significant digits, where that leaves a decimal fraction. */
export function rounded(change: number): number {
  const power = POWERS_OF_TEN[DIGITS - 1 - Math.floor(Math.log10(Math.abs(change)))];
  return power === undefined ? change : Math.round(change * power) / power;
}
