import type { Point } from '../../model/device.ts';
import type { LimitName } from '../../model/limit.ts';
import type { Reporter } from '../fault.ts';
import type { PointPlace } from './place.ts';
import { limitOf } from './point.ts';

/** Units as people write them, by the one that is meant. */
const UNITS: readonly (readonly [unit: Unit, written: RegExp])[] = [
  ['%LEL', /^(%\s*LEL|LEL\s*%)$/i],
  ['%OEL', /^(%\s*OEL|OEL\s*%)$/i],
  ['%VOL', /^(%\s*\(?(VOL|V\/V)\)?\.?|VOL\.?\s*-?%)$/i],
  ['ppm', /^ppm$/i],
  ['mg/m³', /^mg\/m(3|³|\^3)$/i],
  ['LEL·m', /^LEL[·.*\s-]?m$/i],
];

type Unit = '%LEL' | '%OEL' | '%VOL' | 'ppm' | 'mg/m³' | 'LEL·m';

/** The concentration unit that a text names; null = it is none. */
export function concentrationUnit(text: string): Unit | null {
  return UNITS.find(([, written]) => written.test(text.trim()))?.[0] ?? null;
}

const FITTING: Readonly<Record<'combustible' | 'toxic' | 'oxygen', readonly Unit[]>> = {
  combustible: ['%LEL', '%VOL', 'ppm', 'LEL·m'],
  toxic: ['%OEL', 'ppm', 'mg/m³'],
  oxygen: ['%VOL'],
};

/** GB/T 50493-2019, 5.5.2; oxygen in %VOL, the others as a part of LEL, OEL or in LEL·m. */
const OXYGEN_LOW = 19.5;
const OXYGEN_HIGH = 23.5;
const LEVELS = { combustible: [0.25, 0.5], toxic: [1, 2], line: [1, 2] } as const;
const CEILING_CODES = {
  combustible: ['CEILING_COMBUSTIBLE_1', 'CEILING_COMBUSTIBLE_2'],
  toxic: ['CEILING_TOXIC_1', 'CEILING_TOXIC_2'],
  line: ['CEILING_LINE_1', 'CEILING_LINE_2'],
} as const;
const PPM_PER_PERCENT = 10_000;

const MAX_DELAY_MS: readonly (readonly [LimitName, number])[] = [
  ['H', 10_000],
  ['HH', 5_000],
];

/** Compares the limits of a gas detector with the ceilings of standards, and asks for what these need. */
export function lintGas(point: Point, place: PointPlace, reporter: Reporter): void {
  const unit = concentrationUnit(point.unit);
  if (point.type !== 'number' || point.limits.length === 0) return;
  const kind = point.gas?.kind ?? inferred(unit);
  if (kind === null) {
    if (place.point && unit !== null) {
      const message = `${point.id} in ${point.unit} does not say what gas it measures: add gas: { kind: … }`;
      reporter.warn('GAS_KIND_MISSING', [...place.point, 'gas'], null, message);
    }
    return;
  }
  if (kind === 'other') return;
  if (unit === null || !FITTING[kind].includes(unit)) {
    const message = `${kind} gas in "${point.unit}" has no ceiling to check: use ${FITTING[kind].join(', ')}`;
    if (place.point) reporter.warn('GAS_UNIT', [...place.point, 'unit'], point.unit, message);
    return;
  }
  if (kind === 'oxygen') {
    lintOxygen(point, place, reporter);
    return;
  }
  if (kind === 'combustible') lintDetector(point, unit, place, reporter);
  lintBasis(point, kind, unit, place, reporter);
  lintCeilings(point, kind, unit, place, reporter);
}

/** What a unit says by itself: a share of the LEL is combustible gas, a share of the OEL toxic. */
function inferred(unit: Unit | null): 'combustible' | 'toxic' | null {
  if (unit === '%LEL' || unit === 'LEL·m') return 'combustible';
  return unit === '%OEL' ? 'toxic' : null;
}

function lintOxygen(point: Point, place: PointPlace, reporter: Reporter): void {
  const low = limitOf(point, 'L') ?? limitOf(point, 'LL');
  const high = limitOf(point, 'H') ?? limitOf(point, 'HH');
  const lowPath = low && place.limit(low.name);
  const highPath = high && place.limit(high.name);
  if (!low && place.point) {
    const message = `oxygen without a low limit: add L at ${OXYGEN_LOW} %VOL`;
    reporter.warn('OXYGEN_LOW_UNWATCHED', [...place.point, 'limits'], null, message);
  }
  if (low && lowPath && low.at < OXYGEN_LOW) {
    const message = `deficiency is told at ${low.at} %VOL, and should be at ${OXYGEN_LOW}`;
    reporter.warn('CEILING_OXYGEN_LOW', [...lowPath, 'at'], low.at, message);
  }
  if (high && highPath && high.at > OXYGEN_HIGH) {
    const message = `enrichment is told at ${high.at} %VOL, and should be at ${OXYGEN_HIGH}`;
    reporter.warn('CEILING_OXYGEN_HIGH', [...highPath, 'at'], high.at, message);
  }
}

function lintBasis(
  point: Point,
  kind: 'combustible' | 'toxic',
  unit: Unit,
  place: PointPlace,
  reporter: Reporter,
): void {
  if (!place.point) return;
  if (kind === 'combustible' && unit !== 'LEL·m' && !point.gas?.lel) {
    const message = `${point.id} does not say which LEL it goes by: add gas: { kind: combustible, lel: { at: 5.0, basis: … } }`;
    reporter.warn('LEL_BASE_MISSING', [...place.point, 'gas', 'lel'], null, message);
  }
  if (kind === 'toxic' && unit !== '%OEL' && !point.gas?.oel) {
    const message = `${point.id} does not say its exposure limit: add gas: { kind: toxic, oel: { at: …, basis: … } }`;
    reporter.warn('OEL_MISSING', [...place.point, 'gas', 'oel'], null, message);
  }
}

function lintCeilings(
  point: Point,
  kind: 'combustible' | 'toxic',
  unit: Unit,
  place: PointPlace,
  reporter: Reporter,
): void {
  const full = fullScale(point, unit);
  if (full === null) return;
  const family = unit === 'LEL·m' ? 'line' : kind;
  const ladder = point.limits.filter(({ name }) => name === 'H' || name === 'HH');
  for (const [index, limit] of ladder.entries()) {
    const path = place.limit(limit.name);
    // Without H the HH is the first level there is.
    const level = limit.name === 'H' || index === 0 ? 1 : 2;
    const ceiling = Number(((LEVELS[family][level - 1] ?? 0) * full).toPrecision(12));
    if (!path || limit.at <= ceiling) continue;
    const message = `${limit.name} is level ${level} of a ${NAMES[family]} detector: at most ${ceiling} ${point.unit}`;
    reporter.warn(CEILING_CODES[family][level - 1] ?? '', [...path, 'at'], limit.at, message);
  }
}

const NAMES = { combustible: 'combustible-gas', toxic: 'toxic-gas', line: 'line-type combustible-gas' } as const;

/** 100 %LEL or 100 %OEL in the unit of the point (of a line, 1 LEL·m); null = what it takes is not given. */
function fullScale({ gas }: Point, unit: Unit): number | null {
  switch (unit) {
    case '%LEL':
    case '%OEL':
      return 100;
    case 'LEL·m':
      return 1;
    case '%VOL':
      return gas?.lel?.at ?? null;
    case 'ppm':
      if (gas?.kind === 'toxic') return gas.oel?.at ?? null;
      return gas?.lel ? gas.lel.at * PPM_PER_PERCENT : null;
    case 'mg/m³':
      return gas?.oel?.at ?? null;
  }
}

function lintDetector(point: Point, unit: Unit, place: PointPlace, reporter: Reporter): void {
  for (const [name, maximumMs] of MAX_DELAY_MS) {
    const limit = limitOf(point, name);
    const path = place.limit(name);
    if (!limit || !path || limit.onDelayMs <= maximumMs) continue;
    const message = `${name} of a gas detector waits ${limit.onDelayMs / 1000} s: at most ${maximumMs / 1000} s`;
    reporter.warn('GAS_DELAY', [...path, 'onDelay'], limit.onDelayMs / 1000, message);
  }
  const highest = limitOf(point, 'HH') ?? limitOf(point, 'H');
  const path = highest && place.limit(highest.name);
  if (unit !== '%LEL' || !highest || !path || highest.latch) return;
  const message = `${highest.name} does not latch: above 100 %LEL a catalytic sensor falls back, and the alarm with it`;
  reporter.warn('GAS_LATCH', [...path, 'latch'], false, message);
}
