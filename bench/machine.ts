import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from './monotonic.ts';
import { median, percentile } from './report.ts';

const TMPFS = 0x01021994;
const TICKS_PER_SECOND = 100;
const SYNCS = 200;
const SYNC_GAP_MS = 10;

/** What a figure depends on, in one line. */
export function machineLine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  return `node ${process.version}, Linux ${release()}, ${cpus().length} x ${model}, load average ${load}`;
}

/**
 * Refuses a directory where an fsync costs nothing.
 *
 * @throws Error
 */
export function assertOnDisk(directory: string): void {
  if (statfsSync(directory).type === TMPFS) {
    throw new Error(`${directory} is in memory, where durable costs nothing: set TMPDIR to a directory on a disk`);
  }
}

/** What it takes this disk to keep 4 KB, over some seconds: no acknowledgement can be faster. */
export async function diskLine(directory: string): Promise<string> {
  const file = join(directory, 'fdatasync');
  const handle = openSync(file, 'w');
  const block = Buffer.alloc(4096, 1);
  const times: number[] = [];
  for (let count = 0; count < SYNCS; count++) {
    const began = monotonicMs();
    writeSync(handle, block);
    fdatasyncSync(handle);
    times.push(monotonicMs() - began);
    await delay(SYNC_GAP_MS);
  }
  closeSync(handle);
  rmSync(file);
  return `fdatasync of 4 KB: median ${median(times).toFixed(2)} ms, p99 ${percentile(times, 0.99).toFixed(2)} ms`;
}

/** Processor seconds that the whole machine has been busy. */
export function machineBusySeconds(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}
