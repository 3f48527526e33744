import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type CpuSeconds, type Program, startProgram } from './program.ts';

/** The built program: what is measured is what is shipped. Another build can be named, to compare the two. */
export const PROGRAM = process.env['DAVYLAMP_PROGRAM'] ?? fileURLToPath(new URL('../dist/main.js', import.meta.url));

export interface ConfigurationParts {
  /** `store` of davylamp.yaml. */
  readonly store: object;
  readonly profiles: readonly object[];
  readonly site: { readonly site: string; readonly devices: readonly object[] };
  readonly receivers?: Readonly<Record<string, object>>;
}

export interface ServeOptions {
  /** For its configuration, data and log. */
  readonly directory: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Options of node, as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
  /** Told every line of its log. */
  readonly onLine?: (line: string) => void;
}

export interface Davylamp {
  readonly mqttPort: number;
  /** Data directory. */
  readonly data: string;
  /** Sum of a metric over its labels; `labels` picks some, as `consumer="store"`. */
  metric(name: string, labels?: string): Promise<number>;
  /** Resolves when every acknowledged message is in the store. */
  stored(): Promise<void>;
  cpu(): CpuSeconds;
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

interface Addresses {
  readonly mqtt: readonly { readonly port: number }[];
  readonly http: { readonly host: string; readonly port: number };
}

const STORED_MS = 120_000;

/** Writes a configuration, starts the real program with it, and waits until it listens. */
export async function startDavylamp(options: ConfigurationParts & ServeOptions): Promise<Davylamp> {
  writeConfiguration(options.directory, options);
  return await serveDavylamp(options);
}

/** Starts the real program with the configuration and data that its directory holds, and waits until it listens. */
export async function serveDavylamp(options: ServeOptions): Promise<Davylamp> {
  const config = configurationOf(options.directory);
  const data = join(options.directory, 'data');
  const serve = [PROGRAM, 'serve', '--config', config, '--data', data];
  const program: Program<Addresses> = await startProgram({
    command: [process.execPath, ...(options.nodeOptions ?? []), ...serve],
    logFile: join(options.directory, 'davylamp.log'),
    env: { ...options.env, LOG_LEVEL: 'info' },
    ready: readyLine,
    ...(options.onLine ? { onLine: options.onLine } : {}),
  });
  const { mqtt, http } = program.ready;

  async function metric(name: string, labels = ''): Promise<number> {
    const answer = await fetch(`http://${http.host}:${http.port}/metrics`, { signal: AbortSignal.timeout(10_000) });
    const rows = (await answer.text()).split('\n').filter((row) => row.startsWith(name) && row.includes(labels));
    if (rows.length === 0) throw new Error(`no metric ${name} ${labels}`);
    return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(' ') + 1)), 0);
  }

  return {
    mqttPort: mqtt[0]?.port ?? 0,
    data,
    metric,
    async stored() {
      const until = Date.now() + STORED_MS;
      while ((await metric('davylamp_consumer_lag_messages', 'consumer="store"')) > 0) {
        if (Date.now() > until) throw new Error(`not all is stored after ${STORED_MS} ms; see ${options.directory}`);
        await delay(10);
      }
    },
    cpu: () => program.cpu(),
    stop: () => program.stop(),
    kill: () => program.kill(),
  };
}

function readyLine(line: string): Addresses | null {
  if (!line.includes('"msg":"ready"')) return null;
  return JSON.parse(line) as Addresses;
}

/** The folder of the configuration that {@link writeConfiguration} writes. */
export function configurationOf(directory: string): string {
  return join(directory, 'config');
}

export function writeConfiguration(parent: string, options: ConfigurationParts): void {
  const directory = configurationOf(parent);
  const write = (file: string, content: object) =>
    writeFileSync(join(directory, file), JSON.stringify(content, null, 2));
  for (const part of ['profiles', 'devices']) mkdirSync(join(directory, part), { recursive: true });
  write('davylamp.yaml', {
    mqtt: {
      listeners: [{ host: '127.0.0.1', port: 0, anonymous: true }],
      limits: { messagesPerSecondPerClient: 0 },
    },
    http: { host: '127.0.0.1', port: 0 },
    store: options.store,
    // Devices that report every second are played fast: their times run from some hours ago to now.
    time: { liveWindow: '7d' },
  });
  options.profiles.forEach((profile, index) => {
    write(join('profiles', `${index}.yaml`), profile);
  });
  write(join('devices', 'site.yaml'), options.site);
  const receivers = options.receivers ?? {};
  const to = Object.keys(receivers);
  write('routes.yaml', { receivers, routes: to.length > 0 ? [{ to }] : [] });
}
