import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectSocket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterEach, expect, test } from 'vitest';
import { addSimulateOptions, type SimulateOptions, simulate } from '../../src/cli/simulate.ts';

interface SeenReading {
  readonly device: string;
  readonly ts: number;
  readonly seq: number;
  readonly values: Readonly<Record<string, unknown>>;
  readonly historical?: boolean;
  /** The message it came in held a batch. */
  readonly batch: boolean;
}

interface LedgerLine {
  readonly event: 'S' | 'A';
  readonly device: string;
  readonly seq: number;
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-simulate-'));
  closing.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connectSocket(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** A real broker that is not ours. */
async function startMosquitto(port: number, more = ['allow_anonymous true']): Promise<ChildProcess> {
  const file = join(temporaryDirectory(), 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nuser root\nmax_queued_messages 0\n${more.join('\n')}\n`);
  const broker = spawn('mosquitto', ['-c', file], { stdio: 'ignore' });
  closing.push(() => stopMosquitto(broker));
  await expect.poll(() => answers(port), { timeout: 5000 }).toBe(true);
  return broker;
}

async function stopMosquitto(broker: ChildProcess): Promise<void> {
  if (broker.exitCode !== null || broker.signalCode !== null) return;
  const exited = once(broker, 'exit');
  broker.kill('SIGKILL');
  await exited;
}

/** Listens to everything below `v1/`. */
async function watch(port: number): Promise<{ readings: SeenReading[]; statuses: string[]; client: MqttClient }> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 50 });
  closing.push(() => client.endAsync(true));
  const readings: SeenReading[] = [];
  const statuses: string[] = [];
  client.on('message', (topic, payload) => {
    const [, site, id, kind] = topic.split('/');
    const device = `${site}/${id}`;
    if (kind === 'status') {
      statuses.push(`${device} ${payload.toString()}`);
      return;
    }
    const parsed = JSON.parse(payload.toString());
    for (const reading of [parsed].flat()) readings.push({ ...reading, device, batch: Array.isArray(parsed) });
  });
  await client.subscribeAsync('v1/#', { qos: 1 });
  return { readings, statuses, client };
}

function run(args: readonly string[]): { code: Promise<number>; out: string[]; err: string[]; stop(): void } {
  const command = addSimulateOptions(new Command('simulate')).exitOverride();
  command.parse(args, { from: 'user' });
  const abort = new AbortController();
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), isTTY: false };
  const code = simulate(command.opts<SimulateOptions>(), { ...io, signal: abort.signal });
  closing.push(async () => {
    abort.abort();
    await code;
  });
  return { code, out, err, stop: () => abort.abort() };
}

function lastCounters(out: readonly string[]): Record<string, unknown> {
  return JSON.parse(out.at(-1) ?? '{}');
}

function byDevice<T extends { readonly device: string }>(lines: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const line of lines) groups.set(line.device, [...(groups.get(line.device) ?? []), line]);
  return groups;
}

function ledgerOf(file: string): LedgerLine[] {
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function countingFrom1(length: number): number[] {
  return Array.from({ length }, (_, i) => i + 1);
}

/** Sent and acknowledged: both complete, without gap or repeat. */
function expectCompleteLedger(file: string): void {
  for (const [device, lines] of byDevice(ledgerOf(file))) {
    const sent = lines.filter((line) => line.event === 'S').map((line) => line.seq);
    const acked = lines.filter((line) => line.event === 'A').map((line) => line.seq);
    expect(sent, device).toEqual(countingFrom1(sent.length));
    expect(
      acked.toSorted((a, b) => a - b),
      device,
    ).toEqual(sent);
  }
}

function outageScenario(): string {
  const file = join(temporaryDirectory(), 'outage.yaml');
  writeFileSync(
    file,
    `
name: outage
title: { en: Outage, zh: 中断 }
description: One of three cabinets loses its link for two seconds.
interval: 50ms
duration: 5s
devices:
  - { group: cabinets, class: gas-regulator-cabinet, site: wujin-gas, prefix: cab-, count: 3, affected: 1 }
timeline:
  - { at: 1s, on: cabinets, note: The link is cut, outage: { for: 2s } }
`,
  );
  return file;
}

test('devices publish gap-free, all acknowledged, online before and offline after', async () => {
  const port = await freePort();
  await startMosquitto(port);
  const seen = await watch(port);
  const ledger = join(temporaryDirectory(), 'ledger.jsonl');
  const startedAt = Date.now();
  const { code, out } = run([
    ...['--scenario', 'normal-day', '--broker', `mqtt://127.0.0.1:${port}`, '--devices', '20', '--interval', '50ms'],
    ...['--duration', '2s', '--speed', '600', '--ledger', ledger, '--json'],
  ]);
  expect(await code).toBe(0);

  const counters = lastCounters(out);
  expect(counters).toMatchObject({ type: 'end', complete: true, devices: 20, connections: 20, failed: 0, dropped: 0 });
  expect(counters['acked']).toBe(counters['sent']);
  await expect.poll(() => seen.readings.length).toBe(counters['acked']);
  const devices = byDevice(seen.readings);
  expect(devices.size).toBe(20);
  for (const [device, readings] of devices) {
    expect(readings.length, device).toBeGreaterThan(30);
    expect(
      readings.map((reading) => reading.seq),
      device,
    ).toEqual(countingFrom1(readings.length));
    for (const { ts } of readings) expect(Math.abs(ts - startedAt), 'wall time').toBeLessThan(10_000);
    expect(seen.statuses.filter((status) => status.startsWith(`${device} `))).toEqual([
      `${device} online`,
      `${device} offline`,
    ]);
  }
  expectCompleteLedger(ledger);
});

test('a stop by signal leaves nothing in flight and says offline', async () => {
  const port = await freePort();
  await startMosquitto(port);
  const seen = await watch(port);
  const { code, out, stop } = run([
    ...['--scenario', 'demo', '--broker', `mqtt://127.0.0.1:${port}`, '--interval', '20ms', '--json'],
  ]);
  await expect.poll(() => seen.readings.length).toBeGreaterThan(50);
  stop();
  expect(await code).toBe(0);
  expect(lastCounters(out)).toMatchObject({ complete: true, inFlight: 0, waiting: 0 });
  // The broker hands them on when it is its turn.
  await expect.poll(() => seen.statuses.slice(-20).every((status) => status.endsWith(' offline'))).toBe(true);
});

test.each([
  ['one connection a device', []],
  ['gateway connections', ['--connections', '2']],
])('a link outage of the story is backfilled: %s', async (_, more) => {
  const port = await freePort();
  await startMosquitto(port);
  const seen = await watch(port);
  const { code, out } = run([
    ...['--scenario', outageScenario(), '--broker', `mqtt://127.0.0.1:${port}`, '--json', ...more],
  ]);
  expect(await code).toBe(0);
  await expect.poll(() => seen.readings.length).toBe(lastCounters(out)['acked']);

  const devices = byDevice(seen.readings);
  const affected = devices.get('wujin-gas/cab-001') ?? [];
  const backfill = affected.filter((reading) => reading.historical);
  // 2 s at 50 ms, give or take the moments of cutting and coming back.
  expect(backfill.length).toBeGreaterThanOrEqual(36);
  expect(backfill.length).toBeLessThanOrEqual(60);
  expect(backfill.every((reading) => reading.batch)).toBe(true);
  expect(affected.map((reading) => reading.seq)).toEqual(countingFrom1(affected.length));
  expect(affected.every((reading, i) => i === 0 || reading.ts > (affected[i - 1]?.ts ?? 0))).toBe(true);
  expect(affected.at(-1)?.historical).toBeUndefined();
  expect((devices.get('wujin-gas/cab-002') ?? []).some((reading) => reading.historical)).toBe(false);
  expect(seen.statuses.filter((status) => status.startsWith('wujin-gas/cab-001'))).toEqual(
    ['online', 'offline', 'online', 'offline'].map((status) => `wujin-gas/cab-001 ${status}`),
  );
});

test('a broker that is killed and comes back gets what it missed as historical batches', async () => {
  const port = await freePort();
  const first = await startMosquitto(port);
  const seen = await watch(port);
  const ledger = join(temporaryDirectory(), 'ledger.jsonl');
  const { code, out, err, stop } = run([
    ...['--scenario', 'normal-day', '--broker', `mqtt://127.0.0.1:${port}`, '--devices', '10', '--interval', '20ms'],
    ...['--ledger', ledger, '--json'],
  ]);
  await expect.poll(() => seen.readings.length).toBeGreaterThan(100);
  await stopMosquitto(first);
  await delay(1500);
  await startMosquitto(port);
  await expect.poll(() => seen.readings.some((reading) => reading.historical), { timeout: 15_000 }).toBe(true);
  const caughtUp = (own: readonly SeenReading[]): boolean =>
    own.some((reading) => reading.historical) && !own.at(-1)?.historical;
  await expect.poll(() => [...byDevice(seen.readings).values()].every(caughtUp), { timeout: 15_000 }).toBe(true);
  await delay(1000);
  stop();

  expect(await code).toBe(0);
  expect(lastCounters(out)).toMatchObject({ complete: true, failed: 0, dropped: 0 });
  expect(out.some((line) => JSON.parse(line).type === 'trouble')).toBe(true);
  expect(err).toEqual([]);
  expect(seen.readings.filter((reading) => reading.historical).every((reading) => reading.batch)).toBe(true);
  expectCompleteLedger(ledger);
});

test('a frozen broker holds up a bounded number of messages, and gets all of them when it thaws', async () => {
  const port = await freePort();
  const broker = await startMosquitto(port);
  closing.push(() => broker.kill('SIGCONT'));
  const ledger = join(temporaryDirectory(), 'ledger.jsonl');
  const { code, out, stop } = run([
    ...['--scenario', 'normal-day', '--broker', `mqtt://127.0.0.1:${port}`, '--devices', '5', '--interval', '10ms'],
    ...['--in-flight', '8', '--ledger', ledger, '--json'],
  ]);
  const progress = (): Record<string, number>[] =>
    out.map((line) => JSON.parse(line)).filter((line) => line.type === 'progress');
  await expect.poll(() => progress().at(-1)?.['acked'] ?? 0, { timeout: 5000 }).toBeGreaterThan(100);
  broker.kill('SIGSTOP');
  await expect.poll(() => progress().at(-1)?.['waiting'] ?? 0, { timeout: 5000 }).toBeGreaterThan(100);
  broker.kill('SIGCONT');
  await expect.poll(() => progress().at(-1)?.['waiting'], { timeout: 5000 }).toBe(0);
  stop();
  expect(await code).toBe(0);
  expect(Math.max(...progress().map((line) => line['inFlight'] ?? 0))).toBe(5 * 8);
  expectCompleteLedger(ledger);
});

test('a full backlog drops the oldest, counts it and ends with 1', async () => {
  const port = await freePort();
  const broker = await startMosquitto(port);
  closing.push(() => broker.kill('SIGCONT'));
  const { code, out } = run([
    ...['--scenario', 'normal-day', '--broker', `mqtt://127.0.0.1:${port}`, '--devices', '2', '--interval', '10ms'],
    ...['--connections', '1', '--in-flight', '1', '--backlog', '10', '--duration', '2s', '--json'],
  ]);
  await delay(500);
  broker.kill('SIGSTOP');
  await delay(1000);
  broker.kill('SIGCONT');
  expect(await code).toBe(1);
  const counters = lastCounters(out);
  expect(counters['dropped']).toBeGreaterThan(50);
  expect(counters).toMatchObject({ complete: false, failed: 0 });
});

test('mqtts with a private authority and a password: each device logs in as itself', async () => {
  const directory = temporaryDirectory();
  const port = await freePort();
  const inDirectory = { cwd: directory, stdio: 'ignore' } as const;
  const certificate = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'];
  const name = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', 'key.pem', '-out', 'cert.pem'];
  execFileSync('openssl', ['req', ...certificate, ...name], inDirectory);
  execFileSync('mosquitto_passwd', ['-c', '-b', 'passwords', 'wujin-gas/det-001', 'pass word'], inDirectory);
  execFileSync('mosquitto_passwd', ['-b', 'passwords', 'wujin-gas/det-002', 'pass word'], inDirectory);
  writeFileSync(join(directory, 'password'), 'pass word\n');
  await startMosquitto(port, [
    'allow_anonymous false',
    ...[`password_file ${directory}/passwords`, `certfile ${directory}/cert.pem`, `keyfile ${directory}/key.pem`],
  ]);
  const login = ['--password-file', join(directory, 'password'), '--ca', join(directory, 'cert.pem')];
  const { code, out } = run([
    ...['--scenario', 'slow-leak', '--broker', `mqtts://127.0.0.1:${port}`, '--devices', '3', '--interval', '50ms'],
    ...['--duration', '1s', '--json', ...login],
  ]);
  // The third device has no account: it takes nothing down with it, but a story told without it is not complete.
  expect(await code).toBe(1);
  expect(lastCounters(out)['refused']).toBe(1);
  expect(out.map((line) => JSON.parse(line)).find((line) => line.type === 'trouble')?.reason).toMatch(/Not authorized/);
  expect(Number(lastCounters(out)['acked'])).toBeGreaterThan(20);
});

test('without a broker it says why, once, and ends with 1', async () => {
  const { code, err } = run(['--broker', `mqtt://127.0.0.1:${await freePort()}`, '--duration', '1500ms']);
  expect(await code).toBe(1);
  expect(err).toHaveLength(1);
  expect(err[0]).toMatch(/ECONNREFUSED/);
});

test.each([
  [['--scenario', 'no-such-thing'], /normal-day/],
  [['--broker', 'http://127.0.0.1'], /--broker/],
  [['--broker', 'mqtt://me:pw@127.0.0.1'], /--username/],
  [['--devices', '0'], /--devices/],
  [['--interval', 'fast'], /--interval/],
  [['--speed', '-1'], /--speed/],
  [['--ca', '/no/such/file'], /--ca/],
  [['--prefix', 'a/b'], /--prefix/],
  [['--connections', '2', '--password', 'x'], /--username/],
])('wrong usage ends with 2 and names the option: %j', async (args, message) => {
  const { code, err } = run(args);
  expect(await code).toBe(2);
  expect(err.join('\n')).toMatch(message);
});

test('--list names the scenarios in both languages', async () => {
  const { code, out } = run(['--list']);
  expect(await code).toBe(0);
  expect(out.find((line) => line.startsWith('slow-leak'))).toMatch(/A slow leak \/ 缓慢泄漏/);
});
