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
  | { readonly kind: 'file'; readonly path: string; readonly ignore: readonly string[]; readonly timezone: string };

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
      return queries.map((query, i) => archives[i % archives.length]?.scan(query) ?? nothing());
    },
    close,
  };
}

async function openArchive(place: PastPlace, profiles: ReadonlyMap<string, Profile>): Promise<ReadingArchive> {
  if (place.kind === 'file') {
    const { path, ignore, timezone } = place;
    return await openTableFile({ path, ignore, timezone, profiles: [...profiles.values()] });
  }
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
