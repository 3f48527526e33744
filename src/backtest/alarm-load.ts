import {
  CHATTER_RAISES,
  compare,
  FLEETING_MS,
  floodsOf,
  HOUR_MS,
  MINUTE_MS,
  mostAtOnce,
  mostFrequent,
  mostWithin,
  overloadedShare,
  type Span,
  STALE_MS,
  TEN_MINUTES_MS,
} from '../alerts/statistics/load.ts';
import { alarmsByKey, type PastAlarm } from './past-alarm.ts';

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
  const times = alarms.flatMap((alarm) => alarm.calls).sort((a, b) => a - b);
  const calls = times.map((at) => ({ at, count: 1 }));
  const hours = (span.to - span.from) / HOUR_MS;
  const byKey = alarmsByKey(alarms);
  const floods = floodsOf(calls, span, operators);
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
    overloadedShare: overloadedShare(calls, span, operators),
    floodShare: span.to > span.from ? inFlood / (span.to - span.from) : 0,
    floods,
    chattering: chattering.sort((a, b) => b.alarms - a.alarms || compare(a.key, b.key)),
    fleeting: [...byKey.values()].reduce((sum, ones) => sum + countFleeting(ones), 0),
    stale: stale.length,
    staleAtOnce: mostAtOnce(staleSpans(stale), span.to),
    badActors,
    topTenShare: badActors.reduce((sum, { share }) => sum + share, 0),
  };
}

/** How long an alarm was in force, to `end` at the most. */
export function durationOf({ raisedAt, returnedAt }: PastAlarm, end: number): number {
  return (returnedAt ?? end) - raisedAt;
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
function staleSpans(stale: readonly PastAlarm[]) {
  return stale.map(({ raisedAt, returnedAt }) => ({ from: raisedAt + STALE_MS, to: returnedAt }));
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
  return mostFrequent(actors);
}
