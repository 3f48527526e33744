import type { TargetResult } from '../alerts/statistics/targets.ts';
import type { Table } from '../report/page.ts';
import { durationText, numberText, shareText, timeFormat } from '../report/wording.ts';
import { durationOf } from './alarm-load.ts';
import type { Pair } from './difference.ts';
import type { PastAlarm } from './past-alarm.ts';
import { type BacktestReport, type PointCount, type RunFigures, TIERS_DOWN } from './report.ts';

/** A report as lines and tables. */
export interface ReportParts {
  readonly title: string;
  readonly facts: readonly string[];
  readonly tables: readonly Table[];
}

/** `most`: rows of a list of alarms; the rest is counted. */
export function reportParts(report: BacktestReport, most: number): ReportParts {
  const { configuration, source, span, result, change } = report;
  const time = timeFormat(report.timezone);
  const facts = [
    `${time(span.from)} to ${time(span.to)} ${report.timezone} (${durationText(span.to - span.from)})`,
    `${counted(report.devices, 'device')}, ${counted(report.readings, 'reading')}, ${counted(report.values, 'value')}`,
    ...(report.unheard.length > 0 ? [`without readings, nothing is said of them: ${listed(report.unheard)}`] : []),
    ...(report.unknown.length > 0 ? [`not configured, left out: ${listed(report.unknown)}`] : []),
    ...(report.late > 0 ? [`too late to be judged: ${counted(report.late, 'reading')}`] : []),
    ...report.assumptions.map((one) => `assumed: ${one}`),
  ];
  const tables = change
    ? [...changeTables(report, change, most, time)]
    : [
        alarmTable(`Alarms (${result.alarms.length})`, result.alarms, span.to, most, time),
        tierTable(result, null),
        pointTable(result, null),
        loadTable(result.targets, null),
        badActorTable(result),
      ];
  return { title: `Backtest of ${configuration.directory} (${configuration.version}) on ${source}`, facts, tables };
}

function changeTables(
  { result, span }: BacktestReport,
  change: NonNullable<BacktestReport['change']>,
  most: number,
  time: (at: number) => string,
): Table[] {
  const { difference } = change;
  const { delay } = difference;
  const summary: Table = {
    title: `What ${change.name} does`,
    head: ['', 'before', 'after'],
    right: [1, 2],
    rows: [
      ['alarms', numberText(result.alarms.length), numberText(change.result.alarms.length)],
      ['calls', numberText(result.load.calls), numberText(change.result.load.calls)],
      ['removed', '', numberText(difference.removed.length)],
      ['merged into another raise', '', numberText(difference.merged.length)],
      ['added', '', numberText(difference.added.length)],
      ['earlier', '', numberText(difference.earlier.length)],
      ['later', '', numberText(difference.later.length)],
      ['another tier', '', numberText(difference.retiered.length)],
      ['mean delay of those later', '', delay ? durationText(delay.meanMs) : '-'],
      ['longest delay', '', delay ? durationText(delay.maxMs) : '-'],
    ],
    more: 0,
  };
  return [
    summary,
    alarmTable(`Removed (${difference.removed.length})`, difference.removed, span.to, most, time),
    alarmTable(`Merged into another raise (${difference.merged.length})`, difference.merged, span.to, most, time),
    alarmTable(`Added (${difference.added.length})`, difference.added, span.to, most, time),
    pairTable('Earlier', difference.earlier, most, time),
    pairTable('Later', difference.later, most, time),
    pairTable('Another tier', difference.retiered, most, time),
    tierTable(result, change.result),
    pointTable(result, change.result),
    loadTable(result.targets, change.result.targets),
    badActorTable(change.result),
  ].filter(({ rows, more }) => rows.length + more > 0);
}

function alarmTable(
  title: string,
  alarms: readonly PastAlarm[],
  end: number,
  most: number,
  time: (at: number) => string,
): Table {
  return {
    title,
    head: ['raised', 'returned', 'lasted', 'tier', 'device', 'condition', 'limit', 'peak', 'escalations'],
    right: [2, 6, 7, 8],
    tierColumn: 3,
    rows: alarms
      .slice(0, most)
      .map((alarm) => [
        time(alarm.raisedAt),
        alarm.returnedAt === null ? 'still in force' : time(alarm.returnedAt),
        durationText(durationOf(alarm, end)),
        alarm.tier,
        alarm.device,
        alarm.condition,
        alarm.limit === null ? '-' : quantity(alarm.limit, alarm.unit),
        alarm.peak === null ? '-' : quantity(alarm.peak, alarm.unit),
        numberText(alarm.calls.length - 1),
      ]),
    more: Math.max(0, alarms.length - most),
  };
}

function pairTable(title: string, pairs: readonly Pair[], most: number, time: (at: number) => string): Table {
  return {
    title: `${title} (${pairs.length})`,
    head: ['before', 'after', 'by', 'tier', 'device', 'condition'],
    right: [2],
    rows: pairs
      .slice(0, most)
      .map(({ before, after, delayMs }) => [
        time(before.raisedAt),
        time(after.raisedAt),
        durationText(delayMs),
        before.tier === after.tier ? before.tier : `${before.tier} to ${after.tier}`,
        before.device,
        before.condition,
      ]),
    more: Math.max(0, pairs.length - most),
  };
}

function tierTable(result: RunFigures, after: RunFigures | null): Table {
  return {
    title: 'By tier',
    head: ['tier', ...columns(after), 'share'],
    right: after ? [1, 2, 3] : [1, 2],
    tierColumn: 0,
    rows: TIERS_DOWN.map((tier) => [
      tier,
      numberText(result.byTier[tier]),
      ...(after ? [numberText(after.byTier[tier])] : []),
      shareText((after ?? result).byTier[tier] / Math.max(1, (after ?? result).alarms.length)),
    ]),
    more: 0,
  };
}

function pointTable(result: RunFigures, after: RunFigures | null): Table {
  const nameOf = ({ profile, condition }: PointCount) => `${profile} ${condition}`;
  const olds = new Map(result.byPoint.map((one) => [nameOf(one), one]));
  const news = new Map(after?.byPoint.map((one) => [nameOf(one), one]));
  return {
    title: 'By point and condition',
    head: ['profile', 'condition', ...columns(after), 'devices'],
    right: after ? [2, 3, 4] : [2, 3],
    rows: [...new Map([...news, ...olds])].map(([name, { profile, condition }]) => [
      profile,
      condition,
      numberText(olds.get(name)?.alarms ?? 0),
      ...(after ? [numberText(news.get(name)?.alarms ?? 0)] : []),
      numberText(((after ? news : olds).get(name) ?? { devices: 0 }).devices),
    ]),
    more: 0,
  };
}

function loadTable(targets: readonly TargetResult[], after: readonly TargetResult[] | null): Table {
  return {
    title: 'Load on the operators',
    head: ['figure', ...columns(after, 'value'), 'target', '', 'source'],
    right: after ? [1, 2, 3] : [1, 2],
    rows: targets.map((target, i) => {
      const shown = after?.[i] ?? target;
      return [
        target.name,
        figure(target.value, target),
        ...(after ? [figure(shown.value, target)] : []),
        `${target.below ? '<' : '<='} ${figure(target.target, target)}`,
        shown.met ? 'met' : 'missed',
        target.source,
      ];
    }),
    more: 0,
  };
}

function badActorTable({ load }: RunFigures): Table {
  return {
    title: 'Most frequent alarms',
    head: ['device', 'condition', 'alarms', 'share', 'in force'],
    right: [2, 3, 4],
    rows: load.badActors.map(({ device, condition, count, share, activeMs }) => {
      return [device, condition, numberText(count), shareText(share), durationText(activeMs)];
    }),
    more: 0,
  };
}

function columns(after: unknown, alone = 'alarms'): string[] {
  return after ? ['before', 'after'] : [alone];
}

function figure(value: number, { unit }: TargetResult): string {
  if (unit === 'share') return shareText(value);
  return unit === 'perHour' ? `${numberText(Number(value.toFixed(3)))}/h` : numberText(value);
}

function quantity(value: number, unit: string): string {
  return unit === '' ? numberText(value) : `${numberText(value)} ${unit}`;
}

function counted(count: number, noun: string): string {
  return `${numberText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

const LISTED = 10;

function listed(names: readonly string[]): string {
  const rest = names.length - LISTED;
  return names.slice(0, LISTED).join(', ') + (rest > 0 ? ` and ${numberText(rest)} more` : '');
}
