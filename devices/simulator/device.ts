import type { Value } from '../../src/model/reading.ts';
import { createCabinet } from './cabinet.ts';
import { createDcsUnit } from './dcs-unit.ts';
import { createLeakDetector } from './leak-detector.ts';
import { createRandom, type Random } from './random.ts';
import { createTank } from './tank.ts';

/** The points of each simulated class, in the order a device reports them. */
export const DEVICE_POINTS = {
  'gas-regulator-cabinet': {
    inletPressure: 'number',
    outletPressure: 'number',
    filterDifferential: 'number',
    gasConcentration: 'number',
    temperature: 'number',
    slamShutOpen: 'boolean',
    doorOpen: 'boolean',
    batteryVoltage: 'number',
  },
  'gas-leak-detector': { concentration: 'number', temperature: 'number', fault: 'boolean' },
  'hazard-tank': {
    level: 'number',
    temperature: 'number',
    pressure: 'number',
    inletValveOpen: 'boolean',
    dikeGas: 'number',
  },
  'dcs-unit': {
    reactorTemperature: 'number',
    reactorPressure: 'number',
    coolingFlow: 'number',
    feedFlow: 'number',
    interlockTripped: 'boolean',
  },
} as const satisfies Record<string, Record<string, 'number' | 'boolean'>>;

export type DeviceClass = keyof typeof DEVICE_POINTS;

export const DEVICE_CLASSES = Object.keys(DEVICE_POINTS) as readonly DeviceClass[];

/** The type of a point, or undefined where the class has no such point. */
export function pointType(deviceClass: DeviceClass, point: string): 'number' | 'boolean' | undefined {
  const points: Readonly<Record<string, 'number' | 'boolean'>> = DEVICE_POINTS[deviceClass];
  return Object.hasOwn(points, point) ? points[point] : undefined;
}

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

/** A device in normal operation. The same seed gives the same device and the same noise. */
export function createDevice(deviceClass: DeviceClass, seed: string, timeOfDayMs: number): Device {
  const surroundings: Surroundings = { random: createRandom(seed), timeOfDayMs };
  switch (deviceClass) {
    case 'gas-regulator-cabinet':
      return createCabinet(surroundings);
    case 'gas-leak-detector':
      return createLeakDetector(surroundings);
    case 'hazard-tank':
      return createTank(surroundings);
    case 'dcs-unit':
      return createDcsUnit(surroundings);
  }
}
