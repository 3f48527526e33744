import { mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheFolder, installPackages } from './cached-packages.ts';
import { influxCount, influxQuery, untilInfluxHolds } from './influx-database.ts';
import { MEASUREMENT, nodeRedFlow } from './node-red-flow.ts';
import { type CpuSeconds, startProgram } from './program.ts';
import { POINTS } from './site.ts';

/** Exact versions: a figure in a document must mean the same next year. */
const PACKAGES = ['node-red@4.1.15', 'node-red-contrib-aedes@0.6.0', 'node-red-contrib-influxdb@0.7.0'];
const CACHE = cacheFolder('node-red');
const DATABASE = 'nodered';
const READY_MS = 30_000;

export interface NodeRed {
  readonly mqttPort: number;
  /** Resolves when InfluxDB holds `count` messages. */
  stored(count: number): Promise<void>;
  cpu(): CpuSeconds;
  stop(): Promise<void>;
}

/**
 * Installs Node-RED into a cache folder, unless it is there; it is no dependency of the project.
 *
 * @throws Error with the words of npm
 */
export function installNodeRed(): void {
  installPackages(CACHE, PACKAGES);
}

/** Starts Node-RED with the flow, without its editor. */
export async function startNodeRed(directory: string, influxUrl: string): Promise<NodeRed> {
  installNodeRed();
  await influxQuery(influxUrl, `create database ${DATABASE}`);
  const mqttPort = await freePort();
  const { hostname, port } = new URL(influxUrl);
  const flow = nodeRedFlow({ mqttPort, influxHost: hostname, influxPort: Number(port), database: DATABASE });
  const settings = { flowFile: 'flow.json', httpAdminRoot: false, httpNodeRoot: false, logging: LOGGING };
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'flow.json'), JSON.stringify(flow));
  writeFileSync(join(directory, 'settings.cjs'), `module.exports = ${JSON.stringify(settings)};\n`);
  const red = join(CACHE, 'node_modules', 'node-red', 'red.js');
  const program = await startProgram({
    command: [process.execPath, red, '--userDir', directory, '--settings', join(directory, 'settings.cjs')],
    logFile: join(directory, 'node-red.log'),
    ready: (line) => (line.includes('Started flows') ? true : null),
  });
  await untilListening(mqttPort);
  const field = POINTS[0]?.id ?? '';
  return {
    mqttPort,
    stored: (count) => untilInfluxHolds(count, () => influxCount(influxUrl, DATABASE, MEASUREMENT, field)),
    cpu: () => program.cpu(),
    stop: () => program.stop(),
  };
}

const LOGGING = { console: { level: 'info', metrics: false, audit: false } };

async function untilListening(port: number): Promise<void> {
  const until = Date.now() + READY_MS;
  for (;;) {
    const socket = net.connect({ port, host: '127.0.0.1' });
    const connected = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (connected) return;
    if (Date.now() > until) throw new Error(`Node-RED does not listen on ${port}`);
    await delay(50);
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
