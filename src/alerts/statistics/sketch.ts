/**
 * How long something took, as counts in bins whose bounds grow by 4 %: merged by adding, and a quantile of it is within
 * 2 % of the true one (DDSketch, Masson et al. 2019). Keys are the numbers of the bins.
 */
export type Sketch = Record<string, number>;

const GROWTH = 1.04;
const LOG_GROWTH = Math.log(GROWTH);
/** Everything up to a millisecond. */
const LOWEST = 0;

/** Adds one duration, milliseconds. */
export function addTo(sketch: Sketch, ms: number): void {
  const bin = ms <= 1 ? LOWEST : Math.ceil(Math.log(ms) / LOG_GROWTH);
  sketch[bin] = (sketch[bin] ?? 0) + 1;
}

/** Adds what another sketch counted. */
export function mergeInto(sketch: Sketch, other: Sketch): void {
  for (const [bin, count] of Object.entries(other)) sketch[bin] = (sketch[bin] ?? 0) + count;
}

/** Durations counted. */
export function countOf(sketch: Sketch): number {
  return Object.values(sketch).reduce((sum, count) => sum + count, 0);
}

/** The `share` quantile (0 to 1, nearest rank), milliseconds within 2 %; null = nothing was counted. */
export function quantileOf(sketch: Sketch, share: number): number | null {
  const bins = Object.entries(sketch)
    .map(([bin, count]) => ({ bin: Number(bin), count }))
    .sort((a, b) => a.bin - b.bin);
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(share * total));
  let seen = 0;
  for (const { bin, count } of bins) {
    seen += count;
    if (seen >= rank) return bin === LOWEST ? 1 : (2 * GROWTH ** bin) / (1 + GROWTH);
  }
  return null;
}
