import type { Rule } from '../model/rule.ts';
import { DeviationMeasure } from './deviation.ts';
import type { Measure } from './measure.ts';
import { RateMeasure } from './rate.ts';

/** Makes what a rule measures with, for one device. A new kind of rule has its line here. */
export function createMeasure(rule: Rule): Measure {
  const { spec } = rule;
  switch (spec.kind) {
    case 'rising':
    case 'falling':
    case 'changing':
      return new RateMeasure(spec.point, spec.rate);
    case 'deviation':
      return new DeviationMeasure(spec);
  }
}
