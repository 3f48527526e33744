import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open } from 'lmdb';
import { AppError } from '../model/error.ts';
import type { Key } from './database.ts';

/** A row as it lies on disk; `value` is undefined where it cannot be read as JSON. */
export interface Row {
  readonly key: unknown;
  readonly value: unknown;
}

/** JSON tables of an environment as they were at one moment. Writes nothing, and holds nobody up. */
export interface Snapshot<T extends string> {
  get(table: T, key: Key): unknown;
  /** Rows after a key in the order of keys; null = all. */
  rows(table: T, after: Key | null): Iterable<Row>;
  close(): Promise<void>;
}

/**
 * Opens what is on disk in `directory` now, also while another process writes there. Close it soon: pages that it sees
 * are not used again before.
 *
 * @throws AppError `DATABASE_OPEN_FAILED`
 */
export function openSnapshot<T extends string>(directory: string, tables: readonly T[]): Snapshot<T> {
  const root = openRoot(directory);
  // Bytes, and not JSON: a row that is damaged must not end the look at the others.
  const opened = new Map<T, Database<Buffer, Key>>();
  for (const name of tables) opened.set(name, root.openDB<Buffer, Key>({ name, encoding: 'binary' }));
  // Only now: a transaction does not know tables that are opened later.
  const transaction = root.useReadTransaction();
  return {
    get(table, key) {
      const bytes = opened.get(table)?.get(key, { transaction });
      return bytes === undefined ? undefined : parse(bytes);
    },
    *rows(table, after) {
      const start = after === null ? {} : { start: after, exclusiveStart: true };
      const rows = opened.get(table)?.getRange({ ...start, transaction }) ?? [];
      for (const { key, value } of rows) yield { key, value: parse(value) };
    },
    close() {
      transaction.done();
      return root.close();
    },
  };
}

function openRoot(directory: string) {
  // lmdb would make a directory for what is not there.
  const found = existsSync(join(directory, 'data.mdb'));
  if (!found) throw new AppError('DATABASE_OPEN_FAILED', `there is no database in ${directory}`);
  try {
    return open<Buffer, Key>({ path: directory, readOnly: true, encoding: 'binary', maxDbs: 32 });
  } catch (cause) {
    throw new AppError('DATABASE_OPEN_FAILED', `cannot open the database in ${directory}: check its owner`, { cause });
  }
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
