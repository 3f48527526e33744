import type { DeviationSpec } from '../model/rule.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';

/** Distance of a point from a set point or from another point, in the unit of the point. */
export class DeviationMeasure implements Measure {
  readonly inputs: readonly number[];
  private readonly spec: DeviationSpec;

  constructor(spec: DeviationSpec) {
    this.spec = spec;
    this.inputs = 'point' in spec.from ? [spec.point, spec.from.point] : [spec.point];
  }

  evaluate(samples: Samples): number | null {
    const { point, from, side } = this.spec;
    const value = samples.value(point);
    const reference = 'value' in from ? from.value : samples.value(from.point);
    if (typeof value !== 'number' || typeof reference !== 'number') return null;
    if (side === 'either') return Math.abs(value - reference);
    return side === 'high' ? value - reference : reference - value;
  }
}
