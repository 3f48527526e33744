import type { Device, Surroundings } from './plant.ts';
import { approach, clamp, diurnal, forcedBoolean, forcedNumber, peak, shown } from './plant.ts';
import { createWander } from './random.ts';

/** Nm³/h at full demand. */
const FULL_FLOW = 200;

/**
 * A medium-pressure to low-pressure regulator cabinet for homes: demand has
 * three peaks a day, outlet pressure droops with it from lock-up, the filter
 * differential grows with its square, and the inlet sags a little.
 */
export function createCabinet({ random, timeOfDayMs }: Surroundings): Device {
  const inletAtRest = 0.3 + 0.01 * random.normal();
  const lockUp = 2.6 + 0.015 * random.normal();
  const cleanFilter = 3 + 0.15 * random.normal();
  const battery = 3.62 + 0.01 * random.normal();
  const demandWander = createWander(random, 0.04, 120_000);
  const inletWander = createWander(random, 0.0015, 30_000);
  const outletWander = createWander(random, 0.015, 4000);
  const gasWander = createWander(random, 0.12, 600_000);
  const airWander = createWander(random, 0.4, 900_000);
  let elapsedMs = 0;
  let supply = 1;

  return {
    step(dtMs, forced) {
      elapsedMs += dtMs;
      const now = timeOfDayMs + elapsedMs;
      const demand = clamp(
        0.22 + 0.3 * peak(now, 7, 1) + 0.4 * peak(now, 11.8, 1) + 0.6 * peak(now, 18.5, 1.4) + demandWander.step(dtMs),
        0.05,
        1,
      );
      const open = forcedBoolean(forced, 'slamShutOpen', true);
      // Shut, the gas left in the main is burnt within a minute or so; opened by hand, it fills at once.
      supply = approach(supply, open ? 1 : 0, dtMs, open ? 3000 : 40_000);

      const inlet = inletAtRest - 0.02 * demand + inletWander.step(dtMs);
      const clean = cleanFilter * (0.35 + 0.65 * demand * demand);
      const differential = forcedNumber(forced, 'filterDifferential', open ? clean : 0);
      const starved = clamp(forcedNumber(forced, 'inletPressure', inlet) / 0.05, 0, 1);
      const droop = 0.22 * demand + 0.01 * Math.max(0, differential - 5);
      const outlet = (lockUp - droop + outletWander.step(dtMs)) * supply * starved;
      const temperature = 19 + 5 * diurnal(now, 14.5) + airWander.step(dtMs);

      return {
        inletPressure: shown(inlet, 4),
        outletPressure: shown(Math.max(0, outlet), 3),
        filterDifferential: shown(Math.max(0, open ? clean : 0), 2),
        gasConcentration: shown(Math.max(0, 0.4 + gasWander.step(dtMs)), 1),
        temperature: shown(temperature, 1),
        slamShutOpen: true,
        doorOpen: false,
        // A lithium thionyl chloride cell: flat for years, a little lower in the cold.
        batteryVoltage: shown(battery + 0.002 * (temperature - 20), 2),
        flow: shown(FULL_FLOW * demand * supply * starved, 1),
      };
    },
  };
}
