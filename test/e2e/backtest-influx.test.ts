import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BacktestReport } from '../../src/backtest/report.ts';
import { addBacktestOptions, type BacktestOptions, backtest } from '../../src/cli/backtest.ts';
import { loadConfiguration } from '../../src/config/load.ts';
import { createInfluxStore } from '../../src/store/influx.ts';
import { type InfluxServer, startInfluxServer } from '../helpers/influx-server.ts';
import { buildReading } from '../helpers/readings.ts';

const profile = (id: string) => `
profile: ${id}
reporting: { interval: 10s }
points:
  pressure: { type: number, range: [0, 10], limits: { H: { at: 6, deadband: 0.1, tier: yellow } } }
`;
const IDS = ['a', 'b', 'c', 'd', 'e'];
let server: InfluxServer;
let root: string;

beforeAll(async () => {
  server = await startInfluxServer();
  root = mkdtempSync(join(tmpdir(), 'davylamp-backtest-influx-'));
  for (const part of ['profiles', 'devices']) mkdirSync(join(root, part));
  for (const id of IDS) writeFileSync(join(root, `profiles/${id}.yaml`), profile(id));
  const devices = IDS.map((id) => `  - { id: ${id}1, profile: ${id} }`);
  writeFileSync(join(root, 'devices/plant.yaml'), ['site: plant', 'devices:', ...devices].join('\n'));
  const settings = `store: { kind: influxdb, influxdb: { url: "${server.url}", database: backtest } }`;
  writeFileSync(join(root, 'davylamp.yaml'), settings);
});

afterAll(async () => {
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

test('judges what InfluxDB keeps, of more profiles than it answers scans at once', async () => {
  const loaded = loadConfiguration(root, {});
  if ('faults' in loaded) throw new Error(JSON.stringify(loaded.faults));
  const { profiles, devices, store } = loaded.configuration;
  if (!store.influxdb) throw new Error('no InfluxDB configured');
  const log = pino({ level: 'silent' });
  const influx = createInfluxStore({ settings: store.influxdb, profiles, retentionMs: null, deadlineMs: 20_000, log });
  await influx.start();
  const start = Math.floor(Date.now() / 1000) * 1000 - 3_600_000;
  const readings = [4, 7, 7, 4].flatMap((pressure, i) =>
    [...devices.values()].map((device) =>
      buildReading(device, { values: { pressure }, ts: start + i * 10_000, receivedAt: start + i * 10_000 }),
    ),
  );
  await influx.write(readings);
  await influx.stop();

  const lines: string[] = [];
  const errors: string[] = [];
  const command = addBacktestOptions(new Command()).action(async (options: BacktestOptions) => {
    const io = { out: (line: string) => lines.push(line), err: (line: string) => errors.push(line), env: {} };
    expect(await backtest(options, { ...io, signal: new AbortController().signal })).toBe(0);
  });
  await command.parseAsync(['--config', root, '--json'], { from: 'user' });
  expect(errors).toEqual([]);
  const { result } = JSON.parse(lines.join('')) as BacktestReport;
  const seen = result.alarms.map(({ device, raisedAt, returnedAt }) => [
    device,
    raisedAt - start,
    (returnedAt ?? 0) - start,
  ]);
  expect(seen).toEqual(IDS.map((id) => [`plant/${id}1`, 10_000, 30_000]));
});
