export const MINUTE_MS = 60_000;
export const TEN_MINUTES_MS = 600_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Alarms a flood begins above and ends below, for one operator in 10 minutes (EEMUA 191). */
const FLOOD_ABOVE = 10;
const FLOOD_BELOW = 5;
/** Raises of one alarm within a minute that are chattering (EEMUA 191). */
export const CHATTER_RAISES = 3;
/** An alarm that is shorter and does not come back within the same time is fleeting: a default of this engine [D]. */
export const FLEETING_MS = MINUTE_MS;
/** An alarm in force for so long is stale (ISA-18.2). */
export const STALE_MS = DAY_MS;
/** The most frequent alarms that are named. */
export const BAD_ACTORS = 10;

/** A span of time, epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Calls of an operator at one instant, or in the minute that begins there: raises, escalations and re-alarms. */
export interface Calls {
  readonly at: number;
  readonly count: number;
}

/** Most of the calls (by rising time) that lie within less than `windowMs`. */
export function mostWithin(calls: readonly Calls[], windowMs: number): number {
  let most = 0;
  let within = 0;
  let first = 0;
  for (const last of calls) {
    within += last.count;
    for (let oldest = calls[first]; oldest && last.at - oldest.at >= windowMs; oldest = calls[++first]) {
      within -= oldest.count;
    }
    most = Math.max(most, within);
  }
  return most;
}

/**
 * When there was an alarm flood: from more than 10 calls in the last 10 minutes for one operator to fewer than 5
 * (EEMUA 191). Looks at every instant at which that number changes; a flood ends with the span at the latest.
 */
export function floodsOf(calls: readonly Calls[], { to: end }: Span, operators: number): Span[] {
  const floods: Span[] = [];
  let since: number | null = null;
  let count = 0;
  let come = 0;
  for (const gone of calls) {
    const departure = gone.at + TEN_MINUTES_MS;
    for (let next = calls[come]; next && next.at < departure; next = calls[++come]) {
      count += next.count;
      if (since === null && count > FLOOD_ABOVE * operators) since = next.at;
    }
    count -= gone.count;
    if (since !== null && count < FLOOD_BELOW * operators) {
      floods.push({ from: since, to: Math.min(departure, end) });
      since = null;
    }
  }
  return floods;
}

/** Part of the 10-minute periods of a span with more than 10 calls for one operator, 0 to 1. */
export function overloadedShare(calls: readonly Calls[], { from, to }: Span, operators: number): number {
  const periods = Math.ceil((to - from) / TEN_MINUTES_MS);
  if (periods <= 0) return 0;
  const counts = new Map<number, number>();
  for (const { at, count } of calls) {
    // The end of the span belongs to its last period.
    const period = Math.min(Math.floor((at - from) / TEN_MINUTES_MS), periods - 1);
    counts.set(period, (counts.get(period) ?? 0) + count);
  }
  return [...counts.values()].filter((count) => count > FLOOD_ABOVE * operators).length / periods;
}

/** Most spans that overlap; `to` null = it lasts beyond `end`. */
export function mostAtOnce(
  spans: Iterable<{ readonly from: number; readonly to: number | null }>,
  end: number,
): number {
  const steps: { readonly at: number; readonly by: number }[] = [];
  for (const { from, to } of spans) steps.push({ at: from, by: 1 }, { at: to ?? end + 1, by: -1 });
  let count = 0;
  let most = 0;
  for (const { by } of steps.sort((a, b) => a.at - b.at || b.by - a.by)) {
    count += by;
    most = Math.max(most, count);
  }
  return most;
}

/** The most frequent ones first, as many as are named; the same frequency in the order of the keys. */
export function mostFrequent<T extends { readonly key: string; readonly count: number }>(actors: readonly T[]): T[] {
  return actors.toSorted((a, b) => b.count - a.count || compare(a.key, b.key)).slice(0, BAD_ACTORS);
}

/** Order of two keys by their characters, the same on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
