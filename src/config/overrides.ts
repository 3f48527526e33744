import type { Override, Point } from '../model/device.ts';
import { defaultGap, LIMIT_NAMES, type Limit, type RateLimit } from '../model/limit.ts';
import type { Rule } from '../model/rule.ts';
import type { DeviceEntry, LimitOverrideEntry, RateOverrideEntry } from '../rules/schema/device.ts';
import { RATE_MIN_SAMPLES } from '../rules/schema/terms.ts';
import type { Path, Reporter } from './fault.ts';
import { withoutInherited } from './inherited.ts';
import { checkPoint, type Places, resolveLimit, resolveRate } from './limits.ts';
import type { LoadedProfile } from './profiles.ts';
import { applyRuleOverrides, type EntryPlace } from './rule-overrides.ts';
import { shortHash } from './text.ts';

/** The points and rules of a device with what it changes applied. */
export interface Overridden {
  readonly points: readonly Point[];
  readonly rules: readonly Rule[];
  readonly overrides: readonly Override[];
  readonly hash: string;
}

const RATE_NAMES = ['rising', 'falling', 'changing'] as const;

/** Applies the `limits`, `rates` and `rules` of a device on those of its profile, reporting what cannot work. */
export function applyOverrides(
  entry: DeviceEntry,
  loaded: LoadedProfile,
  place: EntryPlace,
  reporter: Reporter,
): Overridden {
  const { profile, everyPoint, brokenPoints } = loaded;
  const points = [...everyPoint];
  const overrides: Override[] = [];
  const intervalMs = profile.reporting.mode === 'periodic' ? profile.reporting.intervalMs : null;
  const named = new Set([...Object.keys(entry.limits ?? {}), ...Object.keys(entry.rates ?? {})]);
  for (const id of named) {
    if (brokenPoints.has(id)) continue;
    const base = everyPoint.find((point) => point.id === id);
    const key = entry.limits && Object.hasOwn(entry.limits, id) ? 'limits' : 'rates';
    if (!base) {
      const known = everyPoint.map((point) => point.id).join(', ');
      const message = `profile ${profile.id} has no point ${id}; it has ${known}`;
      reporter.error('POINT_UNKNOWN', [...place.path, key, id], id, message);
      continue;
    }
    if (base.type !== 'number') {
      const message = `${id} is a ${base.type}: limits and rates need a number`;
      reporter.error('LIMIT_ON_NON_NUMBER', [...place.path, key, id], base.type, message);
      continue;
    }
    const changed = overridePoint(base, entry, intervalMs, place, reporter);
    points[base.index] = changed.point;
    overrides.push(...changed.overrides);
    const pathOf = (group: 'limits' | 'rates', name: string) =>
      changed.overrides.some((override) => override.name === name) ? [...place.path, group, id, name] : null;
    const places: Places = {
      limit: (name) => pathOf('limits', name),
      rate: (name) => pathOf('rates', name),
      why: (asking) => [...asking, 'tier'],
    };
    const judge = (point: Point, to: Reporter) => checkPoint(point, places, intervalMs, to);
    judge(
      changed.point,
      withoutInherited((to) => judge(base, to), { entry, path: place.path }, reporter),
    );
  }
  const { rules, overrides: ofRules } = applyRuleOverrides(entry, loaded, place, reporter);
  overrides.push(...ofRules);
  return { points, rules, overrides, hash: shortHash(JSON.stringify([entry.limits, entry.rates, entry.rules]), 8) };
}

function overridePoint(
  base: Point,
  entry: DeviceEntry,
  intervalMs: number | null,
  place: EntryPlace,
  reporter: Reporter,
): { point: Point; overrides: Override[] } {
  const overrides: Override[] = [];
  const limits = LIMIT_NAMES.flatMap((name) => {
    const current = base.limits.find((limit) => limit.name === name);
    const path = [...place.path, 'limits', base.id, name];
    const change = place.sound(path) ? entry.limits?.[base.id]?.[name] : undefined;
    const limit = change ? overrideLimit(name, current, change, base, path, reporter) : current;
    if (change && limit) overrides.push(record(base, name, limit.at, current?.at, change));
    return limit ? [limit] : [];
  });
  const rates = RATE_NAMES.flatMap((name) => {
    const current = base.rates.find((rate) => rate.direction === name);
    const path = [...place.path, 'rates', base.id, name];
    const change = place.sound(path) ? entry.rates?.[base.id]?.[name] : undefined;
    const rate = change ? overrideRate(name, current, change, intervalMs, path, reporter) : current;
    if (change && rate) overrides.push(record(base, name, rate.by, current?.by, change));
    return rate ? [rate] : [];
  });
  return { point: { ...base, limits, rates }, overrides };
}

function record(
  base: Point,
  name: Override['name'],
  at: number,
  profileAt: number | undefined,
  change: LimitOverrideEntry | RateOverrideEntry,
): Override {
  return {
    point: base.id,
    name,
    at,
    profileAt: profileAt ?? null,
    origin: change.origin ?? null,
    change: change.change ?? null,
    ...(change.expires === undefined ? {} : { expires: change.expires }),
  };
}

function overrideLimit(
  name: Limit['name'],
  current: Limit | undefined,
  change: LimitOverrideEntry,
  base: Point,
  path: Path,
  reporter: Reporter,
): Limit | undefined {
  const at = change.at ?? current?.at;
  const tier = change.tier ?? current?.tier;
  if (at === undefined || tier === undefined) {
    reportIncomplete(name, { at, tier }, path, reporter);
    return undefined;
  }
  const entry = {
    at,
    tier,
    ...deadband(change.deadband ?? current?.deadband),
    onDelay: change.onDelay ?? milliseconds(current?.onDelayMs),
    offDelay: change.offDelay ?? milliseconds(current?.offDelayMs),
    latch: change.latch ?? current?.latch ?? false,
  };
  return resolveLimit(name, entry, base.range);
}

function overrideRate(
  name: RateLimit['direction'],
  current: RateLimit | undefined,
  change: RateOverrideEntry,
  intervalMs: number | null,
  path: Path,
  reporter: Reporter,
): RateLimit | undefined {
  const by = change.by ?? current?.by;
  const over = change.over ?? (current && milliseconds(current.overMs));
  const tier = change.tier ?? current?.tier;
  if (by === undefined || over === undefined || tier === undefined) {
    reportIncomplete(name, { by, over, tier }, path, reporter);
    return undefined;
  }
  const entry = {
    by,
    over,
    tier,
    minSamples: change.minSamples ?? current?.minSamples ?? RATE_MIN_SAMPLES,
    method: change.method ?? current?.method ?? 'leastSquares',
    significance: change.significance ?? current?.significance ?? 0,
    ...gap(change, current, intervalMs),
    ...deadband(change.deadband ?? current?.deadband),
    onDelay: change.onDelay ?? milliseconds(current?.onDelayMs),
    offDelay: change.offDelay ?? milliseconds(current?.offDelayMs),
    latch: change.latch ?? current?.latch ?? false,
  };
  return resolveRate(name, entry, intervalMs);
}

/** A gap that the profile left to its default goes with the window of the device. */
function gap(
  { maxGap }: RateOverrideEntry,
  current: RateLimit | undefined,
  intervalMs: number | null,
): { maxGap?: string } {
  if (maxGap !== undefined) return { maxGap };
  const maxGapMs = current?.maxGapMs ?? null;
  const own = maxGapMs !== null && current && maxGapMs !== defaultGap(current.overMs, intervalMs);
  return own ? { maxGap: milliseconds(maxGapMs) } : {};
}

function deadband(value: number | undefined): { deadband?: number } {
  return value === undefined ? {} : { deadband: value };
}

function milliseconds(value = 0): string {
  return `${value}ms`;
}

function reportIncomplete(name: string, needed: Record<string, unknown>, path: Path, reporter: Reporter): void {
  for (const [key, value] of Object.entries(needed)) {
    if (value !== undefined) continue;
    reporter.error(
      'MISSING_KEY',
      [...path, key],
      null,
      `the profile has no ${name} for this point: give its ${key} here`,
    );
  }
}
