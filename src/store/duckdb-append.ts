import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  SQLNULL,
  VARCHAR,
} from '@duckdb/node-api';
import type { PointType } from '../model/device.ts';
import type { Reading } from '../model/reading.ts';
import type { Column } from './duckdb-catalogue.ts';
import { markOf, storedQuality } from './sample.ts';

/** Rows of a DuckDB vector. */
const CHUNK_ROWS = 2048;

const POINT_TYPE: Readonly<Record<PointType, DuckDBType>> = { number: DOUBLE, boolean: BOOLEAN, string: VARCHAR };

/** A reading and the row of `devices` it belongs to. */
export interface Row {
  readonly id: number;
  readonly reading: Reading;
}

/** Nanoseconds since the epoch: with the device the identity of a row. */
export function identityTime({ ts, subMs }: Reading): bigint {
  return BigInt(ts) * 1_000_000n + BigInt(subMs);
}

/**
 * Appends rows to a table within the transaction under way.
 *
 * Measured: 0.4 µs a row for four points. A null costs as much as three numbers (its validity bit is a BigInt
 * operation), so a column without any value in a chunk, as nearly all quality columns are, goes as SQLNULL, which the
 * appender casts for next to nothing.
 */
export async function appendRows(
  connection: DuckDBConnection,
  table: string,
  columns: readonly Column[],
  rows: readonly Row[],
): Promise<void> {
  const appender = await connection.createAppender(table);
  try {
    for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
      appender.appendDataChunk(buildChunk(columns, rows.slice(start, start + CHUNK_ROWS)));
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

function buildChunk(columns: readonly Column[], rows: readonly Row[]): DuckDBDataChunk {
  const filled = columns.map((column) => fill(column, rows));
  const types = columns.map((column, position) => (filled[position] ? chunkType(column) : SQLNULL));
  const chunk = DuckDBDataChunk.create(types, rows.length);
  filled.forEach((values, position) => {
    if (values) chunk.setColumnValues(position, values);
  });
  return chunk;
}

function chunkType(column: Column): DuckDBType {
  switch (column.kind) {
    case 'device':
      return INTEGER;
    case 'time':
      return BIGINT;
    case 'received':
      // The appender casts it to BIGINT, exactly, and JavaScript is spared a BigInt a row.
      return DOUBLE;
    case 'value':
      return POINT_TYPE[column.type];
    case 'quality':
    case 'mark':
    case 'unused':
      return VARCHAR;
  }
}

/** One column of a chunk; null = no row has a value. */
function fill(column: Column, rows: readonly Row[]): DuckDBValue[] | null {
  switch (column.kind) {
    case 'device':
      return rows.map((row) => row.id);
    case 'time':
      return rows.map((row) => identityTime(row.reading));
    case 'received':
      return rows.map((row) => row.reading.receivedAt);
    case 'mark':
      return unlessEmpty(rows.map((row) => markOf(row.reading)));
    case 'value':
      return unlessEmpty(rows.map((row) => row.reading.values[column.index] ?? null));
    case 'quality':
      return unlessEmpty(rows.map((row) => storedQuality(row.reading, column.index)));
    case 'unused':
      return null;
  }
}

function unlessEmpty(values: DuckDBValue[]): DuckDBValue[] | null {
  for (const value of values) if (value !== null) return values;
  return null;
}
