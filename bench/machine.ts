import { readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';

const TMPFS = 0x01021994;
const TICKS_PER_SECOND = 100;

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

/** Processor seconds that the whole machine has been busy. */
export function machineBusySeconds(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '';
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) / TICKS_PER_SECOND;
}
