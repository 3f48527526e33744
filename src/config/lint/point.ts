import type { Point } from '../../model/device.ts';
import type { Limit, LimitName } from '../../model/limit.ts';
import type { Path, Reporter } from '../fault.ts';
import { type PointPlace, spoken } from './place.ts';

/** Warns of limits and rates that work, and do harm: they chatter, come late, or name no unit. */
export function lintPoint(point: Point, place: PointPlace, reporter: Reporter): void {
  if (point.type === 'number') {
    lintScale(point, place, reporter);
    lintDeadbands(point, place, reporter);
  }
  lintDelays(point, place, reporter);
  lintEnds(point, place, reporter);
}

function lintScale(point: Point, place: PointPlace, reporter: Reporter): void {
  if (!place.point || (point.limits.length === 0 && point.rates.length === 0)) return;
  if (point.unit === '') {
    reporter.warn('UNIT_MISSING', [...place.point, 'unit'], null, `${point.id} has limits and no unit: add it`);
  }
  if (!point.range) {
    const message = `${point.id} has limits and no range: give the measuring span`;
    reporter.warn('RANGE_MISSING', [...place.point, 'range'], null, message);
  }
}

function lintDeadbands({ limits, rates }: Point, place: PointPlace, reporter: Reporter): void {
  const without = [
    ...limits.map(({ name, deadband }) => ({ name, deadband, path: place.limit(name) })),
    ...rates.map(({ direction, deadband }) => ({ name: direction, deadband, path: place.rate(direction) })),
  ];
  for (const { name, deadband, path } of without) {
    if (!path || deadband !== 0) continue;
    const message = `${name} has no deadband and will come and go with the noise of the signal: give one`;
    reporter.warn('DEADBAND_NONE', [...path, 'deadband'], 0, message);
  }
}

const LADDERS: readonly (readonly [inner: LimitName, outer: LimitName])[] = [
  ['H', 'HH'],
  ['L', 'LL'],
];

function lintDelays(point: Point, place: PointPlace, reporter: Reporter): void {
  for (const [innerName, outerName] of LADDERS) {
    const inner = limitOf(point, innerName);
    const outer = limitOf(point, outerName);
    const path = place.limit(outerName) ?? place.limit(innerName);
    if (!inner || !outer || !path || outer.onDelayMs <= inner.onDelayMs) continue;
    const message = `${outerName} waits ${spoken(outer.onDelayMs)}, ${innerName} ${spoken(inner.onDelayMs)}: the worse must not come later`;
    reporter.warn('DELAY_ORDER', [...path, 'onDelay'], outer.onDelayMs / 1000, message);
  }
  const { responseTimeMs } = point.why ?? {};
  if (responseTimeMs === undefined) return;
  const waiting = [
    ...point.limits.map(({ name, onDelayMs }) => ({ name, key: 'onDelay', ms: onDelayMs, path: place.limit(name) })),
    ...point.rates.map(({ direction, onDelayMs, overMs }) => ({
      name: direction,
      key: 'over',
      ms: onDelayMs + overMs,
      path: place.rate(direction),
    })),
  ];
  for (const { name, key, ms, path } of waiting) {
    if (!path || 2 * ms < responseTimeMs) continue;
    const message = `${name} takes ${spoken(ms)} of the ${spoken(responseTimeMs)} there are to respond: leave more than half`;
    reporter.warn('DELAY_EATS_RESPONSE', [...path, key], ms / 1000, message);
  }
}

function lintEnds({ limits, range }: Point, place: PointPlace, reporter: Reporter): void {
  if (!range) return;
  for (const { name, at } of limits) {
    const path: Path | null = place.limit(name);
    const end = name === 'H' || name === 'HH' ? range[1] : range[0];
    if (!path || at !== end) continue;
    reporter.warn(
      'LIMIT_AT_RANGE_END',
      [...path, 'at'],
      at,
      `only exactly ${at} trips ${name}: beyond it lies bad quality`,
    );
  }
}

/** The limit of a name, if the point has it. */
export function limitOf(point: Point, name: LimitName): Limit | undefined {
  return point.limits.find((limit) => limit.name === name);
}
