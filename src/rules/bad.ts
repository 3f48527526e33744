import type { BadSpec } from '../model/rule.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';

/** 1 while the measurement cannot be trusted, else 0. */
export class BadMeasure implements Measure {
  readonly inputs: readonly number[];
  readonly ofQuality = true;
  /** A point that goes silent while others report says nothing itself. */
  readonly followsTime = true;
  private readonly spec: BadSpec;

  constructor(spec: BadSpec) {
    this.spec = spec;
    this.inputs = [spec.point];
  }

  evaluate(samples: Samples): number | null {
    const { point } = this.spec;
    // Before its first sample is due nothing is known of it.
    if (samples.ts(point) === Number.NEGATIVE_INFINITY && !samples.isStale(point)) return null;
    const quality = samples.quality(point);
    return quality === 'bad' || (quality === 'uncertain' && this.spec.uncertain) ? 1 : 0;
  }
}
