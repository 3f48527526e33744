import type { Point, Profile } from '../model/device.ts';
import { parseDuration } from '../model/duration.ts';
import type { Gas } from '../model/gas.ts';
import { LIMIT_NAMES } from '../model/limit.ts';
import { tierRank } from '../model/tier.ts';
import type { GasEntry } from '../rules/schema/gas.ts';
import type { PointEntry, ProfileFile } from '../rules/schema/profile.ts';
import { POINT_PATTERN } from '../rules/schema/terms.ts';
import { placePoints } from './calculated.ts';
import type { Path, Reporter } from './fault.ts';
import { checkPoint, resolveLimit, resolveRate } from './limits.ts';
import type { RuleContext } from './rules/draft.ts';
import { buildRules, type LoadedRules } from './rules.ts';
import type { Shape } from './shape.ts';
import { buildSuppressions } from './suppressions.ts';
import { isPrototypeName, missingWhy, resolveTitle, resolveWhy, sameText } from './text.ts';

/** A profile as far as it could be read. */
export interface LoadedProfile {
  readonly profile: Profile;
  /** Reported points, then calculated ones. */
  readonly everyPoint: readonly Point[];
  /** Points with a fault in the profile: what a device says about them is not judged again. */
  readonly brokenPoints: ReadonlySet<string>;
  readonly rules: LoadedRules;
}

const POINT_NAME = new RegExp(POINT_PATTERN, 'u');

const RATE_NAMES = ['rising', 'falling', 'changing'] as const;

/** Names a store, a query or a message uses beside the points of a device. */
const RESERVED_POINTS = new Set(['time', 'mark', 'site', 'device', 'received']);

/** Builds one device class, reporting everything about it that cannot work. `timezone` is that of its expressions. */
export function buildProfile(
  shape: Shape<ProfileFile>,
  version: string,
  timezone: string,
  reporter: Reporter,
): LoadedProfile | null {
  const { data, sound } = shape;
  if (!sound(['profile'])) return null;
  const reporting = sound(['reporting'])
    ? {
        mode: data.reporting.mode,
        intervalMs: parseDuration(data.reporting.interval),
        order: data.reporting.order,
      }
    : { mode: 'periodic' as const, intervalMs: 60_000, order: 'arrival' as const };
  const intervalMs = reporting.mode === 'periodic' ? reporting.intervalMs : null;
  const written: Point[] = [];
  const brokenPoints = new Set<string>();
  const entries = Object.entries(isMapping(data.points) ? data.points : {});
  const taken = new Map<string, string>();
  for (const [id, entry] of entries) {
    // Reported with the shape of the file.
    if (!POINT_NAME.test(id)) continue;
    checkPointName(id, taken, reporter);
    const point = buildPoint(id, entry, { intervalMs, timezone }, sound, reporter);
    if (point) written.push(point);
    if (!point || !sound(['points', id])) brokenPoints.add(id);
  }
  const { reported, calculated } = placePoints(written, reporter);
  const everyPoint = calculated.length === 0 ? reported : [...reported, ...calculated];
  for (const { id, calc } of written) {
    if (calc !== null && !calculated.some((point) => point.id === id)) brokenPoints.add(id);
  }
  const judgedPoints = everyPoint.map((point) => {
    const path = ['points', point.id];
    const places = {
      limit: (name: string): Path => [...path, 'limits', name],
      rate: (name: string): Path => [...path, 'rate', name],
      why: (): Path => [...path, 'why'],
    };
    // A broken `why` is reported as such, not as missing too.
    const judged = sound([...path, 'why']) ? point : { ...point, why: COMPLETE_WHY };
    checkPoint(judged, places, intervalMs, reporter);
    return judged;
  });
  const context = { points: judgedPoints, intervalMs, timezone };
  const rules = buildRules(shape, context, reporter);
  const suppressions = buildSuppressions(shape, rules.rules, context, reporter);
  const profile: Profile = {
    id: data.profile,
    title: resolveTitle(sound(['title']) ? data.title : undefined, sameText(data.profile)),
    reporting,
    clock: sound(['clock']) ? buildClock(data) : null,
    absent: sound(['absent']) && sound(['reporting']) ? buildAbsent(data, reporting, reporter) : null,
    points: reported,
    calculated,
    rules: rules.rules,
    ...(suppressions.length === 0 ? {} : { suppressions }),
    pointIndex: new Map(reported.map((point) => [point.id, point.index])),
    version,
  };
  return { profile, everyPoint, brokenPoints, rules };
}

const COMPLETE_WHY = { cause: '', consequence: '', action: '', responseTimeMs: 0 };

function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `taken`: the columns of the points before, in lower case, since a store may not tell `Temp` from `temp`. */
function checkPointName(id: string, taken: Map<string, string>, reporter: Reporter): void {
  const lower = id.toLowerCase();
  if (RESERVED_POINTS.has(lower) || lower.endsWith('_quality') || isPrototypeName(id)) {
    reporter.error('NAME_RESERVED', ['points', id], id, `${id} is reserved: choose another name for the point`);
    return;
  }
  for (const column of [lower, `${lower}_quality`, `${lower}_bad`]) {
    const other = taken.get(column);
    if (other !== undefined) {
      reporter.error('NAME_TAKEN', ['points', id], id, `the stores cannot tell it from point ${other}: rename one`);
      return;
    }
  }
  for (const column of [lower, `${lower}_quality`, `${lower}_bad`]) taken.set(column, id);
}

/** The point as written; {@link placePoints} gives it its index. */
function buildPoint(
  id: string,
  entry: PointEntry,
  { intervalMs, timezone }: Pick<RuleContext, 'intervalMs' | 'timezone'>,
  sound: Shape<ProfileFile>['sound'],
  reporter: Reporter,
): Point | null {
  const path = ['points', id];
  const has = (...keys: string[]) => sound([...path, ...keys]);
  if (!isMapping(entry) || !has('type')) return null;
  const range = has('range') ? buildRange(entry, path, reporter) : null;
  const signal = has('signal') ? buildSignal(entry, path, reporter) : null;
  const numeric = entry.type === 'number';
  const limits = LIMIT_NAMES.flatMap((name) => {
    const limit = has('limits', name) ? entry.limits?.[name] : undefined;
    if (limit && !numeric) refuse([...path, 'limits', name]);
    return limit && numeric ? [resolveLimit(name, limit, range)] : [];
  });
  const rates = RATE_NAMES.flatMap((name) => {
    const rate = has('rate', name) ? entry.rate?.[name] : undefined;
    if (rate && !numeric) refuse([...path, 'rate', name]);
    return rate && numeric ? [resolveRate(name, rate, intervalMs)] : [];
  });
  function refuse(at: Path): void {
    reporter.error('LIMIT_ON_NON_NUMBER', at, entry.type, `${id} is a ${entry.type}: limits and rates need a number`);
  }
  return {
    id,
    index: 0,
    title: resolveTitle(has('title') ? entry.title : undefined, sameText(id)),
    type: entry.type,
    unit: has('unit') ? entry.unit : '',
    range,
    ...(signal ? { signal } : {}),
    ...(has('gas') && entry.gas ? { gas: resolveGas(entry.gas) } : {}),
    limits,
    rates,
    why: has('why') && entry.why ? resolveWhy(entry.why) : null,
    staleAfterMs: has('stale') ? staleAfter(entry.stale, intervalMs) : null,
    calc: has('calc') && entry.calc !== undefined ? { text: entry.calc, timezone, intervalMs } : null,
  };
}

/** Missing reports after which the newest sample of a point is stale, where the profile does not say. */
const STALE_AFTER_INTERVALS = 3;

/** `intervalMs` null: reports come on change, and what was said last holds. */
function staleAfter(entry: PointEntry['stale'], intervalMs: number | null): number | null {
  if (entry === 'never') return null;
  if (entry !== undefined) return parseDuration(entry);
  return intervalMs === null ? null : STALE_AFTER_INTERVALS * intervalMs;
}

function resolveGas({ kind, lel, oel }: GasEntry): Gas {
  return { kind, lel: lel ?? null, oel: oel ?? null };
}

function buildRange(entry: PointEntry, path: Path, reporter: Reporter): Point['range'] {
  const [lowest, highest] = entry.range ?? [];
  if (lowest === undefined || highest === undefined) return null;
  const at = [...path, 'range'];
  if (entry.type !== 'number') {
    reporter.error('RANGE_ON_NON_NUMBER', at, entry.type, `a ${entry.type} has no range: remove it`);
    return null;
  }
  if (lowest >= highest) {
    reporter.error('RANGE_EMPTY', at, `${lowest} to ${highest}`, 'write [lowest, highest], the lowest first');
    return null;
  }
  return [lowest, highest];
}

function buildSignal({ signal, type, bad, calc }: PointEntry, path: Path, reporter: Reporter): Point['signal'] | null {
  if (!signal) return null;
  const at = [...path, 'signal'];
  if (type !== 'number') {
    reporter.error('RULE_TYPE', at, type, `a ${type} is no loop current: remove it`);
    return null;
  }
  if (calc !== undefined) {
    reporter.error('RULE_KEY_STRAY', at, null, 'a calculated point has no transmitter: remove it');
    return null;
  }
  if (signal.low >= signal.high) {
    reporter.error('RANGE_EMPTY', at, `${signal.low} to ${signal.high}`, '`low` must be below `high`');
    return null;
  }
  if (!bad) reporter.warn('SIGNAL_UNTOLD', at, null, 'nobody is told of a failed transmitter: add `bad: { tier: … }`');
  return signal;
}

const CLOCK_WITHIN_MS = 30_000;
const CLOCK_FOR_MS = 300_000;

function buildClock({ clock }: ProfileFile): Profile['clock'] {
  if (clock === 'unchecked') return null;
  return {
    withinMs: clock?.within === undefined ? CLOCK_WITHIN_MS : parseDuration(clock.within),
    forMs: clock?.for === undefined ? CLOCK_FOR_MS : parseDuration(clock.for),
    tier: clock?.tier ?? 'blue',
  };
}

/** Missing reports before a device counts as silent, where the profile does not say. */
const ABSENT_AFTER_INTERVALS = 3;

function buildAbsent(data: ProfileFile, reporting: Profile['reporting'], reporter: Reporter): Profile['absent'] {
  const entry = data.absent ?? (reporting.mode === 'periodic' ? {} : 'never');
  if (entry === 'never') return null;
  const afterMs =
    entry.after === undefined ? ABSENT_AFTER_INTERVALS * reporting.intervalMs : parseDuration(entry.after);
  const tier = entry.tier ?? 'blue';
  if (afterMs <= reporting.intervalMs) {
    const message = `a device that reports every ${reporting.intervalMs / 1000} s would be called silent all the time: make it longer`;
    reporter.error('ABSENT_TOO_SHORT', ['absent', 'after'], entry.after, message);
  }
  const why = entry.why && resolveWhy(entry.why);
  const missing = missingWhy(why);
  if (tierRank(tier) >= tierRank('orange') && missing.length > 0) {
    reporter.error('WHY_MISSING', ['absent', 'why'], tier, `tier ${tier} needs a why: add ${missing.join(', ')}`);
  }
  return why ? { afterMs, tier, why } : { afterMs, tier };
}
