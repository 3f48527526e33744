import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { test as run, type TestOptions } from '../../../src/cli/test.ts';
import { inDirectory, vesselFiles } from './trials.ts';

const PASSES = `
tests:
  - name: climbs to H
    device: { profile: vessel, id: v }
    feed: { pressure: [hold 4 10s, hold 6.5 10s] }
    notified: [{ at: 13s, tier: yellow }]
  - name: stays calm
    device: plant/v1
    feed: { pressure: [hold 4 10s] }
    notified: []
`;

const FAILS = `
tests:
  - name: climbs too late
    device: { profile: vessel, id: v }
    feed: { pressure: [hold 4 10s, hold 6.5 10s] }
    expect:
      - { at: 12s, pressure: H, tier: yellow }
    notified: [{ at: 14s, tier: yellow }]
  - name: stays calm
    device: plant/v1
    feed: { pressure: [hold 4 10s] }
    notified: []
`;

/** The files, and how the command is called in their directory. */
interface Call extends Partial<Omit<TestOptions, 'config'>> {
  readonly files: Record<string, string>;
  readonly signal?: AbortSignal;
  readonly isTTY?: boolean;
}

function call(directory: string, { files: _, signal = new AbortController().signal, isTTY = false, ...options }: Call) {
  const lines: string[] = [];
  const errors: string[] = [];
  const io = {
    out: (line: string) => lines.push(line.replaceAll(directory, 'DIR')),
    err: (line: string) => errors.push(line),
    signal,
    isTTY,
    env: {},
  };
  return { lines, errors, code: run({ config: directory, ...options }, io) };
}

async function davylampTest(options: Call) {
  return inDirectory(options.files, async (directory) => {
    const { lines, errors, code } = call(directory, options);
    return { code: await code, lines, errors, text: lines.join('\n') };
  });
}

describe('davylamp test', () => {
  test('says what passed, by file', async () => {
    const { code, lines } = await davylampTest({ files: vesselFiles(PASSES) });
    expect(lines).toEqual(['DIR/profiles/vessel.test.yaml: 2 passed', '2 passed']);
    expect(code).toBe(0);
  });

  test('shows where, what was expected, what was, and what the rules made of it', async () => {
    const { code, lines } = await davylampTest({ files: vesselFiles(FAILS) });
    expect(code).toBe(1);
    expect(lines).toEqual([
      'FAIL climbs too late',
      '  DIR/profiles/vessel.test.yaml:3',
      '  at 12s  DIR/profiles/vessel.test.yaml:7',
      '    expected  at: 12s, pressure: H, tier: yellow',
      '    was       no such alarm; pressure 6.5 kPa good',
      '      10s pressure.H: value 6.5 good, 6.5 against 6: tripped, inactive to pendingOn, delay over at 13s',
      '      11s pressure.H: value 6.5 good, 6.5 against 6: tripped, still pendingOn, delay over at 13s',
      '      12s pressure.H: value 6.5 good, 6.5 against 6: tripped, still pendingOn, delay over at 13s',
      '  DIR/profiles/vessel.test.yaml:8',
      '    expected  notified exactly so (1)',
      '    was       1 events that differ',
      '      - at: 14s, tier: yellow',
      '      + 13s raised yellow pressure.H of site/v, to duty',
      '',
      'DIR/profiles/vessel.test.yaml: 1 passed, 1 failed',
      '1 passed, 1 failed',
    ]);
  });

  test('fails for a test file that is not UTF-8', async () => {
    await inDirectory(vesselFiles(PASSES), async (directory) => {
      writeFileSync(join(directory, 'profiles/other.test.yaml'), Buffer.from([0xff, 0xfe]));
      const { lines, code } = call(directory, { files: {} });
      expect(await code).toBe(1);
      expect(lines.slice(0, 2).join(' ')).toMatch(/profiles\/other\.test\.yaml .*FILE_UNREADABLE/);
    });
  });

  test('colours what a terminal shows', async () => {
    const { text } = await davylampTest({ files: vesselFiles(FAILS), isTTY: true });
    expect(text).toContain('\u001b[31mFAIL\u001b[39m climbs too late');
  });

  test('runs the tests whose name contains a text', async () => {
    expect((await davylampTest({ files: vesselFiles(FAILS), name: 'STAYS' })).lines.at(-1)).toBe('1 passed');
    const none = await davylampTest({ files: vesselFiles(FAILS), name: 'sinks' });
    expect(none).toMatchObject({ code: 1, lines: ['no test of 2 has "sinks" in its name'] });
  });

  test('fails where there are no tests, and says how to write one', async () => {
    const { 'profiles/vessel.test.yaml': _, ...files } = vesselFiles('');
    const { code, text } = await davylampTest({ files });
    expect(code).toBe(1);
    expect(text).toMatch(/no tests found: write DIR\/profiles\/name-of-the-profile.test.yaml/);
  });

  test('fails where the configuration cannot be used', async () => {
    const { code, text } = await davylampTest({ files: { ...vesselFiles(PASSES), 'routes.yaml': 'rotues: []' } });
    expect(code).toBe(1);
    expect(text).toContain('UNKNOWN_KEY');
  });

  test('writes one JSON document for machines', async () => {
    const { lines } = await davylampTest({ files: vesselFiles(FAILS), json: true, coverage: true });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      ok: false,
      passed: 1,
      failed: 1,
      files: ['profiles/vessel.test.yaml'],
      faults: [],
      tests: [
        {
          name: 'climbs too late',
          file: 'profiles/vessel.test.yaml',
          line: 3,
          ok: false,
          failures: [
            { kind: 'expect', at: 12_000, line: 7, expected: 'at: 12s, pressure: H, tier: yellow' },
            { kind: 'notified', line: 8, diff: [{ mark: '-' }, { mark: '+' }] },
          ],
        },
        { name: 'stays calm', ok: true, failures: [] },
      ],
      coverage: { conditions: 7 },
    });
  });

  test('lists what no test brings into force, and fails for it', async () => {
    const { code, lines } = await davylampTest({ files: vesselFiles(PASSES), coverage: true });
    expect(code).toBe(1);
    expect(lines.slice(1)).toEqual([
      'vessel pressure.LL (limit): no test brings it into force',
      'vessel pressure.L (limit): no test brings it into force',
      'vessel pressure.HH (limit): no test brings it into force',
      'vessel pressure.rising (rate): no test brings it into force',
      'vessel pressure.falling (rate): no test brings it into force',
      'vessel absent (absence): no test brings it into force',
      'coverage: 1 of 7 limits, rates, rules, silences and groups',
      '2 passed',
    ]);
  });

  test('writes JUnit XML that says which test of which file failed, and why', async () => {
    const tests = FAILS.replace('climbs too late', 'climbs < "H" & \\x07late').replace('name: climbs', 'name: "climbs');
    const named = tests.replace('late\n', 'late"\n').replace('"H"', '\\"H\\"');
    const xml = await inDirectory(vesselFiles(named), async (directory) => {
      const file = join(directory, 'junit.xml');
      expect(await call(directory, { files: {}, junit: file }).code).toBe(1);
      return readFileSync(file, 'utf8');
    });
    expect(xml).toContain('<testsuites name="davylamp" tests="2" failures="1" errors="0">');
    expect(xml).toContain('name="climbs &lt; &quot;H&quot; &amp;  late" classname="profiles/vessel.test.yaml"');
    expect(xml).toContain('<failure message="at 12s: expected at: 12s, pressure: H, tier: yellow; was no such alarm');
    expect(xml).toContain('    <testcase name="stays calm" classname="profiles/vessel.test.yaml"/>');
  });

  test.each<[TestOptions | object, RegExp]>([
    [{ coverage: true, name: 'x' }, /needs every test/],
    [{ watch: true, json: true }, /is for people/],
  ])('is used wrongly with %j', async (options, message) => {
    const { code, errors } = await davylampTest({ files: vesselFiles(PASSES), ...options });
    expect(code).toBe(2);
    expect(errors.join('\n')).toMatch(message);
  });

  test('runs again when a file changes, until it is interrupted', async () => {
    await inDirectory(vesselFiles(FAILS), async (directory) => {
      const abort = new AbortController();
      const { lines, code } = call(directory, { files: {}, watch: true, signal: abort.signal });
      await vi.waitFor(() => expect(lines.at(-1)).toMatch(/^watching/), 20_000);
      expect(lines).toContain('1 passed, 1 failed');
      writeFileSync(join(directory, 'profiles/vessel.test.yaml'), PASSES);
      await vi.waitFor(() => expect(lines).toContain('2 passed'), 20_000);
      abort.abort();
      expect(await code).toBe(0);
    });
  });
});

describe('a test file with faults', () => {
  test.each<[string, string, string]>([
    ['an unknown key', 'tests:\n  - { name: a, fed: {} }', 'line 2  tests[0].fed'],
    ['no device', 'tests:\n  - { name: a, notified: [] }', 'line 2  tests[0].device'],
    ['an unknown device', 'tests:\n  - { name: a, device: plant/v9, notified: [] }', 'tests[0].device = "plant/v9"'],
    [
      'an unknown profile',
      'tests:\n  - { name: a, device: { profile: pot }, notified: [] }',
      'tests[0].device.profile',
    ],
    [
      'an impossible override',
      'tests:\n  - { name: a, device: { profile: vessel, limits: { pressure: { H: { at: 9 } } } }, notified: [] }',
      'tests[0].device.limits.pressure.H.at = 9',
    ],
    [
      'an unknown point',
      'tests:\n  - { name: a, device: plant/v1, feed: { presure: [hold 1 1s] }, notified: [] }',
      'tests[0].feed.presure = "presure"',
    ],
    [
      'a timeline that cannot be read',
      'tests:\n  - name: a\n    device: plant/v1\n    feed:\n      pressure:\n        - hold 1 1s\n        - hold on\n    notified: []',
      'line 7  tests[0].feed.pressure[1] = "hold on"',
    ],
    [
      'a misspelt condition, which would be a false calm',
      'tests:\n  - { name: a, device: plant/v1, expect: [{ at: 1s, alarm: pressure.HHH, none: true }] }',
      'tests[0].expect[0].alarm = "pressure.HHH"',
    ],
    [
      'a limit that the point has not',
      'tests:\n  - { name: a, device: plant/v1, expect: [{ at: 1s, open: H }] }',
      'tests[0].expect[0].open = "H"',
    ],
    [
      'a misspelt key',
      'tests:\n  - { name: a, device: plant/v1, expect: [{ at: 1s, pressure: H, teir: red }] }',
      'tests[0].expect[0].teir = "red"',
    ],
    [
      'an unknown state',
      'tests:\n  - { name: a, device: plant/v1, expect: [{ at: 1s, pressure: H, state: unacked }] }',
      'tests[0].expect[0].state = "unacked"',
    ],
    [
      'a calm with a tier',
      'tests:\n  - { name: a, device: plant/v1, expect: [{ at: 1s, none: true, tier: red }] }',
      'tests[0].expect[0].tier',
    ],
    [
      'an expectation of nothing',
      'tests:\n  - { name: a, device: plant/v1, expect: [{ at: 1s }] }',
      'line 2  tests[0].expect[0]',
    ],
    [
      'an unknown receiver',
      'tests:\n  - { name: a, device: plant/v1, notified: [{ at: 1s, to: [center] }] }',
      'tests[0].notified[0].to = "center"',
    ],
    [
      'a shuffle beyond the lateness',
      'tests:\n  - { name: a, device: plant/v1, notified: [], also: [{ shuffleWithin: 11s }] }',
      'tests[0].also[0].shuffleWithin = "11s"',
    ],
    [
      'two variants in one item',
      'tests:\n  - { name: a, device: plant/v1, notified: [], also: [{ crashAt: 1s, duplicate: 10% }] }',
      'tests[0].also[0]',
    ],
    [
      'nothing to prove',
      'tests:\n  - { name: a, device: plant/v1, feed: { pressure: [hold 4 1s] } }',
      'tests[0] = "a"',
    ],
    ['nothing at all', '', 'must be a mapping with tests'],
  ])('tells of %s, and fails', async (_, tests, expected) => {
    const good = 'tests:\n  - { name: calm, device: plant/v1, feed: { pressure: [hold 4 1s] }, notified: [] }';
    const files = { ...vesselFiles(good), 'profiles/broken.test.yaml': tests };
    const { code, text } = await davylampTest({ files });
    expect(code).toBe(1);
    expect(text).toContain('profiles/broken.test.yaml');
    expect(text).toContain(expected);
    expect(text).toMatch(/broken\.test\.yaml: 0 passed, 1 failed\n(?:.*\n)*1 passed, 1 failed$/);
  });
});
