import { join } from 'node:path';
import type { Configuration } from './model/configuration.ts';
import { AppError, hasCode } from './model/error.ts';
import type { Clock } from './runtime/clock.ts';
import type { Logger } from './runtime/log.ts';
import { createDuckDbStore } from './store/duckdb.ts';
import { createInfluxStore } from './store/influx.ts';
import type { ReadingStore } from './store/port.ts';

/**
 * The reading store that is configured.
 *
 * @throws AppError `STORE_NOT_CONFIGURED`
 */
export function createStore(
  { store, profiles }: Configuration,
  { dataDirectory, clock, log }: { readonly dataDirectory: string; readonly clock: Clock; readonly log: Logger },
): ReadingStore {
  const common = { profiles, clock, log: log.child({ component: 'store' }) };
  if (store.kind === 'duckdb') return createDuckDbStore({ ...common, file: join(dataDirectory, 'readings.duckdb') });
  if (!store.influxdb) throw new AppError('STORE_NOT_CONFIGURED', 'store.kind is influxdb: set store.influxdb.url');
  return createInfluxStore({ ...common, settings: store.influxdb, retentionMs: store.retentionMs });
}

/** How long a start waits to learn that the store can never work; a slow one opens beside everything else. */
const STORE_PATIENCE_MS = 2_000;

/** Waits for a store that opens: one that is only away goes on opening while everything else runs; one that can never work stops the start. */
export async function openStore(opening: Promise<void>, clock: Clock, log: Logger): Promise<void> {
  try {
    await Promise.race([opening, clock.sleep(STORE_PATIENCE_MS)]);
  } catch (error) {
    if (!hasCode(error, 'STORE_UNAVAILABLE')) throw error;
    log.warn({ code: error.code, err: error }, 'starting without the reading store; readings wait in the journal');
  }
}

/** Supervisors look for two codes, whichever part met the failing disk first. */
export function diskFailure(error: unknown): AppError {
  if (hasCode(error, 'JOURNAL_FAILED') || hasCode(error, 'STATE_FAILED')) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new AppError('STATE_FAILED', `the state cannot be written: ${words}`, { cause: error });
}
