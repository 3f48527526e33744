import { createCabinet } from './cabinet.ts';
import { createDcsUnit } from './dcs-unit.ts';
import { createLeakDetector } from './leak-detector.ts';
import type { Device, Surroundings } from './plant.ts';
import { createRandom } from './random.ts';
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
    flow: 'number',
  },
  'gas-leak-detector': {
    concentration: 'number',
    temperature: 'number',
    fault: 'boolean',
    sensorDaysLeft: 'number',
    calibrationDaysLeft: 'number',
  },
  'hazard-tank': {
    level: 'number',
    temperature: 'number',
    pressure: 'number',
    inletValveOpen: 'boolean',
    outletValveOpen: 'boolean',
    inletFlow: 'number',
    outletFlow: 'number',
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
