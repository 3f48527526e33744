/** A seeded source of randomness: the same seed gives the same story, sample for sample. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Mean 0, deviation 1, never beyond ±3.47: sensor noise, not outliers. */
  normal(): number;
}

/**
 * sfc32 by Chris Doty-Humphrey (PractRand, public domain), seeded with the four
 * words of a text's cyrb128 hash (bryc, public domain).
 */
export function createRandom(seed: string): Random {
  let [a, b, c, d] = hashWords(seed);
  const uniform = (): number => {
    const sum = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 4_294_967_296;
  };
  // The generator's own advice: the first outputs still show the seed.
  for (let i = 0; i < 12; i += 1) uniform();
  return {
    uniform,
    // Irwin-Hall sum of four: cheap, bounded, close enough to a bell for a sensor.
    normal: () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3),
  };
}

function hashWords(text: string): [number, number, number, number] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let i = 0; i < text.length; i += 1) {
    const k = text.charCodeAt(i);
    h1 = h2 ^ Math.imul(h1 ^ k, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ k, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ k, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ k, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  return [h1 ^ h2 ^ h3 ^ h4, h2 ^ h1, h3 ^ h1, h4 ^ h1];
}

/**
 * A value that wanders around zero and returns (Ornstein-Uhlenbeck), exact for
 * any step, so a day looks alike at 1 s and at 60 s sampling.
 */
export interface Wander {
  step(dtMs: number): number;
}

/** @param deviation stationary standard deviation; the value stays within three of them */
export function createWander(random: Random, deviation: number, correlationMs: number): Wander {
  let x = random.normal();
  return {
    step(dtMs) {
      const keep = Math.exp(-dtMs / correlationMs);
      x = x * keep + Math.sqrt(1 - keep * keep) * random.normal();
      return deviation * Math.max(-3, Math.min(3, x));
    },
  };
}
