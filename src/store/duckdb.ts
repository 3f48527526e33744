import type { DuckDBConnection } from '@duckdb/node-api';
import type { Profile } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import type { Reading } from '../model/reading.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { withDeadline } from './deadline.ts';
import { appendDevices, appendRows, type Row } from './duckdb-append.ts';
import { assertColumns, type Catalogue, type Layout, loadCatalogue } from './duckdb-catalogue.ts';
import { readHistory } from './duckdb-history.ts';
import { mergeRows } from './duckdb-merge.ts';
import { pruneTables } from './duckdb-prune.ts';
import { scanDuckDb } from './duckdb-scan.ts';
import { openSession, type Session, unavailable } from './duckdb-session.ts';
import { assertQuery } from './history-query.ts';
import { assertSchema } from './naming.ts';
import type { HistoryItem, HistoryQuery, ReadingStore } from './port.ts';
import { assertStorable } from './sample.ts';
import type { ScanQuery } from './scan.ts';

/** What a DuckDB store needs. */
export interface DuckDbStoreOptions {
  /** Database file; its directory exists. */
  readonly file: string;
  /** Tables are made for these at start, for others when a reading of them comes. */
  readonly profiles: ReadonlyMap<string, Profile>;
  /** Writes of new readings and queries settle within it; 5000 by default. */
  readonly deadlineMs?: number;
  /** Opening (which replays the log of a crash), merging, pruning and a scan between batches settle within it; 60,000 by default. */
  readonly maintenanceDeadlineMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Readings in a DuckDB file: a table for each profile with a row for each reading, `devices` with their ids, and for
 * people a view `readable."<profile>"`. `start` also throws `STORE_LOCKED` (another process has the file) and
 * `STORE_SCHEMA_CONFLICT` (a point changed its type).
 *
 * A reading newer than all others of its device, which is nearly every one, is appended without looking; any other
 * may be a repeat and is merged.
 */
export function createDuckDbStore(options: DuckDbStoreOptions): ReadingStore {
  const { file, clock, log, deadlineMs = 5000, maintenanceDeadlineMs = 60_000 } = options;
  let { profiles } = options;
  let session: Session | null = null;
  let catalogue: Catalogue | null = null;
  let failed = false;
  let opening: Promise<void> | null = null;

  function opened(): Session {
    if (session && !failed) return session;
    throw new AppError('STORE_UNAVAILABLE', 'the DuckDB store is not open; start it');
  }

  /** After a failure nothing in memory is trusted: the file is closed and opened again. */
  async function reopen(): Promise<void> {
    await close();
    const fresh = await openSession(file);
    try {
      const loaded = await loadCatalogue(fresh.writer, clock.now());
      for (const profile of profiles.values()) await loaded.open(profile);
      session = fresh;
      catalogue = loaded;
      failed = false;
    } catch (error) {
      await fresh.close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    const closing = session;
    session = null;
    catalogue = null;
    await closing?.close();
  }

  async function write(current: Session, readings: readonly Reading[], onMerge: () => void): Promise<void> {
    const { writer } = current;
    try {
      catalogue ??= await loadCatalogue(writer, clock.now());
      const groups = await plan(catalogue, readings);
      if (groups.some(({ late }) => late.length > 0)) onMerge();
      await writer.run('BEGIN');
      try {
        await store(writer, catalogue, groups);
        await writer.run('COMMIT');
      } catch (error) {
        // DuckDB has rolled back by itself after some errors, and says that there is nothing to roll back.
        await writer.run('ROLLBACK').catch(() => {});
        throw error;
      }
    } catch (error) {
      // The marks may be ahead of the table now.
      catalogue = null;
      const refusal = refused(error);
      if (!refusal) failed = true;
      throw refusal ?? unavailable('write', error);
    }
  }

  return {
    kind: 'duckdb',
    async start() {
      if (session && !failed) return;
      assertSchema(profiles);
      opening ??= reopen().finally(() => {
        opening = null;
      });
      try {
        await withDeadline(opening, maintenanceDeadlineMs, 'opening the DuckDB file');
        log.info({ file }, 'DuckDB store open');
      } catch (error) {
        throw unavailable('opening the DuckDB file', error);
      }
    },
    async write(readings) {
      if (readings.length === 0) return;
      assertStorable(readings);
      const current = opened();
      if (current.writing) throw new AppError('STORE_UNAVAILABLE', 'the last write is still running');
      // Months of backfill take their time, and a deadline that they never meet would stop everything behind them.
      let patienceMs = deadlineMs;
      const onMerge = () => {
        patienceMs = Math.max(deadlineMs, maintenanceDeadlineMs);
      };
      const call = current.exclusively(() => write(current, readings, onMerge));
      await withDeadline(
        call,
        () => patienceMs,
        'write',
        () => {
          failed = true;
          current.writer.interrupt();
        },
      );
    },
    async history(query: HistoryQuery): Promise<HistoryItem[]> {
      assertQuery(query);
      const current = opened();
      try {
        return await current.read(deadlineMs, (connection) => readHistory(connection, query));
      } catch (error) {
        throw unavailable('query', error);
      }
    },
    async *scan(query: ScanQuery) {
      yield* scanDuckDb(opened(), query, maintenanceDeadlineMs);
    },
    async check(wanted) {
      assertSchema(wanted);
      const current = opened();
      try {
        await current.read(deadlineMs, async (connection) => {
          for (const profile of wanted.values()) await assertColumns(connection, profile);
        });
      } catch (error) {
        throw unavailable('query', error);
      }
    },
    configure(next) {
      profiles = next;
    },
    async prune(before) {
      const current = opened();
      try {
        await current.maintain(maintenanceDeadlineMs, (connection) => pruneTables(connection, before));
      } catch (error) {
        throw unavailable('prune', error);
      }
    },
    async stop() {
      await opening?.catch(() => {});
      await withDeadline(close(), maintenanceDeadlineMs, 'closing the DuckDB file');
    },
  };
}

/** Everything new first: a repeat within the batch then finds its original in the table. */
async function store(writer: DuckDBConnection, catalogue: Catalogue, groups: readonly Group[]): Promise<void> {
  await appendDevices(writer, catalogue.unsaved());
  for (const { layout, fresh } of groups) {
    if (fresh.length > 0) await appendRows(writer, layout.id, layout.columns, fresh);
  }
  for (const { layout, late } of groups) {
    if (late.length > 0) await mergeRows(writer, layout, late);
  }
}

interface Group {
  readonly layout: Layout;
  readonly fresh: Row[];
  readonly late: Row[];
}

/** Sorts readings by table and into new ones and possible repeats, and moves the marks of their devices. */
async function plan(catalogue: Catalogue, readings: readonly Reading[]): Promise<Group[]> {
  const groups = new Map<Profile, Group>();
  const profiles = new Set<Profile>();
  for (const { device } of readings) profiles.add(device.profile);
  // A batch may hold two versions of a profile; the layout of one is right only when the columns of both are there.
  for (const profile of profiles) if (!catalogue.layout(profile)) await catalogue.open(profile);
  for (const profile of profiles) {
    const layout = catalogue.layout(profile) ?? (await catalogue.open(profile));
    groups.set(profile, { layout, fresh: [], late: [] });
  }
  for (const reading of readings) {
    const group = groups.get(reading.device.profile);
    if (!group) continue;
    const mark = catalogue.highWater(group.layout, reading.device.key);
    const row = { id: mark.id, reading };
    if (reading.ts > mark.ts || (reading.ts === mark.ts && reading.subMs > mark.subMs)) {
      mark.ts = reading.ts;
      mark.subMs = reading.subMs;
      group.fresh.push(row);
    } else {
      group.late.push(row);
    }
  }
  return [...groups.values()];
}

/** What DuckDB says of data that it cannot take. Its errors have no code; each message begins with its kind. */
const REFUSALS = /^(Conversion|Constraint|Out of Range|Invalid Input|Invalid unicode) Error|^Invalid unicode/i;

function refused(error: unknown): AppError | null {
  if (error instanceof AppError) {
    const conflict = error.code === 'STORE_SCHEMA_CONFLICT' || error.code === 'STORE_REFUSED';
    return conflict ? new AppError('STORE_REFUSED', error.message, { cause: error }) : null;
  }
  if (
    error instanceof TypeError ||
    error instanceof RangeError ||
    (error instanceof Error && REFUSALS.test(error.message))
  ) {
    return new AppError('STORE_REFUSED', `DuckDB: ${error.message}`, { cause: error });
  }
  return null;
}
