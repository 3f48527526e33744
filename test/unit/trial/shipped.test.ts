import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/config/load.ts';
import { coverage } from '../../../src/trial/coverage.ts';
import { readSuite, runSuite } from '../../../src/trial/suite.ts';

const DIRECTORY = new URL('../../../config', import.meta.url).pathname;

describe('the rule tests that ship', () => {
  const loaded = loadConfiguration(DIRECTORY, {}, { secrets: 'optional' });
  if ('faults' in loaded) throw new Error(JSON.stringify(loaded.faults));
  const { configuration, parts } = loaded;
  const sources = { configuration, ...parts };
  const suite = readSuite(DIRECTORY, sources);
  const outcomes = [...runSuite(suite.trials, sources)];

  test('can be read', () => {
    expect(suite.faults).toEqual([]);
  });

  test.each(outcomes.map((outcome) => [outcome.trial.name, outcome] as const))('%s', (_, { failures }) => {
    expect(failures).toEqual([]);
  });

  test('bring every limit, rate, rule and silence of the profiles into force', () => {
    expect(coverage(configuration.profiles.values(), outcomes, configuration.groups).uncovered).toEqual([]);
  });
});
