import { mkdirSync } from 'node:fs';
import { type Database, open, type RootDatabase } from 'lmdb';
import { AppError } from '../model/error.ts';

export type { Database };

/** One LMDB environment: its tables and its commits. */
export interface Environment {
  /** Opens a table. Keys are ordered numbers, strings or arrays of them. */
  table<V>(name: string, encoding: 'json' | 'binary'): Database<V, string | number | (string | number)[]>;
  /**
   * Runs `write` (only `put` and `remove` on tables of this environment) and resolves when all of it is on disk
   * (fdatasync done) as one transaction; commits become durable in the order of the calls.
   *
   * @throws AppError `DATABASE_COMMIT_FAILED`: nothing of it may be relied on. An fsync that failed must not be
   * tried again (its pages may be gone): stop acknowledging and end the process.
   */
  commit(write: (put: PutAll) => void): Promise<void>;
  close(): Promise<void>;
}

/** Collects the writes of one commit. */
export interface PutAll {
  put<V>(table: Database<V, never>, key: string | number | (string | number)[], value: V): void;
  remove(table: Database<never, never>, key: string | number | (string | number)[]): void;
}
