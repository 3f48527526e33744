import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CONNECTIONS, CONTESTANTS, type Contestant, type ContestantId, type UnderTest } from './contestant.ts';
import { type PhaseResult, startLoad } from './load.ts';
import { machineBusySeconds } from './machine.ts';
import { monotonicMs } from './monotonic.ts';
import type { CpuSeconds } from './program.ts';
import { type Budget, median, printBudgets, printTable, spread } from './report.ts';
import { STEP_MS } from './site.ts';

/** One contestant in one round. */
interface Run {
  readonly handledPerSecond: number;
  readonly acknowledgedPerSecond: number;
  /** Processor time for each message, in microseconds: what a busy machine changes least. */
  readonly mainMicros: number;
  readonly allMicros: number;
  /** Cores that everybody else had meanwhile: InfluxDB where one is used, and what disturbs. */
  readonly otherCores: number;
}

type Runs = Record<ContestantId, Run[]>;

export interface ThroughputOptions {
  readonly directory: string;
  readonly rounds: number;
  readonly only: readonly ContestantId[];
  readonly progress: (words: string) => void;
}

/** Messages of one connection without acknowledgement. */
const WINDOW = 128;
/** What the last contestant left behind in caches and compactions shall not be paid by the next one. */
const PAUSE_MS = 1000;

/** Rows 1 and 2 of the budgets: messages fully handled, against the least that is durable and against Node-RED. */
export async function benchThroughput(options: ThroughputOptions): Promise<Budget[]> {
  const runs = Object.fromEntries(options.only.map((id) => [id, []])) as unknown as Runs;
  for (let round = 1; round <= options.rounds; round++) {
    for (const id of options.only) {
      const run = await playOnce(CONTESTANTS[id], join(options.directory, `${id}-${round}`));
      runs[id].push(run);
      const rate = `${Math.round(run.handledPerSecond).toLocaleString('en')} msg/s`;
      options.progress(`round ${round}/${options.rounds}  ${CONTESTANTS[id].name.padEnd(22)} ${rate.padStart(15)}`);
      await delay(PAUSE_MS);
    }
  }
  report(options.only, runs);
  const budgets: Budget[] = [];
  const { davylamp, durable, nodeRed } = runs;
  if (davylamp && durable) budgets.push(ratio('Davylamp / least durable', davylamp, durable, 0.5));
  if (davylamp && nodeRed) budgets.push(ratio('Davylamp / Node-RED 4', davylamp, nodeRed, 4));
  printBudgets(budgets);
  return budgets;
}

async function playOnce(contestant: Contestant, directory: string): Promise<Run> {
  mkdirSync(directory, { recursive: true });
  const program = await contestant.start(directory);
  try {
    const run = await measure(contestant, program, directory);
    await program.stop();
    const rows = await program.rows();
    const expected = (contestant.warmUp + contestant.measured) * CONNECTIONS;
    if (rows !== null && rows !== expected) {
      throw new Error(`${contestant.name}: ${rows} rows stored of ${expected} acknowledged; see ${directory}`);
    }
    rmSync(directory, { recursive: true, force: true });
    return run;
  } finally {
    await program.stop();
    await program.close();
  }
}

async function measure(contestant: Contestant, program: UnderTest, directory: string): Promise<Run> {
  const phases = [contestant.warmUp, contestant.measured];
  const firstTs = Date.now() - (contestant.warmUp + contestant.measured) * STEP_MS;
  const each = { devicesPerConnection: 1, firstTs, stepMs: STEP_MS };
  const plan = { port: program.mqttPort, connections: CONNECTIONS, window: WINDOW, phases, ...each };
  const load = await startLoad(plan, join(directory, 'load.log'));
  try {
    const warm = await load.play();
    await program.handled(warm.messages);
    const cpu = program.cpu();
    const busy = machineBusySeconds();
    const phase = await load.play();
    await program.handled(warm.messages + phase.messages);
    const handledAt = monotonicMs();
    const { main, all } = program.cpu();
    const used = { main: main - cpu.main, all: all - cpu.all };
    return runOf(phase, handledAt, used, machineBusySeconds() - busy);
  } finally {
    await load.stop();
  }
}

function runOf(phase: PhaseResult, handledAt: number, cpu: CpuSeconds, busySeconds: number): Run {
  const seconds = (handledAt - phase.startedAt) / 1000;
  return {
    handledPerSecond: phase.messages / seconds,
    acknowledgedPerSecond: (phase.messages * 1000) / (phase.ackedAt - phase.startedAt),
    mainMicros: (cpu.main * 1e6) / phase.messages,
    allMicros: (cpu.all * 1e6) / phase.messages,
    otherCores: Math.max(0, busySeconds - cpu.all - phase.cpuSeconds) / seconds,
  };
}

/** Each round's own ratio, then the median: what slows the machine for a while slows both. */
function ratio(name: string, ours: readonly Run[], theirs: readonly Run[], atLeast: number): Budget {
  const ratios = ours.map((run, round) => run.handledPerSecond / (theirs[round]?.handledPerSecond ?? Number.NaN));
  const byMainThread = median(theirs.map((run) => run.mainMicros)) / median(ours.map((run) => run.mainMicros));
  const detail = `${spread(ratios, 2)}; by processor time of the main thread ${byMainThread.toFixed(2)}`;
  return { name, value: median(ratios), budget: atLeast, better: 'more', unit: '', detail };
}

function report(ids: readonly ContestantId[], runs: Runs): void {
  const rows = ids.map((id) => {
    const handled = runs[id].map((run) => run.handledPerSecond);
    const column = (pick: (run: Run) => number, digits: number) => median(runs[id].map(pick)).toFixed(digits);
    return [
      CONTESTANTS[id].name,
      Math.round(median(handled)).toLocaleString('en'),
      spread(handled, 0),
      Math.round(median(runs[id].map((run) => run.acknowledgedPerSecond))).toLocaleString('en'),
      column((run) => run.mainMicros, 1),
      column((run) => run.allMicros, 1),
      column((run) => run.otherCores, 2),
      CONTESTANTS[id].counts,
    ];
  });
  const head = [
    '',
    'msg/s handled',
    'least to most',
    'acknowledged/s',
    'main µs',
    'all µs',
    'others',
    'what is counted',
  ];
  printTable('QoS 1 throughput: 100 connections, four values a message, medians', head, rows);
}
