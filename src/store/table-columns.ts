import type { Point, PointType, Profile } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import { actualSql, namedSql, type PointSql, type RowSql } from './duckdb-batch.ts';
import { assertPoint, QUALITY_SUFFIX } from './naming.ts';
import type { ScanQuery } from './scan.ts';

/** Columns of a table with their DuckDB types. */
export type TableColumns = ReadonlyMap<string, string>;

/** First and last millisecond that a row may name, as for messages: a number beyond has another unit. */
export const MIN_TS = 946_684_800_000;
const MAX_TS = 9_223_372_036_000;

const NUMBER_TYPE = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL.*)$/;
const TIME_TYPE = /^(TIMESTAMP.*|DATE)$/;

const VALUE_TYPE: Readonly<Record<PointType, string>> = { number: 'DOUBLE', boolean: 'BOOLEAN', string: 'VARCHAR' };

/** How a table says what it holds: a column for each point, or a row for each value. */
type Shape = 'wide' | 'long';

/** SQL of the readings of a table. */
export interface TableSql {
  /** A relation with the columns that `row` names. `$2` and `$3` bound the time (ns), `$4` are device keys, if given. */
  readonly rows: string;
  readonly row: RowSql;
}

/**
 * Readings of one device class in a table.
 *
 * @throws AppError `TABLE_COLUMN_UNKNOWN`, `TABLE_COLUMN_MISSING`, `TABLE_INVALID`; the statement itself fails on a cell
 * that does not hold what it should
 */
export function tableSql(
  table: string,
  columns: TableColumns,
  query: ScanQuery,
  wanted: readonly Point[],
  ignore: readonly string[],
): TableSql {
  const { profile } = query;
  const long = columns.has('point') && columns.has('value') && !profile.pointIndex.has('point');
  const shape: Shape = long ? 'long' : 'wide';
  assertColumns(columns, shape, profile, ignore);
  const points = wanted.map((point, index): PointSql => ({ point, value: `v${index}`, quality: `q${index}` }));
  const timed = `SELECT ${timeSql(columns)} AS time, ${deviceSql(columns)} AS device,
    * EXCLUDE ("${timeColumn(columns)}", device) FROM ${table}`;
  const inSpan = `time >= $2 AND time < $3${query.devices ? ' AND device IN (SELECT unnest($4))' : ''}`;
  const cells =
    shape === 'wide'
      ? wideCells(timed, inSpan, columns, points)
      : longCells(timed, inSpan, columns.has('quality'), points, knownPoints(profile, ignore));
  const graded = `SELECT time, device, received, mark, ${points.map(gradedSql).join(', ')} FROM (${cells})`;
  const conditions = [namedSql(points), ...(query.everyStatus === true ? [] : [actualSql('mark')])];
  const received = columns.has('received') ? 'received' : null;
  return {
    rows: `(SELECT * REPLACE (${identitySql(points)} AS time) FROM (${graded}) WHERE ${conditions.join(' AND ')})`,
    row: { time: 'time', origin: '$2', device: 'device', received, mark: 'mark', points },
  };
}

function assertColumns(columns: TableColumns, shape: Shape, profile: Profile, ignore: readonly string[]): void {
  const points = [...profile.points, ...profile.calculated].flatMap(({ id }) => [id, id + QUALITY_SUFFIX]);
  const time = timeColumn(columns);
  const own = shape === 'long' ? ['point', 'value', 'quality'] : ['received', 'mark', ...points];
  const accepted = new Set([time, 'site', 'device', ...own, ...ignore]);
  const unknown = [...columns.keys()].filter((name) => !accepted.has(name));
  if (unknown.length > 0) {
    const message = `unknown columns: ${unknown.join(', ')}. ${acceptedColumns(profile)}`;
    throw new AppError('TABLE_COLUMN_UNKNOWN', message, { details: { unknown } });
  }
  const missing = [time, 'device'].filter((name) => !columns.has(name));
  if (shape === 'wide' && !profile.points.some(({ id }) => columns.has(id))) missing.push(`a point of ${profile.id}`);
  if (missing.length > 0) {
    const message = `missing columns: ${missing.join(', ')}. ${acceptedColumns(profile)}`;
    throw new AppError('TABLE_COLUMN_MISSING', message, { details: { missing } });
  }
}

function acceptedColumns(profile: Profile): string {
  const points = profile.points.map(({ id }) => id).join(', ');
  return (
    `A table has ts (or time), site, device, and either the points (${points}), each with <point>${QUALITY_SUFFIX} if ` +
    'wanted, received and mark; or point, value and quality. Without site, device holds site/device'
  );
}

function timeColumn(columns: TableColumns): 'time' | 'ts' {
  return columns.has('time') ? 'time' : 'ts';
}

function timeSql(columns: TableColumns): string {
  const name = timeColumn(columns);
  return `coalesce(${instantSql(columns, name)}, error('a row has no ${name}')::BIGINT)`;
}

/** Nanoseconds since the epoch, or null. A time that names no zone is UTC. */
function instantSql(columns: TableColumns, name: string): string {
  const type = columns.get(name) ?? '';
  const ofNumber = (ms: string) =>
    `CASE WHEN ${ms} IS NULL THEN NULL WHEN ${ms} BETWEEN ${MIN_TS} AND ${MAX_TS} THEN CAST(${ms} AS BIGINT) * 1000000
     ELSE error('${name} ' || ${ms} || ' is no time between 2000 and 2262 in epoch milliseconds')::BIGINT END`;
  if (NUMBER_TYPE.test(type)) return ofNumber(`"${name}"`);
  if (TIME_TYPE.test(type)) return `epoch_ns("${name}")`;
  if (type === 'VARCHAR') {
    const number = `TRY_CAST("${name}" AS BIGINT)`;
    return `CASE WHEN ${number} IS NULL THEN epoch_ns(CAST("${name}" AS TIMESTAMP_NS)) ELSE ${ofNumber(number)} END`;
  }
  throw new AppError('TABLE_INVALID', `column ${name} is of type ${type}: give epoch milliseconds or ISO 8601`);
}

function deviceSql(columns: TableColumns): string {
  const joined = columns.has('site')
    ? "coalesce(site::VARCHAR, error('a row has no site')::VARCHAR) || '/' || device"
    : "error('device ' || device || ' has no site: give site/device, or a column site')::VARCHAR";
  return `CASE WHEN device IS NULL THEN error('a row has no device')::VARCHAR
    WHEN contains(device::VARCHAR, '/') THEN device::VARCHAR ELSE ${joined} END`;
}

/** Values as `v0` and their qualities, as they stand in the table, as `g0`. */
function wideCells(timed: string, inSpan: string, columns: TableColumns, points: readonly PointSql[]): string {
  const cells = points.map(({ point }, index) => {
    const id = assertPoint(point.id);
    const quality = columns.has(id + QUALITY_SUFFIX) ? `"${id}${QUALITY_SUFFIX}"` : 'NULL';
    return `CAST(${columns.has(id) ? `"${id}"` : 'NULL'} AS ${VALUE_TYPE[point.type]}) AS v${index}, ${quality}::VARCHAR AS g${index}`;
  });
  const received = columns.has('received') ? instantSql(columns, 'received') : 'NULL::BIGINT';
  const mark = columns.has('mark') ? 'mark' : 'NULL';
  return `SELECT time, device, coalesce(${received}, time) // 1000000 AS received, ${mark}::VARCHAR AS mark,
    ${cells.join(', ')} FROM (${timed}) WHERE ${inSpan}`;
}

/** One reading is what a device says at one time; where a point says two things then, there are two of them. */
function longCells(
  timed: string,
  inSpan: string,
  withQuality: boolean,
  points: readonly PointSql[],
  known: readonly string[],
): string {
  const quality = `CASE WHEN value IS NULL THEN 'bad' ELSE ${withQuality ? 'quality' : 'NULL'}::VARCHAR END`;
  const cells = points.map(({ point }, index) => {
    const ofPoint = (sql: string) => `any_value(CASE WHEN point = '${assertPoint(point.id)}' THEN ${sql} END)`;
    return `${ofPoint(`CAST(value AS ${VALUE_TYPE[point.type]})`)} AS v${index}, ${ofPoint(quality)} AS g${index}`;
  });
  const isKnown = `CASE WHEN point IN (${known.join(', ')}) THEN true
    ELSE error('a row has the unknown point ' || coalesce(point, ''))::BOOLEAN END`;
  const order = withQuality ? 'value, quality' : 'value';
  return `SELECT time, device, time // 1000000 AS received, NULL::VARCHAR AS mark, ${cells.join(', ')} FROM (
      SELECT *, dense_rank() OVER (PARTITION BY time, device, point ORDER BY ${order}) AS nth FROM (${timed})
      WHERE ${inSpan} AND ${isKnown}
    ) GROUP BY time, device, nth`;
}

function knownPoints(profile: Profile, ignore: readonly string[]): string[] {
  const names = [...profile.points, ...profile.calculated].map(({ id }) => id);
  return [...names, ...ignore].map((name) => `'${name.replaceAll("'", "''")}'`);
}

/** What is no number has no value, and "good" of no value is bad: nothing of it may look like calm. */
function gradedSql({ point, value: v }: PointSql, index: number): string {
  const g = `g${index}`;
  const finite = point.type === 'number' ? `isfinite(${v})` : 'true';
  return `CASE WHEN ${finite} THEN ${v} END AS ${v}, CASE WHEN ${g} NOT IN ('good', 'uncertain', 'bad')
    THEN error('quality ' || ${g} || ' of ${point.id}: give good, uncertain or bad')::VARCHAR
    WHEN NOT ${finite} THEN 'bad' WHEN ${g} = 'good' THEN CASE WHEN ${v} IS NULL THEN 'bad' END ELSE ${g} END AS q${index}`;
}

/**
 * Two rows of a device in one millisecond are two readings if they differ, and a repeat if not. As with messages, what
 * they say makes the nanoseconds, where the table names none.
 */
function identitySql(points: readonly PointSql[]): string {
  const said = points.flatMap(({ value, quality }) => [value, quality]).join(', ');
  return `CASE WHEN time % 1000000 = 0 THEN time + (hash(${said}) % 1000000)::BIGINT ELSE time END`;
}
