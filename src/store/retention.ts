import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type ScheduledTask, schedule } from 'node-cron';
import type { StoreSettings } from '../model/configuration.ts';
import { AppError } from '../model/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { withDeadline } from './deadline.ts';
import type { ReadingStore } from './port.ts';

/** What retention needs. */
export interface RetentionOptions {
  readonly store: ReadingStore;
  readonly settings: Pick<StoreSettings, 'retentionMs' | 'pruneAt'>;
  /** IANA name the schedule is in. */
  readonly timezone: string;
  /** Data directory, where the time of the last prune is kept. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** A prune is given up after it; 120,000 by default. */
  readonly deadlineMs?: number;
}

/** Removes readings that are too old, on a schedule. */
export interface Retention {
  /** @throws AppError `RETENTION_SCHEDULE_INVALID` */
  start(): void;
  stop(): Promise<void>;
}

const DAY_MS = 86_400_000;
const FILE = 'last-prune';

/**
 * Prunes the embedded store; InfluxDB has its retention policy. node-cron makes up for nothing: a run that fell into
 * an hour when the process was down or blocked is made up here, at start when the last prune is older than a day and
 * at once when node-cron reports it missed. A job that never settles would never run again, so each has a deadline.
 */
export function createRetention(options: RetentionOptions): Retention {
  const { store, settings, timezone, directory, clock, log, deadlineMs = 120_000 } = options;
  const { retentionMs, pruneAt } = settings;
  let task: ScheduledTask | null = null;
  let running: Promise<void> | null = null;

  async function prune(keepMs: number): Promise<void> {
    const at = clock.now();
    try {
      await withDeadline(store.prune(at - keepMs), deadlineMs, 'prune');
      writeLastPrune(directory, at);
      log.info({ before: at - keepMs, tookMs: clock.now() - at }, 'old readings removed');
    } catch (error) {
      log.error({ err: error }, 'old readings could not be removed; the next run tries again');
    }
  }

  /** One at a time, whether the schedule or a missed run asks for it. */
  async function run(keepMs: number): Promise<void> {
    running ??= prune(keepMs).finally(() => {
      running = null;
    });
    await running;
  }

  return {
    start() {
      if (task || retentionMs === null || store.kind !== 'duckdb') return;
      try {
        task = schedule(pruneAt, () => run(retentionMs), { timezone, noOverlap: true, suppressMissedWarning: true });
      } catch (cause) {
        throw new AppError('RETENTION_SCHEDULE_INVALID', `"${pruneAt}" in ${timezone} is not a schedule`, { cause });
      }
      task.on('execution:missed', () => run(retentionMs));
      if (clock.now() - readLastPrune(directory) > DAY_MS) void run(retentionMs);
    },
    async stop() {
      await task?.destroy();
      task = null;
      await running;
    },
  };
}

/** 0 = never, or not known: one prune too many does no harm. */
function readLastPrune(directory: string): number {
  try {
    const at = Number(readFileSync(join(directory, FILE), 'utf8'));
    return Number.isFinite(at) ? at : 0;
  } catch {
    return 0;
  }
}

function writeLastPrune(directory: string, at: number): void {
  const temporary = join(directory, `${FILE}.new`);
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, String(at));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, join(directory, FILE));
}
