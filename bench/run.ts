/**
 * The performance budgets as benchmarks: see README.md in this folder.
 *
 *     npm run bench                              all
 *     npm run bench -- throughput --rounds 5     one of them
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { benchBacktest } from './backtest.ts';
import { CONTESTANTS, type ContestantId } from './contestant.ts';
import { benchLatency } from './latency.ts';
import { assertOnDisk, diskLine, machineLine } from './machine.ts';
import { installNodeRed } from './node-red.ts';
import { benchPoints } from './points.ts';
import { profileThroughput } from './profile.ts';
import { type Budget, isKept } from './report.ts';
import { benchRestart } from './restart.ts';
import { benchRules } from './rules.ts';
import { benchThroughput } from './throughput.ts';

const EXIT_MISSED = 1;
const EXIT_USAGE = 2;
const BENCHMARKS = ['throughput', 'latency', 'points', 'restart', 'rules', 'backtest', 'profile'] as const;
const USAGE = `usage: npm run bench -- [${BENCHMARKS.join('] [')}] [options]
  --rounds N       rounds of all but the latency, all contestants in each (default 3)
  --only A,B       contestants of the throughput: ${Object.keys(CONTESTANTS).join(', ')}
  --seconds N      measured time of the latency (default 30)
  --keep           leave logs and data where they are
`;

/** Those that a run without words plays. */
const BUDGETS: readonly Benchmark[] = ['throughput', 'latency', 'points', 'restart', 'rules', 'backtest'];

type Benchmark = (typeof BENCHMARKS)[number];

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', default: Object.keys(CONTESTANTS).join(',') },
      seconds: { type: 'string', default: '30' },
      keep: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  const seconds = Number(values.seconds);
  const only = values.only.split(',').filter((id): id is ContestantId => id in CONTESTANTS);
  const benchmarks = positionals.filter((word): word is Benchmark => BENCHMARKS.some((name) => name === word));
  const strange = benchmarks.length !== positionals.length || only.length !== values.only.split(',').length;
  if (strange || !(rounds >= 1) || !(seconds >= 1)) throw new Error('unknown benchmark, contestant or number');
  return {
    benchmarks: benchmarks.length > 0 ? benchmarks : BUDGETS,
    rounds,
    seconds,
    only,
    keep: values.keep,
  };
}

async function run(options: ReturnType<typeof readArguments>): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-bench-'));
  assertOnDisk(directory);
  const began = Date.now();
  const progress = (words: string) => void process.stderr.write(`${words}\n`);
  const budgets: Budget[] = [];
  process.stdout.write(`${machineLine()}; ${await diskLine(directory)}\n`);
  for (const benchmark of BENCHMARKS) {
    if (options.benchmarks.includes(benchmark))
      budgets.push(...(await play(benchmark, { ...options, directory, progress })));
  }
  process.stdout.write(`\n${Math.round((Date.now() - began) / 1000)} s, ${machineLine()}\n`);
  if (options.keep) process.stdout.write(`logs and data: ${directory}\n`);
  else rmSync(directory, { recursive: true, force: true });
  return budgets.every(isKept) ? 0 : EXIT_MISSED;
}

interface Settings {
  readonly directory: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly only: readonly ContestantId[];
  readonly progress: (words: string) => void;
}

async function play(benchmark: Benchmark, settings: Settings): Promise<readonly Budget[]> {
  switch (benchmark) {
    case 'throughput':
      if (settings.only.includes('nodeRed')) installNodeRed();
      return await benchThroughput(settings);
    case 'latency':
      return await benchLatency(settings);
    case 'points':
      return await benchPoints(settings);
    case 'restart':
      return await benchRestart(settings);
    case 'rules':
      await benchRules(settings);
      return [];
    case 'backtest':
      return await benchBacktest(settings);
    case 'profile':
      await profileThroughput(settings.directory);
      return [];
  }
}

let options: ReturnType<typeof readArguments> | null = null;
try {
  options = readArguments();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = EXIT_USAGE;
}
if (options) process.exitCode = await run(options);
