import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { configurationOf, writeConfiguration } from './davylamp.ts';
import { resultOf } from './engine-load.ts';
import { type Budget, median, printBudgets, printTable, spread } from './report.ts';
import { POINTS, profileEntry, siteEntry } from './site.ts';

/** What `backtest-process.ts` is to do. */
export interface BacktestPlan {
  /** Fill the store; otherwise judge what is in it. */
  readonly write: boolean;
  readonly configuration: string;
  /** Data directory. */
  readonly data: string;
  /** Readings of each device. */
  readonly rounds: number;
  readonly firstTs: number;
  readonly stepMs: number;
  /** The first point of a device is beyond its limits for so many readings, once in so many. */
  readonly tripFor: number;
  readonly tripEvery: number;
}

export interface BacktestResult {
  readonly readings: number;
  readonly values: number;
  readonly alarms: number;
  /** Of all threads: DuckDB's too. */
  readonly cpuSeconds: number;
  readonly seconds: number;
}

export interface BacktestOptions {
  readonly directory: string;
  readonly rounds: number;
  readonly progress: (words: string) => void;
}

const DEVICES = 100;
const VALUES = 5_000_000;
const STEP_MS = 10_000;
const TRIPS = { tripFor: 20, tripEvery: 5000 };
const BUDGET_MILLIONS = 1;

/** Row 7 of the budgets: stored readings judged a second by one ladder, on one core. */
export async function benchBacktest({ directory, rounds, progress }: BacktestOptions): Promise<Budget[]> {
  const one = await play(join(directory, 'backtest-1'), 1, rounds, progress);
  const four = await play(join(directory, 'backtest-4'), POINTS.length, rounds, progress);
  const perCore = (results: readonly BacktestResult[], of: 'readings' | 'values') =>
    results.map((result) => result[of] / result.cpuSeconds);
  const row = (name: string, results: readonly BacktestResult[]) => [
    name,
    Math.round(median(perCore(results, 'readings'))).toLocaleString('en'),
    Math.round(median(perCore(results, 'values'))).toLocaleString('en'),
    spread(perCore(results, 'values'), 0),
    Math.round(median(results.map(({ values, seconds }) => values / seconds))).toLocaleString('en'),
    (results[0]?.alarms ?? 0).toLocaleString('en'),
  ];
  printTable(
    `Backtest of ladders over ${VALUES.toLocaleString('en')} stored values of ${DEVICES} devices, medians`,
    ['', 'readings/s of a core', 'values/s of a core', 'least to most', 'values/s as it ran', 'alarms'],
    [row('one point in a reading', one), row(`${POINTS.length} points in a reading`, four)],
  );
  const rates = perCore(one, 'readings');
  const name = 'backtest of a ladder, readings/s on one core';
  const detail = spread(rates, 0);
  const budgets: Budget[] = [
    { name, value: median(rates) / 1e6, budget: BUDGET_MILLIONS, better: 'more', unit: ' million', detail },
  ];
  printBudgets(budgets);
  return budgets;
}

async function play(
  directory: string,
  points: number,
  repeats: number,
  progress: BacktestOptions['progress'],
): Promise<BacktestResult[]> {
  mkdirSync(directory, { recursive: true });
  const profiles = [profileEntry({ points, rates: false, interval: `${STEP_MS}ms` })];
  writeConfiguration(directory, { store: { kind: 'duckdb' }, profiles, site: siteEntry(DEVICES) });
  const rounds = VALUES / points / DEVICES;
  const plan: BacktestPlan = {
    write: true,
    configuration: configurationOf(directory),
    data: join(directory, 'data'),
    rounds,
    firstTs: Date.now() - rounds * STEP_MS,
    stepMs: STEP_MS,
    ...TRIPS,
  };
  const log = join(directory, 'backtest.log');
  await resultOf<object>('backtest-process.ts', plan, log);
  const results: BacktestResult[] = [];
  for (let round = 1; round <= repeats; round++) {
    const result = await resultOf<BacktestResult>('backtest-process.ts', { ...plan, write: false }, log);
    if (result.values !== VALUES) throw new Error(`${result.values} values of ${VALUES} were judged`);
    // Each device begins and ends one within each cycle, the first ones and the last ones perhaps in part.
    const expected = (DEVICES * rounds) / TRIPS.tripEvery;
    if (Math.abs(result.alarms - expected) > DEVICES)
      throw new Error(`${result.alarms} alarms, about ${expected} are right`);
    results.push(result);
    const rate = Math.round(result.values / result.cpuSeconds).toLocaleString('en');
    progress(`backtest ${round}/${repeats}, ${points} points in a reading: ${rate} values/s of a core`);
  }
  rmSync(directory, { recursive: true, force: true });
  return results;
}
