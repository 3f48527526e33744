import type { Point } from '../model/device.ts';
import type { Expression, Rule } from '../model/rule.ts';
import { BadMeasure } from './bad.ts';
import { BitsMeasure } from './bits.ts';
import { DeviationMeasure } from './deviation.ts';
import { DistanceMeasure, FeedbackMeasure } from './discrepancy.ts';
import { ConditionMeasure, QuantityMeasure } from './expression-rule.ts';
import { ForecastMeasure } from './forecast.ts';
import type { Measure } from './measure.ts';
import { RateMeasure } from './rate.ts';
import { StateMeasure } from './state.ts';
import { StatisticMeasure } from './statistic.ts';
import { StuckMeasure } from './stuck.ts';
import { ExcusedMeasure } from './unless.ts';

/** Makes what a rule measures with, for one device with `points`. A new kind of rule has its line here. */
export function createMeasure(rule: Rule, points: readonly Point[]): Measure {
  const { spec } = rule;
  switch (spec.kind) {
    case 'rising':
    case 'falling':
    case 'changing':
      return new RateMeasure(spec.point, spec.rate);
    case 'deviation':
      return new DeviationMeasure(spec);
    case 'state':
      return new StateMeasure(spec);
    case 'bits':
      return new BitsMeasure(spec);
    case 'stuck':
      return excused(new StuckMeasure(spec), spec.unless, points);
    case 'bad':
      return excused(new BadMeasure(spec), spec.unless, points);
    case 'discrepancy':
      return 'between' in spec ? new DistanceMeasure(spec) : new FeedbackMeasure(spec);
    case 'expression':
      return 'when' in spec ? new ConditionMeasure(spec, points) : new QuantityMeasure(spec, points);
    case 'ewma':
    case 'cusum':
    case 'zscore':
      return new StatisticMeasure(spec, points);
    case 'forecast':
      return new ForecastMeasure(spec, points);
  }
}

function excused(measure: Measure, unless: Expression | undefined, points: readonly Point[]): Measure {
  return unless ? new ExcusedMeasure(measure, unless, points) : measure;
}
