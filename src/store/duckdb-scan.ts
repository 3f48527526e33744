import type { DuckDBConnection } from '@duckdb/node-api';
import { AppError } from '../model/error.ts';
import { actualSql, namedSql, type PointSql, type RowSql, readChunks, selectList } from './duckdb-batch.ts';
import { columnTypes, SQL_TYPE } from './duckdb-catalogue.ts';
import { type Loan, openSession, type Session, unavailable } from './duckdb-session.ts';
import { type Span, spanParameters } from './duckdb-span.ts';
import { assertName, assertPoint, QUALITY_SUFFIX } from './naming.ts';
import {
  assertNotCancelled,
  planScan,
  type ReadingArchive,
  readAhead,
  type ScanBatch,
  type ScanPlan,
  type ScanQuery,
  unlessCancelled,
} from './scan.ts';
import { createSorter } from './scan-order.ts';

/** Readings that one query hands over: 5 MB of four points. Larger slices were not faster. */
const SLICE_ROWS = 65_536;
/** Parts of a slice that are counted: a slice is that much too small at most. */
const PARTS_A_SLICE = 16;

const BATCH_DEADLINE_MS = 60_000;

/** Key of a row of `devices`. */
const KEY = "site || '/' || device";

/**
 * Opens a DuckDB store for reading only, without an engine: nothing in the file is created or changed.
 *
 * While it is open no engine can open the file.
 *
 * @throws AppError `STORE_IN_USE`, `STORE_UNAVAILABLE`
 */
export async function openDuckDbArchive(
  file: string,
  { deadlineMs = BATCH_DEADLINE_MS }: { readonly deadlineMs?: number } = {},
): Promise<ReadingArchive> {
  const session = await openSession(file, 'readOnly');
  try {
    const columns = await session.read(deadlineMs, (connection) => columnTypes(connection, 'devices'));
    if (!columns.has('site')) throw new AppError('STORE_UNAVAILABLE', `${file} is no store of readings`);
  } catch (error) {
    await session.close();
    throw unavailable('opening the DuckDB file', error);
  }
  return {
    scan: (query) => scanDuckDb(session, query, deadlineMs),
    close: () => session.close(),
  };
}

/**
 * Answers a scan slice by slice, each a query of its own: no transaction stays open while readings are judged, and
 * zone maps find the rows of a slice however large the table is.
 */
export async function* scanDuckDb(
  session: Session,
  query: ScanQuery,
  deadlineMs: number,
): AsyncGenerator<ScanBatch, void> {
  const plan = planScan(query);
  const loan = session.lend();
  try {
    const ask = <T>(run: (connection: DuckDBConnection) => Promise<T>): Promise<T> =>
      askDuckDb(loan, query, deadlineMs, run);
    const table = await ask((connection) => describeTable(connection, query, plan));
    if (table === null) return;
    for await (const batches of readAhead(readSlices(ask, table, plan))) {
      for (const batch of batches) {
        assertNotCancelled(query.signal);
        yield batch;
      }
    }
  } finally {
    loan.giveBack();
  }
}

type Ask = <T>(run: (connection: DuckDBConnection) => Promise<T>) => Promise<T>;

async function askDuckDb<T>(
  loan: Loan,
  { signal }: ScanQuery,
  deadlineMs: number,
  run: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  assertNotCancelled(signal);
  try {
    return await unlessCancelled(signal, loan.call(deadlineMs, run), () => loan.interrupt());
  } catch (error) {
    throw unavailable('scan', error);
  }
}

/** A profile's table as a scan sees it. */
interface ScanTable {
  /** Quoted name. */
  readonly name: string;
  readonly row: RowSql;
  /** What a reading fulfils beside its time, each begins with AND; `$3` are the device keys, if there are any. */
  readonly ofDevices: string;
  readonly ofValues: string;
  readonly devices: readonly string[] | undefined;
}

/** Null where nothing of what is asked for was ever written. */
async function describeTable(
  connection: DuckDBConnection,
  query: ScanQuery,
  { points }: ScanPlan,
): Promise<ScanTable | null> {
  const { profile, devices, everyStatus } = query;
  const found = await columnTypes(connection, profile.id);
  const columns = points.map((point): PointSql => {
    const id = assertPoint(point.id);
    const type = found.get(id);
    if (type === undefined) return { point, value: `NULL::${SQL_TYPE[point.type]}`, quality: 'NULL::VARCHAR' };
    if (type === SQL_TYPE[point.type]) return { point, value: `r."${id}"`, quality: `r."${id}${QUALITY_SUFFIX}"` };
    throw new AppError(
      'STORE_SCHEMA_CONFLICT',
      `the store keeps ${profile.id}.${id} as ${type}, the profile says ${point.type}: give the point another id`,
    );
  });
  const kept = columns.filter(({ point }) => found.has(point.id));
  if (kept.length === 0) return null;
  return {
    name: `main."${assertName('profile', profile.id)}"`,
    row: { time: 'r.time', origin: '$1', device: 'r.device', received: 'r.received', mark: 'r.mark', points: columns },
    ofDevices: devices ? `AND r.device IN (SELECT id FROM main.devices WHERE ${KEY} IN (SELECT unnest($3)))` : '',
    ofValues: `AND ${namedSql(kept)}${everyStatus === true ? '' : ` AND ${actualSql('r.mark')}`}`,
    devices,
  };
}

/** The batches of one slice after the other. */
async function* readSlices(ask: Ask, table: ScanTable, { from, to }: ScanPlan): AsyncGenerator<ScanBatch[], void> {
  const devices = createDeviceList();
  const sort = createSorter();
  for await (const span of slices(ask, table, { from, to })) {
    yield sort(await ask((connection) => readSlice(connection, table, span, devices)));
  }
}

/** Cuts a span into slices, at whole milliseconds and by the number of readings; where there are none it leaves a gap. */
async function* slices(ask: Ask, table: ScanTable, span: Span): AsyncGenerator<Span, void> {
  const counted = await ask((connection) => extent(connection, table, span));
  if (counted === null) return;
  const { rows, first, last } = counted;
  if (rows <= SLICE_ROWS || first === last) {
    yield { from: first, to: last + 1 };
    return;
  }
  const parts = Math.ceil(rows / SLICE_ROWS) * PARTS_A_SLICE;
  const width = Math.ceil((last + 1 - first) / parts);
  const counts = await ask((connection) => countParts(connection, table, { from: first, to: last + 1 }, width));
  let open: { from: number; to: number; rows: number } | null = null;
  for (const [part, count] of counts) {
    const next = { from: first + part * width, to: Math.min(first + (part + 1) * width, last + 1), rows: count };
    if (open && open.rows + count <= SLICE_ROWS) {
      open = { from: open.from, to: next.to, rows: open.rows + count };
      continue;
    }
    if (open) yield* whole(ask, table, open);
    open = next;
  }
  if (open) yield* whole(ask, table, open);
}

/** A part that alone holds more than a slice is cut again: readings come in bursts, and some with a wrong year. */
async function* whole(ask: Ask, table: ScanTable, span: Span & { readonly rows: number }): AsyncGenerator<Span, void> {
  if (span.rows > SLICE_ROWS && span.to - span.from > 1) yield* slices(ask, table, span);
  else yield { from: span.from, to: span.to };
}

/** Counting looks at times alone, which costs next to nothing: what a scan leaves out makes a slice smaller. */
async function extent(connection: DuckDBConnection, table: ScanTable, span: Span) {
  const [row] = await countRows(connection, table, span, 'count(*), min(r.time), max(r.time)', '');
  const [rows, first, last] = row ?? [];
  if (typeof first !== 'bigint' || typeof last !== 'bigint') return null;
  return { rows: Number(rows), first: milliseconds(first), last: milliseconds(last) };
}

async function countParts(connection: DuckDBConnection, table: ScanTable, span: Span, width: number) {
  const part = `(r.time - $1) // ${BigInt(width) * 1_000_000n}`;
  const rows = await countRows(connection, table, span, `${part} AS part, count(*)`, 'GROUP BY part ORDER BY part');
  return rows.map(([part, count]) => [Number(part), Number(count)] as const);
}

async function countRows(connection: DuckDBConnection, table: ScanTable, span: Span, list: string, rest: string) {
  const { name, ofDevices, devices } = table;
  const sql = `SELECT ${list} FROM ${name} r WHERE r.time >= $1 AND r.time < $2 ${ofDevices} ${rest}`;
  return (await connection.runAndReadAll(sql, ...spanParameters(span, devices))).getRows();
}

/** Rounded down, before 1970 too. */
function milliseconds(time: bigint): number {
  return Number((time - (((time % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n);
}

/** Everything is copied before the connection is used for something else, or closed. */
async function readSlice(
  connection: DuckDBConnection,
  table: ScanTable,
  span: Span,
  devices: DeviceList,
): Promise<ScanBatch> {
  const { name, row, ofDevices, ofValues } = table;
  const sql = `SELECT ${selectList(row)} FROM ${name} r WHERE r.time >= $1 AND r.time < $2 ${ofDevices} ${ofValues}`;
  const result = await connection.run(sql, ...spanParameters(span, table.devices));
  await devices.update(connection);
  return readChunks(await result.fetchAllChunks(), row, devices);
}

interface DeviceList {
  readonly devices: readonly string[];
  positionOf(id: number | string): number;
  /** Reads what was added to the table of devices, so that it knows every id of a result that is there already. */
  update(connection: DuckDBConnection): Promise<void>;
}

function createDeviceList(): DeviceList {
  const devices: string[] = [];
  const positions: number[] = [];
  let newest = 0;
  return {
    devices,
    positionOf(id) {
      const position = positions[Number(id)];
      if (position !== undefined) return position;
      throw new AppError('STORE_UNAVAILABLE', `the store does not say which device has the number ${id}`);
    },
    async update(connection) {
      const added = await connection.runAndReadAll(`SELECT id, ${KEY} FROM main.devices WHERE id > $1 ORDER BY id`, [
        newest,
      ]);
      for (const [id, key] of added.getRows()) {
        newest = Number(id);
        positions[newest] = devices.push(String(key)) - 1;
      }
    },
  };
}
