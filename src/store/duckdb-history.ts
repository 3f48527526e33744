import type { DuckDBConnection } from '@duckdb/node-api';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import { assertName, assertPoint, QUALITY_SUFFIX } from './naming.ts';
import type { Aggregate, HistoryItem, HistoryQuery } from './port.ts';

const AGGREGATE_SQL: Readonly<Record<Aggregate, (point: string) => string>> = {
  min: (point) => `min(${point})`,
  mean: (point) => `avg(${point})`,
  max: (point) => `max(${point})`,
  last: (point) => `arg_max(${point}, time)`,
  count: (point) => `count(${point})`,
};

/** Answers a history query; empty where the device or the column was never written. */
export async function readHistory(connection: DuckDBConnection, query: HistoryQuery): Promise<HistoryItem[]> {
  const { device, point, from, to, stepMs, limit } = query;
  const known = await connection.runAndReadAll(
    `SELECT id FROM main.devices WHERE site = $1 AND device = $2 AND EXISTS (
       FROM information_schema.columns WHERE table_catalog = current_database() AND table_schema = 'main'
       AND table_name = $3 AND column_name = $4)`,
    [device.site, device.id, device.profile.id, point],
  );
  const id = known.getRows()[0]?.[0];
  if (typeof id !== 'number') return [];
  const statement = stepMs === null ? rawStatement(query) : bucketStatement(query, stepMs);
  const range = [id, BigInt(from) * 1_000_000n, BigInt(to) * 1_000_000n, limit];
  const reader = await connection.runAndReadAll(statement, range);
  return reader.getRows().map(([ts, value, quality]) => ({
    ts: Number(ts),
    value: (typeof value === 'bigint' ? Number(value) : value) as Value,
    quality: quality as Quality,
  }));
}

/** Tests and exercises are kept, but are no history of the plant. */
function where(query: HistoryQuery): string {
  return `FROM main."${assertName('profile', query.device.profile.id)}"
    WHERE device = $1 AND time >= $2 AND time < $3
      AND (mark IS NULL OR NOT (contains(mark, 'test') OR contains(mark, 'exercise')))`;
}

function rawStatement(query: HistoryQuery): string {
  const point = `"${assertPoint(query.point)}"`;
  const quality = `"${query.point}${QUALITY_SUFFIX}"`;
  return `SELECT time // 1000000, ${point}, coalesce(${quality}, 'good') ${where(query)}
    AND (${point} IS NOT NULL OR ${quality} IS NOT NULL) ORDER BY time LIMIT $4`;
}

function bucketStatement(query: HistoryQuery, stepMs: number): string {
  const point = `"${assertPoint(query.point)}"`;
  const quality = `"${query.point}${QUALITY_SUFFIX}"`;
  return `SELECT (time // 1000000 // ${stepMs}) * ${stepMs} AS bucket, ${AGGREGATE_SQL[query.aggregate](point)},
      CASE WHEN count(${quality}) > 0 THEN 'uncertain' ELSE 'good' END
    ${where(query)} AND ${point} IS NOT NULL AND ${quality} IS DISTINCT FROM 'bad'
    GROUP BY bucket ORDER BY bucket LIMIT $4`;
}
