import type { Value } from '../../src/model/reading.ts';
import type { Random } from './random.ts';

/** Values by point id. */
export type Values = Readonly<Record<string, Value>>;

/**
 * What the story forces on a device, by point id. A forced value does not move
 * the device's own state, only what depends on it: releasing it later finds a
 * plant in its normal course.
 */
export type Forced = ReadonlyMap<string, Value>;

/** One device as physics: no clock, no network. */
export interface Device {
  /** Lets `dtMs` of plant time pass and returns what the instruments then show. */
  step(dtMs: number, forced: Forced): Values;
}

/** What a class's model gets: its own randomness and the time of day it starts at. */
export interface Surroundings {
  readonly random: Random;
  /** Milliseconds since local midnight. */
  readonly timeOfDayMs: number;
}

const DAY_MS = 86_400_000;

/** A sine over the day, 1 at `peakHour` and -1 twelve hours away. */
export function diurnal(timeOfDayMs: number, peakHour: number): number {
  return Math.cos(((timeOfDayMs / 3_600_000 - peakHour) / 24) * 2 * Math.PI);
}

/** A bump of the day (cooking, shift change): 1 at `hour`, gone after three widths, round midnight too. */
export function peak(timeOfDayMs: number, hour: number, widthHours: number): number {
  const apart = Math.abs(((timeOfDayMs % DAY_MS) / 3_600_000 - hour) % 24);
  const hours = Math.min(apart, 24 - apart);
  return Math.exp(-(hours * hours) / (2 * widthHours * widthHours));
}

/** First-order lag: where `value` is after `dtMs` on its way to `target`. */
export function approach(value: number, target: number, dtMs: number, lagMs: number): number {
  return target + (value - target) * Math.exp(-dtMs / lagMs);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

/** What an instrument with this many decimals shows. */
export function shown(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  // `+ 0` turns -0 into 0, which JSON would print alike and a comparison would not.
  return Math.round(value * scale) / scale + 0;
}

export function forcedNumber(forced: Forced, point: string, otherwise: number): number {
  const value = forced.get(point);
  return typeof value === 'number' ? value : otherwise;
}

export function forcedBoolean(forced: Forced, point: string, otherwise: boolean): boolean {
  const value = forced.get(point);
  return typeof value === 'boolean' ? value : otherwise;
}
