import type { Point } from '../model/device.ts';
import { parseDuration } from '../model/duration.ts';
import { defaultGap, LIMIT_NAMES, type Limit, type LimitName, type RateLimit } from '../model/limit.ts';
import { tierRank } from '../model/tier.ts';
import type { LimitEntry, RateEntry } from '../rules/schema/profile.ts';
import type { Path, Reporter } from './fault.ts';
import { missingWhy, tidy } from './text.ts';

type RateName = RateLimit['direction'];

/** Where in a file the limits and rates stand that are to be judged; null = stands elsewhere and was judged there. */
export interface Places {
  limit(name: LimitName): Path | null;
  rate(name: RateName): Path | null;
  /** Where a missing `why` belongs, asked for by the limit or rate at `asking`. */
  why(asking: Path): Path;
}

/** Default deadband of a limit, as a part of the range. */
const LIMIT_DEADBAND = 0.02;
/** Default deadband of a rate, as a part of `by`. */
const RATE_DEADBAND = 0.2;

export function resolveLimit(name: LimitName, entry: LimitEntry, range: Point['range']): Limit {
  const span = range ? range[1] - range[0] : 0;
  return {
    name,
    at: entry.at,
    deadband: entry.deadband ?? tidy(span * LIMIT_DEADBAND),
    onDelayMs: parseDuration(entry.onDelay),
    offDelayMs: parseDuration(entry.offDelay),
    tier: entry.tier,
    latch: entry.latch,
  };
}

export function resolveRate(direction: RateName, entry: RateEntry, intervalMs: number | null): RateLimit {
  const overMs = parseDuration(entry.over);
  return {
    direction,
    by: entry.by,
    overMs,
    minSamples: entry.minSamples,
    method: entry.method,
    significance: entry.significance,
    maxGapMs: entry.maxGap === undefined ? defaultGap(overMs, intervalMs) : parseDuration(entry.maxGap),
    deadband: entry.deadband ?? tidy(entry.by * RATE_DEADBAND),
    onDelayMs: parseDuration(entry.onDelay),
    offDelayMs: parseDuration(entry.offDelay),
    tier: entry.tier,
    latch: entry.latch,
  };
}

/** Reports limits that cannot work: out of order, out of range, never to be cleared, without a reason to act on. */
export function checkPoint(point: Point, places: Places, intervalMs: number | null, reporter: Reporter): void {
  checkRange(point, places, reporter);
  checkOrder(point.limits, places, reporter);
  checkDeadbands(point, places, reporter);
  for (const rate of point.rates) checkRate(rate, point.range, places, intervalMs, reporter);
  checkWhy(point, places, reporter);
}

function checkRange({ range, signal, limits }: Point, places: Places, reporter: Reporter): void {
  for (const limit of limits) {
    const path = places.limit(limit.name);
    if (path && range && (limit.at < range[0] || limit.at > range[1])) {
      const message = `${limit.name} is outside the range ${range[0]} to ${range[1]} and would never trip`;
      reporter.error('LIMIT_OUTSIDE_RANGE', [...path, 'at'], limit.at, message);
    } else if (path && signal && (limit.at <= signal.low || limit.at >= signal.high)) {
      const message = `a signal of ${limit.at} is a failed transmitter, and ${limit.name} would never trip`;
      reporter.error('LIMIT_OUTSIDE_RANGE', [...path, 'at'], limit.at, message);
    }
  }
}

function checkOrder(limits: readonly Limit[], places: Places, reporter: Reporter): void {
  for (const [index, upper] of limits.entries()) {
    const lower = limits[index - 1];
    if (!lower) continue;
    const upperPath = places.limit(upper.name);
    const path = upperPath ?? places.limit(lower.name);
    if (!path) continue;
    if (lower.at >= upper.at) {
      const message = `limits must rise in the order ${LIMIT_NAMES.join(' < ')}: ${lower.name} is ${lower.at}, ${upper.name} is ${upper.at}`;
      reporter.error('LIMIT_ORDER', [...path, 'at'], (upperPath ? upper : lower).at, message);
    }
    const [inner, outer] = isHigh(lower) ? [lower, upper] : [upper, lower];
    if (isHigh(lower) === isHigh(upper) && tierRank(outer.tier) < tierRank(inner.tier)) {
      const message = `${outer.name} is worse than ${inner.name} and must not be less urgent (${outer.tier} after ${inner.tier})`;
      reporter.error('LIMIT_TIER', [...(places.limit(outer.name) ?? path), 'tier'], outer.tier, message);
    }
  }
}

function isHigh(limit: Limit): boolean {
  return limit.name === 'H' || limit.name === 'HH';
}

function checkDeadbands(point: Point, places: Places, reporter: Reporter): void {
  const low = point.limits.findLast((limit) => !isHigh(limit));
  const high = point.limits.find(isHigh);
  for (const limit of point.limits) {
    const path = places.limit(limit.name);
    if (!path) continue;
    const clearsAt = isHigh(limit) ? limit.at - limit.deadband : limit.at + limit.deadband;
    const problem = isHigh(limit)
      ? neverBelow(clearsAt, point.range?.[0], low)
      : neverAbove(clearsAt, point.range?.[1], high);
    if (limit.deadband < 0) {
      reporter.error('DEADBAND_NEGATIVE', [...path, 'deadband'], limit.deadband, 'must be 0 or more');
    }
    // Without a deadband it is the place of the limit that is wrong, and that has been told.
    if (problem && limit.deadband > 0) {
      const message = `a deadband of ${limit.deadband} lets ${limit.name} clear only ${problem}: make it smaller`;
      reporter.error('DEADBAND_TOO_WIDE', [...path, 'deadband'], limit.deadband, message);
    }
    if (limit.deadband === 0 && limit.at === (isHigh(limit) ? point.range?.[0] : point.range?.[1])) {
      const message = `${limit.name} stands at the end of the range: every value trips it, none clears it`;
      reporter.error('LIMIT_NEVER_CLEARS', [...path, 'at'], limit.at, message);
    }
    const inner = point.limits.find((other) => other.name === (isHigh(limit) ? 'H' : 'L'));
    if (problem || !inner || inner === limit) continue;
    const hidden = isHigh(limit) ? clearsAt <= inner.at - inner.deadband : clearsAt >= inner.at + inner.deadband;
    if (hidden) {
      const message = `${limit.name} clears no sooner than ${inner.name}: stepping down is never seen; make the deadband smaller`;
      reporter.warn('DEADBAND_HIDES_STEP', [...path, 'deadband'], limit.deadband, message);
    }
  }
}

function neverBelow(clearsAt: number, lowest: number | undefined, low: Limit | undefined): string | null {
  if (lowest !== undefined && clearsAt <= lowest) return `below ${tidy(clearsAt)}, outside the range`;
  return low && clearsAt <= low.at ? `below ${tidy(clearsAt)}, where ${low.name} has tripped` : null;
}

function neverAbove(clearsAt: number, highest: number | undefined, high: Limit | undefined): string | null {
  if (highest !== undefined && clearsAt >= highest) return `above ${tidy(clearsAt)}, outside the range`;
  return high && clearsAt >= high.at ? `above ${tidy(clearsAt)}, where ${high.name} has tripped` : null;
}

function checkRate(
  rate: RateLimit,
  range: Point['range'],
  places: Places,
  intervalMs: number | null,
  reporter: Reporter,
): void {
  const path = places.rate(rate.direction);
  if (!path) return;
  if (rate.deadband < 0) {
    reporter.error('DEADBAND_NEGATIVE', [...path, 'deadband'], rate.deadband, 'must be 0 or more');
  }
  if (rate.deadband >= rate.by) {
    const message = `must be less than \`by\` (${rate.by}), or the alarm never clears`;
    reporter.error('DEADBAND_TOO_WIDE', [...path, 'deadband'], rate.deadband, message);
  }
  if (range && rate.by > range[1] - range[0]) {
    const message = `more than the whole range (${tidy(range[1] - range[0])}): it would never trip`;
    reporter.error('RATE_OUTSIDE_RANGE', [...path, 'by'], rate.by, message);
  }
  const narrow = narrowGap(rate, intervalMs);
  if (narrow !== null) reporter.error('GAP_TOO_NARROW', [...path, 'maxGap'], (rate.maxGapMs ?? 0) / 1000, narrow);
  const few = fewSamples(rate, intervalMs);
  if (few !== null) reporter.warn('RATE_TOO_FEW_SAMPLES', [...path, 'over'], rate.overMs / 1000, few);
}

/** What to say of a window that the reports of a device do not fill; null where they do. */
export function fewSamples(
  { overMs, minSamples }: Pick<RateLimit, 'overMs' | 'minSamples'>,
  intervalMs: number | null,
): string | null {
  const samples = intervalMs === null ? Number.POSITIVE_INFINITY : Math.floor(overMs / intervalMs) + 1;
  if (samples >= minSamples) return null;
  return (
    `with a report every ${(intervalMs ?? 0) / 1000} s the window holds ${samples} samples at most and minSamples is ` +
    `${minSamples}: it trips only if the device reports faster; widen the window or report more often`
  );
}

/** What to say of a gap that is narrower than the time between two reports; null where it is not. */
export function narrowGap({ maxGapMs }: Pick<RateLimit, 'maxGapMs'>, intervalMs: number | null): string | null {
  if (maxGapMs === null || intervalMs === null || maxGapMs >= intervalMs) return null;
  return `with a report every ${intervalMs / 1000} s it would never speak: make it longer`;
}

function checkWhy(point: Point, places: Places, reporter: Reporter): void {
  const missing = missingWhy(point.why);
  if (missing.length === 0) return;
  const asking = [
    ...point.limits.map((limit) => ({ name: limit.name, tier: limit.tier, path: places.limit(limit.name) })),
    ...point.rates.map((rate) => ({ name: rate.direction, tier: rate.tier, path: places.rate(rate.direction) })),
  ].filter(({ tier, path }) => path !== null && tierRank(tier) >= tierRank('orange'));
  const first = asking[0];
  if (!first?.path) return;
  const tiers = asking.map(({ name, tier }) => `${name} (${tier})`).join(', ');
  const message = `${tiers} of ${point.id} needs a why: add ${missing.join(', ')} in the profile`;
  reporter.error('WHY_MISSING', places.why(first.path), first.tier, message);
}
