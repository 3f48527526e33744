import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A real InfluxDB 1.x for tests. What acts on the process throws where the server is not a process of ours. */
export interface InfluxServer {
  readonly url: string;
  /** Where the data lie; null when the server is not a process of ours. */
  readonly dataDirectory: string | null;
  /** SIGSTOP, until every thread stands still: connections are taken, nothing is answered. */
  freeze(): Promise<void>;
  /** SIGCONT. */
  thaw(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

const READY_MS = 20_000;

/**
 * Finds a server in this order: `INFLUX_URL`, `influxd` on PATH, a Docker engine, the Debian
 * package unpacked into a cache folder.
 *
 * @throws Error that tells what became of every attempt: such tests fail, they are not skipped
 */
export async function startInfluxServer(): Promise<InfluxServer> {
  const attempts: [name: string, start: () => Promise<InfluxServer>][] = [
    ['INFLUX_URL', fromUrl],
    ['influxd on PATH', fromPath],
    ['Docker', fromDocker],
    ['apt-get download influxdb', fromPackage],
  ];
  const failures: string[] = [];
  for (const [name, start] of attempts) {
    try {
      return await start();
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`no InfluxDB for the tests. Tried, in this order:\n- ${failures.join('\n- ')}`);
}

async function fromUrl(): Promise<InfluxServer> {
  const url = process.env['INFLUX_URL'];
  if (!url) throw new Error('not set');
  await untilReady(url);
  return foreign(url, async () => {});
}

async function fromPath(): Promise<InfluxServer> {
  const folder = (process.env['PATH'] ?? '').split(':').find((part) => existsSync(join(part, 'influxd')));
  if (folder === undefined) throw new Error('there is none');
  return await startProcess(join(folder, 'influxd'));
}

async function fromDocker(): Promise<InfluxServer> {
  const { GenericContainer } = await import('testcontainers');
  const container = await new GenericContainer('influxdb:1.8').withExposedPorts(8086).start();
  const url = `http://${container.getHost()}:${container.getMappedPort(8086)}`;
  await untilReady(url);
  return foreign(url, async () => {
    await container.stop();
  });
}

async function fromPackage(): Promise<InfluxServer> {
  const cache = join(homedir(), '.cache', 'davylamp', 'influxdb');
  const binary = join(cache, 'usr', 'bin', 'influxd');
  if (!existsSync(binary)) {
    mkdirSync(cache, { recursive: true });
    run('apt-get', ['download', 'influxdb'], cache);
    const file = readdirSync(cache).find((name) => name.endsWith('.deb'));
    if (file === undefined) throw new Error('apt-get left no package');
    run('dpkg', ['-x', file, '.'], cache);
  }
  return await startProcess(binary);
}

function run(command: string, args: string[], cwd: string): void {
  const result = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 60_000 });
  if (result.error) throw result.error;
  if (result.status !== 0) throw new Error(`${command} ended with ${result.status}: ${result.stderr.slice(0, 300)}`);
}

function foreign(url: string, stop: () => Promise<void>): InfluxServer {
  const refuse = () => {
    throw new Error(`${url} is not a process of this test: start it without INFLUX_URL, with influxd on PATH`);
  };
  return { url, dataDirectory: null, freeze: refuse, thaw: refuse, kill: refuse, restart: refuse, stop };
}

async function startProcess(binary: string): Promise<InfluxServer> {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-influx-'));
  const httpPort = await freePort();
  writeFileSync(join(directory, 'influxdb.conf'), configuration(directory, httpPort, await freePort()));
  const url = `http://127.0.0.1:${httpPort}`;
  let child = launch(binary, directory);
  const killOnExit = () => child.kill('SIGKILL');
  process.once('exit', killOnExit);

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await ended;
  }

  async function stop(): Promise<void> {
    await kill();
    process.off('exit', killOnExit);
    rmSync(directory, { recursive: true, force: true });
  }

  try {
    await untilReady(url);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    dataDirectory: directory,
    async freeze() {
      child.kill('SIGSTOP');
      while (!standsStill(child.pid ?? 0)) await delay(5);
    },
    thaw: () => void child.kill('SIGCONT'),
    kill,
    async restart() {
      await kill();
      child = launch(binary, directory);
      await untilReady(url);
    },
    stop,
  };
}

/** Linux tells; elsewhere the signal is taken at its word. */
function standsStill(pid: number): boolean {
  const folder = `/proc/${pid}/task`;
  if (!existsSync(folder)) return true;
  return readdirSync(folder).every((thread) => /\) [TXZ] /.test(readFileSync(join(folder, thread, 'stat'), 'utf8')));
}

function launch(binary: string, directory: string): ChildProcess {
  const child = spawn(binary, ['-config', join(directory, 'influxdb.conf')], { stdio: 'ignore' });
  // A binary that cannot be run shows in untilReady, which says so with the address.
  child.on('error', () => {});
  return child;
}

/** Loopback only, and nothing is reported to the makers. */
function configuration(directory: string, httpPort: number, rpcPort: number): string {
  return `reporting-disabled = true
bind-address = "127.0.0.1:${rpcPort}"
[meta]
dir = "${directory}/meta"
[data]
dir = "${directory}/data"
wal-dir = "${directory}/wal"
query-log-enabled = false
[monitor]
store-enabled = false
[http]
bind-address = "127.0.0.1:${httpPort}"
log-enabled = false
[logging]
level = "error"
`;
}

async function untilReady(url: string): Promise<void> {
  const until = Date.now() + READY_MS;
  for (;;) {
    try {
      const answer = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(1000) });
      if (answer.status === 204) return;
    } catch {
      // Not there yet.
    }
    if (Date.now() > until) throw new Error(`${url} did not answer /ping within ${READY_MS} ms`);
    await delay(50);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  return await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
