import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DuckDBConnection, DuckDBInstance, type DuckDBResult } from '@duckdb/node-api';
import type { Profile } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import { withDeadline } from './deadline.ts';
import { readChunks, selectList } from './duckdb-batch.ts';
import { spanParameters } from './duckdb-span.ts';
import {
  assertNotCancelled,
  planScan,
  type ReadingArchive,
  readAhead,
  type ScanBatch,
  type ScanPlan,
  type ScanQuery,
  unlessCancelled,
} from './scan.ts';
import { MIN_TS, type TableColumns, type TableSql, tableSql } from './table-columns.ts';

/** A file of readings that did not come from here. */
export interface TableFileOptions {
  /** `.csv`, `.csv.gz` or `.parquet`. */
  readonly path: string;
  /** Columns to be passed over, and points of rows. */
  readonly ignore?: readonly string[];
  /** Device classes whose points may stand in it too; left out = the class of the query alone. */
  readonly profiles?: readonly Profile[];
  /** IANA name of the time zone of times that name none; UTC by default. */
  readonly timezone?: string;
  /** A scan settles within it between two batches; 600,000 by default: before the first one all is read and sorted. */
  readonly deadlineMs?: number;
}

/**
 * Cells of CSV are read as text, so that no type is guessed from the first rows. A folder named `a=b` adds no column.
 */
const READERS: readonly (readonly [ending: RegExp, sql: string])[] = [
  [/\.csv(\.gz)?$/i, 'read_csv($1, header = true, all_varchar = true, hive_partitioning = false)'],
  [/\.parquet$/i, 'read_parquet($1, hive_partitioning = false)'],
];

/**
 * Opens a table of readings, by columns (`ts`, `site`, `device` and a column for each point, with `<point>_quality` if
 * wanted) or by rows (`ts`, `site`, `device`, `point`, `value`, `quality` if wanted). `ts` is epoch milliseconds, a
 * timestamp or ISO 8601, in `timezone` where it names no zone. What `readable."<profile>"` of a DuckDB store exports is
 * read as it is: `time` is `ts`, `received` and `mark` are kept, and all three together mean that its times are UTC. An empty cell of a point says nothing about it; `value`
 * without a value, or a number that is not finite, is bad.
 *
 * Rows are sorted by DuckDB, on disk where they are more than its memory.
 *
 * A scan also throws `TABLE_COLUMN_UNKNOWN`, `TABLE_COLUMN_MISSING` and `TABLE_INVALID`: a cell is not what it should be.
 *
 * @throws AppError `TABLE_UNREADABLE`
 */
export async function openTableFile(options: TableFileOptions): Promise<ReadingArchive> {
  const { ignore = [], profiles = [], timezone = 'UTC', deadlineMs = 600_000 } = options;
  const path = resolve(options.path);
  const reader = readerOf(path);
  const found = await stat(path).catch(() => null);
  if (!found?.isFile()) throw new AppError('TABLE_UNREADABLE', `${path} is no file, or may not be read`);
  const spill = await mkdtemp(join(tmpdir(), 'davylamp-table-'));
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '512MB',
    temp_directory: spill,
    preserve_insertion_order: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connections = new Set<DuckDBConnection>();
  const running = new Set<Promise<unknown>>();
  let closed = false;

  /** DuckDB must not lose a connection, or itself, under a call. */
  async function track<T>(begin: () => Promise<T>): Promise<T> {
    if (closed) throw new AppError('TABLE_UNREADABLE', 'the table was closed');
    const call = begin();
    running.add(call);
    try {
      return await call;
    } finally {
      running.delete(call);
    }
  }

  async function* scan(query: ScanQuery): AsyncGenerator<ScanBatch, void> {
    const plan = planScan(query);
    if (plan.points.length === 0) return;
    assertNotCancelled(query.signal);
    const connection = await track(() => instance.connect());
    connections.add(connection);
    let last: Promise<unknown> = Promise.resolve();
    const ask: Ask = async (begin) => {
      const call = track(begin);
      last = call.catch(() => {});
      const stop = () => connection.interrupt();
      return await unlessCancelled(query.signal, withDeadline(call, deadlineMs, 'reading the table', stop), stop);
    };
    try {
      await ask(() => connection.run("SET TimeZone = 'UTC'"));
      const columns = await ask(() => describe(connection, reader, path));
      const sql = tableSql(reader, columns, query, plan.points, { ignore, profiles, timezone });
      const result = await ask(() => start(connection, sql, path, query, plan));
      for await (const batch of readAhead(readBatches(ask, result, sql))) {
        assertNotCancelled(query.signal);
        yield batch;
      }
    } catch (error) {
      throw unreadable(path, error);
    } finally {
      if (connections.has(connection)) connection.interrupt();
      await last;
      if (connections.delete(connection)) connection.disconnectSync();
    }
  }

  return {
    scan,
    async close() {
      if (closed) return;
      closed = true;
      for (const connection of connections) connection.interrupt();
      await Promise.allSettled(running);
      for (const connection of connections) connection.disconnectSync();
      connections.clear();
      instance.closeSync();
      await rm(spill, { recursive: true, force: true });
    },
  };
}

type Ask = <T>(begin: () => Promise<T>) => Promise<T>;

function readerOf(path: string): string {
  const [, reader] = READERS.find(([ending]) => ending.test(path)) ?? [];
  if (reader !== undefined) return reader;
  throw new AppError('TABLE_UNREADABLE', `${path}: give a file .csv, .csv.gz or .parquet`);
}

async function describe(connection: DuckDBConnection, reader: string, path: string): Promise<TableColumns> {
  const answer = await connection.runAndReadAll(`DESCRIBE FROM ${reader}`, [literally(path)]);
  return new Map(answer.getRows().map(([name, type]) => [String(name), String(type)]));
}

/** DuckDB takes a path for a pattern. */
function literally(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}

async function start(
  connection: DuckDBConnection,
  { rows, row }: TableSql,
  path: string,
  { devices }: ScanQuery,
  { from, to }: ScanPlan,
): Promise<DuckDBResult> {
  const statement = `SELECT ${selectList(row)} FROM ${rows} ORDER BY (time - $2) // 1000000, device, time`;
  const span = { from: Math.max(from, MIN_TS), to };
  return await connection.stream(statement, ...spanParameters(span, devices, [literally(path)]));
}

async function* readBatches(ask: Ask, result: DuckDBResult, { row }: TableSql): AsyncGenerator<ScanBatch, void> {
  const devices: string[] = [];
  const positions = new Map<number | string, number>();
  const positionOf = (key: number | string) => {
    const known = positions.get(key);
    if (known !== undefined) return known;
    const position = devices.push(String(key)) - 1;
    positions.set(key, position);
    return position;
  };
  for (;;) {
    const chunk = await ask(() => result.fetchChunk());
    if (!chunk || chunk.rowCount === 0) return;
    yield readChunks([chunk], row, { devices, positionOf });
  }
}

/** Errors of DuckDB have no code; each message begins with its kind, and these are about what is in the file. */
const CONTENT = /^(Conversion|Invalid Input|Out of Range|Binder) Error: /;

function unreadable(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const [words = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n\n');
  const invalid = CONTENT.test(words);
  return new AppError(
    invalid ? 'TABLE_INVALID' : 'TABLE_UNREADABLE',
    `${path}: ${words.replace(CONTENT, '').slice(0, 500)}`,
    {
      cause,
    },
  );
}
