import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** How to start a program, and how it says on standard output that it is ready. */
export interface ProgramOptions<Ready> {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Everything it prints. */
  readonly logFile: string;
  /** What a line of its output says of its being ready; null = nothing. */
  readonly ready: (line: string) => Ready | null;
  /** Told every line, as it comes. */
  readonly onLine?: (line: string) => void;
}

/** Processor seconds: of the main thread, which is the one that JavaScript runs on, and of all. */
export interface CpuSeconds {
  readonly main: number;
  readonly all: number;
}

/** A program under test or one that tests, in its own process. */
export interface Program<Ready> {
  readonly ready: Ready;
  /** Gives it a line on standard input. */
  tell(line: string): void;
  /** The next line of its output. */
  nextLine(): Promise<string>;
  /** Processor time it has used. */
  cpu(): CpuSeconds;
  /** SIGTERM, and SIGKILL when that does not end it. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

const READY_MS = 60_000;
const STOP_MS = 20_000;
/** USER_HZ is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Command of a TypeScript program of this folder. */
export function benchProgram(file: string, ...args: readonly string[]): string[] {
  return [process.execPath, '--import', 'tsx', fileURLToPath(new URL(file, import.meta.url)), ...args];
}

/**
 * Starts a program and waits until it is ready.
 *
 * @throws Error with the end of what it printed when it ends before, or is not ready within a minute
 */
export async function startProgram<Ready>(options: ProgramOptions<Ready>): Promise<Program<Ready>> {
  const [file = '', ...args] = options.command;
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...options.env } });
  running.add(child);
  const ended = once(child, 'exit').then(() => running.delete(child));
  child.stdin.on('error', () => {});
  const log = createWriteStream(options.logFile, { flags: 'a' });
  child.stderr.on('data', (chunk) => log.write(chunk));
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  let isReady: ((ready: Ready) => void) | null = null;
  createInterface({ input: child.stdout }).on('line', (line) => {
    log.write(`${line}\n`);
    options.onLine?.(line);
    const ready = isReady ? options.ready(line) : null;
    if (ready !== null) {
      isReady?.(ready);
      isReady = null;
      return;
    }
    const waiter = waiting.shift();
    if (waiter) waiter(line);
    else if (isReady === null) lines.push(line);
  });

  async function stop(): Promise<void> {
    if (!running.has(child)) return;
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(patience);
  }

  async function kill(): Promise<void> {
    child.kill('SIGKILL');
    await ended;
  }

  let late: NodeJS.Timeout | undefined;
  const ready = await Promise.race([
    new Promise<Ready>((resolve) => {
      isReady = resolve;
    }),
    ended.then(() => null),
    new Promise<null>((resolve) => {
      late = setTimeout(() => resolve(null), READY_MS);
    }),
  ]);
  clearTimeout(late);
  if (ready === null) {
    await stop();
    const words = readFileSync(options.logFile, 'utf8').slice(-2000);
    throw new Error(`${options.command.join(' ')} did not get ready:\n${words}`);
  }
  return {
    ready,
    tell: (line) => void child.stdin.write(`${line}\n`),
    nextLine: () => {
      const line = lines.shift();
      if (line !== undefined) return Promise.resolve(line);
      return Promise.race([
        new Promise<string>((resolve) => waiting.push(resolve)),
        ended.then(() => {
          throw new Error(`${options.command.join(' ')} ended; see ${options.logFile}`);
        }),
      ]);
    },
    cpu: () => {
      const { pid } = child;
      return { main: cpuSeconds(`/proc/${pid}/task/${pid}/stat`), all: cpuSeconds(`/proc/${pid}/stat`) };
    },
    stop,
    kill,
  };
}

function cpuSeconds(file: string): number {
  const stat = readFileSync(file, 'utf8');
  // utime and stime, fields 14 and 15; the name in field 2 may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
