import { alarmsByKey, type PastAlarm } from './past-alarm.ts';

const MINUTE_MS = 60_000;
const TEN_MINUTES_MS = 600_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Alarms a flood begins above and ends below, for one operator in 10 minutes. */
const FLOOD_ABOVE = 10;
const FLOOD_BELOW = 5;
/** Raises of one alarm within a minute that are chattering. */
const CHATTER_RAISES = 3;
/** An alarm that is shorter and does not come back within the same time is fleeting: a default of this engine. */
const FLEETING_MS = MINUTE_MS;
const STALE_MS = DAY_MS;
const BAD_ACTORS = 10;

/** A span of time, epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** One alarm of the plant with how often it came. */
export interface BadActor {
  readonly key: string;
  readonly device: string;
  readonly point: string | null;
  readonly condition: string;
  readonly count: number;
  /** Part of all alarms, 0 to 1. */
  readonly share: number;
  /** How long it was in force, all together. */
  readonly activeMs: number;
}

/**
 * How much is asked of the operators. A call is a raise or an escalation: what makes an operator look. Figures are for
 * one operator where they say so.
 */
export interface AlarmLoad {
  readonly hours: number;
  readonly operators: number;
  readonly alarms: number;
  readonly calls: number;
  /** Calls for one operator. */
  readonly perHour: number;
  readonly peakHour: number;
  readonly peakTenMinutes: number;
  readonly peakMinute: number;
  /** Part of the 10-minute periods with more than 10 calls for one operator, 0 to 1. */
  readonly overloadedShare: number;
  /** Part of the time in flood, 0 to 1: from more than 10 calls in 10 minutes for one operator to fewer than 5. */
  readonly floodShare: number;
  readonly floods: readonly Span[];
  /** Keys of alarms that were raised 3 times or more within a minute, and how often they were raised so. */
  readonly chattering: readonly { readonly key: string; readonly alarms: number }[];
  /** Alarms of less than a minute that did not come back within a minute. */
  readonly fleeting: number;
  /** Alarms in force for 24 h or more. */
  readonly stale: number;
  /** Most of them at once. */
  readonly staleAtOnce: number;
  readonly badActors: readonly BadActor[];
  /** Part of the ten most frequent ones in all alarms, 0 to 1. */
  readonly topTenShare: number;
}

/** Counts the load (ISA-18.2 and EEMUA 191 figures) of the alarms of a span. */
export function alarmLoad(alarms: readonly PastAlarm[], span: Span, operators: number): AlarmLoad {
  const calls = alarms.flatMap((alarm) => alarm.calls).sort((a, b) => a - b);
  const hours = (span.to - span.from) / HOUR_MS;
  const byKey = alarmsByKey(alarms);
  const floods = findFloods(calls, span, operators);
  const inFlood = floods.reduce((sum, { from, to }) => sum + to - from, 0);
  const chattering = [...byKey].flatMap(([key, ones]) => {
    const count = chatteringOf(ones).filter(Boolean).length;
    return count > 0 ? [{ key, alarms: count }] : [];
  });
  const stale = alarms.filter((alarm) => durationOf(alarm, span.to) >= STALE_MS);
  const badActors = findBadActors(byKey, alarms.length, span.to);
  return {
    hours,
    operators,
    alarms: alarms.length,
    calls: calls.length,
    perHour: hours > 0 ? calls.length / hours / operators : 0,
    peakHour: mostWithin(calls, HOUR_MS) / operators,
    peakTenMinutes: mostWithin(calls, TEN_MINUTES_MS) / operators,
    peakMinute: mostWithin(calls, MINUTE_MS) / operators,
    overloadedShare: overloaded(calls, span, operators),
    floodShare: span.to > span.from ? inFlood / (span.to - span.from) : 0,
    floods,
    chattering: chattering.sort((a, b) => b.alarms - a.alarms || compare(a.key, b.key)),
    fleeting: [...byKey.values()].reduce((sum, ones) => sum + countFleeting(ones), 0),
    stale: stale.length,
    staleAtOnce: mostAtOnce(stale, span.to),
    badActors,
    topTenShare: badActors.reduce((sum, { share }) => sum + share, 0),
  };
}

/** How long an alarm was in force, to `end` at the most. */
export function durationOf({ raisedAt, returnedAt }: PastAlarm, end: number): number {
  return (returnedAt ?? end) - raisedAt;
}

/** Most of the times (ascending) that lie within less than `windowMs`. */
function mostWithin(times: readonly number[], windowMs: number): number {
  let most = 0;
  let first = 0;
  for (let last = 0; last < times.length; last++) {
    while ((times[last] ?? 0) - (times[first] ?? 0) >= windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

/** Counts how many calls came in the last 10 minutes, at every instant at which that changes. */
function findFloods(calls: readonly number[], { to: end }: Span, operators: number): Span[] {
  const floods: Span[] = [];
  let since: number | null = null;
  let come = 0;
  let gone = 0;
  while (gone < calls.length) {
    const arrival = calls[come] ?? Number.POSITIVE_INFINITY;
    const departure = (calls[gone] ?? 0) + TEN_MINUTES_MS;
    const at = Math.min(arrival, departure);
    if (departure <= arrival) gone++;
    else come++;
    const count = come - gone;
    if (since === null && count > FLOOD_ABOVE * operators) since = at;
    if (since !== null && count < FLOOD_BELOW * operators) {
      floods.push({ from: since, to: Math.min(at, end) });
      since = null;
    }
  }
  return floods;
}

function overloaded(calls: readonly number[], { from, to }: Span, operators: number): number {
  const periods = Math.ceil((to - from) / TEN_MINUTES_MS);
  if (periods === 0) return 0;
  const counts = new Map<number, number>();
  for (const at of calls) {
    // The end of the span belongs to its last period.
    const period = Math.min(Math.floor((at - from) / TEN_MINUTES_MS), periods - 1);
    counts.set(period, (counts.get(period) ?? 0) + 1);
  }
  return [...counts.values()].filter((count) => count > FLOOD_ABOVE * operators).length / periods;
}

/** By alarm of one key, in the order of their raise: whether it is part of three raises within a minute. */
function chatteringOf(alarms: readonly PastAlarm[]): boolean[] {
  const chatters = alarms.map(() => false);
  for (let i = 0; i + CHATTER_RAISES <= alarms.length; i++) {
    const last = alarms[i + CHATTER_RAISES - 1];
    if ((last?.raisedAt ?? 0) - (alarms[i]?.raisedAt ?? 0) >= MINUTE_MS) continue;
    chatters.fill(true, i, i + CHATTER_RAISES);
  }
  return chatters;
}

function countFleeting(alarms: readonly PastAlarm[]): number {
  return alarms.filter(({ raisedAt, returnedAt }, i) => {
    if (returnedAt === null || returnedAt - raisedAt >= FLEETING_MS) return false;
    const before = alarms[i - 1]?.returnedAt;
    const after = alarms[i + 1]?.raisedAt;
    const alone = before === undefined || before === null || raisedAt - before >= FLEETING_MS;
    return alone && (after === undefined || after - returnedAt >= FLEETING_MS);
  }).length;
}

/** An alarm counts as stale from its 24th hour on. */
function mostAtOnce(stale: readonly PastAlarm[], end: number): number {
  const steps = stale.flatMap(({ raisedAt, returnedAt }) => [
    { at: raisedAt + STALE_MS, by: 1 },
    { at: returnedAt ?? end + 1, by: -1 },
  ]);
  let count = 0;
  let most = 0;
  for (const { by } of steps.sort((a, b) => a.at - b.at || b.by - a.by)) {
    count += by;
    most = Math.max(most, count);
  }
  return most;
}

function findBadActors(byKey: ReadonlyMap<string, readonly PastAlarm[]>, all: number, end: number): BadActor[] {
  const actors = [...byKey].flatMap(([key, alarms]): BadActor[] => {
    const first = alarms[0];
    if (!first) return [];
    const { device, point } = first;
    const conditions = [...new Set(alarms.map(({ condition }) => condition))].sort().join(', ');
    const activeMs = alarms.reduce((sum, alarm) => sum + durationOf(alarm, end), 0);
    return [{ key, device, point, condition: conditions, count: alarms.length, share: alarms.length / all, activeMs }];
  });
  return actors.sort((a, b) => b.count - a.count || compare(a.key, b.key)).slice(0, BAD_ACTORS);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
