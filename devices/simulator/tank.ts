import type { Device, Surroundings } from './plant.ts';
import { approach, clamp, diurnal, forcedNumber, shown } from './plant.ts';
import { createWander } from './random.ts';

/** m³/h at the fastest, into or out of a tank of 1000 m³ whose level swings by 10 % either way in a day. */
const FULL_FLOW = 26;
/** From here on the tank spills into its dike. */
const BRIM = 98;

/**
 * An atmospheric storage tank: filled by night, drawn by day. Its nitrogen seal
 * breathes with the temperature of the liquid; what spills over the brim reaches
 * the detector in the dike as vapour.
 */
export function createTank({ random, timeOfDayMs }: Surroundings): Device {
  const middleLevel = 60 + 2 * random.normal();
  const levelWander = createWander(random, 0.05, 20_000);
  const liquidWander = createWander(random, 0.1, 1_800_000);
  const sealWander = createWander(random, 0.02, 20_000);
  const gasWander = createWander(random, 0.1, 300_000);
  let elapsedMs = 0;
  let spilt = 0;

  return {
    step(dtMs, forced) {
      elapsedMs += dtMs;
      const now = timeOfDayMs + elapsedMs;
      const level = middleLevel + 10 * diurnal(now, 6) + levelWander.step(dtMs);
      const temperature = 24 + 2 * diurnal(now, 16) + liquidWander.step(dtMs);
      const warm = forcedNumber(forced, 'temperature', temperature) - 24;
      const full = clamp(forcedNumber(forced, 'level', level), 0, 100);
      const pressure = 0.6 + 0.03 * warm + 0.002 * (full - middleLevel) + sealWander.step(dtMs);
      const filling = diurnal(now, 0);
      const over = full >= BRIM;
      spilt = approach(spilt, over ? 60 : 0, dtMs, over ? 30_000 : 120_000);
      return {
        level: shown(level, 2),
        temperature: shown(temperature, 1),
        pressure: shown(pressure, 3),
        // Open for the twelve hours up to six in the morning, while the level rises; then the other one, while it falls.
        inletValveOpen: filling > 0,
        outletValveOpen: filling <= 0,
        inletFlow: shown(Math.max(0, filling) * FULL_FLOW, 1),
        outletFlow: shown(Math.max(0, -filling) * FULL_FLOW, 1),
        dikeGas: shown(Math.max(0, 0.4 + spilt + gasWander.step(dtMs)), 1),
      };
    },
  };
}
