import type { DuckDBConnection } from '@duckdb/node-api';
import type { PointType, Profile } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import { assertName, assertPoint, QUALITY_SUFFIX } from './naming.ts';

/** How the values of a point are kept. */
export const SQL_TYPE: Readonly<Record<PointType, string>> = {
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  string: 'VARCHAR',
};

/** Rows newer than the newest one minus this are read at start to find each device's high water. */
const HIGH_WATER_WINDOW_MS = 120_000;

const OWN_COLUMNS = 4;

/** What a column of a profile's table holds; `unused` belongs to a point that the profile does not have (any more). */
export type Column =
  | { readonly kind: 'device' | 'time' | 'received' | 'mark' | 'unused'; readonly name: string }
  | { readonly kind: 'value'; readonly name: string; readonly index: number; readonly type: PointType }
  | { readonly kind: 'quality'; readonly name: string; readonly index: number };

/** Newest identity stored for a device in one table: whatever is beyond it cannot be a repeat. */
export interface HighWater {
  /** Row of the table `devices`. */
  readonly id: number;
  ts: number;
  subMs: number;
}

/** One row of the table `devices`. */
export interface DeviceRow {
  readonly id: number;
  readonly site: string;
  readonly device: string;
}

interface ProfileTable {
  columnNames: readonly string[];
  /** By device key. */
  readonly highWater: Map<string, HighWater>;
  /** A device without high water, but with an id below `firstNewId`, has no rows after this (epoch ms). */
  readonly settledUntil: number;
  readonly firstNewId: number;
}

/** A profile's table as one version of the profile sees it. */
export interface Layout {
  /** Name of the table; quote it. */
  readonly id: string;
  /** In the order of the table. */
  readonly columns: readonly Column[];
  readonly table: ProfileTable;
}

/** The tables and devices of an open database. */
export interface Catalogue {
  /** The layout, where the table is open and has this profile's columns. */
  layout(profile: Profile): Layout | undefined;
  /**
   * Opens, creates or extends the table of a profile and its view.
   *
   * @throws AppError `STORE_SCHEMA_CONFLICT` when a column exists with another type
   */
  open(profile: Profile): Promise<Layout>;
  /** High water of a device, made up for one that was not seen yet; a new device gets an id, see `unsaved`. */
  highWater(layout: Layout, key: string): HighWater;
  /** Devices that are not in the database yet; empties the list. */
  unsaved(): readonly DeviceRow[];
}

/** Reads what is in the database and creates what all profiles share. */
export async function loadCatalogue(connection: DuckDBConnection, now: number): Promise<Catalogue> {
  await connection.run(
    'CREATE TABLE IF NOT EXISTS main.devices (id INTEGER NOT NULL, site VARCHAR NOT NULL, device VARCHAR NOT NULL)',
  );
  await connection.run('CREATE SCHEMA IF NOT EXISTS readable');
  const rows = await connection.runAndReadAll("SELECT site || '/' || device, id FROM main.devices");
  const deviceIds = new Map(rows.getRows().map(([key, id]) => [String(key), Number(id)]));
  const deviceKeys = new Map([...deviceIds].map(([key, id]) => [id, key]));
  let nextId = [...deviceIds.values()].reduce((most, id) => Math.max(most, id), 0) + 1;
  let unsaved: DeviceRow[] = [];
  const tables = new Map<string, ProfileTable>();
  const layouts = new WeakMap<Profile, Layout & { readonly columnNames: readonly string[] }>();

  function register(key: string): number {
    const id = nextId++;
    deviceIds.set(key, id);
    deviceKeys.set(id, key);
    const slash = key.indexOf('/');
    unsaved.push({ id, site: key.slice(0, slash), device: key.slice(slash + 1) });
    return id;
  }

  return {
    layout(profile) {
      const layout = layouts.get(profile);
      // Another version of the profile may have added a column since.
      return layout && layout.columnNames === layout.table.columnNames ? layout : undefined;
    },
    async open(profile) {
      const found = await ensureTable(connection, profile);
      const tableKey = profile.id.toLowerCase();
      let table = tables.get(tableKey);
      // Columns are only ever added: as many are the same, and other versions of the profile keep their layout.
      const columnNames = table?.columnNames.length === found.length ? table.columnNames : found;
      if (table) table.columnNames = columnNames;
      else
        table = { columnNames, firstNewId: nextId, ...(await loadHighWater(connection, profile.id, deviceKeys, now)) };
      tables.set(tableKey, table);
      const columns = columnNames.map((name) => describe(name, profile));
      const layout = { id: profile.id, columns, table, columnNames };
      layouts.set(profile, layout);
      return layout;
    },
    highWater({ table }, key) {
      let mark = table.highWater.get(key);
      if (!mark) {
        const id = deviceIds.get(key) ?? register(key);
        mark = { id, ts: id < table.firstNewId ? table.settledUntil : Number.NEGATIVE_INFINITY, subMs: 0 };
        table.highWater.set(key, mark);
      }
      return mark;
    },
    unsaved() {
      const devices = unsaved;
      unsaved = [];
      return devices;
    },
  };
}

/** Columns of a profile's table with their types; empty where there is no such table. */
export async function columnTypes(connection: DuckDBConnection, profile: string): Promise<Map<string, string>> {
  const reader = await connection.runAndReadAll(
    `SELECT column_name, data_type FROM information_schema.columns
     WHERE table_catalog = current_database() AND table_schema = 'main' AND table_name = $1
     ORDER BY ordinal_position`,
    [profile],
  );
  return new Map(reader.getRows().map(([column, type]) => [String(column), String(type)]));
}

/** Names of the columns, after whatever was missing has been added. */
async function ensureTable(connection: DuckDBConnection, profile: Profile): Promise<string[]> {
  const table = `"${assertName('profile', profile.id)}"`;
  await connection.run(
    `CREATE TABLE IF NOT EXISTS main.${table}
     (device INTEGER NOT NULL, time BIGINT NOT NULL, received BIGINT NOT NULL, mark VARCHAR)`,
  );
  const existing = await columnTypes(connection, profile.id);
  let changed = existing.size === OWN_COLUMNS;
  assertTypes(profile, existing);
  for (const [column, type] of wantedColumns(profile)) {
    if (existing.has(column)) continue;
    await connection.run(`ALTER TABLE main.${table} ADD COLUMN "${column}" ${type}`);
    existing.set(column, type);
    changed = true;
  }
  if (changed) await createView(connection, table);
  return [...existing.keys()];
}

/**
 * Asserts that the table of a profile, if there is one, has no column of another type than its point.
 *
 * @throws AppError `STORE_SCHEMA_CONFLICT`
 */
export async function assertColumns(connection: DuckDBConnection, profile: Profile): Promise<void> {
  assertTypes(profile, await columnTypes(connection, profile.id));
}

function assertTypes(profile: Profile, existing: ReadonlyMap<string, string>): void {
  for (const [column, type] of wantedColumns(profile)) {
    const found = existing.get(column);
    if (found === undefined || found === type) continue;
    throw new AppError(
      'STORE_SCHEMA_CONFLICT',
      `table "${profile.id}", column "${column}" holds ${found}, the profile now says ${type}: give the point another name`,
      { details: { table: profile.id, column, found, wanted: type } },
    );
  }
}

function wantedColumns(profile: Profile): [name: string, type: string][] {
  return profile.points.flatMap((point): [string, string][] => {
    const id = assertPoint(point.id);
    return [
      [id, SQL_TYPE[point.type]],
      [id + QUALITY_SUFFIX, 'VARCHAR'],
    ];
  });
}

/** For people: site and device by name, times as timestamps. */
async function createView(connection: DuckDBConnection, table: string): Promise<void> {
  await connection.run(
    `CREATE OR REPLACE VIEW readable.${table} AS
     SELECT d.site, d.device, make_timestamp_ns(r.time) AS time, epoch_ms(r.received) AS received,
            r.* EXCLUDE (device, time, received)
     FROM main.${table} r JOIN main.devices d ON d.id = r.device`,
  );
}

function describe(name: string, profile: Profile): Column {
  if (name === 'device' || name === 'time' || name === 'received' || name === 'mark') return { kind: name, name };
  const value = profile.points.find((point) => point.id === name);
  if (value) return { kind: 'value', name, index: value.index, type: value.type };
  const quality = profile.points.find((point) => point.id + QUALITY_SUFFIX === name);
  return quality ? { kind: 'quality', name, index: quality.index } : { kind: 'unused', name };
}

/** Only the newest rows are read, which zone maps make cheap however large the table is. */
async function loadHighWater(
  connection: DuckDBConnection,
  profile: string,
  deviceKeys: ReadonlyMap<number, string>,
  now: number,
): Promise<Pick<ProfileTable, 'highWater' | 'settledUntil'>> {
  const highWater = new Map<string, HighWater>();
  const newest = (await connection.runAndReadAll(`SELECT max(time) FROM main."${profile}"`)).getRows()[0]?.[0];
  if (typeof newest !== 'bigint') return { highWater, settledUntil: Number.NEGATIVE_INFINITY };
  // A clock that once ran ahead must not push all later readings onto the slow path.
  const settledUntil = Math.floor(Math.min(Number(newest) / 1e6, now)) - HIGH_WATER_WINDOW_MS;
  const reader = await connection.runAndReadAll(
    `SELECT device, max(time) FROM main."${profile}" WHERE time >= $1 GROUP BY device`,
    [BigInt(settledUntil) * 1_000_000n],
  );
  for (const [device, time] of reader.getRows()) {
    const key = typeof device === 'number' ? deviceKeys.get(device) : undefined;
    if (key === undefined || typeof device !== 'number' || typeof time !== 'bigint') continue;
    const subMs = ((time % 1_000_000n) + 1_000_000n) % 1_000_000n;
    highWater.set(key, { id: device, ts: Number((time - subMs) / 1_000_000n), subMs: Number(subMs) });
  }
  return { highWater, settledUntil };
}
