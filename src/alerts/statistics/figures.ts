import type { HiddenState, Promised } from '../../model/alarm.ts';
import { TIERS, type Tier, tierRank } from '../../model/tier.ts';
import { type AnswerFigures, acknowledgedOf, closedOf, eachTier } from './answers.ts';
import type { Promises } from './fold.ts';
import {
  type Calls,
  compare,
  DAY_MS,
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
} from './load.ts';
import type { Bucket, Counted, Place } from './rows.ts';
import { againstTargets, type TargetResult } from './targets.ts';

/** {@link Counted} while it is sorted. */
type Part = { -readonly [K in keyof Counted]: Counted[K][number][] };

/** One alarm of the plant with how often it came. */
export interface FrequentAlarm {
  readonly key: string;
  readonly device: string;
  readonly point: string | null;
  readonly condition: string;
  readonly tier: Tier;
  readonly count: number;
  /** Part of all alarms, 0 to 1. */
  readonly share: number;
  readonly chattering: number;
  readonly fleeting: number;
  /** In force, all together, milliseconds. */
  readonly activeMs: number;
}

/** The figures of EEMUA 191 and ISA-18.2 for a span. Calls are counted by the minute. */
export interface AlarmFigures {
  readonly alarms: number;
  readonly calls: number;
  /** Averages for one operator. */
  readonly perTenMinutes: number;
  readonly perHour: number;
  readonly perDay: number;
  readonly peakMinute: number;
  readonly peakTenMinutes: number;
  readonly peakHour: number;
  readonly overloadedShare: number;
  readonly floodShare: number;
  readonly floods: readonly Span[];
  readonly byTier: Readonly<Record<Tier, { readonly alarms: number; readonly share: number }>>;
  /** Parts of all alarms: low is blue and yellow, medium orange, high red. */
  readonly priorities: { readonly low: number; readonly medium: number; readonly high: number };
  readonly chattering: readonly { readonly key: string; readonly alarms: number }[];
  readonly fleeting: number;
  /** Alarms in force for 24 h or more within the span; the most at once; those at its end. */
  readonly stale: number;
  readonly staleAtOnce: number;
  readonly staleNow: number;
  readonly badActors: readonly FrequentAlarm[];
  readonly topTenShare: number;
  readonly acknowledged: Readonly<Record<Tier, AnswerFigures>>;
  readonly closed: Readonly<Record<Tier, AnswerFigures>>;
  readonly hidden: Readonly<Record<HiddenState, number>> & {
    /** Raises that a bypass hid. */
    readonly raised: number;
    /** Alarms in force at the end that a bypass hides. */
    readonly now: number;
  };
  /** Promises that were not kept. */
  readonly overdue: Readonly<Record<Promised, number>>;
  readonly targets: readonly TargetResult[];
}

/** How alarms are told apart in a question. */
export const GROUPINGS = ['site', 'grid', 'tier', 'profile'] as const;

export type GroupingOf = (typeof GROUPINGS)[number];

/** What is asked. `promises`: as they are now. */
export interface Asked {
  readonly span: Span;
  readonly operators: number;
  readonly promises: Promises;
}

/** The figures of everything counted. Buckets are whole hours: a span that begins within one begins with its calls. */
export function figuresOf(counted: Counted, { span, operators, promises }: Asked): AlarmFigures {
  const { buckets } = counted;
  const calls = callsOf(counted, span);
  const hours = (span.to - span.from) / HOUR_MS;
  const total = calls.reduce((sum, { count }) => sum + count, 0);
  const rate = hours > 0 ? total / hours / operators : 0;
  const floods = floodsOf(calls, span, operators);
  const byTier = tierCounts(counted);
  const alarms = TIERS.reduce((sum, tier) => sum + byTier[tier], 0);
  const stale = staleOf(counted, span);
  const frequent = frequentOf(counted, span.to);
  const badActors = mostFrequent(frequent);
  const load = {
    perHour: rate,
    peakMinute: mostWithin(calls, MINUTE_MS) / operators,
    peakTenMinutes: mostWithin(calls, TEN_MINUTES_MS) / operators,
    peakHour: mostWithin(calls, HOUR_MS) / operators,
    overloadedShare: overloadedShare(calls, span, operators),
    floodShare: hours > 0 ? floods.reduce((sum, { from, to }) => sum + to - from, 0) / (span.to - span.from) : 0,
    chattering: frequent
      .filter(({ chattering }) => chattering > 0)
      .map(({ key, chattering }) => ({ key, alarms: chattering }))
      .sort((a, b) => b.alarms - a.alarms || compare(a.key, b.key)),
    staleAtOnce: mostAtOnce(stale, span.to),
    topTenShare: badActors.reduce((sum, { share }) => sum + share, 0),
  };
  const share = (count: number) => (alarms === 0 ? 0 : count / alarms);
  const sum = (read: (bucket: Bucket) => number) => buckets.reduce((all, { bucket }) => all + read(bucket), 0);
  return {
    ...load,
    alarms,
    calls: total,
    perTenMinutes: rate / 6,
    perDay: rate * 24,
    floods,
    byTier: eachTier((tier) => ({ alarms: byTier[tier], share: share(byTier[tier]) })),
    priorities: {
      low: share(byTier.blue + byTier.yellow),
      medium: share(byTier.orange),
      high: share(byTier.red),
    },
    fleeting: counted.actors.reduce((all, { actor }) => all + actor.fleeting, 0),
    stale: stale.length,
    staleNow: stale.filter(({ to }) => to === null).length,
    badActors,
    acknowledged: eachTier((tier) => acknowledgedOf(counted, tier, span.to, promises)),
    closed: eachTier((tier) => closedOf(counted, tier, span.to, promises)),
    hidden: {
      shelved: sum(({ hidden }) => hidden.shelved),
      suppressed: sum(({ hidden }) => hidden.suppressed),
      outOfService: sum(({ hidden }) => hidden.outOfService),
      raised: sum(({ hiddenRaised }) => hiddenRaised),
      now: counted.watches.filter(({ hidden, since }) => hidden && since !== null).length,
    },
    overdue: {
      acknowledge: sum(({ overdue }) => overdue.acknowledge),
      report: sum(({ overdue }) => overdue.report),
      close: sum(({ overdue }) => overdue.close),
    },
    targets: againstTargets(load),
  };
}

/** The figures of each site, grid, tier or device class by itself, by name; an alarm without grid is in none. */
export function figuresBy(counted: Counted, by: GroupingOf, asked: Asked): { name: string; figures: AlarmFigures }[] {
  const parts = new Map<string, Part>();
  const partOf = (place: Place): Part => {
    const known = parts.get(place[by]) ?? { buckets: [], actors: [], stale: [], watches: [] };
    parts.set(place[by], known);
    return known;
  };
  for (const each of counted.buckets) partOf(each.place).buckets.push(each);
  for (const each of counted.actors) partOf(each.actor).actors.push(each);
  for (const each of counted.stale) partOf(each).stale.push(each);
  for (const each of counted.watches) partOf({ ...each.place, tier: each.tier }).watches.push(each);
  parts.delete('');
  return [...parts]
    .sort(([a], [b]) => compare(a, b))
    .map(([name, part]) => ({ name, figures: figuresOf(part, asked) }));
}

/** Calls of the span by minute, whatever the place. */
export function callsOf({ buckets }: Pick<Counted, 'buckets'>, { from, to }: Span): Calls[] {
  const byMinute = new Map<number, number>();
  for (const { hour, bucket } of buckets) {
    for (const [minute, count] of Object.entries(bucket.calls)) {
      const at = hour * HOUR_MS + Number(minute) * MINUTE_MS;
      if (at + MINUTE_MS > from && at < to) byMinute.set(at, (byMinute.get(at) ?? 0) + count);
    }
  }
  // What was called in the minute in which the span begins counts as called at its beginning.
  return [...byMinute].map(([at, count]) => ({ at: Math.max(at, from), count })).sort((a, b) => a.at - b.at);
}

function tierCounts({ buckets }: Counted): Record<Tier, number> {
  const counts = { blue: 0, yellow: 0, orange: 0, red: 0 };
  for (const { place, bucket } of buckets) counts[place.tier] += bucket.raised;
  return counts;
}

function staleOf({ stale, watches }: Counted, { from, to }: Span): { from: number; to: number | null }[] {
  const over = stale.filter((each) => each.from < to && each.to >= from);
  const open = watches.flatMap(({ since }) => {
    return since !== null && since + STALE_MS <= to ? [{ from: since + STALE_MS, to: null }] : [];
  });
  return [...over, ...open];
}

function frequentOf({ actors, watches }: Counted, end: number): FrequentAlarm[] {
  const all = actors.reduce((sum, { actor }) => sum + actor.count, 0);
  const active = new Map<string, number>();
  for (const { key, since, hour } of watches) {
    if (since !== null && since < end) active.set(`${hour} ${key}`, end - since);
  }
  const found = new Map<string, FrequentAlarm & { readonly conditions: ReadonlySet<string> }>();
  for (const { hour, key, actor } of actors) {
    const known = found.get(key);
    const count = (known?.count ?? 0) + actor.count;
    const conditions = new Set([...(known?.conditions ?? []), ...actor.conditions]);
    found.set(key, {
      key,
      device: actor.device,
      point: actor.point,
      conditions,
      condition: [...conditions].sort().join(', '),
      tier: known && tierRank(known.tier) > tierRank(actor.tier) ? known.tier : actor.tier,
      count,
      share: all === 0 ? 0 : count / all,
      chattering: (known?.chattering ?? 0) + actor.chattering,
      fleeting: (known?.fleeting ?? 0) + actor.fleeting,
      activeMs: (known?.activeMs ?? 0) + actor.activeMs + (active.get(`${hour} ${key}`) ?? 0),
    });
  }
  return [...found.values()].map(({ conditions: _, ...each }) => each);
}

/** Longest span that is answered. */
export const MOST_SPAN_MS = 400 * DAY_MS;
