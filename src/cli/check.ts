import type { Fault } from '../config/fault.ts';
import { loadConfiguration } from '../config/load.ts';
import type { Configuration } from '../model/configuration.ts';

export interface CheckOptions {
  /** Configuration directory. */
  readonly config: string;
  /** One JSON document instead of text. */
  readonly json?: boolean;
}

/** What a command needs of the process. */
export interface CheckOutput {
  out(line: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * `davylamp check`: prints everything that is wrong with a configuration, or what it holds.
 *
 * @returns the exit code: 0 = it can be used (there may be warnings), 1 = it cannot
 */
export async function check(options: CheckOptions, io: CheckOutput): Promise<number> {
  const result = loadConfiguration(options.config, io.env);
  const configuration = 'configuration' in result ? result.configuration : null;
  const faults = 'configuration' in result ? result.warnings : result.faults;
  const errors = faults.filter((fault) => fault.severity === 'error').length;
  const warnings = faults.length - errors;
  const contents = configuration && summarise(configuration);
  if (options.json) {
    io.out(JSON.stringify({ ok: configuration !== null, errors, warnings, contents, faults }));
  } else {
    for (const line of faultLines(faults)) io.out(line);
    if (contents) {
      const { version, ...counts } = contents;
      const held = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
      io.out(`${options.config}: ${held.join(', ')}; version ${version}`);
    }
    io.out(`${counted(errors, 'error')}, ${counted(warnings, 'warning')}`);
  }
  return configuration ? 0 : 1;
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
    lines.push(`    ${fault.severity} ${fault.code}: ${fault.message}`);
  }
  return lines;
}

function summarise(configuration: Configuration) {
  let points = 0;
  let limits = 0;
  const sites = new Set<string>();
  for (const device of configuration.devices.values()) {
    sites.add(device.site);
    points += device.points.length;
    for (const point of device.points) limits += point.limits.length + point.rates.length;
  }
  return {
    version: configuration.version,
    sites: sites.size,
    devices: configuration.devices.size,
    profiles: configuration.profiles.size,
    points,
    limits,
    receivers: configuration.receivers.length,
    accounts: configuration.accounts.size,
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
