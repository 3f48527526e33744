import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from './condition.ts';

const PROGRAM = fileURLToPath(new URL('./publisher-process.ts', import.meta.url));

/** What the publisher process is told. */
export interface PublisherPlan {
  readonly port: number;
  readonly site: string;
  readonly devices: readonly string[];
  readonly seed: number;
  /** Each device measures this often. */
  readonly intervalMs: number;
  /** Readings a device keeps at most; beyond it it does not measure. */
  readonly window: number;
  readonly keepaliveSeconds: number;
  readonly ledger: string;
}

export interface PublisherProgress {
  readonly sent: number;
  readonly acked: number;
  readonly resent: number;
  readonly unacked: number;
}

/** The test's hold on the publisher process. */
export interface Publisher {
  readonly plan: PublisherPlan;
  readonly progress: PublisherProgress;
  /** Resolves when so many more readings were acknowledged. */
  acknowledged(more: number, deadlineMs?: number): Promise<void>;
  /** Ends production; resolves when everything is acknowledged. */
  drain(deadlineMs?: number): Promise<void>;
  /** Ends it whatever is open. */
  kill(): void;
}

/** Starts the devices; resolves at their first acknowledged reading. */
export async function startPublisher(plan: PublisherPlan): Promise<Publisher> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, JSON.stringify(plan)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  let progress: PublisherProgress = { sent: 0, acked: 0, resent: 0, unacked: 0 };
  createInterface({ input: child.stdout }).on('line', (line) => {
    progress = JSON.parse(line) as PublisherProgress;
  });
  const publisher: Publisher = {
    plan,
    get progress() {
      return progress;
    },
    async acknowledged(more, deadlineMs = 20_000) {
      const goal = progress.acked + more;
      await until(`${goal} readings acknowledged`, deadlineMs, () => {
        assertAlive(child);
        return progress.acked >= goal;
      });
    },
    async drain(deadlineMs = 30_000) {
      child.stdin.write('stop\n');
      await until('the devices have every acknowledgement', deadlineMs, () => child.exitCode !== null);
      await exit;
      if (child.exitCode !== 0) throw new Error(`the publisher ended with ${child.exitCode}`);
    },
    kill() {
      child.kill('SIGKILL');
    },
  };
  await publisher.acknowledged(1);
  return publisher;
}

function assertAlive(child: ChildProcess): void {
  if (child.exitCode !== null) throw new Error(`the publisher ended by itself with ${child.exitCode}`);
}
