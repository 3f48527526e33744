import type { Span } from '../alerts/statistics/load.ts';
import { againstTargets, type TargetResult } from '../alerts/statistics/targets.ts';
import { TIERS, type Tier } from '../model/tier.ts';
import { type AlarmLoad, alarmLoad } from './alarm-load.ts';
import { type Difference, differenceOf } from './difference.ts';
import type { Judged } from './judge.ts';
import type { PastAlarm } from './past-alarm.ts';

/** How often something of one point of all devices was in alarm; `point` null = alarms about whole devices. */
export interface PointCount {
  readonly profile: string;
  readonly point: string | null;
  readonly condition: string;
  readonly alarms: number;
  readonly devices: number;
}

/** The alarms of one rule set. */
export interface RunFigures {
  /** In the order of their raise. */
  readonly alarms: readonly PastAlarm[];
  readonly byTier: Readonly<Record<Tier, number>>;
  readonly byPoint: readonly PointCount[];
  readonly load: AlarmLoad;
  readonly targets: readonly TargetResult[];
}

/** Everything a backtest has to say. Times are epoch milliseconds. */
export interface BacktestReport {
  readonly configuration: { readonly directory: string; readonly version: string };
  readonly source: string;
  /** IANA name; times are shown in it. */
  readonly timezone: string;
  readonly span: Span;
  readonly readings: number;
  readonly values: number;
  /** Devices with readings. */
  readonly devices: number;
  /** Devices without; nothing is said of them. */
  readonly unheard: readonly string[];
  /** Devices with readings that are not configured. */
  readonly unknown: readonly string[];
  /** Readings that came too late to be judged. */
  readonly late: number;
  /** What was taken for granted, in words. */
  readonly assumptions: readonly string[];
  readonly result: RunFigures;
  /** The same past under changed rules; null = none were given. */
  readonly change: {
    /** What was changed, in words. */
    readonly name: string;
    readonly result: RunFigures;
    readonly difference: Difference;
  } | null;
}

/** What the caller knows of a backtest. */
export interface ReportInput {
  readonly configuration: BacktestReport['configuration'];
  readonly source: string;
  readonly timezone: string;
  readonly operators: number;
  readonly arrival: 'source' | 'received';
  /** The readings are those of a table. */
  readonly fromTable: boolean;
  /** Only alarms of these points are told; null = all. */
  readonly points: ReadonlySet<string> | null;
  readonly judged: Judged;
  /** Of the span when there were readings. */
  readonly span: Span;
  readonly deviceCount: number;
  readonly change: { readonly name: string; readonly judged: Judged } | null;
}

/** Counts and compares what came of one or two rule sets. */
export function makeReport(input: ReportInput): BacktestReport {
  const { judged, span, change, operators } = input;
  const wanted = ({ alarms }: Judged) =>
    input.points ? alarms.filter(({ point }) => point !== null && input.points?.has(point)) : alarms;
  const result = figuresOf(wanted(judged), span, operators);
  const changed = change && figuresOf(wanted(change.judged), span, operators);
  return {
    configuration: input.configuration,
    source: input.source,
    timezone: input.timezone,
    span,
    readings: judged.readings,
    values: judged.values,
    devices: input.deviceCount - judged.unheard.length,
    unheard: judged.unheard,
    unknown: judged.unknown,
    late: judged.late,
    assumptions: assumptionsOf(input),
    result,
    change:
      change && changed
        ? { name: change.name, result: changed, difference: differenceOf(result.alarms, changed.alarms, span.to) }
        : null,
  };
}

function figuresOf(alarms: readonly PastAlarm[], span: Span, operators: number): RunFigures {
  const load = alarmLoad(alarms, span, operators);
  const byTier = { blue: 0, yellow: 0, orange: 0, red: 0 };
  for (const { tier } of alarms) byTier[tier]++;
  return { alarms, byTier, byPoint: countByPoint(alarms), load, targets: againstTargets(load) };
}

function countByPoint(alarms: readonly PastAlarm[]): PointCount[] {
  const counts = new Map<string, { first: PastAlarm; alarms: number; devices: Set<string> }>();
  for (const alarm of alarms) {
    const key = JSON.stringify([alarm.profile, alarm.point, alarm.condition]);
    const known = counts.get(key) ?? { first: alarm, alarms: 0, devices: new Set<string>() };
    known.alarms++;
    known.devices.add(alarm.device);
    counts.set(key, known);
  }
  return [...counts.values()]
    .map(({ first: { profile, point, condition }, alarms: count, devices }) => {
      return { profile, point, condition, alarms: count, devices: devices.size };
    })
    .sort((a, b) => b.alarms - a.alarms || (`${a.profile} ${a.condition}` < `${b.profile} ${b.condition}` ? -1 : 1));
}

function assumptionsOf({ arrival, operators, points, timezone, fromTable }: ReportInput): string[] {
  return [
    arrival === 'source'
      ? 'every reading counts as if it had arrived when it was measured, backfilled ones too'
      : 'readings count as they arrived: what was late or marked historical is not judged',
    'operators acknowledge at once, and reset a latched alarm as soon as its condition is over',
    `${operators === 1 ? 'one operator answers' : `${operators} operators share`} all alarms; a call is a raise or an escalation`,
    `dates of --from and --to that name no zone are of ${timezone}`,
    ...(fromTable ? [`times of the table that name no zone are of ${timezone}, of an export of the store UTC`] : []),
    ...(points ? [`only alarms of ${[...points].join(', ')} are counted`] : []),
  ];
}

/** Tiers, the most urgent first. */
export const TIERS_DOWN: readonly Tier[] = [...TIERS].reverse();
