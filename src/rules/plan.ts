import type { Device, Point } from '../model/device.ts';
import type { Expression, Rule } from '../model/rule.ts';
import type { Suppression } from '../model/suppression.ts';
import { compiledOf } from './compiled.ts';
import { createMeasure } from './kinds.ts';
import { rateRule } from './rate.ts';

/** By point: places of those that read it; null where none does. */
type Readers = readonly (readonly number[] | null)[];

/** What all devices with the same points and rules have in common: a hundred thousand of them share one. */
export interface Plan {
  /** In the order in which they are judged. */
  readonly rules: readonly Rule[];
  /** By point: places in `rules` of those that read it; null where none does. */
  readonly rulesOf: Readers;
  readonly suppressions: readonly Suppression[];
  /** By point: places in `suppressions` of those that read it; null where none does. */
  readonly suppressionsOf: Readers;
  /** Points that are calculated, each behind those it depends on. */
  readonly calculated: readonly Calculated[];
  /** By point: places in `calculated` of those that read it; null where none does. */
  readonly calculatedOf: Readers;
}

/** A point that is calculated, with its expression. */
export interface Calculated {
  readonly point: Point;
  readonly calc: Expression;
}

/** By the points, then by the rules: devices without overrides have those of their profile. */
const plans = new WeakMap<Device['points'], WeakMap<Device['rules'], Plan>>();

const NO_SUPPRESSIONS: readonly Suppression[] = [];

export function planOf(device: Device): Plan {
  const suppressions = device.profile.suppressions ?? NO_SUPPRESSIONS;
  const known = plans.get(device.points)?.get(device.rules);
  if (known?.suppressions === suppressions) return known;
  const rates = device.points.flatMap((point) => point.rates.map((rate) => rateRule(point, rate)));
  const rules = [...rates, ...device.rules];
  const calculated = device.points.flatMap((point) => (point.calc ? [{ point, calc: point.calc }] : []));
  const measures = rules.map((rule) => createMeasure(rule, device.points));
  const expressions = calculated.map(({ calc }) => compiledOf(calc, device.points));
  const plan = {
    rules,
    rulesOf: readersOf(measures, device.points),
    suppressions,
    suppressionsOf: readersOf(
      suppressions.map(({ when }) => compiledOf(when, device.points)),
      device.points,
    ),
    calculated,
    calculatedOf: readersOf(expressions, device.points),
  };
  const sharing = plans.get(device.points) ?? new WeakMap<Device['rules'], Plan>();
  sharing.set(device.rules, plan);
  plans.set(device.points, sharing);
  return plan;
}

interface Reader {
  readonly inputs: readonly number[];
  /** True where it changes with time alone: a sample of any reported point calls for it. */
  readonly followsTime?: boolean;
}

function readersOf(readers: readonly Reader[], points: readonly Point[]): Readers {
  return points.map(({ index, calc }) => {
    const reading = readers.flatMap(({ inputs, followsTime }, place) =>
      inputs.includes(index) || (followsTime && !calc) ? [place] : [],
    );
    return reading.length > 0 ? reading : null;
  });
}

/** True for a point that something depends on; of the others no sample is kept. */
export function isWatched({ limits, index, calc }: Point, plan: Plan): boolean {
  const readers = [plan.rulesOf, plan.calculatedOf, plan.suppressionsOf];
  return limits.length > 0 || calc !== null || readers.some((readersOfPoints) => readersOfPoints[index] !== null);
}
