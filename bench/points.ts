import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startDavylamp } from './davylamp.ts';
import { type EngineResult, playEngine } from './engine-load.ts';
import { startLoad } from './load.ts';
import { machineBusySeconds } from './machine.ts';
import { monotonicMs } from './monotonic.ts';
import { type Budget, median, printBudgets, printTable, spread } from './report.ts';
import { POINTS, profileEntry, siteEntry } from './site.ts';

export interface PointsOptions {
  readonly directory: string;
  readonly rounds: number;
  readonly progress: (words: string) => void;
}

/** Devices of the two sites: 1,000 and 100,000 points. */
const SMALL = 250;
const LARGE = 25_000;
const CONNECTIONS = 50;
/** Source time between two readings of a device: a window of 60 s then holds 13 samples. */
const STEP_MS = 5000;
/** Messages, and readings of the rule engine alone, as readings of each device of the large site. */
const WARM_UP = 14;
const MEASURED = 8;
/** A window of 60 s holds 61 samples of a device that reports every second. */
const DENSE = { warmUp: 64, measured: 8, stepMs: 1000 };
const BUDGET_RATIO = 1.3;
const BUDGET_BYTES = 1536;

/** The whole program at one size. */
interface Run {
  readonly mainMicros: number;
  readonly allMicros: number;
  readonly otherCores: number;
}

interface Runs {
  readonly program: Run[];
  readonly engine: EngineResult[];
}

/** Rows 4 and 5 of the budgets: what a reading costs and what a point takes with 100,000 points. */
export async function benchPoints(options: PointsOptions): Promise<Budget[]> {
  const small: Runs = { program: [], engine: [] };
  const large: Runs = { program: [], engine: [] };
  for (let round = 1; round <= options.rounds; round++) {
    for (const [devices, runs] of [[SMALL, small] as const, [LARGE, large] as const]) {
      const directory = join(options.directory, `points-${devices}-${round}`);
      const run = await playProgram(directory, devices);
      const engine = await playAlone(directory, devices);
      runs.program.push(run);
      runs.engine.push(engine);
      rmSync(directory, { recursive: true, force: true });
      const words = `${run.mainMicros.toFixed(1)} µs a message, rules alone ${engine.nsPerValue.toFixed(0)} ns a value`;
      options.progress(`round ${round}/${options.rounds}  ${pointsOf(devices).padStart(14)}  ${words}`);
    }
  }
  const dense = await playEngine(join(options.directory, 'points-dense'), LARGE, DENSE);
  return report(small, large, dense);
}

/** The same number of messages on the same connections, whatever the number of devices. */
async function playProgram(directory: string, devices: number): Promise<Run> {
  mkdirSync(directory, { recursive: true });
  const store = { kind: 'duckdb' };
  const engine = await startDavylamp({ directory, store, profiles: [profileEntry()], site: siteEntry(devices) });
  const phases = [WARM_UP, MEASURED].map((readings) => (readings * LARGE) / CONNECTIONS);
  const firstTs = Date.now() - ((WARM_UP + MEASURED) * LARGE * STEP_MS) / devices;
  const each = { devicesPerConnection: devices / CONNECTIONS, firstTs, stepMs: STEP_MS };
  const plan = { port: engine.mqttPort, connections: CONNECTIONS, window: 128, phases, ...each };
  const load = await startLoad(plan, join(directory, 'load.log'));
  try {
    await load.play();
    await engine.stored();
    const cpu = engine.cpu();
    const busy = machineBusySeconds();
    const { messages, startedAt, cpuSeconds } = await load.play();
    await engine.stored();
    const { main, all } = engine.cpu();
    const seconds = (monotonicMs() - startedAt) / 1000;
    const readings = await engine.metric('davylamp_readings_total');
    const sent = (WARM_UP + MEASURED) * LARGE;
    if (readings !== sent) throw new Error(`${readings} readings of ${sent} messages; see ${directory}`);
    return {
      mainMicros: ((main - cpu.main) * 1e6) / messages,
      allMicros: ((all - cpu.all) * 1e6) / messages,
      otherCores: Math.max(0, machineBusySeconds() - busy - (all - cpu.all) - cpuSeconds) / seconds,
    };
  } finally {
    await load.stop();
    await engine.stop();
  }
}

async function playAlone(directory: string, devices: number): Promise<EngineResult> {
  const share = LARGE / devices;
  const plan = { warmUp: WARM_UP * share, measured: MEASURED * share, stepMs: STEP_MS };
  return await playEngine(directory, devices, plan);
}

function pointsOf(devices: number): string {
  return `${(devices * POINTS.length).toLocaleString('en')} points`;
}

function report(small: Runs, large: Runs, dense: EngineResult): Budget[] {
  const row = (devices: number, { program, engine }: Runs) => [
    pointsOf(devices),
    ...[
      median(program.map((run) => run.mainMicros)).toFixed(1),
      spread(
        program.map((run) => run.mainMicros),
        1,
      ),
      median(program.map((run) => run.allMicros)).toFixed(1),
      median(program.map((run) => run.otherCores)).toFixed(2),
      median(engine.map((run) => run.nsPerValue)).toFixed(0),
      spread(
        engine.map((run) => run.nsPerValue),
        0,
      ),
    ],
  ];
  printTable(
    'Cost of a reading of four values by the number of points configured, medians',
    ['', 'main µs', 'least to most', 'all µs', 'others', 'rules alone: ns a value', 'least to most'],
    [row(SMALL, small), row(LARGE, large)],
  );
  const bytes = (name: string, one: EngineResult) => [
    name,
    Math.round(one.stateBytes).toLocaleString('en'),
    Math.round(one.configurationBytes).toLocaleString('en'),
  ];
  const kept = large.engine.map(({ stateBytes }) => stateBytes);
  const sparse = large.engine[0];
  printTable(
    `Bytes for each of ${pointsOf(LARGE)}, windows full`,
    ['', 'rules', 'configuration'],
    [
      ...(sparse ? [bytes('reading every 5 s: 13 samples in a window', sparse)] : []),
      bytes('reading every second: 61 samples in a window', dense),
    ],
  );
  const ratios = large.program.map((run, round) => run.mainMicros / (small.program[round]?.mainMicros ?? Number.NaN));
  const alone = median(large.engine.map((run) => run.nsPerValue)) / median(small.engine.map((run) => run.nsPerValue));
  const budgets: Budget[] = [
    {
      name: 'cost of a reading, 100,000 points / 1,000 points',
      value: median(ratios),
      budget: BUDGET_RATIO,
      better: 'less',
      unit: '',
      detail: `${spread(ratios, 2)}; the rules alone ${alone.toFixed(2)}`,
    },
    {
      name: 'memory of a point with ladder and rate, at 100,000 points',
      value: median(kept),
      budget: BUDGET_BYTES,
      better: 'less',
      unit: ' bytes',
      detail: `${spread(kept, 0)}; 13 samples in each window`,
    },
  ];
  printBudgets(budgets);
  return budgets;
}
