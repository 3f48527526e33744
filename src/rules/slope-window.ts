import { Window } from './window.ts';

/** When the samples of a window are a slope. */
export interface SlopeTerms {
  readonly overMs: number;
  /** Fewer samples: no slope. */
  readonly minSamples: number;
  /** Neighbouring samples further apart than this are no slope; null = however far they are. */
  readonly maxGapMs: number | null;
}

/**
 * The samples that a slope is fitted to. It speaks with enough of them, over at least half of the window and without a
 * gap: two close points are not a slope, and nobody knows what was in between two far ones.
 */
export class SlopeWindow {
  readonly window: Window;
  private readonly terms: SlopeTerms;
  /** Source time of the sample behind the newest gap that is too wide; there is one as long as that is not the oldest. */
  private gapEnd = Number.NEGATIVE_INFINITY;

  constructor(terms: SlopeTerms) {
    this.terms = terms;
    this.window = new Window(terms.overMs);
  }

  get speaks(): boolean {
    const { window, terms } = this;
    return window.count >= terms.minSamples && window.spanMs >= terms.overMs / 2 && this.gapEnd <= window.timeAt(0);
  }

  /** Takes a sample; a late one is put in its place. */
  add(ts: number, value: number): void {
    const { window } = this;
    const newest = window.count === 0 ? ts : window.timeAt(window.count - 1);
    window.add(ts, value);
    if (ts < newest) this.findGap();
    else if (this.isTooWide(ts - newest)) this.gapEnd = ts;
  }

  clear(): void {
    this.window.clear();
    this.gapEnd = Number.NEGATIVE_INFINITY;
  }

  snapshot(): number[] {
    return this.window.toArray();
  }

  restore(saved: readonly number[]): void {
    this.window.load(saved);
    this.findGap();
  }

  private findGap(): void {
    const { window } = this;
    this.gapEnd = Number.NEGATIVE_INFINITY;
    for (let i = window.count - 1; i > 0; i--) {
      if (!this.isTooWide(window.timeAt(i) - window.timeAt(i - 1))) continue;
      this.gapEnd = window.timeAt(i);
      return;
    }
  }

  private isTooWide(gapMs: number): boolean {
    return this.terms.maxGapMs !== null && gapMs > this.terms.maxGapMs;
  }
}
