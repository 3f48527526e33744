import { describe, expect, test } from 'vitest';
import { type CheckOptions, check } from '../../../src/cli/check.ts';
import { inDirectory, vesselFiles } from '../trial/trials.ts';
import { FIXTURES, GOOD_SECRET, loadFiles } from './directory.ts';

const env = { CC_SECRET: GOOD_SECRET, INFLUX_PASSWORD: 'x', DAVYLAMP_COMMAND_CENTRE_SECRET: GOOD_SECRET };
const SHIPPED = new URL('../../../config', import.meta.url).pathname;

async function runWith(options: CheckOptions) {
  const out: string[] = [];
  const code = await check(options, { out: (line) => out.push(line), env });
  return { code, out };
}

async function run(name: string, json = false) {
  return await runWith({ config: FIXTURES + name, json });
}

describe('davylamp check', () => {
  test('says what a good configuration holds, and what to think about', async () => {
    const { code, out } = await run('annotated-good');
    expect(code).toBe(0);
    expect(out).toContain('  line 17  points.outletPressure.rate.falling.over = 60');
    expect(out.filter((line) => line.startsWith('    ')).map((line) => line.trim().split(':')[0])).toEqual([
      'warning DL280 PROFILE_UNTESTED',
      'warning DL221 LOSS_UNTOLD',
      'warning DL209 RATE_TOO_FEW_SAMPLES',
      'warning DL310 OVERRIDE_UNREFERENCED',
    ]);
    expect(out.at(-2)).toMatch(
      /1 sites, 1 devices, 1 profiles, 1 points, 5 limits, 0 rules, 1 receivers, 0 accounts; version /,
    );
    expect(out.at(-1)).toBe('0 errors, 4 warnings');
  });

  test('groups the faults of a bad one by file and fails', async () => {
    const { code, out } = await run('overrides-bad');
    expect(code).toBe(1);
    expect(out.filter((line) => !line.startsWith(' '))).toEqual([
      'profiles/gas-regulator-cabinet.yaml',
      'devices/site.yaml',
      '3 kinds of checks were left out until the errors are mended: routes, rule tests, unused allowances',
      '8 errors, 5 warnings, 2 notes',
    ]);
  });

  test('writes one JSON document for machines', async () => {
    const { code, out } = await run('overrides-bad', true);
    expect(code).toBe(1);
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0] ?? '')).toMatchObject({
      ok: false,
      errors: 8,
      warnings: 5,
      notes: 2,
      leftOut: ['routes', 'rule tests', 'unused allowances'],
      contents: null,
      faults: expect.arrayContaining([
        {
          file: 'devices/site.yaml',
          path: 'devices[0].limits.outletPressure.H.at',
          line: 3,
          value: 4.5,
          code: 'LIMIT_ORDER',
          message: expect.stringContaining('LL < L < H < HH'),
          severity: 'error',
          number: 'DL201',
          source: 'ISA-18.2-2016 / IEC 62682:2014, rationalisation',
          verified: false,
        },
      ]),
    });
  });

  test('fails of warnings only when it is told to be strict', async () => {
    expect((await runWith({ config: `${FIXTURES}annotated-good` })).code).toBe(0);
    expect((await runWith({ config: `${FIXTURES}annotated-good`, strict: true })).code).toBe(1);
  });

  test('has nothing to say about the configuration that ships but what is explained where it stands', async () => {
    const { code, out } = await runWith({ config: SHIPPED, strict: true });
    expect(out.slice(0, -2)).toEqual([]);
    expect(out.at(-1)).toMatch(/^0 errors, 0 warnings, [0-9]+ allowed$/);
    expect(code).toBe(0);
    const { faults } = JSON.parse((await runWith({ config: SHIPPED, json: true })).out[0] ?? '');
    for (const { allowed } of faults) expect(allowed.length).toBeGreaterThan(20);
  });

  test('explains a finding by its number or its code, with its source', async () => {
    const { code, out } = await runWith({ config: SHIPPED, explain: 'dl601' });
    expect(code).toBe(0);
    expect(out[0]).toBe('DL601 CEILING_COMBUSTIBLE_1 (warning)');
    expect(out[1]).toContain('25 %LEL');
    expect(out[2]).toBe('Source: GB/T 50493-2019, 5.5.2 (verified: read in a text that quotes it)');
    expect((await runWith({ config: SHIPPED, explain: 'CEILING_COMBUSTIBLE_1' })).out).toEqual(out);
    const json = (await runWith({ config: SHIPPED, explain: 'DL214', json: true })).out[0] ?? '';
    expect(JSON.parse(json)).toMatchObject({ number: 'DL214', code: 'ABSENT_SLOW', verified: false });
  });

  test('says so when there is no such finding', async () => {
    const { code, out } = await runWith({ config: SHIPPED, explain: 'DL999' });
    expect(code).toBe(2);
    expect(out[0]).toContain('there is no finding DL999');
  });

  test('judges everything where nothing but a secret is missing', () => {
    const files = {
      'profiles/p.yaml': `profile: p
points:
  x: { type: number, unit: '%', range: [0, 100], limits: { H: { at: 50, deadband: 0, tier: blue } } }`,
      'devices/s.yaml': `site: s
devices:
  - { id: a, profile: p, limits: { x: { H: { at: 40, change: MOC-1 } } } }
  - { id: b, profile: p, limits: { x: { H: { deadband: 0, change: MOC-1 } } } }`,
      'routes.yaml': `receivers: { r: { webhook: { url: 'https://x.example/', secret: "\${S}" } } }
routes: [{ to: [r], match: { tier: [red] } }]`,
    };
    const { findings } = loadFiles(files);
    expect(findings.map(({ code, path }) => `${code} ${path}`)).toEqual(
      expect.arrayContaining(['ENV_MISSING receivers.r.webhook.secret', 'ROUTE_WITHOUT_ALARM routes[0]']),
    );
    expect(loadFiles(files)).toMatchObject({ leftOut: [] });
    // Of the profile, and where a device writes it again; not of the device that writes another key.
    expect(findings.flatMap(({ code, path }) => (code === 'DEADBAND_NONE' ? path : []))).toEqual([
      'points.x.limits.H.deadband',
      'devices[1].limits.x.H.deadband',
    ]);
  });

  test('tells a faulty deadband of a profile once, not for every device that changes something else', () => {
    const { findings } = loadFiles({
      'profiles/p.yaml': `profile: p
points:
  x: { type: number, unit: '%', range: [0, 100], limits: { H: { at: 50, deadband: -1, tier: blue } } }`,
      'devices/s.yaml': `site: s
devices: [{ id: a, profile: p, limits: { x: { H: { at: 40 } } } }, { id: b, profile: p, limits: { x: { H: { at: 30 } } } }]`,
    });
    const errors = findings.flatMap(({ severity, file, code }) => (severity === 'error' ? `${code} ${file}` : []));
    expect(errors).toEqual(['DEADBAND_NEGATIVE profiles/p.yaml']);
  });

  test('names the rule tests that fail or cannot be run', async () => {
    const tests = `tests:
  - name: climbs too late
    device: { profile: vessel, id: v }
    feed: { pressure: [hold 4 10s, hold 6.5 10s] }
    notified: []
  - name: of nobody
    device: nowhere/x
    feed: { pressure: [hold 4 10s] }
    notified: []
`;
    const { code, out } = await inDirectory(vesselFiles(tests), (config) => runWith({ config, strict: true }));
    const told = out.filter((line) => line.includes('DL809 TEST_FAILS'));
    expect(told).toHaveLength(2);
    expect(told[0]).toContain('"climbs too late" fails: expected');
    expect(told[1]).toContain('cannot be run: tests[1].device');
    expect(out).toContain('profiles/vessel.test.yaml');
    expect(code).toBe(1);
  });

  test('warns of groups that no rule test covers', async () => {
    const { out } = await run('groups-good');
    expect(out.join('\n')).toContain('no rule test brings HH of chem/T101-gas into force');
  });

  test('warns of a directory without devices', async () => {
    const { code, out } = await inDirectory({ 'davylamp.yaml': 'timezone: UTC' }, (config) => runWith({ config }));
    expect(out.join('\n')).toContain('warning DL303 DEVICES_NONE');
    expect(code).toBe(0);
  });

  test('says what to do about a unit without quotes', () => {
    const { findings } = loadFiles({ 'profiles/p.yaml': 'profile: p\npoints: { x: { type: number, unit: %LEL } }' });
    expect(findings).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ line: 2, message: 'put a text that begins with %, @ or ` in quotes' }),
      ]),
    );
  });
});
