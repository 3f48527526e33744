import { BIGINT, type DuckDBType, type DuckDBValue, LIST, listValue, VARCHAR } from '@duckdb/node-api';

/** Milliseconds, `from` inclusive, `to` exclusive. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Parameters of a statement over a span, with their types, in the order of their numbers: `texts`, the bounds in
 * nanoseconds, and device keys where they are given.
 */
export function spanParameters(
  { from, to }: Span,
  devices: readonly string[] | undefined,
  texts: readonly string[] = [],
): [DuckDBValue[], DuckDBType[]] {
  const values: DuckDBValue[] = [...texts, BigInt(from) * 1_000_000n, BigInt(to) * 1_000_000n];
  const types: DuckDBType[] = [...texts.map(() => VARCHAR), BIGINT, BIGINT];
  if (devices) {
    values.push(listValue(devices));
    types.push(LIST(VARCHAR));
  }
  return [values, types];
}
