import type { Command } from 'commander';
import { openPast, type Past, type PastPlace } from '../backtest/archive.ts';
import { htmlReport, type PlottedAlarm } from '../backtest/html-report.ts';
import type { Judged, RuleSet } from '../backtest/judge.ts';
import { parsePast } from '../backtest/past-span.ts';
import { PLOT_COLUMNS } from '../backtest/plot.ts';
import { type BacktestReport, makeReport } from '../backtest/report.ts';
import { runBacktest } from '../backtest/run.ts';
import { readSeries } from '../backtest/series.ts';
import { textReport } from '../backtest/text-report.ts';
import { applySettings, parseSetting } from '../backtest/what-if.ts';
import { loadConfiguration } from '../config/load.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Device } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import { numberText } from '../report/wording.ts';
import { systemClock } from '../runtime/clock.ts';
import { chosenDevices, chosenPoints, numberOf, usage, wholeNumber } from './backtest-choice.ts';
import { faultLines } from './check.ts';
import type { CommandIo } from './io.ts';
import { createProgress } from './progress.ts';
import { assertWritable, writeReport } from './report-file.ts';

export interface BacktestOptions {
  readonly config: string;
  readonly data?: string;
  readonly csv?: string;
  readonly parquet?: string;
  /** Columns of the file to be passed over. */
  readonly ignore: readonly string[];
  readonly from?: string;
  readonly to?: string;
  /** `site/device`, or a whole `site`. */
  readonly device: readonly string[];
  readonly profile: readonly string[];
  readonly point: readonly string[];
  readonly arrival: string;
  readonly operators: string;
  readonly set: readonly string[];
  readonly against?: string;
  readonly json?: boolean;
  readonly html?: string;
  readonly failAbove?: string;
}

/** What the command needs of the process. */
export type BacktestIo = Pick<CommandIo, 'out' | 'err' | 'signal' | 'env'>;

const EXIT_FINDINGS = 1;
const EXIT_USAGE = 2;
const DEFAULT_SPAN = '14d';
const DEFAULT_DATA = 'data';
/** First and last millisecond that a table of readings may name. */
const FILE_SPAN = { from: Date.UTC(2000), to: 9_223_372_036_000 };
const MOST_PLOTS = 6;

/** The command with its options, to be given an action. */
export function addBacktestOptions(command: Command): Command {
  const collect = (value: string, before: readonly string[]) => [...before, value];
  return command
    .description(
      'Judge stored readings, or a table of them, by the rules: which alarms, how many, and what a change does',
    )
    .option('--config <dir>', 'configuration directory', 'config')
    .option(
      '--data <dir>',
      `data directory of the embedded store; the engine must not be running on it (default: "${DEFAULT_DATA}")`,
    )
    .option('--csv <file>', 'readings from a .csv or .csv.gz file instead of the store')
    .option('--parquet <file>', 'readings from a .parquet file instead of the store')
    .option('--ignore <column>', 'a column of the file that is no point (repeatable)', collect, [])
    .option(
      '--from <time>',
      `first time: 14d (before now), 2026-11-01 (0:00 of the configured timezone), 2026-11-01T08:00:00+08:00 (store: ${DEFAULT_SPAN})`,
    )
    .option('--to <time>', 'end, not included; delays and silences run out until then (default: the last reading)')
    .option('--device <key>', 'only site/device, or a whole site (repeatable)', collect, [])
    .option('--profile <id>', 'only devices of this profile (repeatable)', collect, [])
    .option('--point <id>', 'count only alarms of this point (repeatable)', collect, [])
    .option('--arrival <when>', 'readings arrive when measured (source), or as they did (received)', 'source')
    .option('--operators <n>', 'how many share the alarms', '1')
    .option('--set <name.key=value>', 'what if: as outletPressure.H.deadband=0.2 (repeatable)', collect, [])
    .option('--against <dir>', 'what if: another configuration directory')
    .option('--fail-above <n>', 'exit 1 with more calls per operator hour')
    .option('--html <file>', 'write a report with plots')
    .option('--json', 'for machines');
}

/**
 * `davylamp backtest`: judges the past by the engine's own rules, and touches nothing but the report that is asked for.
 *
 * @returns the exit code: 0 = done, 1 = no readings, a store or file that cannot be read, cancelled, a report that
 * cannot be written, or more calls than `failAbove`; 2 = used wrongly
 */
export async function backtest(options: BacktestOptions, io: BacktestIo): Promise<number> {
  try {
    return await run(options, io);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    io.err(`${error.code}: ${error.message}`);
    return /^(USAGE|SETTING_|INSTANT_|DURATION_)/.test(error.code) ? EXIT_USAGE : EXIT_FINDINGS;
  }
}

async function run(options: BacktestOptions, io: BacktestIo): Promise<number> {
  const { set, against } = options;
  if (set.length > 0 && against !== undefined) throw usage('give --set or --against, not both');
  if (options.csv !== undefined && options.parquet !== undefined) throw usage('give --csv or --parquet, not both');
  if (isFile(options) && options.data !== undefined) throw usage('give --data, or --csv or --parquet, not both');
  const { arrival } = options;
  if (arrival !== 'source' && arrival !== 'received') throw usage('--arrival is source or received');
  const operators = wholeNumber(options.operators, '--operators');
  const failAbove = options.failAbove === undefined ? null : numberOf(options.failAbove, '--fail-above');
  const settings = set.map(parseSetting);
  if (options.html !== undefined) assertWritable(options.html);
  const configuration = configured(options.config, io);
  if (!configuration) return EXIT_FINDINGS;
  const span = spanOf(options, configuration.timezone);
  const devices = chosenDevices(configuration, options);
  const points = chosenPoints(devices, options.point);
  const plan: Plan = { options, io, arrival, span, onlyDevices: isFiltered(options) };

  const changed = changedRules(plan, configuration, devices, settings);
  if (changed === 'unusable') return EXIT_FINDINGS;
  const judged = await judge(plan, configuration, devices, null);
  if (!judged.span) {
    io.err(
      `no readings of ${devices.size} configured devices in this span: look at --from, --to, --device and --profile`,
    );
    return EXIT_FINDINGS;
  }
  const change = changed && {
    name: changed.name,
    judged: await judge(plan, changed.configuration, changed.devices, changed.name),
  };
  const report = makeReport({
    configuration: { directory: options.config, version: configuration.version },
    source: placeName(plan, configuration),
    timezone: configuration.timezone,
    operators,
    arrival,
    fromTable: isFile(options),
    points,
    judged,
    span: judged.span,
    deviceCount: devices.size,
    change,
  });
  if (options.html !== undefined) {
    const plots = await withPast(plan, configuration, (past) => readPlots(past, report, devices, io.signal));
    writeReport(options.html, htmlReport(report, plots));
  }
  if (options.json) io.out(JSON.stringify(report));
  else for (const line of textReport(report)) io.out(line);
  if (options.html !== undefined && !options.json) io.out(`\nwritten: ${options.html}`);
  const { perHour } = (report.change?.result ?? report.result).load;
  if (failAbove === null || perHour <= failAbove) return 0;
  io.err(`${numberText(perHour)} calls per operator hour are more than --fail-above ${failAbove}`);
  return EXIT_FINDINGS;
}

/** What stays the same for every run of a command. */
interface Plan {
  readonly options: BacktestOptions;
  readonly io: BacktestIo;
  readonly arrival: RuleSet['arrival'];
  /** Epoch milliseconds; `end` null = the last reading. */
  readonly span: { readonly from: number; readonly to: number; readonly end: number | null };
  readonly onlyDevices: boolean;
}

interface ChangedRules {
  readonly name: string;
  readonly configuration: Configuration;
  readonly devices: ReadonlyMap<string, Device>;
}

function changedRules(
  { options, io }: Plan,
  configuration: Configuration,
  devices: ReadonlyMap<string, Device>,
  settings: readonly ReturnType<typeof parseSetting>[],
): ChangedRules | 'unusable' | null {
  if (settings.length > 0) {
    const name = settings.map(({ text }) => text).join(', ');
    return { name, configuration, devices: applySettings(devices, settings) };
  }
  if (options.against === undefined) return null;
  const other = configured(options.against, io);
  if (!other) return 'unusable';
  return { name: options.against, configuration: other, devices: chosenDevices(other, options) };
}

async function judge(
  plan: Plan,
  configuration: Configuration,
  devices: ReadonlyMap<string, Device>,
  what: string | null,
): Promise<Judged> {
  const { io, span, arrival, onlyDevices } = plan;
  const { groups, time } = configuration;
  const rules = { devices, groups, settings: time, arrival };
  const onProgress = createProgress(io, span, configuration.timezone, what);
  return await withPast(plan, configuration, (past) =>
    runBacktest({ past, rules, ...span, onlyDevices, signal: io.signal, onProgress }),
  );
}

async function withPast<T>(plan: Plan, configuration: Configuration, work: (past: Past) => Promise<T>): Promise<T> {
  const past = await openPast(placeOf(plan.options, configuration), configuration.profiles);
  try {
    return await work(past);
  } finally {
    await past.close();
  }
}

function placeOf(options: BacktestOptions, { store, timezone }: Configuration): PastPlace {
  const { csv, parquet, data = DEFAULT_DATA, ignore } = options;
  const path = csv ?? parquet;
  if (path === undefined) return { kind: 'store', store, dataDirectory: data };
  return { kind: 'file', path, ignore, timezone };
}

function placeName({ options }: Plan, { store }: Configuration): string {
  const path = options.csv ?? options.parquet;
  return path ?? (store.kind === 'duckdb' ? `the store in ${options.data ?? DEFAULT_DATA}` : 'InfluxDB');
}

async function readPlots(
  past: Past,
  report: BacktestReport,
  devices: ReadonlyMap<string, Device>,
  signal: AbortSignal,
): Promise<PlottedAlarm[]> {
  const plots: PlottedAlarm[] = [];
  const actors = [...report.result.load.badActors, ...(report.change?.result.load.badActors ?? [])];
  for (const { key, device: deviceKey, point: id, condition } of actors) {
    const device = devices.get(deviceKey);
    const point = device?.points.find((one) => one.id === id);
    if (!device || point?.type !== 'number' || point.calc || plots.some((plot) => plot.key === key)) continue;
    plots.push({ key, condition, series: await readSeries(past, device, point, report.span, PLOT_COLUMNS, signal) });
    if (plots.length === MOST_PLOTS) break;
  }
  return plots;
}

function configured(directory: string, { env, err }: BacktestIo): Configuration | null {
  const loaded = loadConfiguration(directory, env, { secrets: 'optional' });
  if ('configuration' in loaded) return loaded.configuration;
  for (const line of faultLines(loaded.faults)) err(line);
  return null;
}

function spanOf(options: BacktestOptions, timezone: string): Plan['span'] {
  const { from, to } = options;
  const now = systemClock.now();
  const end = to === undefined ? null : Math.min(parsePast(to, now, timezone), now);
  const last = end ?? (isFile(options) ? FILE_SPAN.to : now);
  const first = isFile(options) && from === undefined ? FILE_SPAN.from : parsePast(from ?? DEFAULT_SPAN, now, timezone);
  if (first >= last) throw usage('--from must be before --to');
  return { from: Math.round(first), to: Math.round(last), end: end === null ? null : Math.round(end) };
}

function isFile({ csv, parquet }: BacktestOptions): boolean {
  return csv !== undefined || parquet !== undefined;
}

function isFiltered(options: BacktestOptions): boolean {
  return options.device.length > 0 || options.profile.length > 0 || isFile(options);
}
