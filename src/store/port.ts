import type { Device, Profile } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Reading, Value } from '../model/reading.ts';
import type { ScanSource } from './scan.ts';

export const AGGREGATES = ['min', 'mean', 'max', 'last', 'count'] as const;

export type Aggregate = (typeof AGGREGATES)[number];

/** One question about one point. Times are epoch milliseconds, `from` inclusive, `to` exclusive. */
export interface HistoryQuery {
  readonly device: Device;
  readonly point: string;
  readonly from: number;
  readonly to: number;
  /** Width of a bucket; null = raw samples. Buckets start at multiples of it since the epoch. */
  readonly stepMs: number | null;
  readonly aggregate: Aggregate;
  /** At most so many items, oldest first. */
  readonly limit: number;
}

/**
 * `ts` is the source time of a raw sample or the start of a bucket. Aggregates
 * take samples that are not bad and have a value; a bucket without one is left
 * out; its quality is the worst of the samples it took.
 */
export interface HistoryItem {
  readonly ts: number;
  readonly value: Value;
  readonly quality: Quality;
}

/**
 * Where readings are kept. Adapters: DuckDB (embedded) and InfluxDB 1.x; both pass test/contract/store.test.ts.
 *
 * Errors are AppError: `STORE_UNAVAILABLE` (down, hung, refused credentials, disk full: try again later, nothing is
 * lost) or `STORE_REFUSED` (the database looked at the data and refused it: bisect). Every call settles within its
 * deadline whatever the database does.
 */
export interface ReadingStore extends ScanSource {
  readonly kind: 'duckdb' | 'influxdb';
  /** Opens or reaches the database and creates what is missing. Can be called again after it failed. */
  start(): Promise<void>;
  /** Writes readings, all or none visible to the caller's knowledge. Idempotent: a repeat is stored once. */
  write(readings: readonly Reading[]): Promise<void>;
  history(query: HistoryQuery): Promise<HistoryItem[]>;
  /**
   * Asks the database whether it can keep readings of these profiles beside what it holds; changes nothing.
   *
   * @throws AppError `STORE_SCHEMA_CONFLICT`, or `STORE_UNAVAILABLE` when it cannot be asked
   */
  check(profiles: ReadonlyMap<string, Profile>): Promise<void>;
  /** Takes these profiles for the next {@link start}; room for a new point is made when its first reading comes. */
  configure(profiles: ReadonlyMap<string, Profile>): void;
  /** Removes readings older than `before`, where the database does not do so by itself. */
  prune(before: number): Promise<void>;
  stop(): Promise<void>;
}
