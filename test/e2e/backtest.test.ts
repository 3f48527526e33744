import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BacktestReport } from '../../src/backtest/report.ts';
import { addBacktestOptions, type BacktestOptions, backtest } from '../../src/cli/backtest.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createDuckDbStore } from '../../src/store/duckdb.ts';
import type { ReadingStore } from '../../src/store/port.ts';
import { buildReading } from '../helpers/readings.ts';

const profile = (id: string, point: string) => `
profile: ${id}
reporting: { interval: 10s }
absent: { after: 60s, tier: blue }
points:
  ${point}:
    type: number
    unit: kPa
    range: [0, 10]
    limits:
      H: { at: 6, deadband: 0.1, tier: yellow }
      HH: { at: 8, deadband: 0.1, tier: yellow }
`;

const FILES = {
  'profiles/vessel.yaml': profile('vessel', 'pressure'),
  'profiles/line.yaml': profile('line', 'flow'),
  'profiles/tank.yaml': profile('tank', 'level'),
  'devices/plant.yaml': `
site: plant
devices:
  - { id: v1, profile: vessel }
  - { id: v2, profile: vessel }
  - { id: l1, profile: line }
  - { id: t1, profile: tank }
`,
};

const STEP_MS = 10_000;
const START = Date.UTC(2026, 10, 1);
/** What `pressure` of v1 reads: twice above H, and between them just below it. */
const PRESSURE = [4, 4, 6.2, 6.2, 5.8, 6.3, 6.3, 4, 4, 8.5, 4, 4];

let root: string;
let other: string;
let config: string;
let data: string;
let store: ReadingStore;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'davylamp-backtest-'));
  config = join(root, 'config');
  other = join(root, 'other');
  data = join(root, 'data');
  for (const folder of [config, other]) {
    for (const part of ['profiles', 'devices']) mkdirSync(join(folder, part), { recursive: true });
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  }
  writeFileSync(join(other, 'profiles/vessel.yaml'), profile('vessel', 'pressure').replace('at: 8', 'at: 9'));
  mkdirSync(data);
  const loaded = loadConfiguration(config, {});
  if ('faults' in loaded) throw new Error(JSON.stringify(loaded.faults));
  const { profiles, devices } = loaded.configuration;
  store = createDuckDbStore({
    file: join(data, 'readings.duckdb'),
    profiles,
    clock: systemClock,
    log: pino({ level: 'silent' }),
  });
  await store.start();
  const readings = PRESSURE.flatMap((pressure, i) =>
    [...devices.values()].map((device) => {
      const value = device.id === 'v1' ? pressure : 4;
      const ts = START + i * STEP_MS;
      const values = Object.fromEntries(device.profile.points.map(({ id }) => [id, value]));
      return buildReading(device, { values, ts, receivedAt: ts + 100 });
    }),
  );
  await store.write(readings);
  await store.stop();
}, 60_000);

afterAll(() => rmSync(root, { recursive: true, force: true }));

async function call(args: readonly string[], signal = new AbortController().signal) {
  const fromFile = args.includes('--csv') || args.includes('--parquet');
  const place = fromFile ? [] : ['--data', data];
  const lines: string[] = [];
  const errors: string[] = [];
  let code = -1;
  const command = addBacktestOptions(new Command()).action(async (options: BacktestOptions) => {
    const io = { out: (line: string) => lines.push(line), err: (line: string) => errors.push(line), signal, env: {} };
    code = await backtest(options, io);
  });
  await command.parseAsync(['--config', config, ...place, '--from', '2026-10-31', ...args], { from: 'user' });
  return { code, text: lines.join('\n'), errors: errors.join('\n') };
}

async function report(...args: string[]): Promise<BacktestReport> {
  const { text, errors } = await call([...args, '--json']);
  expect(errors).toBe('');
  return JSON.parse(text) as BacktestReport;
}

const second = (time: number | null) => (time === null ? null : (time - START) / 1000);

describe('davylamp backtest', () => {
  test('judges the store: alarms with times, tier, peak and counts', async () => {
    const { result, span, readings, values, devices } = await report();
    const alarms = result.alarms.map((one) => [
      one.device,
      one.condition,
      second(one.raisedAt),
      second(one.returnedAt),
      one.peak,
    ]);
    expect(alarms).toEqual([
      ['plant/v1', 'pressure.H', 20, 40, 6.2],
      ['plant/v1', 'pressure.H', 50, 70, 6.3],
      ['plant/v1', 'pressure.HH', 90, 100, 8.5],
    ]);
    expect(result.byTier).toEqual({ blue: 0, yellow: 3, orange: 0, red: 0 });
    expect(span).toEqual({ from: START, to: START + 110_000 });
    expect({ readings, values, devices }).toEqual({ readings: 48, values: 48, devices: 4 });
  });

  test('silence runs out until the end that is asked for', async () => {
    const { result } = await report('--to', '2026-11-01T01:00:00Z');
    const silent = result.alarms.filter(({ condition }) => condition.startsWith('absent'));
    // That of a whole site is told once.
    expect(silent.length).toBeGreaterThan(0);
    expect(second(silent[0]?.raisedAt ?? null)).toBe(170);
    expect(silent.every(({ returnedAt }) => returnedAt === null)).toBe(true);
  });

  test('judges only the devices and points that are asked for', async () => {
    expect((await report('--device', 'plant/l1')).readings).toBe(12);
    expect((await report('--device', 'plant', '--profile', 'tank', '--profile', 'line')).readings).toBe(24);
    expect((await report('--point', 'flow')).result.alarms).toEqual([]);
  });

  test('--set: what a deadband merges and a delay moves', async () => {
    const { change } = await report('--set', 'pressure.H.deadband=0.5');
    expect(change?.result.alarms.map(({ raisedAt, returnedAt }) => [second(raisedAt), second(returnedAt)])).toEqual([
      [20, 70],
      [90, 100],
    ]);
    expect(change?.difference).toMatchObject({ kept: 2, removed: [], added: [], delay: null });
    expect(change?.difference.merged).toHaveLength(1);
    const delayed = await report('--set', 'pressure.H.onDelay=8s');
    expect(delayed.change?.difference).toMatchObject({ kept: 3, delay: { meanMs: 8_000, maxMs: 8_000 } });
  });

  test('--against: another configuration', async () => {
    const { change } = await report('--against', other);
    expect(change?.difference).toMatchObject({ kept: 3, added: [], removed: [], merged: [] });
    expect(change?.result.alarms.map(({ condition }) => condition)).toEqual(Array(3).fill('pressure.H'));
  });

  test('a table gives what the store gives', async () => {
    const csv = join(root, 'readings.csv');
    const rows = PRESSURE.map((value, i) => `${START + i * STEP_MS},plant,v1,${value},x`);
    writeFileSync(csv, ['ts,site,device,pressure,note', ...rows].join('\n'));
    const fromTable = await report('--csv', csv, '--ignore', 'note');
    const fromStore = await report('--device', 'plant/v1');
    expect(fromTable.result.alarms).toEqual(fromStore.result.alarms);
    expect(fromTable.unheard).toEqual(['plant/v2', 'plant/l1', 'plant/t1']);
    expect((await call(['--csv', csv])).errors).toContain('TABLE_COLUMN_UNKNOWN');
  });

  test.each([
    [
      'columns',
      'ts,site,device,pressure,flow',
      (at: string, pressure: number) => [`${at},plant,v1,${pressure},`, `${at},plant,l1,,4`],
    ],
    [
      'rows',
      'ts,site,device,point,value',
      (at: string, pressure: number) => [`${at},plant,v1,pressure,${pressure}`, `${at},plant,l1,flow,4`],
    ],
  ])('a table of two device classes by %s, in the time of the site', async (_, header, rowsOf) => {
    const csv = join(root, 'classes.csv');
    const local = (i: number) => new Date(START + i * STEP_MS + 8 * 3_600_000).toISOString().slice(0, -1);
    writeFileSync(csv, [header, ...PRESSURE.flatMap((value, i) => rowsOf(local(i), value))].join('\n'));
    const { result, readings, unheard, assumptions } = await report('--csv', csv);
    expect(result.alarms.map(({ raisedAt }) => second(raisedAt))).toEqual([20, 50, 90]);
    expect({ readings, unheard }).toEqual({ readings: 24, unheard: ['plant/v2', 'plant/t1'] });
    expect(assumptions.join()).toContain('times of the table that name no zone are of Asia/Shanghai');
  });

  test('prints tables for people', async () => {
    const { text, code } = await call(['--set', 'pressure.H.onDelay=8s']);
    expect(code).toBe(0);
    expect(text).toContain('Later (2)');
    expect(text).toMatch(/vessel +pressure\.HH? +\d+ +\d+ +1\n/);
    expect(text).toMatch(/By point and condition\n +profile +condition +before +after +devices/);
    expect(text).toMatch(/2026-11-01 \d\d:00:20 +2026-11-01 \d\d:00:28 +8 s +yellow +plant\/v1 +pressure\.H/);
    expect(text).toMatch(/time in flood .* ISA-18.2-2016, from memory/);
    expect(text).toContain('operators acknowledge at once');
  });

  test('writes a page that needs nothing else', async () => {
    const html = join(root, 'report.html');
    const { code } = await call(['--html', html, '--against', other]);
    expect(code).toBe(0);
    const page = readFileSync(html, 'utf8');
    expect(page).toContain('<svg');
    expect(page).toContain('pressure.HH, yellow');
    expect(page).not.toMatch(/(src|href)=|url\(|@import|<script/);
  });

  test('--fail-above fails where there are more calls', async () => {
    const failed = await call(['--fail-above', '1']);
    expect(failed.code).toBe(1);
    expect(failed.errors).toMatch(/[\d.]+ calls per operator hour are more than --fail-above 1$/);
    expect((await call(['--fail-above', '1000'])).code).toBe(0);
  });

  test.each([
    [['--set', 'pressure.H'], 'SETTING_INVALID'],
    [['--set', 'pressure.L.at=1'], 'SETTING_UNKNOWN'],
    [['--set', 'pressure.H.at=9'], 'SETTING_UNSOUND'],
    [['--set', 'pressure.H.at=5', '--against', 'x'], 'USAGE'],
    [['--from', 'once'], 'INSTANT_INVALID'],
    [['--from', '1d', '--to', '2d'], 'USAGE'],
    [['--operators', '0'], 'USAGE'],
    [['--device', 'plant/v9'], 'USAGE'],
    [['--profile', 'v9'], 'USAGE'],
    [['--point', 'v9'], 'USAGE'],
    [['--arrival', 'never'], 'USAGE'],
    [['--csv', 'x.csv', '--data', 'data'], 'USAGE'],
  ])('%j is used wrongly', async (args, code) => {
    const answer = await call(args);
    expect(answer.code).toBe(2);
    expect(answer.errors).toContain(code);
  });

  test('finds out before the work that a report cannot be written', async () => {
    const answers = [await call(['--html', join(root, 'none', 'report.html')]), await call(['--html', root])];
    for (const { code, errors, text } of answers) {
      expect({ code, text }).toEqual({ code: 1, text: '' });
      expect(errors).toMatch(/^REPORT_UNWRITABLE: /);
    }
  });

  test('says so where there are no readings', async () => {
    const { code, errors } = await call(['--to', '2026-10-31T12:00:00Z']);
    expect(code).toBe(1);
    expect(errors).toContain('no readings');
  });

  test('while the engine has the store it says so, and when it is cancelled it ends', async () => {
    await store.start();
    try {
      expect(await call([])).toMatchObject({ code: 1, errors: expect.stringMatching(/STORE_IN_USE.*--data/) });
    } finally {
      await store.stop();
    }
    expect(await call([], AbortSignal.abort())).toMatchObject({
      code: 1,
      errors: expect.stringContaining('SCAN_CANCELLED'),
    });
  });
});
