import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configurationReference, REFERENCE_PATH } from '../../../scripts/configuration-reference.ts';

test('docs/configuration.md is what the schemas say (npx tsx scripts/configuration-reference.ts makes it anew)', () => {
  expect(readFileSync(REFERENCE_PATH, 'utf8')).toBe(configurationReference());
});

test('the reference explains every key', () => {
  const unexplained = configurationReference()
    .split('\n')
    .filter((line) => /^\| `.*\| (\*\*Required\.\*\* )?\|$/.test(line));
  expect(unexplained).toEqual([]);
});
