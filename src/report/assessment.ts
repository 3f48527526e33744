import type { NuisanceAlarm } from '../alerts/policy/nuisance-book.ts';
import type { AlarmFigures } from '../alerts/statistics/figures.ts';
import type { Calls, Span } from '../alerts/statistics/load.ts';
import type { Bypass, BypassKind } from '../model/bypass.ts';
import type { Case } from '../model/case.ts';
import type { Language, Text } from '../model/text.ts';
import { TIERS, type Tier } from '../model/tier.ts';
import type { NearLimit } from './near-limit.ts';
import type { SteepSlope } from './slope.ts';

/** A list that is cut, and how many there are in all. */
export interface Listed<T> {
  readonly total: number;
  readonly items: readonly T[];
}

/** A case that somebody has to look at. */
export interface CaseLine {
  readonly alarm: string;
  readonly tier: Tier;
  readonly state: Case['state'];
  readonly openedAt: number;
  /** Promises that were not kept. */
  readonly overdue: Case['overdue'];
  readonly supervised: boolean;
  readonly device: string;
  readonly condition: string;
}

/** Something that hides alarms, with who answers for it. */
export interface HiddenLine {
  readonly id: string;
  readonly kind: BypassKind;
  readonly place: string;
  readonly upTo: Tier;
  readonly owner: string;
  readonly approvedBy: string | null;
  readonly reason: string;
  readonly from: number | null;
  /** null = until its plant state is over. */
  readonly until: number | null;
  /** Alarms it has hidden so far. */
  readonly hidden: number;
}

/** What the last day asks of people (每日滚动研判). Plain data; times are epoch milliseconds. */
export interface Assessment {
  /** Local date of the day on which it was made. */
  readonly date: string;
  readonly timezone: string;
  readonly language: Language;
  readonly madeAt: number;
  /** The day that it looks back on. */
  readonly span: Span;
  readonly configuration: string;
  /** Alarms of the day, of the day before, and of the same day a week before. */
  readonly counts: Readonly<Record<Tier, Compared>> & { readonly all: Compared };
  readonly figures: AlarmFigures;
  readonly sites: readonly {
    readonly site: string;
    readonly alarms: number;
    readonly calls: number;
    readonly red: number;
  }[];
  /** Calls by hour of the day it looks back on. */
  readonly hourly: readonly number[];
  readonly nearLimits: Listed<NearLimit>;
  readonly slopes: Listed<SteepSlope>;
  readonly devices: { readonly total: number; readonly silent: Listed<string>; readonly silentShare: number };
  readonly quality: { readonly points: number; readonly bad: Listed<string>; readonly badShare: number };
  readonly openCases: number;
  readonly overdue: Listed<CaseLine>;
  readonly supervised: Listed<CaseLine>;
  readonly hidden: Listed<HiddenLine>;
  readonly nuisances: Listed<Pick<NuisanceAlarm, 'key' | 'device' | 'site' | 'condition' | 'nuisance' | 'tuning'>>;
  /** What could not be found out. */
  readonly missing: readonly Text[];
}

/** `change`: against the day before, as a part of it; null = there was nothing. */
export interface Compared {
  readonly day: number;
  readonly dayBefore: number;
  readonly weekBefore: number;
  readonly change: number | null;
}

/** Rows of a list; the rest is counted. */
export const MOST_ROWS = 50;

/** The first of a list, and how many there are. */
export function listed<T>(items: readonly T[], most = MOST_ROWS): Listed<T> {
  return { total: items.length, items: items.slice(0, most) };
}

/** Alarms by tier against those of the day before and of a week before. */
export function comparedCounts(
  day: AlarmFigures,
  dayBefore: AlarmFigures,
  weekBefore: AlarmFigures,
): Assessment['counts'] {
  const compare = (read: (figures: AlarmFigures) => number): Compared => {
    const [now, before] = [read(day), read(dayBefore)];
    const change = before === 0 ? null : (now - before) / before;
    return { day: now, dayBefore: before, weekBefore: read(weekBefore), change };
  };
  const tier = (name: Tier) => compare(({ byTier }) => byTier[name].alarms);
  return {
    all: compare(({ alarms }) => alarms),
    blue: tier('blue'),
    yellow: tier('yellow'),
    orange: tier('orange'),
    red: tier('red'),
  };
}

/** Calls by hour of a span, from those by minute. */
export function hourlyOf(calls: readonly Calls[], { from, to }: Span): number[] {
  const hours = new Array<number>(Math.ceil((to - from) / 3_600_000)).fill(0);
  for (const { at, count } of calls) {
    const hour = Math.min(hours.length - 1, Math.floor((at - from) / 3_600_000));
    hours[hour] = (hours[hour] ?? 0) + count;
  }
  return hours;
}

export function hiddenLine({
  id,
  kind,
  scope,
  upTo,
  owner,
  approvedBy,
  reason,
  from,
  until,
  hidden,
}: Bypass): HiddenLine {
  // That of a shelf is one alarm: its device class says no more than the device.
  const profile = scope.alarm === null ? scope.profile : null;
  const parts = [profile, scope.point, scope.rule].filter((part) => part !== null);
  const device = scope.device === null ? scope.site : `${scope.site}/${scope.device}`;
  const place = [device, ...parts].join(' ');
  return { id, kind, place, upTo, owner, approvedBy, reason, from, until, hidden };
}

/** What receivers are told of it. */
export function summaryOf(assessment: Assessment): Text {
  const { date, counts, overdue, hidden, devices, figures, nearLimits } = assessment;
  const tiers = [...TIERS].reverse();
  const parts = {
    en: tiers.map((tier) => `${tier} ${counts[tier].day}`).join(', '),
    zh: tiers.map((tier) => `${TIER_WORDS[tier]}${counts[tier].day}`).join('、'),
  };
  return {
    en: `daily assessment ${date}: ${counts.all.day} alarms (${parts.en}; ${counts.all.dayBefore} the day before), ${figures.floods.length} floods, ${overdue.total} cases overdue, ${hidden.total} bypasses, ${devices.silent.total} of ${devices.total} devices silent, ${nearLimits.total} points near a limit`,
    zh: `每日滚动研判 ${date}：报警${counts.all.day}条（${parts.zh}；前一日${counts.all.dayBefore}条），报警泛滥${figures.floods.length}次，超期案件${overdue.total}件，屏蔽${hidden.total}项，离线设备${devices.silent.total}/${devices.total}台，临近限值测点${nearLimits.total}个`,
  };
}

const TIER_WORDS: Readonly<Record<Tier, string>> = { red: '红', orange: '橙', yellow: '黄', blue: '蓝' };
