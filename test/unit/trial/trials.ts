import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Fault } from '../../../src/config/fault.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { TrialOutcome } from '../../../src/trial/outcome.ts';
import { readSuite, runSuite } from '../../../src/trial/suite.ts';

/** One point with a whole ladder, delays, a deadband, a latch and a rate; one of each other type. */
export const VESSEL = `
profile: vessel
reporting: { interval: 1s }
absent: { after: 60s, tier: blue }
points:
  pressure:
    type: number
    unit: kPa
    range: [0, 10]
    limits:
      LL: { at: 1, deadband: 0.2, onDelay: 2s, offDelay: 7s, tier: orange }
      L: { at: 2, deadband: 0.2, onDelay: 3s, tier: yellow }
      H: { at: 6, deadband: 0.3, onDelay: 3s, offDelay: 5s, tier: yellow }
      HH: { at: 8, deadband: 0.5, onDelay: 1s, offDelay: 5s, tier: orange, latch: true }
    rate:
      rising: { by: 6, over: 20s, minSamples: 5, tier: orange }
      falling: { by: 6, over: 20s, minSamples: 5, onDelay: 2s, tier: orange }
    why: { cause: a, consequence: b, action: c, responseTime: 10m }
  open: { type: boolean }
  mode: { type: string }
`;

export const ROUTES = `
receivers:
  centre: { webhook: { url: "https://centre.example/a", secret: "\${CENTRE_SECRET}" } }
  duty: { webhook: { url: "\${DUTY_URL}", secret: "\${DUTY_SECRET}" } }
routes:
  - { match: { tier: [red, orange] }, to: [centre, duty] }
  - { to: [duty] }
`;

const DEVICES = `
site: plant
devices:
  - { id: v1, profile: vessel }
  - { id: v2, profile: vessel, limits: { pressure: { H: { at: 5, change: MOC-1 } } } }
`;

/** Files of a configuration with the vessel, two devices and two receivers. */
export function vesselFiles(tests: string): Record<string, string> {
  return {
    'profiles/vessel.yaml': VESSEL,
    'devices/plant.yaml': DEVICES,
    'routes.yaml': ROUTES,
    'profiles/vessel.test.yaml': tests,
  };
}

/** Runs `work` in a directory with these files, which is removed again. */
export async function inDirectory<T>(
  files: Record<string, string>,
  work: (directory: string) => T | Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-trial-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Reads and runs the tests of a directory. */
export function runDirectory(directory: string): { outcomes: TrialOutcome[]; faults: readonly Fault[] } {
  const loaded = loadConfiguration(directory, {}, { secrets: 'optional' });
  if ('faults' in loaded) throw new Error(loaded.faults.map(({ message }) => message).join('\n'));
  const sources = { configuration: loaded.configuration, ...loaded.parts };
  const suite = readSuite(directory, sources);
  return { outcomes: [...runSuite(suite.trials, sources)], faults: suite.faults };
}

/** Runs the items of one test on a made-up vessel, sampled each second. */
export async function runVessel(...lines: string[]): Promise<{ outcomes: TrialOutcome[]; faults: readonly Fault[] }> {
  const body = lines.map((line) => `    ${line}`).join('\n');
  const tests = `tests:\n  - name: of a vessel\n    device: { profile: vessel, id: v }\n${body}\n`;
  return inDirectory(vesselFiles(tests), runDirectory);
}

/** The failures of {@link runVessel}: expected and was. */
export async function failuresOf(...lines: string[]): Promise<string[]> {
  const { outcomes, faults } = await runVessel(...lines);
  if (faults.length > 0) throw new Error(faults.map(({ path, message }) => `${path}: ${message}`).join('\n'));
  return outcomes.flatMap(({ failures }) => failures.map(({ expected, was }) => `${expected} | ${was}`));
}
