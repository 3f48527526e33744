import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Database, open } from 'lmdb';
import { AppError } from '../model/error.ts';

export type Key = string | number | (string | number)[];

/** A table of an environment: reads are synchronous, writes go through {@link Environment.commit}. */
export type Table<V> = Database<V, Key>;

/** The writes of one commit. */
export interface Batch {
  put<V>(table: Table<V>, key: Key, value: V): void;
  remove<V>(table: Table<V>, key: Key): void;
}

/** One LMDB environment: its tables and its commits. */
export interface Environment {
  /** Opens a table; keys sort as LMDB orders numbers, strings and arrays of them. */
  table<V>(name: string, encoding: 'json' | 'binary'): Table<V>;
  /**
   * Runs `write` at once and resolves when all its writes are on disk (fdatasync done) as one transaction. Commits
   * become durable in the order of the calls.
   *
   * @throws AppError `DATABASE_COMMIT_FAILED`: none of it may be relied on. An fsync that failed is never tried
   * again, since its pages may be gone: the caller stops acknowledging and ends the process.
   */
  commit(write: (batch: Batch) => void): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens or creates the LMDB environment in `directory`.
 *
 * `overlappingSync` is off: a commit then resolves only after its own fdatasync, and an fsync error rejects that very
 * commit.
 *
 * @throws AppError `DATABASE_OPEN_FAILED`
 */
export function openEnvironment(directory: string): Environment {
  let root: ReturnType<typeof open>;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    root = open({ path: directory, overlappingSync: false, encoding: 'json', maxDbs: 32 });
  } catch (cause) {
    throw new AppError('DATABASE_OPEN_FAILED', `cannot open the database in ${directory}: check its owner and space`, {
      cause,
    });
  }
  return {
    table: <V>(name: string, encoding: 'json' | 'binary') => root.openDB<V, Key>({ name, encoding }),
    async commit(write) {
      // Collected first: a `write` that throws half way must leave nothing behind.
      const writes: (() => Promise<boolean>)[] = [];
      write({
        put: (table, key, value) => writes.push(() => table.put(key, value)),
        remove: (table, key) => writes.push(() => table.remove(key)),
      });
      try {
        await new Promise<unknown>((resolve, reject) => {
          // When a commit fails, each of its writes rejects, and so does the batch, in no fixed order: the first counts.
          const done = root.batch(() => {
            for (const apply of writes) apply().catch(reject);
          });
          done.then(resolve, reject);
        });
      } catch (error) {
        throw new AppError('DATABASE_COMMIT_FAILED', `cannot write ${directory}: ${await reason(error)}`, {
          cause: error,
        });
      }
    },
    close: () => root.close(),
  };
}

/** lmdb-js rejects a promise of its own for a failed commit, which nobody can await: the commit's caller has heard. */
export function isCommitFailure(error: unknown): boolean {
  return error instanceof Error && 'commitError' in error;
}

const REASON_MS = 200;

/** The system's own words stand in a second promise of the error, which rejects with them, or never settles. */
async function reason(error: unknown): Promise<string> {
  const words = (error as { commitError?: Promise<unknown> }).commitError;
  try {
    await Promise.race([words, delay(REASON_MS)]);
  } catch (cause) {
    return String((cause as Error).message ?? cause);
  }
  return String((error as Error).message ?? error);
}
