import { join } from 'node:path';
import type { StoreSettings } from '../model/configuration.ts';
import type { Profile } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import { createLogger } from '../runtime/log.ts';
import { openDuckDbArchive } from '../store/duckdb-scan.ts';
import { createInfluxStore } from '../store/influx.ts';
import type { ReadingArchive, ScanBatch, ScanQuery } from '../store/scan.ts';
import { openTableFile } from '../store/table-file.ts';

/** Where the readings of the past are. */
export type PastPlace =
  | { readonly kind: 'store'; readonly store: StoreSettings; readonly dataDirectory: string }
  | { readonly kind: 'file'; readonly path: string; readonly ignore: readonly string[] };

/** Readings of several device classes, to be scanned at the same time. */
export interface Past {
  /** For people. */
  readonly name: string;
  /** Scans of these queries, to be read side by side. */
  scans(queries: readonly ScanQuery[]): AsyncIterable<ScanBatch>[];
  close(): Promise<void>;
}

/** A store lends no more connections to scans than this. */
const SCANS_OF_STORE = 2;

/**
 * Opens it for reading only, for up to so many scans at once as there are profiles.
 *
 * @throws AppError `STORE_IN_USE` (the engine has the file), `STORE_UNAVAILABLE`, `TABLE_UNREADABLE`
 */
export async function openPast(place: PastPlace, profiles: ReadonlyMap<string, Profile>): Promise<Past> {
  const open = (): Promise<ReadingArchive> => openArchive(place, profiles);
  const wanted = place.kind === 'file' ? 1 : Math.max(1, Math.ceil(profiles.size / SCANS_OF_STORE));
  const archives: ReadingArchive[] = [];
  const close = async () => {
    await Promise.all(archives.map((archive) => archive.close()));
  };
  try {
    while (archives.length < wanted) archives.push(await open());
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: nameOf(place),
    scans(queries) {
      const scans = queries.map((query, i) => archives[i % archives.length]?.scan(query) ?? nothing());
      return place.kind === 'file' ? fitting(scans) : scans;
    },
    close,
  };
}

async function openArchive(place: PastPlace, profiles: ReadonlyMap<string, Profile>): Promise<ReadingArchive> {
  if (place.kind === 'file') return await openTableFile({ path: place.path, ignore: place.ignore });
  const { store, dataDirectory } = place;
  if (store.kind === 'duckdb') return await openDuckDbArchive(join(dataDirectory, 'readings.duckdb'));
  if (!store.influxdb) throw new AppError('STORE_UNAVAILABLE', 'no InfluxDB is configured: give store.influxdb');
  const log = createLogger({ level: 'silent' });
  const influx = createInfluxStore({ settings: store.influxdb, profiles, retentionMs: store.retentionMs, log });
  return { scan: (query) => influx.scan(query), close: () => influx.stop() };
}

function nameOf(place: PastPlace): string {
  if (place.kind === 'file') return place.path;
  const { store, dataDirectory } = place;
  if (store.kind === 'duckdb') return join(dataDirectory, 'readings.duckdb');
  return `${store.influxdb?.url ?? ''} ${store.influxdb?.database ?? ''}`;
}

async function* nothing(): AsyncGenerator<ScanBatch, void> {}

const NOT_OF_PROFILE = new Set(['TABLE_COLUMN_UNKNOWN', 'TABLE_COLUMN_MISSING']);

/** A table holds one device class or some: a profile that it does not fit has no readings, unless it fits none. */
function fitting(scans: readonly AsyncIterable<ScanBatch>[]): AsyncIterable<ScanBatch>[] {
  const refusals: unknown[] = [];
  async function* fit(scan: AsyncIterable<ScanBatch>): AsyncGenerator<ScanBatch, void> {
    try {
      yield* scan;
    } catch (error) {
      if (!(error instanceof AppError) || !NOT_OF_PROFILE.has(error.code)) throw error;
      if (refusals.push(error) === scans.length) throw refusals[0];
    }
  }
  return scans.map(fit);
}
