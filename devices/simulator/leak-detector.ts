import type { Device, Surroundings } from './plant.ts';
import { diurnal, forcedBoolean, shown } from './plant.ts';
import { createWander } from './random.ts';

const DAY_MS = 86_400_000;
/** Left at the start: two of the sensor's years, most of the year between two calibrations. */
const SENSOR_DAYS = 730;
const CALIBRATION_DAYS = 300;

/**
 * A catalytic bead in clean air: a zero that drifts with the day's warmth by
 * tenths of a %LEL. A detector that reports a fault reads zero.
 */
export function createLeakDetector({ random, timeOfDayMs }: Surroundings): Device {
  const zero = 0.7 + 0.05 * random.normal();
  const gasWander = createWander(random, 0.15, 300_000);
  const airWander = createWander(random, 0.4, 900_000);
  let elapsedMs = 0;

  return {
    step(dtMs, forced) {
      elapsedMs += dtMs;
      const days = Math.floor(elapsedMs / DAY_MS);
      const warmth = diurnal(timeOfDayMs + elapsedMs, 15);
      const concentration = zero + 0.1 * warmth + gasWander.step(dtMs);
      return {
        concentration: forcedBoolean(forced, 'fault', false) ? 0 : shown(Math.max(0, concentration), 1),
        temperature: shown(22 + 4 * warmth + airWander.step(dtMs), 1),
        fault: false,
        sensorDaysLeft: SENSOR_DAYS - days,
        calibrationDaysLeft: CALIBRATION_DAYS - days,
      };
    },
  };
}
