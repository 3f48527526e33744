import type { Point } from '../../model/device.ts';
import { parseDuration } from '../../model/duration.ts';
import { defaultGap, LIMIT_NAMES } from '../../model/limit.ts';
import { type ForecastSpec, HORIZON_WINDOWS, type Rule, type RuleLevel } from '../../model/rule.ts';
import { TIERS, type Tier } from '../../model/tier.ts';
import type { PointEntry } from '../../rules/schema/profile.ts';
import type { RulePatch } from '../../rules/schema/rule-override.ts';
import type { ForecastEntry } from '../../rules/schema/statistics.ts';
import { POINT_PATTERN } from '../../rules/schema/terms.ts';
import type { Path } from '../fault.ts';
import { fewSamples, narrowGap } from '../limits.ts';
import { resolveWhy, tidy } from '../text.ts';
import { checkReasons, type RuleContext, type RuleDraft, type RulePlace, titleOf } from './draft.ts';
import { needsNumber } from './reference.ts';

const NAME = new RegExp(POINT_PATTERN, 'u');
const MINUTE_MS = 60_000;
const SECONDS_IN_MINUTE = 60;
/** Default deadband of a time, as a part of it [D]. */
const DEADBAND = 0.2;

/** `points.<p>.forecast`: a rule for each limit that is looked ahead to. */
export function forecastDrafts(point: Point, { forecast }: PointEntry, path: Path): RuleDraft[] {
  // A name that is none was reported with the shape of the file.
  const named = Object.entries(forecast ?? {}).filter(([name]) => NAME.test(name));
  return named.map(([name, entry]) => ({
    id: `${point.id}.forecast.${name}`,
    pathOf: (key) => [...path, 'forecast', name, ...key.split('.')],
    adjustable: adjustable(entry),
    build: (patch, context, place) => build(point, name, patched(entry, patch), context, place),
  }));
}

function adjustable(entry: ForecastEntry): (keyof RulePatch)[] {
  const times = entry.steps ? (['steps'] as const) : (['before', 'tier'] as const);
  const target = entry.to === undefined ? [] : (['to'] as const);
  return [...times, ...target, 'over', 'minSamples', 'deadband', 'onDelay', 'offDelay', 'latch'];
}

function patched(entry: ForecastEntry, { steps, ...patch }: RulePatch): ForecastEntry {
  return { ...entry, ...patch, ...(entry.steps ? { steps: { ...entry.steps, ...steps } } : {}) };
}

function build(point: Point, name: string, entry: ForecastEntry, context: RuleContext, place: RulePlace): Rule | null {
  if (!needsNumber(point, 'over', 'a forecast', place)) return null;
  const to = targetOf(point, name, entry, place);
  const why = entry.why ? resolveWhy(entry.why) : null;
  const levels = levelsOf(entry, (why ?? point.why)?.responseTimeMs, place);
  if (to === null || levels === null) return null;
  const overMs = parseDuration(entry.over);
  const spec: ForecastSpec = {
    kind: 'forecast',
    point: point.index,
    to,
    overMs,
    minSamples: entry.minSamples,
    maxGapMs: entry.maxGap === undefined ? defaultGap(overMs, context.intervalMs) : parseDuration(entry.maxGap),
    significance: entry.significance,
    basis: entry.basis ?? 'byTier',
  };
  checkWindow(spec, entry, context, place);
  checkLevels(levels, spec, entry, place);
  const rule: Rule = {
    id: `${point.id}.forecast.${name}`,
    spec,
    point: point.index,
    title: titleOf(entry),
    unit: 'min',
    levels,
    onBad: entry.onBad,
    byClock: true,
    why,
  };
  checkReasons(rule, entry.onDelay, context, place);
  return rule;
}

function targetOf(
  point: Point,
  name: string,
  { to, sense }: ForecastEntry,
  place: RulePlace,
): ForecastSpec['to'] | null {
  const limit = LIMIT_NAMES.find((one) => one === name);
  if (limit === undefined) {
    if (to === undefined) place.error('MISSING_KEY', 'to', null, `${name} is no limit: give the value to be reached`);
    if (sense === undefined) place.error('MISSING_KEY', 'sense', null, 'sense is required with `to`: add it');
    return to === undefined || sense === undefined ? null : { value: to, sense };
  }
  const stray = to === undefined ? (sense === undefined ? null : 'sense') : 'to';
  if (stray) {
    place.error(
      'RULE_KEY_STRAY',
      stray,
      to ?? sense,
      `the limit ${name} says where it is: remove it, or choose another name`,
    );
  }
  if (point.limits.some((one) => one.name === limit)) return limit;
  place.error(
    'FORECAST_NO_LIMIT',
    'over',
    name,
    `${point.id} has no limit ${name}: give it one, or forecast \`to\` a value`,
  );
  return null;
}

function levelsOf(entry: ForecastEntry, responseMs: number | undefined, place: RulePlace): RuleLevel[] | null {
  const times = timesOf(entry, place);
  const levels: RuleLevel[] = [];
  for (const { name, key, tier, time } of times ?? []) {
    if (time === 'responseTime' && responseMs === undefined) {
      place.error('WHY_MISSING', 'why', tier, `${key} is the response time: add responseTime to the why`);
      return null;
    }
    const at = tidy((time === 'responseTime' ? (responseMs ?? 0) : parseDuration(time)) / MINUTE_MS);
    const milder = levels.at(-1);
    if (milder && at >= milder.at) {
      const message = `${tier} must be shorter than ${milder.tier}, which is ${milder.at} min`;
      place.error('STEP_ORDER', key, time, message);
    }
    levels.push({
      name,
      rank: levels.length + 1,
      at,
      sense: 'below',
      deadband: entry.deadband ?? tidy(at * DEADBAND),
      onDelayMs: parseDuration(entry.onDelay),
      offDelayMs: parseDuration(entry.offDelay),
      tier,
      latch: entry.latch,
    });
  }
  return times && levels;
}

interface Time {
  readonly name: string;
  /** Where it stands in the entry. */
  readonly key: string;
  readonly tier: Tier;
  readonly time: string;
}

function timesOf({ before, steps, tier }: ForecastEntry, place: RulePlace): Time[] | null {
  if ((before === undefined) === (steps === undefined)) {
    place.error('FORECAST_UNCLEAR', 'before', before, 'give either `before` and `tier`, or `steps`');
    return null;
  }
  if (steps) {
    if (tier) place.error('RULE_KEY_STRAY', 'tier', tier, 'the steps say the tier: remove it');
    return TIERS.flatMap((name) => {
      const time = steps[name];
      return time === undefined ? [] : [{ name, key: `steps.${name}`, tier: name, time }];
    });
  }
  if (before !== undefined && tier) return [{ name: '', key: 'before', tier, time: before }];
  place.error('MISSING_KEY', 'tier', null, 'tier is required with `before`: add it');
  return null;
}

function checkWindow(
  spec: ForecastSpec,
  { over, maxGap }: ForecastEntry,
  { intervalMs }: RuleContext,
  place: RulePlace,
): void {
  const few = fewSamples(spec, intervalMs);
  if (few !== null) place.warn('RATE_TOO_FEW_SAMPLES', 'over', over, few);
  const narrow = narrowGap(spec, intervalMs);
  if (narrow !== null) place.error('GAP_TOO_NARROW', 'maxGap', maxGap, narrow);
}

/** Reports times that the line is never drawn to, and such that never clear. */
function checkLevels(
  levels: readonly RuleLevel[],
  { overMs }: ForecastSpec,
  { deadband: written }: ForecastEntry,
  place: RulePlace,
): void {
  const horizon = (HORIZON_WINDOWS * overMs) / MINUTE_MS;
  for (const { at, name, deadband } of levels) {
    if (deadband < 0) place.error('DEADBAND_NEGATIVE', 'deadband', deadband, 'must be 0 or more');
    if (at + deadband < horizon) continue;
    const longest = longestBelow(written === undefined ? horizon / (1 + DEADBAND) : horizon - written);
    const message =
      `a window of ${tidy(overMs / MINUTE_MS)} min looks ${tidy(horizon)} min ahead, and ${at} min with ` +
      `${deadband} min of deadband must be less than that: ` +
      `make ${longest === null ? 'the window longer' : `it ${longest} at most, or the window longer`}`;
    place.error('FORECAST_BEYOND_HORIZON', name === '' ? 'before' : `steps.${name}`, at, message);
  }
}

/** The longest time less than `minutes`, in whole minutes, else in whole seconds; null where there is none. */
function longestBelow(minutes: number): string | null {
  const [unit, bound] = minutes > 1 ? ['m', tidy(minutes)] : ['s', tidy(minutes * SECONDS_IN_MINUTE)];
  const longest = Math.ceil(bound) - 1;
  return longest > 0 ? `${longest}${unit}` : null;
}
