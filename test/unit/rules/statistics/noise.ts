import { createRandom } from '../../../../devices/simulator/random.ts';

/** Seeded normal noise, mean 0 and deviation 1, with true tails (Marsaglia's polar method): run lengths hang on them. */
export function createNoise(seed: string): () => number {
  const { uniform } = createRandom(seed);
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const z = spare;
      spare = null;
      return z;
    }
    let u = 0;
    let v = 0;
    let s = 0;
    do {
      u = 2 * uniform() - 1;
      v = 2 * uniform() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    spare = v * factor;
    return u * factor;
  };
}

/** Mean number of samples until `signals` says true, over `runs` runs; each run starts with what `begin` gives. */
export function meanRunLength(runs: number, begin: () => () => boolean): number {
  let samples = 0;
  for (let run = 0; run < runs; run++) {
    const signals = begin();
    do samples++;
    while (!signals());
  }
  return samples / runs;
}
