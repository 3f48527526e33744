import type { StateSpec } from '../model/rule.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';

/** 1 while the point is in a state that is not normal, else 0. */
export class StateMeasure implements Measure {
  readonly inputs: readonly number[];
  private readonly spec: StateSpec;

  constructor(spec: StateSpec) {
    this.spec = spec;
    this.inputs = [spec.point];
  }

  evaluate(samples: Samples): number | null {
    const value = samples.value(this.spec.point);
    if (value === null) return null;
    const listed = this.spec.values.includes(value);
    return listed === (this.spec.listed === 'alarm') ? 1 : 0;
  }
}
