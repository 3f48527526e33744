import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createFaultList } from '../../../src/config/fault.ts';
import type { LoadResult } from '../../../src/config/load.ts';
import { RULE_KINDS } from '../../../src/model/rule.ts';
import { readTrials } from '../../../src/trial/read.ts';
import { runSuite } from '../../../src/trial/suite.ts';
import { configurationOf, GOOD_SECRET, lines, loadFiles } from './directory.ts';

/** Examples of the README that begin with their place in a configuration, as `# profiles/x.yaml: a device class`, by place. */
function examples(): Record<string, string> {
  const text = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const blocks = [...text.matchAll(/^```yaml\n(# ([a-z-]+(?:\/[a-z.-]+)?\.yaml)[:\n][\s\S]*?)^```$/gm)];
  return Object.fromEntries(blocks.map(([, body = '', name = '']) => [name, body]));
}

const files = examples();
const load = (): LoadResult => loadFiles(files, { DAVYLAMP_COMMAND_CENTRE_SECRET: GOOD_SECRET });

describe('the configuration of the README', () => {
  test('is found', () => {
    expect(Object.keys(files).sort()).toEqual([
      'davylamp.yaml',
      'devices/depot.yaml',
      'devices/wujin-gas.yaml',
      'groups/depot.yaml',
      'profiles/gas-leak-detector.test.yaml',
      'profiles/gas-leak-detector.yaml',
      'profiles/transfer-tank.yaml',
      'routes.yaml',
    ]);
  });

  test('has no errors, and no warning but that it is thinly tested', () => {
    const found = lines(load()).filter((line) => !/^(PROFILE|CONDITION|GROUP)_UNTESTED\?/.test(line));
    expect(found).toEqual([]);
  });

  test('has a rule of every kind', () => {
    const profile = configurationOf(load()).profiles.get('transfer-tank');
    const rates = profile?.points.flatMap((point) => point.rates.map(({ direction }) => direction));
    expect(rates).toEqual(['falling']);
    const kinds = new Set(profile?.rules.map(({ spec }) => spec.kind));
    expect(RULE_KINDS.filter((kind) => !kinds.has(kind))).toEqual(['rising', 'falling', 'changing']);
    expect(profile?.points.flatMap((point) => point.limits.map(({ name }) => name))).toEqual(['H']);
    expect(profile?.calculated.map(({ id }) => id)).toEqual(['flowPerTurn']);
    expect(profile).toMatchObject({ absent: { tier: 'yellow' }, clock: { tier: 'blue' } });
  });

  test('passes its test', () => {
    const loaded = load();
    if ('faults' in loaded) throw new Error(lines(loaded).join('\n'));
    const sources = { configuration: loaded.configuration, ...loaded.parts };
    const faults = createFaultList();
    const name = 'profiles/gas-leak-detector.test.yaml';
    const { trials } = readTrials({ name, text: files[name] ?? '' }, sources, (lineOf) =>
      faults.reporter(name, { lineOf }),
    );
    expect(faults.sorted()).toEqual([]);
    expect([...runSuite(trials, sources)].map(({ failures }) => failures)).toEqual([[]]);
  });
});
