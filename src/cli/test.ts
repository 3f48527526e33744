import { watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { loadConfiguration } from '../config/load.ts';
import { AppError } from '../model/error.ts';
import { type Coverage, coverage } from '../trial/coverage.ts';
import type { TrialOutcome } from '../trial/outcome.ts';
import type { TrialSources } from '../trial/read.ts';
import { COLOURED, junitXml, outcomeLines, PLAIN } from '../trial/report.ts';
import { readSuite, runSuite, type Suite } from '../trial/suite.ts';
import { faultLines } from './check.ts';
import type { CommandIo } from './io.ts';

export interface TestOptions {
  /** Configuration directory. */
  readonly config: string;
  /** Only tests whose name contains this, in any case. */
  readonly name?: string | undefined;
  /** One JSON document instead of text. */
  readonly json?: boolean;
  /** Where to write JUnit XML. */
  readonly junit?: string;
  /** List what no test brings into force, and fail if there is something. */
  readonly coverage?: boolean;
  /** Run again whenever the configuration changes, until interrupted. */
  readonly watch?: boolean;
}

/** What the command needs of the process. */
export type TestIo = Pick<CommandIo, 'out' | 'err' | 'signal' | 'isTTY' | 'env'>;

const EXIT_USAGE = 2;
/** An editor writes a file in several steps, and several files at once. */
const SETTLE_MS = 150;
/** With many tests, a sign of life so often. */
const PROGRESS_EVERY = 100;
const CONFIGURATION_FILE = /\.(?:ya?ml|csv)$/;
const WATCHED_FOLDERS = ['', 'profiles', 'devices', 'groups'];

/**
 * `davylamp test`: runs the rule tests beside the rules.
 *
 * @returns the exit code: 0 = all pass, 1 = some fail, cannot be read or are missing, 2 = used wrongly
 */
export async function test(options: TestOptions, io: TestIo): Promise<number> {
  if (options.coverage && options.name !== undefined) {
    io.err('--coverage needs every test: leave out the name');
    return EXIT_USAGE;
  }
  if (options.watch && options.json) {
    io.err('--watch is for people: leave out --json');
    return EXIT_USAGE;
  }
  if (!options.watch) return runOnce(options, io);
  return runOnChange(options, io);
}

async function runOnce(options: TestOptions, io: TestIo): Promise<number> {
  const loaded = loadConfiguration(options.config, io.env, { secrets: 'optional' });
  if ('faults' in loaded) {
    if (options.json) io.out(JSON.stringify({ ok: false, faults: loaded.faults, passed: 0, failed: 0, tests: [] }));
    else for (const line of faultLines(loaded.faults)) io.out(line);
    return 1;
  }
  const sources: TrialSources = { configuration: loaded.configuration, ...loaded.parts };
  const suite = readSuite(options.config, sources);
  const wanted = options.name?.toLowerCase() ?? '';
  const trials = suite.trials.filter(({ name }) => name.toLowerCase().includes(wanted));
  const outcomes: TrialOutcome[] = [];
  for (const outcome of runSuite(trials, sources)) {
    outcomes.push(outcome);
    if (outcomes.length % PROGRESS_EVERY === 0) io.err(`… ${outcomes.length} of ${trials.length} tests`);
    // Ctrl-C is heard between tests.
    await setImmediate();
    if (io.signal.aborted) return 1;
  }
  const covered = options.coverage
    ? coverage(loaded.configuration.profiles.values(), outcomes, loaded.configuration.groups)
    : null;
  if (options.junit !== undefined) {
    const broken = suite.faults.map(({ file, line, message }) => ({ file, message: `line ${line}: ${message}` }));
    writeReport(options.junit, junitXml(outcomes, broken, options.config));
  }
  const failed = outcomes.filter(({ failures }) => failures.length > 0);
  const missing = covered?.uncovered.length ?? 0;
  const ok = failed.length === 0 && suite.faults.length === 0 && outcomes.length > 0 && missing === 0;
  if (options.json) io.out(JSON.stringify(documentOf(ok, outcomes, suite, covered)));
  else for (const line of summaryLines(options, outcomes, suite, covered, io.isTTY)) io.out(line);
  return ok ? 0 : 1;
}

function writeReport(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw new AppError('REPORT_UNWRITABLE', `${path} cannot be written: give another file with --junit`, { cause });
  }
}

function documentOf(ok: boolean, outcomes: readonly TrialOutcome[], suite: Suite, covered: Coverage | null) {
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  return {
    ok,
    passed: outcomes.length - failed,
    failed: failed + brokenIn(suite),
    files: suite.files,
    faults: suite.faults,
    tests: outcomes.map(({ trial: { name, file, line }, failures }) => {
      return { name, file, line, ok: failures.length === 0, failures };
    }),
    ...(covered ? { coverage: covered } : {}),
  };
}

function summaryLines(
  options: TestOptions,
  outcomes: readonly TrialOutcome[],
  suite: Suite,
  covered: Coverage | null,
  isTTY: boolean,
): string[] {
  const paint = isTTY ? COLOURED : PLAIN;
  const lines = faultLines(suite.faults);
  for (const outcome of outcomes) {
    if (outcome.failures.length > 0) lines.push(...outcomeLines(outcome, options.config, paint), '');
  }
  for (const file of suite.files) {
    const own = outcomes.filter(({ trial }) => trial.file === file);
    const passed = own.filter(({ failures }) => failures.length === 0).length;
    const failed = own.length - passed + (suite.broken.get(file) ?? 0);
    if (passed + failed > 0) lines.push(`${join(options.config, file)}: ${countText(passed, failed, paint)}`);
  }
  if (covered) {
    for (const { profile, name, kind } of covered.uncovered) {
      lines.push(paint.bad(`${profile} ${name} (${kind}): no test brings it into force`));
    }
    const { conditions, uncovered } = covered;
    lines.push(`coverage: ${conditions - uncovered.length} of ${conditions} limits, rates, rules, silences and groups`);
  }
  const failed = outcomes.filter(({ failures }) => failures.length > 0).length;
  if (outcomes.length === 0) lines.push(whyNone(options, suite));
  else lines.push(countText(outcomes.length - failed, failed + brokenIn(suite), paint));
  return lines;
}

/** Tests that have faults and count as failed: what is not run proves nothing. */
function brokenIn({ broken }: Suite): number {
  return [...broken.values()].reduce((sum, count) => sum + count, 0);
}

function countText(passed: number, failed: number, paint: typeof PLAIN): string {
  const good = paint.good(`${passed} passed`);
  return failed === 0 ? good : `${good}, ${paint.bad(`${failed} failed`)}`;
}

function whyNone({ config, name }: TestOptions, suite: Suite): string {
  if (suite.trials.length > 0) return `no test of ${suite.trials.length} has "${name}" in its name`;
  if (suite.files.length > 0) return 'no tests found: the test files hold none that can be read';
  return `no tests found: write ${join(config, 'profiles', 'name-of-the-profile.test.yaml')}, see "Test your rules" in the README`;
}

/** Runs at once and after every change, until the signal. */
async function runOnChange(options: TestOptions, io: TestIo): Promise<number> {
  let timer: NodeJS.Timeout | null = null;
  let changed = false;
  let wake = () => {};
  const onChange = (_: string, name: string | null) => {
    // A report that is written beside the rules must not start the next run.
    if (name !== null && !CONFIGURATION_FILE.test(name)) return;
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => {
      changed = true;
      wake();
    }, SETTLE_MS);
  };
  const watchers = WATCHED_FOLDERS.flatMap((folder) => {
    try {
      return [watch(join(options.config, folder), onChange)];
    } catch {
      // Nothing in a folder that is not there can change.
      return [];
    }
  });
  io.signal.addEventListener('abort', () => wake(), { once: true });
  let code = 0;
  while (!io.signal.aborted) {
    changed = false;
    code = await runOnce(options, io);
    io.out('watching for changes; Ctrl-C ends');
    await new Promise<void>((resolve) => {
      wake = resolve;
      if (changed || io.signal.aborted) resolve();
    });
  }
  if (timer) clearTimeout(timer);
  for (const watcher of watchers) watcher.close();
  return code;
}
