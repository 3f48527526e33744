import { describe, expect, test } from 'vitest';
import { configurationOf, faultsOf, loadFiles } from './directory.ts';

const GOOD = 'id: stopped, when: "!pump", reason: no flow while the pump is stopped, owner: Li Wei';

const profile = (...entries: string[]) => ({
  'profiles/p.yaml': `profile: p
points:
  p: { type: number, limits: { L: { at: 2, tier: yellow } } }
  pump: { type: boolean }
suppress:
${entries.map((entry) => `  - { ${entry} }`).join('\n')}
`,
});

describe('suppress', () => {
  test('hides everything of the device up to yellow, unless told otherwise', () => {
    const { profiles } = configurationOf(
      loadFiles(profile(GOOD, `${GOOD}, points: [p], max: 8h`.replace('stopped,', 'b,'))),
    );
    expect(profiles.get('p')?.suppressions).toMatchObject([
      { id: 'stopped', upTo: 'yellow', hides: [{ point: null, rule: null }], maxMs: null, approvedBy: null },
      { id: 'b', hides: [{ point: 'p', rule: null }], maxMs: 28_800_000 },
    ]);
  });

  test.each<[string, string, string]>([
    ['no reason', 'id: a, when: "!pump", owner: Li Wei', 'MISSING_KEY suppress[0].reason'],
    [
      'an empty reason',
      GOOD.replace('no flow while the pump is stopped', '"  -  "'),
      'SUPPRESSION_UNFOUNDED suppress[0]',
    ],
    ['red by one person', `${GOOD}, upTo: red`, 'SUPPRESSION_UNAPPROVED suppress[0].approvedBy'],
    [
      'red by one person twice',
      `${GOOD}, upTo: red, approvedBy: "li  WEI"`,
      'SUPPRESSION_UNAPPROVED suppress[0].approvedBy',
    ],
    ['no condition', GOOD.replace('!pump', 'p + 1'), 'EXPRESSION_INVALID suppress[0].when'],
    ['an unknown point', `${GOOD}, points: [q]`, 'POINT_UNKNOWN suppress[0].points'],
    ['an unknown rule', `${GOOD}, rules: [p.rising]`, 'RULE_UNKNOWN suppress[0].rules'],
  ])('refuses %s', (_, entry, fault) => {
    expect(faultsOf(loadFiles(profile(entry))).map(({ code, path }) => `${code} ${path}`)).toEqual([fault]);
  });

  test('takes red that a second person has approved', () => {
    const faults = faultsOf(loadFiles(profile(`${GOOD}, upTo: red, approvedBy: Wang Fang`)));
    expect(faults.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});
