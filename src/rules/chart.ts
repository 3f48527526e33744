import type { CusumSpec, EwmaSpec, ZscoreSpec } from '../model/rule.ts';
import { Cusum, type CusumSnapshot } from './statistics/cusum.ts';
import { Ewma, type EwmaSnapshot } from './statistics/ewma.ts';

type Side = EwmaSpec['side'];

/** A control chart of standardised deviations, as a {@link StatisticMeasure} keeps it. */
export interface Chart {
  /** Takes the standardised deviation `z` of a sample at source time `ts`, in order. */
  add(ts: number, z: number): void;
  /** What is compared with the set point, in standard deviations. */
  measured(): number;
  /** Source time at which what it shows began; null = it does not tell. */
  began?(): number | null;
  /** The alarm is over. */
  over?(): void;
  /** The source's clock was set back: what was found stays, or an alarm would end for nothing. */
  forgetTime?(): void;
  snapshot(): unknown;
  restore(saved: unknown): void;
}

/** Makes the chart of a kind. */
export function createChart(spec: EwmaSpec | CusumSpec | ZscoreSpec): Chart {
  switch (spec.kind) {
    case 'ewma':
      return new EwmaChart(spec);
    case 'cusum':
      return new CusumChart(spec);
    case 'zscore':
      return new ZscoreChart(spec);
  }
}

/** `score` as seen from one side, or from both. */
function seenFrom(side: Side, score: number): number {
  if (side === 'either') return Math.abs(score);
  return side === 'high' ? score : -score;
}

/** State of an {@link EwmaChart} as plain data. */
interface EwmaChartSnapshot extends EwmaSnapshot {
  readonly clock: number;
  readonly newest: number | null;
}

/** The moving average in its own standard deviations: out of control beyond L. */
class EwmaChart implements Chart {
  private readonly side: Side;
  private readonly ewma: Ewma;
  /** Time of its own, which runs with the source's and is never set back. */
  private clock = 0;
  private newest: number | null = null;

  constructor({ side, weight }: EwmaSpec) {
    this.side = side;
    this.ewma = new Ewma(weight);
  }

  add(ts: number, z: number): void {
    this.clock += this.newest === null ? 0 : ts - this.newest;
    this.newest = ts;
    this.ewma.add(this.clock, z);
  }

  measured(): number {
    return seenFrom(this.side, this.ewma.score);
  }

  forgetTime(): void {
    this.newest = null;
  }

  snapshot(): EwmaChartSnapshot {
    return { ...this.ewma.snapshot(), clock: this.clock, newest: this.newest };
  }

  restore(saved: unknown): void {
    const { clock, newest, ...ewma } = saved as EwmaChartSnapshot;
    this.clock = clock;
    this.newest = newest;
    this.ewma.restore(ewma);
  }
}

/** The cumulative sum: a signal beyond h. It begins afresh when the alarm is over. */
class CusumChart implements Chart {
  private readonly side: Side;
  private readonly cusum: Cusum;

  constructor({ side, k, h }: CusumSpec) {
    this.side = side;
    this.cusum = new Cusum({ k, h });
  }

  add(ts: number, z: number): void {
    this.cusum.add(ts, z);
  }

  measured(): number {
    return this.run().sum;
  }

  began(): number | null {
    return this.run().since;
  }

  over(): void {
    this.cusum.reset();
  }

  snapshot(): CusumSnapshot {
    return this.cusum.snapshot();
  }

  restore(saved: unknown): void {
    this.cusum.restore(saved as CusumSnapshot);
  }

  private run() {
    const { high, low } = this.cusum;
    if (this.side === 'either') return high.sum >= low.sum ? high : low;
    return this.side === 'high' ? high : low;
  }
}

/** The newest deviation itself. */
class ZscoreChart implements Chart {
  private readonly side: Side;
  private score = 0;

  constructor({ side }: ZscoreSpec) {
    this.side = side;
  }

  add(_ts: number, z: number): void {
    this.score = z;
  }

  measured(): number {
    return seenFrom(this.side, this.score);
  }

  snapshot(): number {
    return this.score;
  }

  restore(saved: unknown): void {
    this.score = saved as number;
  }
}
