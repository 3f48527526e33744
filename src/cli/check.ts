import type { Fault } from '../config/fault.ts';
import type { FindingSource } from '../config/findings/kind.ts';
import { codeOfNumber, FINDINGS, findingKind } from '../config/findings.ts';
import type { Tested } from '../config/lint/untested.ts';
import { type LoadedParts, loadConfiguration } from '../config/load.ts';
import type { Configuration } from '../model/configuration.ts';
import { systemClock } from '../runtime/clock.ts';
import { coverage } from '../trial/coverage.ts';
import { readSuite, runSuite } from '../trial/suite.ts';

export interface CheckOptions {
  /** Configuration directory. */
  readonly config: string;
  /** One JSON document instead of text. */
  readonly json?: boolean;
  /** Warnings fail the check too. */
  readonly strict?: boolean;
  /** Number of a finding, as `DL214`, or its code: print what it means, and check nothing. */
  readonly explain?: string;
}

/** What a command needs of the process. */
export interface CheckOutput {
  out(line: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const EXIT_USAGE = 2;

/**
 * `davylamp check`: prints everything that is wrong with a configuration, what is most likely wrong, and what it holds.
 *
 * @returns the exit code: 0 = it can be used (there may be warnings, unless `strict`), 1 = it cannot, 2 = used wrongly
 */
export async function check(options: CheckOptions, io: CheckOutput): Promise<number> {
  if (options.explain !== undefined) return explain(options.explain, options.json === true, io);
  const result = loadConfiguration(options.config, io.env, { now: systemClock.now(), tested });
  const configuration = 'configuration' in result ? result.configuration : null;
  const { findings } = result;
  const leftOut = 'leftOut' in result ? result.leftOut : [];
  const counts = {
    errors: findings.filter(({ severity }) => severity === 'error').length,
    warnings: findings.filter(({ severity, allowed }) => severity === 'warning' && allowed === undefined).length,
    notes: findings.filter(({ severity, allowed }) => severity === 'info' && allowed === undefined).length,
    allowed: findings.filter(({ allowed }) => allowed !== undefined).length,
  };
  const contents = configuration && summarise(configuration);
  if (options.json) {
    const faults = findings.map(withSource);
    io.out(JSON.stringify({ ok: configuration !== null, ...counts, leftOut, contents, faults }));
  } else {
    for (const line of faultLines(findings.filter(({ allowed }) => allowed === undefined))) io.out(line);
    if (contents) {
      const { version, ...held } = contents;
      const words = Object.entries(held).map(([name, count]) => `${count} ${name}`);
      io.out(`${options.config}: ${words.join(', ')}; version ${version}`);
    }
    if (leftOut.length > 0) io.out(leftOutLine(leftOut));
    io.out(countLine(counts));
  }
  return configuration && !(options.strict && counts.warnings > 0) ? 0 : 1;
}

/** What no rule test brings into force, and which fail. Variants, which take the longest, are left to `davylamp test`. */
function tested(configuration: Configuration, parts: LoadedParts): Tested {
  const sources = { configuration, ...parts };
  const suite = readSuite(configuration.directory, sources);
  const outcomes = [
    ...runSuite(
      suite.trials.map((trial) => ({ ...trial, variants: [] })),
      sources,
    ),
  ];
  const invalid = suite.faults.map(({ file, line, path, message }) => {
    return { file, line, message: `cannot be run: ${path}${path === '' ? '' : ': '}${message}` };
  });
  const failed = outcomes.flatMap(({ trial: { name, file, line }, failures: [first] }) =>
    first ? [{ file, line, message: `"${name}" fails: expected ${first.expected}, was ${first.was}` }] : [],
  );
  const { uncovered } = coverage(configuration.profiles.values(), outcomes, configuration.groups);
  return { untested: uncovered, failing: [...invalid, ...failed] };
}

function withSource(fault: Fault) {
  const { source } = findingKind(fault.code);
  return { ...fault, source: source?.text ?? null, verified: source ? source.basis === 'verified' : null };
}

const BASIS: Readonly<Record<FindingSource['basis'], string>> = {
  verified: 'verified: read in a text that quotes it',
  memory: 'from memory: check it in the standard',
  own: 'a default of this engine',
};

function explain(asked: string, json: boolean, io: CheckOutput): number {
  const wanted = asked.toUpperCase();
  const code = codeOfNumber(wanted) ?? wanted;
  const found = FINDINGS.find(([one]) => one === code);
  if (!found) {
    io.out(`there is no finding ${asked}: write a number as DL214; docs/findings.md lists them`);
    return EXIT_USAGE;
  }
  const [, { number, severity, explanation, source }] = found;
  if (json) {
    const verified = source ? source.basis === 'verified' : null;
    io.out(JSON.stringify({ number, code, severity, explanation, source: source?.text ?? null, verified }));
    return 0;
  }
  io.out(`${number} ${code} (${severity})`);
  io.out(explanation);
  if (source) io.out(`Source: ${source.text} (${BASIS[source.basis]})`);
  return 0;
}

/** Faults as lines for a person, grouped by file. */
export function faultLines(faults: readonly Fault[]): string[] {
  const lines: string[] = [];
  let file: string | null = null;
  for (const fault of faults) {
    if (fault.file !== file) lines.push(fault.file);
    file = fault.file;
    const place = [fault.line === null ? '' : `line ${fault.line}`, fault.path]
      .filter((part) => part !== '')
      .join('  ');
    const value = fault.value === null ? '' : ` = ${JSON.stringify(fault.value)}`;
    if (place !== '' || value !== '') lines.push(`  ${place}${value}`);
    lines.push(`    ${fault.severity} ${fault.number} ${fault.code}: ${fault.message}`);
  }
  return lines;
}

function leftOutLine(kinds: readonly string[]): string {
  const are = kinds.length === 1 ? 'kind of checks was' : 'kinds of checks were';
  return `${kinds.length} ${are} left out until the errors are mended: ${kinds.join(', ')}`;
}

/** `1 error, 2 warnings, 3 notes, 1 allowed`; notes and allowed ones only where there are some. */
function countLine({ errors, warnings, notes, allowed }: Readonly<Record<string, number>>): string {
  return [
    counted(errors ?? 0, 'error'),
    counted(warnings ?? 0, 'warning'),
    ...(notes ? [counted(notes, 'note')] : []),
    ...(allowed ? [`${allowed} allowed`] : []),
  ].join(', ');
}

function summarise(configuration: Configuration) {
  let points = 0;
  let limits = 0;
  let rules = 0;
  const sites = new Set<string>();
  for (const device of configuration.devices.values()) {
    sites.add(device.site);
    points += device.points.length;
    rules += device.rules.length;
    for (const point of device.points) limits += point.limits.length + point.rates.length;
  }
  return {
    version: configuration.version,
    sites: sites.size,
    devices: configuration.devices.size,
    profiles: configuration.profiles.size,
    points,
    limits,
    rules,
    receivers: configuration.routing.receivers.length,
    accounts: configuration.accounts.size,
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
