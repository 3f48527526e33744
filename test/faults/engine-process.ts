import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './condition.ts';

/** The built program: what is put to the test is what is shipped. Another build can be named by DAVYLAMP_PROGRAM. */
export const PROGRAM = process.env['DAVYLAMP_PROGRAM'] ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface EngineOptions {
  readonly config: string;
  readonly data: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Where the log of all its lives is kept. */
  readonly logFile: string;
  /** Another program than {@link PROGRAM}. */
  readonly program?: string;
}

/** One line of the engine's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly code?: string;
  readonly [key: string]: unknown;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Life {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
  ready: LogLine | null;
}

const READY_MS = 30_000;
const FATAL = 60;
/** Lives of this test process, so that none outlives it. */
const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** The engine as a process that is started, killed and started again on the same data. */
export class EngineProcess {
  /** Log lines of warning and worse, of all lives. */
  readonly complaints: LogLine[] = [];
  /** Times from start to ready, in milliseconds. */
  readonly startTimes: number[] = [];
  private readonly options: EngineOptions;
  private life: Life | null = null;

  constructor(options: EngineOptions) {
    this.options = options;
  }

  get pid(): number {
    const pid = this.life?.child.pid;
    if (pid === undefined) throw new Error('the engine is not running');
    return pid;
  }

  get running(): boolean {
    const child = this.life?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** `http://…` of the API of this life. */
  get api(): string {
    const http = this.life?.ready?.['http'] as { host: string; port: number } | undefined;
    if (!http) throw new Error('the engine has not said where its API listens');
    return `http://${http.host}:${http.port}`;
  }

  /** Port of the first MQTT listener of this life. */
  get mqttPort(): number {
    const mqtt = this.life?.ready?.['mqtt'] as { port: number }[] | undefined;
    if (!mqtt?.[0]) throw new Error('the engine has not said where its broker listens');
    return mqtt[0].port;
  }

  /** Starts a life; `prefix` puts another program in front, as `strace`. Does not wait for anything. */
  launch(more: Readonly<Record<string, string>> = {}, prefix: readonly string[] = []): void {
    if (this.running) throw new Error('the engine is running already');
    const { config, data, environment, logFile, program = PROGRAM } = this.options;
    const words = [...prefix, process.execPath, program, 'serve', '--config', config, '--data', data];
    const child = spawn(words[0] ?? '', words.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment, ...more },
    });
    alive.add(child);
    const ended = once(child, 'exit').then(([code, signal]) => {
      alive.delete(child);
      return { code, signal } as Ending;
    });
    const life: Life = { child, ended, ready: null };
    this.life = life;
    const file = createWriteStream(logFile, { flags: 'a' });
    file.write(`--- pid ${child.pid} ${JSON.stringify(more)}\n`);
    child.stderr.on('data', (chunk) => file.write(chunk));
    createInterface({ input: child.stdout }).on('line', (text) => {
      file.write(`${text}\n`);
      const line = parseLine(text);
      if (line.msg === 'ready') life.ready = line;
      if (line.level >= 40) this.complaints.push(line);
    });
  }

  /** Starts a life and waits until everything listens. */
  async start(more: Readonly<Record<string, string>> = {}, prefix: readonly string[] = []): Promise<void> {
    const began = Date.now();
    this.launch(more, prefix);
    await until('the engine is ready', READY_MS, () => {
      if (!this.running) throw new Error(`the engine ended before it was ready:\n${this.lastWords()}`);
      return this.life?.ready != null;
    });
    this.startTimes.push(Date.now() - began);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    if (!this.life || !this.running) return;
    this.signal('SIGKILL');
    await this.life.ended;
  }

  /** SIGTERM; gives how it ended and how long that took. */
  async terminate(): Promise<Ending & { readonly tookMs: number }> {
    const began = Date.now();
    this.signal('SIGTERM');
    const ending = await this.ending(20_000);
    return { ...ending, tookMs: Date.now() - began };
  }

  /** Waits for its end, which is not ours to bring about. */
  async ending(deadlineMs: number): Promise<Ending> {
    const { life } = this;
    if (!life) throw new Error('the engine was never started');
    await until('the engine has ended', deadlineMs, () => !this.running);
    return await life.ended;
  }

  /** The end of its log, for the message of a failed test. */
  lastWords(): string {
    return readFileSync(this.options.logFile, 'utf8').slice(-2000);
  }

  /** The last fatal line it logged. */
  lastFatal(): LogLine | undefined {
    return this.complaints.findLast((line) => line.level >= FATAL);
  }

  /** Resident memory, in megabytes. */
  residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024;
  }

  /** Sum of a metric over its labels; `labels` picks some, as `consumer="store"`. */
  async metric(name: string, labels = ''): Promise<number> {
    const answer = await fetch(`${this.api}/metrics`, { signal: AbortSignal.timeout(10_000) });
    const text = await answer.text();
    const rows = text.split('\n').filter((row) => row.startsWith(name) && row.includes(labels));
    if (rows.length === 0) throw new Error(`no metric ${name} ${labels}`);
    return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(' ') + 1)), 0);
  }
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { level: 0, msg: text };
  }
}
