import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createFaultList, type Fault } from '../config/fault.ts';
import { createWallClock } from '../model/local-time.ts';
import { examine } from './examine.ts';
import type { TrialOutcome } from './outcome.ts';
import { readTrials, type TrialSources } from './read.ts';
import type { Rig } from './stage.ts';
import type { Trial } from './trial.ts';

/** Folders of a configuration that hold tests beside their rules. */
const FOLDERS = ['profiles', 'groups'];
const ENDING = '.test.yaml';

/** The tests of a configuration. */
export interface Suite {
  /** Relative to the configuration directory. */
  readonly files: readonly string[];
  readonly trials: readonly Trial[];
  /** What is wrong with the test files: a test with a fault is not among {@link trials}. */
  readonly faults: readonly Fault[];
  /** By file with faults: tests that cannot be run; a fault of the file itself counts as one. */
  readonly broken: ReadonlyMap<string, number>;
}

/** Reads every `*.test.yaml` beside the rules of a configuration directory. */
export function readSuite(directory: string, sources: TrialSources): Suite {
  const faults = createFaultList();
  const files: string[] = [];
  const trials: Trial[] = [];
  const broken = new Map<string, number>();
  for (const name of FOLDERS.flatMap((folder) => testFiles(directory, folder))) {
    files.push(name);
    const text = readText(join(directory, name));
    if (text === null) {
      faults
        .reporter(name)
        .error('FILE_UNREADABLE', [], null, 'cannot be read as UTF-8: check owner, mode and encoding');
      broken.set(name, 1);
      continue;
    }
    const read = readTrials({ name, text }, sources, (lineOf) => faults.reporter(name, { lineOf }));
    trials.push(...read.trials);
    if (read.broken > 0) broken.set(name, read.broken);
  }
  return { files, trials, faults: faults.sorted(), broken };
}

/** Runs tests one after the other. */
export function* runSuite(trials: readonly Trial[], sources: TrialSources): Generator<TrialOutcome> {
  const rig = rigOf(sources);
  for (const trial of trials) yield examine(trial, rig);
}

/** What a configuration says about judging and telling. */
export function rigOf({ configuration }: TrialSources): Rig {
  const { time, routing, timezone } = configuration;
  return { routing, wallClock: createWallClock(timezone), settings: time };
}

function readText(path: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch {
    return null;
  }
}

function testFiles(directory: string, folder: string): string[] {
  try {
    const names = readdirSync(join(directory, folder));
    return names
      .filter((name) => name.endsWith(ENDING))
      .map((name) => `${folder}/${name}`)
      .sort();
  } catch {
    // A configuration without this folder has no tests in it.
    return [];
  }
}
