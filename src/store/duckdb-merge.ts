import type { DuckDBConnection } from '@duckdb/node-api';
import type { Quality } from '../model/quality.ts';
import type { Reading } from '../model/reading.ts';
import { appendRows, identityTime, type Row } from './duckdb-append.ts';
import type { Layout } from './duckdb-catalogue.ts';

/** Profile names begin with a letter or digit, so this can be none of them. */
const STAGE = '_stage';

/** Readings further apart than this are merged separately: a scan over the time between would find nothing. */
const CLUSTER_GAP_MS = 3_600_000;
const MAX_CLUSTERS = 32;

/**
 * Stores readings that may be repeats, within the transaction under way: what is there already stays as it is, points
 * that a stored reading lacks are added to it, and a point named again takes the newer value.
 */
export async function mergeRows(connection: DuckDBConnection, layout: Layout, rows: readonly Row[]): Promise<void> {
  const merged = mergeWithin(rows).sort((a, b) => a.reading.ts - b.reading.ts);
  const table = `main."${layout.id}"`;
  await connection.run(`CREATE OR REPLACE TEMP TABLE "${STAGE}" AS FROM ${table} LIMIT 0`);
  await appendRows(connection, STAGE, layout.columns, merged);
  for (const [first, last] of clusters(merged)) {
    // Rows are in the order of their milliseconds only.
    const range = [identityTime({ ...first.reading, subMs: 0 }), identityTime({ ...last.reading, subMs: 999_999 })];
    const update = updateStatement(table, layout);
    if (update !== null) await connection.run(update, range);
    await connection.run(
      `INSERT INTO ${table} SELECT s.* FROM "${STAGE}" s
       ANTI JOIN (SELECT device, time FROM ${table} WHERE time BETWEEN $1 AND $2) t USING (device, time)
       WHERE s.time BETWEEN $1 AND $2`,
      range,
    );
  }
  await connection.run(`DROP TABLE "${STAGE}"`);
}

/** Touches only rows that really change: nearly all of them are exact repeats, sent again after a crash. */
function updateStatement(table: string, { columns }: Layout): string | null {
  const points = columns.flatMap((column) => (column.kind === 'value' ? [column.name] : []));
  if (points.length === 0) return null;
  const named = (point: string) => `(s."${point}" IS NOT NULL OR s."${point}_quality" IS NOT NULL)`;
  const set = points.flatMap((point) =>
    [point, `${point}_quality`].map(
      (column) => `"${column}" = CASE WHEN ${named(point)} THEN s."${column}" ELSE t."${column}" END`,
    ),
  );
  const differs = points.map(
    (point) =>
      `(${named(point)} AND (s."${point}" IS DISTINCT FROM t."${point}"
        OR s."${point}_quality" IS DISTINCT FROM t."${point}_quality"))`,
  );
  return `UPDATE ${table} AS t SET ${set.join(', ')} FROM "${STAGE}" s
    WHERE t.device = s.device AND t.time = s.time AND t.time BETWEEN $1 AND $2 AND (${differs.join(' OR ')})`;
}

/** One row for each identity. */
function mergeWithin(rows: readonly Row[]): Row[] {
  const byIdentity = new Map<string, Row>();
  for (const row of rows) {
    const identity = `${row.id} ${row.reading.ts} ${row.reading.subMs}`;
    const earlier = byIdentity.get(identity);
    byIdentity.set(identity, earlier ? { id: row.id, reading: overlay(earlier.reading, row.reading) } : row);
  }
  return [...byIdentity.values()];
}

function overlay(earlier: Reading, later: Reading): Reading {
  const values = later.values.map((value, index) => (value === undefined ? earlier.values[index] : value));
  const qualities = later.values.map((value, index): Quality => {
    const source = value === undefined ? earlier : later;
    return source.qualities?.[index] ?? 'good';
  });
  return { ...earlier, values, qualities };
}

/** First and last row of each run of readings, sorted by time, that lie close together. */
function clusters(rows: readonly Row[]): [Row, Row][] {
  const runs: [Row, Row][] = [];
  for (const row of rows) {
    const run = runs.at(-1);
    const near = run && row.reading.ts - run[1].reading.ts <= CLUSTER_GAP_MS;
    if (run && (near || runs.length === MAX_CLUSTERS)) run[1] = row;
    else runs.push([row, row]);
  }
  return runs;
}
