import type { DuckDBConnection } from '@duckdb/node-api';

const SLICE_NS = 86_400_000_000_000n;

/**
 * Removes the rows older than `before` (epoch ms) of every table, those of profiles that are not configured any more
 * included. A day at a time, each its own transaction: a long one would keep back the checkpoints of all writes.
 */
export async function pruneTables(connection: DuckDBConnection, before: number): Promise<void> {
  const end = BigInt(Math.floor(before)) * 1_000_000n;
  const tables = await connection.runAndReadAll(
    `SELECT table_name FROM information_schema.columns
     WHERE table_catalog = current_database() AND table_schema = 'main' AND column_name = 'time'`,
  );
  for (const [table] of tables.getRows()) await pruneTable(connection, `main."${table}"`, end);
}

async function pruneTable(connection: DuckDBConnection, table: string, end: bigint): Promise<void> {
  for (;;) {
    const oldest = (await connection.runAndReadAll(`SELECT min(time) FROM ${table}`)).getRows()[0]?.[0];
    if (typeof oldest !== 'bigint' || oldest >= end) return;
    const slice = oldest + SLICE_NS;
    await connection.run(`DELETE FROM ${table} WHERE time < $1`, [slice < end ? slice : end]);
  }
}
