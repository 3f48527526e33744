import type { BadSpec } from '../model/rule.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';
import { isAwaited } from './silence.ts';

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
    if (isAwaited(samples, point)) return null;
    const quality = samples.quality(point);
    return quality === 'bad' || (quality === 'uncertain' && this.spec.uncertain) ? 1 : 0;
  }
}
