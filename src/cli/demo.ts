import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { createApp } from '../app.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Receiver } from '../model/routing.ts';
import { TIERS, type Tier } from '../model/tier.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLogger } from '../runtime/log.ts';
import { packageVersion } from '../runtime/version.ts';
import type { CommandIo } from './io.ts';
import { aborted, configured } from './serve.ts';
import { simulate } from './simulate.ts';

const COLOUR: Readonly<Record<Tier, string>> = { blue: '34', yellow: '33', orange: '38;5;208', red: '1;31' };
const FIGURES_MS = 5_000;
const DEMO_SECRET = `whsec_${Buffer.from('the demo secret protects nothing at all').toString('base64')}`;

export interface DemoOptions {
  readonly config: string;
}

/**
 * The README's first command: the engine with the embedded store in a folder of its own, simulated devices that play
 * a story from blue to red, and a receiver that verifies and prints every webhook. Gives the exit code.
 */
export async function demo(options: DemoOptions, io: CommandIo): Promise<number> {
  const checked = configured(options.config, {
    ...io,
    env: { DAVYLAMP_COMMAND_CENTRE_SECRET: DEMO_SECRET, ...io.env },
  });
  if (!checked) return 1;
  const secret = firstSecret(checked.routing.receivers) ?? DEMO_SECRET;
  const receiver = await startReceiver(secret, checked.timezone, io);
  const configuration = await onFreePorts(checked, receiver.url);
  const data = mkdtempSync(join(tmpdir(), 'davylamp-demo-'));
  const app = createApp(configuration, {
    dataDirectory: data,
    clock: systemClock,
    version: packageVersion(),
    random: Math.random,
    log: createLogger({ level: io.env['LOG_LEVEL'] ?? 'warn', pretty: io.isTTY }),
    onFatal: () => io.exit(74),
    faultPoint: () => {},
    // It goes on as it began: with ports and a receiver that no file knows of.
    load: () => ({ configuration, warnings: [] }),
  });
  await app.start();
  const { mqtt, http } = app.addresses();
  const broker = `mqtt://127.0.0.1:${mqtt[0]?.port}`;
  io.out(
    `Davylamp is running: ${configuration.devices.size} devices at ${broker}, API http://127.0.0.1:${http.port}/docs`,
  );
  io.out('A story from blue to red follows; each line is a signed webhook that the receiver verified. Ctrl-C stops.');
  io.out(`Times are those of ${configuration.timezone}.`);
  const figures = setInterval(() => void printFigures(http.port, io), FIGURES_MS);
  const story = simulate(
    { scenario: 'demo', broker, speed: '1', seed: '1', inFlight: '64', backlog: '1000', duration: '24h' },
    { out: () => {}, err: (line) => io.err(line), signal: io.signal, isTTY: false },
  );
  await aborted(io.signal);
  clearInterval(figures);
  io.out('Stopping …');
  await story;
  await app.stop();
  await receiver.close();
  rmSync(data, { recursive: true, force: true });
  io.out('Stopped.');
  return 0;
}

/** A webhook receiver as a command centre would write it: verify, print, answer 204. */
async function startReceiver(
  secret: string,
  timezone: string,
  io: CommandIo,
): Promise<{ url: string; close(): Promise<void> }> {
  const webhook = new Webhook(secret);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      try {
        const headers = request.headers as Record<string, string>;
        io.out(describe(webhook.verify(Buffer.concat(chunks).toString(), headers) as CloudEvent, timezone, io.isTTY));
        response.writeHead(204).end();
      } catch (error) {
        io.err(`refused a webhook: ${(error as Error).message}`);
        response.writeHead(401).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/alarms`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

interface CloudEvent {
  readonly type: string;
  readonly time: string;
  readonly data: {
    readonly sequence: number;
    readonly message?: { readonly en: string };
    readonly alarm?: { readonly tier: Tier; readonly id: string; readonly message: { readonly en: string } };
  };
}

function describe({ type, time, data }: CloudEvent, timezone: string, colour: boolean): string {
  const what = type.replace(/^davylamp\.(alarm\.)?/, '');
  const head = `${new Date(time).toLocaleTimeString('en-GB', { timeZone: timezone })} #${String(data.sequence).padEnd(3)}`;
  if (!data.alarm) return `${head} ${what}: ${data.message?.en ?? ''}`;
  const { tier, id, message } = data.alarm;
  const label = tier.toUpperCase().padEnd(6);
  const shown = colour && TIERS.includes(tier) ? `\u001b[${COLOUR[tier]}m${label}\u001b[0m` : label;
  return `${head} ${shown} ${what.padEnd(12)} ${message.en}  [${id.slice(-6)}]`;
}

async function printFigures(port: number, io: CommandIo): Promise<void> {
  try {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2_000) })).text();
    const figure = (name: string) => new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, 'm').exec(text)?.[1] ?? '0';
    const counts = `${figure('davylamp_readings_total')} readings, ${figure('davylamp_open_alarms')} open alarms`;
    io.out(`         … ${counts}`);
  } catch {
    // The engine is busy or stopping: the next line will tell.
  }
}

/** The demo's own receiver, and free ports where the configured ones are taken. */
async function onFreePorts(configuration: Configuration, url: string): Promise<Configuration> {
  const { mqtt, http, routing } = configuration;
  const listeners = [];
  for (const listener of mqtt.listeners) listeners.push({ ...listener, port: await freePort(listener.port) });
  return {
    ...configuration,
    mqtt: { ...mqtt, listeners },
    http: { ...http, port: await freePort(http.port) },
    routing: { ...routing, receivers: routing.receivers.map((receiver) => redirected(receiver, url)) },
  };
}

function firstSecret(receivers: readonly Receiver[]): string | null {
  for (const { channel } of receivers) if (channel.kind === 'webhook') return channel.webhook.secret;
  return null;
}

function redirected(receiver: Receiver, url: string): Receiver {
  const { channel } = receiver;
  return channel.kind === 'webhook'
    ? { ...receiver, channel: { ...channel, webhook: { ...channel.webhook, url } } }
    : receiver;
}

/** The port, or 0 (any) when another process has it. */
function freePort(port: number): Promise<number> {
  return new Promise((resolve) => {
    const probe = createTcpServer();
    probe.once('error', () => resolve(0));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(port)));
  });
}
