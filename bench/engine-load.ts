import { join } from 'node:path';
import { configurationOf, writeConfiguration } from './davylamp.ts';
import { benchProgram, startProgram } from './program.ts';
import { type ProfileChanges, profileEntry, siteEntry } from './site.ts';

/** What `engine-process.ts` is to do. */
export interface EnginePlan {
  /** Configuration directory. */
  readonly configuration: string;
  /** Readings of each device. */
  readonly warmUp: number;
  readonly measured: number;
  /** Source milliseconds between two readings of a device. */
  readonly stepMs: number;
}

export interface EngineResult {
  readonly points: number;
  /** Processor time for each value, garbage collection included. */
  readonly nsPerValue: number;
  /** Bytes for each point, of the configuration and of what the rules keep beside it. */
  readonly configurationBytes: number;
  readonly stateBytes: number;
}

/** Writes the configuration of a site and lets the rule engine alone judge it, in a process of its own. */
export async function playEngine(
  directory: string,
  devices: number,
  plan: Omit<EnginePlan, 'configuration'>,
  changes: ProfileChanges = {},
): Promise<EngineResult> {
  writeConfiguration(directory, {
    store: { kind: 'duckdb' },
    profiles: [profileEntry(changes)],
    site: siteEntry(devices),
  });
  const whole: EnginePlan = { ...plan, configuration: configurationOf(directory) };
  return await resultOf<EngineResult>('engine-process.ts', whole, join(directory, 'engine.log'), ['--expose-gc']);
}

/** Runs a program of this folder that prints one JSON document and ends. */
export async function resultOf<Result>(
  file: string,
  plan: object,
  logFile: string,
  nodeOptions: readonly string[] = [],
): Promise<Result> {
  const [node = '', ...rest] = benchProgram(file, JSON.stringify(plan));
  const program = await startProgram({
    command: [node, ...nodeOptions, ...rest],
    logFile,
    ready: (line) => (line.startsWith('{') ? (JSON.parse(line) as Result) : null),
  });
  await program.stop();
  return program.ready;
}
