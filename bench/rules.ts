import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, installPackages } from './cached-packages.ts';
import { playEngine, resultOf } from './engine-load.ts';
import { median, printTable, spread } from './report.ts';
import { POINTS } from './site.ts';

/** What `json-rules-process.ts` is to do. */
export interface JsonRulesPlan {
  /** Where the package is installed. */
  readonly folder: string;
  readonly devices: number;
  /** Readings of each device. */
  readonly warmUp: number;
  readonly measured: number;
}

export interface JsonRulesResult {
  readonly nsPerValue: number;
}

export interface RulesOptions {
  readonly directory: string;
  readonly rounds: number;
  readonly progress: (words: string) => void;
}

const PACKAGE = 'json-rules-engine@7.3.1';
const DEVICES = 100;
const OURS = { warmUp: 2000, measured: 10_000, stepMs: 1000 };
const THEIRS = { warmUp: 20, measured: 100 };

/** The ladders of 100 devices, four limits for each of four points, in memory: for the record, no budget. */
export async function benchRules({ directory: parent, rounds, progress }: RulesOptions): Promise<void> {
  const directory = join(parent, 'rules');
  mkdirSync(directory, { recursive: true });
  const folder = cacheFolder('json-rules-engine');
  installPackages(folder, [PACKAGE]);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const own = await playEngine(directory, DEVICES, OURS, { onDelay: '0s', rates: false });
    const plan: JsonRulesPlan = { folder, devices: DEVICES, ...THEIRS };
    const other = await resultOf<JsonRulesResult>('json-rules-process.ts', plan, join(directory, 'json-rules.log'));
    ours.push(1e9 / own.nsPerValue);
    theirs.push(1e9 / other.nsPerValue);
    progress(`rules ${round}/${rounds}: ${perSecond(own.nsPerValue)} against ${perSecond(other.nsPerValue)} values/s`);
  }
  const row = (name: string, values: readonly number[], what: string) => [
    name,
    Math.round(median(values)).toLocaleString('en'),
    spread(values, 0),
    what,
  ];
  const ratios = ours.map((values, round) => values / (theirs[round] ?? Number.NaN));
  printTable(
    `Four limits for each of ${DEVICES * POINTS.length} points, in memory: values a second of processor time`,
    ['', 'values/s', 'least to most', 'what it does with them'],
    [
      row('Davylamp', ours, 'quality, deadband, delays, silence, state of every alarm'),
      row(PACKAGE, theirs, 'compares; no state'),
    ],
  );
  process.stdout.write(`ratio ${median(ratios).toFixed(0)} (${spread(ratios, 0)}); for the record, no budget\n`);
}

function perSecond(nsPerValue: number): string {
  return Math.round(1e9 / nsPerValue).toLocaleString('en');
}
