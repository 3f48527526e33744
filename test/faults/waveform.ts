/** A seeded source of numbers in [0, 1): the same seed gives the same run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a simulated device measures at one time. */
export interface Sample {
  readonly outletPressure: number;
  /** Left out = good. */
  readonly pressureQuality?: 'uncertain' | 'bad';
  readonly gasLevel: number;
}

/** Levels between, on and beyond every limit and its deadband; doubled ones are likelier. */
const PRESSURES = [2.3, 2.3, 2.3, 2.6, 0.5, 1, 1.05, 1.3, 1.5, 1.55, 3.12, 3.2, 3.5, 3.7, 3.85, 4, 4.4];

/** Chance that a reading moves the pressure to another level. */
const MOVE = 0.04;
/** A gas leak lasts this many readings; shorter and longer ones than the delay of its limit come up. */
const LEAK_READINGS = [5, 20, 60, 150, 300];
const LEAK = 0.002;

/** The values of one device: long quiet stretches, and excursions through all steps of the ladders. */
export function createWaveform(seed: number): () => Sample {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[], fallback: T): T => list[Math.floor(random() * list.length)] ?? fallback;
  let level = 2.3;
  let leak = 0;
  return () => {
    if (random() < MOVE) level = pick(PRESSURES, 2.3);
    // Sometimes the level itself, so that "at the limit" and "at the end of the deadband" are met exactly.
    const pressure = random() < 0.3 ? level : round(level + (random() - 0.5) * 0.08);
    const grade = random();
    if (leak > 0) leak--;
    else if (random() < LEAK) leak = pick(LEAK_READINGS, 60);
    const gasLevel = round(leak > 0 ? 25 + random() * 5 : 2 + random());
    if (grade < 0.004) return { outletPressure: 12 + round(random()), gasLevel };
    if (grade < 0.008) return { outletPressure: pressure, pressureQuality: 'bad', gasLevel };
    if (grade < 0.03) return { outletPressure: pressure, pressureQuality: 'uncertain', gasLevel };
    return { outletPressure: pressure, gasLevel };
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
