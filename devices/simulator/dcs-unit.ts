import type { Device, Surroundings } from './plant.ts';
import { approach, clamp, diurnal, forcedBoolean, forcedNumber, shown } from './plant.ts';
import { createWander } from './random.ts';

const SET_POINT = 140;
const COOLANT = 30;
const COOLING_NORMAL = 40;
const FEED_NORMAL = 12;
/** Reaction heat doubles with every 14 degrees (e-fold 20): hotter makes heat faster than cooling carries it off. */
const HEAT_FOLD = 20;
/** Rise of a reactor in balance that loses all its cooling: 0.1 degrees a second, and growing. */
const HEATING_PER_MS = 1e-4;
/**
 * The unit's own interlock takes the feed off when hot and gives it back when cool. Given back much later, the reaction
 * could not light again against the least cooling.
 */
const TRIP = 175;
const TRIP_RESET = 134;
/** Euler steps longer than this would make the controller swing. */
const LONGEST_STEP_MS = 5000;

/**
 * A cooled stirred reactor with an exothermic reaction (Semenov): left alone it
 * runs away, the cooling controller holds it. Force `coolingFlow` down and the
 * runaway is physics, until the unit's own interlock stops the feed.
 */
export function createDcsUnit({ random, timeOfDayMs }: Surroundings): Device {
  const temperatureWander = createWander(random, 0.2, 15_000);
  const pressureWander = createWander(random, 2, 10_000);
  const coolingWander = createWander(random, 0.3, 8000);
  const feedWander = createWander(random, 0.08, 8000);
  let elapsedMs = 0;
  let temperature = SET_POINT;
  let feed = FEED_NORMAL;
  let tripped = false;

  function react(dtMs: number, cooling: number): void {
    const heat = (feed / FEED_NORMAL) * Math.exp(clamp((temperature - SET_POINT) / HEAT_FOLD, -5, 3));
    const removed = ((cooling / COOLING_NORMAL) * (temperature - COOLANT)) / (SET_POINT - COOLANT);
    temperature = clamp(temperature + HEATING_PER_MS * dtMs * (heat - removed), COOLANT, 260);
  }

  return {
    step(dtMs, forced) {
      elapsedMs += dtMs;
      // Shifts run the unit a little harder by day.
      const wanted = FEED_NORMAL * (1 + 0.03 * diurnal(timeOfDayMs + elapsedMs, 14));
      for (let left = dtMs; left > 0; left -= LONGEST_STEP_MS) {
        const part = Math.min(left, LONGEST_STEP_MS);
        tripped = tripped ? temperature > TRIP_RESET : temperature >= TRIP;
        const fed = forcedBoolean(forced, 'interlockTripped', tripped) ? 0 : wanted;
        feed = approach(feed, forcedNumber(forced, 'feedFlow', fed), part, 5000);
        react(part, forcedNumber(forced, 'coolingFlow', controlled(temperature)));
      }
      const seen = forcedNumber(forced, 'reactorTemperature', temperature);
      return {
        reactorTemperature: shown(temperature + temperatureWander.step(dtMs), 1),
        // Vapour pressure over the mix, linear around the working point.
        reactorPressure: shown(Math.max(0, 600 + 4 * (seen - SET_POINT) + pressureWander.step(dtMs)), 0),
        coolingFlow: shown(Math.max(0, controlled(temperature) + coolingWander.step(dtMs)), 2),
        feedFlow: shown(Math.max(0, feed + feedWander.step(dtMs)), 2),
        interlockTripped: tripped,
      };
    },
  };
}

/** Proportional control: a tenth more coolant for each degree above the set point, as far as pump and valve go. */
function controlled(temperature: number): number {
  return COOLING_NORMAL * clamp(1 + 0.1 * (temperature - SET_POINT), 0.7, 2);
}
