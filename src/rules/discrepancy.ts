import type { DistanceSpec, FeedbackSpec } from '../model/rule.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';

/** Distance of two measurements of the same quantity, in their unit. */
export class DistanceMeasure implements Measure {
  readonly inputs: readonly number[];
  private readonly spec: DistanceSpec;

  constructor(spec: DistanceSpec) {
    this.spec = spec;
    this.inputs = spec.between;
  }

  evaluate(samples: Samples): number | null {
    const [a, b] = this.spec.between;
    const one = samples.value(a);
    const other = samples.value(b);
    return typeof one === 'number' && typeof other === 'number' ? Math.abs(one - other) : null;
  }
}

/** 1 while a feedback is not what its command asks for, else 0. The travel time is the rule's on-delay. */
export class FeedbackMeasure implements Measure {
  readonly inputs: readonly number[];
  private readonly spec: FeedbackSpec;

  constructor(spec: FeedbackSpec) {
    this.spec = spec;
    this.inputs = [spec.command, spec.feedback];
  }

  evaluate(samples: Samples): number | null {
    const command = samples.value(this.spec.command);
    const feedback = samples.value(this.spec.feedback);
    if (command === null || feedback === null) return null;
    const { confirms } = this.spec;
    const confirmed = confirms === null ? feedback : confirms.get(String(feedback));
    return confirmed === command ? 0 : 1;
  }
}
