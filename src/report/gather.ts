import type { NuisanceAlarm } from '../alerts/policy/nuisance-book.ts';
import { DAY_MS, type Span } from '../alerts/statistics/load.ts';
import type { Alarm } from '../model/alarm.ts';
import type { Bypass } from '../model/bypass.ts';
import type { Case } from '../model/case.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Device } from '../model/device.ts';
import { createWallClock } from '../model/local-time.ts';
import type { Text } from '../model/text.ts';
import type { DeviceSnapshot } from '../rules/device-snapshot.ts';
import type { Logger } from '../runtime/log.ts';
import type { Statistics, StatisticsAnswer } from '../statistics.ts';
import type { HistoryItem, HistoryQuery } from '../store/port.ts';
import { type Assessment, type CaseLine, comparedCounts, hiddenLine, hourlyOf, listed } from './assessment.ts';
import { type NearLimit, nearLimits } from './near-limit.ts';
import { HOUR_MS, type SteepSlope, slopeTowards } from './slope.ts';

/** Where an assessment finds what it says. */
export interface AssessmentSources {
  readonly configuration: () => Configuration;
  readonly statistics: Pick<Statistics, 'ask'>;
  readonly ruleState: (device: string, status: 'actual') => { readonly state: DeviceSnapshot } | null;
  readonly history: (query: HistoryQuery) => Promise<HistoryItem[]>;
  readonly register: {
    get(id: string): Alarm | null;
    listCases(filter: { overdue?: boolean; supervised?: boolean; limit: number }): { items: Case[] };
    listBypasses(filter: { state: 'active'; limit: number }): { items: Bypass[] };
    nuisances(at: number): readonly NuisanceAlarm[];
  };
  readonly log: Logger;
}

/** A point counts as near from so much of its span on [D]. */
const NEAR_SHARE = 0.8;
const MOST_NEAR = 20;
/** Points nearest to a limit whose last day is looked at: the store is asked once for each. */
const MOST_SLOPES_ASKED = 200;
const MOST_SLOPES = 20;
const MOST_CASES = 100_000;
const MOST_BYPASSES = 10_000;
/** Devices that are looked at before others get a turn. */
const DEVICES_AT_ONCE = 500;

const STORE_AWAY: Text = {
  en: 'the reading store did not answer: slopes are missing',
  zh: '读数存储无响应：缺少变化趋势',
};

/** Makes the assessment of the day that ends at `at`, in parts, so that alarms do not wait for it. */
export async function assess(sources: AssessmentSources, at: number, signal: AbortSignal): Promise<Assessment> {
  const { register, statistics } = sources;
  const configuration = sources.configuration();
  const span: Span = { from: at - DAY_MS, to: at };
  const ask = (back: number, by: 'site' | null = null): Promise<StatisticsAnswer> =>
    statistics.ask({ from: span.from - back, to: span.to - back, operators: 1, by });
  const day = await ask(0, 'site');
  const counts = comparedCounts(day.all, (await ask(DAY_MS)).all, (await ask(7 * DAY_MS)).all);
  const state = await stateOf(configuration, sources, signal);
  const near = state.near.sort((a, b) => b.share - a.share);
  const slopes = await slopesOf(near.slice(0, MOST_SLOPES_ASKED), configuration, span, sources, signal);
  const casesOf = (filter: { overdue?: boolean; supervised?: boolean }) =>
    register.listCases({ ...filter, limit: MOST_CASES }).items;
  const line = (found: Case) => caseLine(found, register.get(found.alarm));
  return {
    date: createWallClock(configuration.timezone)(at).today.date,
    timezone: configuration.timezone,
    language: configuration.language,
    madeAt: at,
    span,
    configuration: configuration.version,
    counts,
    figures: day.all,
    sites: day.groups.map(({ name, figures: { alarms, calls, byTier } }) => {
      return { site: name, alarms, calls, red: byTier.red.alarms };
    }),
    hourly: hourlyOf(day.calls, span),
    nearLimits: listed(
      near.filter(({ share }) => share >= NEAR_SHARE),
      MOST_NEAR,
    ),
    slopes: listed(slopes.found, MOST_SLOPES),
    devices: {
      total: configuration.devices.size,
      silent: listed(state.silent),
      silentShare: shareOf(state.silent.length, configuration.devices.size),
    },
    quality: { points: state.points, bad: listed(state.bad), badShare: shareOf(state.bad.length, state.points) },
    openCases: casesOf({}).length,
    overdue: cases(casesOf({ overdue: true }), line),
    supervised: cases(casesOf({ supervised: true }), line),
    // One that waits for a second person hides nothing yet.
    hidden: listed(register.listBypasses({ state: 'active', limit: MOST_BYPASSES }).items.map(hiddenLine)),
    nuisances: listed(
      register.nuisances(at).map(({ key, site, device, condition, nuisance, tuning }) => {
        return { key, site, device, condition, nuisance, tuning };
      }),
    ),
    missing: slopes.complete ? [] : [STORE_AWAY],
  };
}

/** What the rules know of every device. */
async function stateOf({ devices }: Configuration, { ruleState }: AssessmentSources, signal: AbortSignal) {
  const near: NearLimit[] = [];
  const silent: string[] = [];
  const bad: string[] = [];
  let points = 0;
  let looked = 0;
  for (const device of devices.values()) {
    signal.throwIfAborted();
    if (++looked % DEVICES_AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    const state = ruleState(device.key, 'actual')?.state;
    if (!state || state.absent) {
      silent.push(device.key);
      continue;
    }
    near.push(...nearLimits(device, state));
    for (const [point, { quality, ts }] of Object.entries(state.points)) {
      if (ts === null) continue;
      points++;
      if (quality === 'bad') bad.push(`${device.key} ${point}`);
    }
  }
  return { near, silent, bad, points };
}

/** The steepest first; not complete where the store does not answer. */
async function slopesOf(
  near: readonly NearLimit[],
  { devices }: Configuration,
  { from, to }: Span,
  { history, log }: AssessmentSources,
  signal: AbortSignal,
): Promise<{ found: SteepSlope[]; complete: boolean }> {
  const found: SteepSlope[] = [];
  const reported = (device: Device | undefined, point: string): device is Device =>
    device?.profile.pointIndex.has(point) === true;
  try {
    for (const each of near) {
      signal.throwIfAborted();
      const device = devices.get(each.device);
      // What is calculated is not stored.
      if (!reported(device, each.point)) continue;
      const query = { device, point: each.point, from, to, stepMs: HOUR_MS, aggregate: 'mean', limit: 30 } as const;
      const means = (await history(query)).flatMap(({ ts, value }) =>
        typeof value === 'number' ? [{ ts, value }] : [],
      );
      const slope = slopeTowards(each, means);
      if (slope) found.push(slope);
    }
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ err: error }, 'the daily assessment goes without slopes: the reading store did not answer');
    return { found: steepest(found), complete: false };
  }
  return { found: steepest(found), complete: true };
}

function steepest(slopes: SteepSlope[]): SteepSlope[] {
  return slopes.sort((a, b) => b.spanPerDay - a.spanPerDay);
}

function cases(found: readonly Case[], line: (one: Case) => CaseLine) {
  const { total, items } = listed(found);
  return { total, items: items.map(line) };
}

function caseLine({ alarm, tier, state, openedAt, overdue, supervised }: Case, about: Alarm | null): CaseLine {
  const device = about ? `${about.site}/${about.device}` : '';
  return { alarm, tier, state, openedAt, overdue, supervised, device, condition: about?.condition ?? '' };
}

function shareOf(part: number, all: number): number {
  return all === 0 ? 0 : part / all;
}
