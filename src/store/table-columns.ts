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

/** How a table is to be understood. */
export interface TableReading {
  /** Columns to be passed over, and points of rows. */
  readonly ignore: readonly string[];
  /** Device classes that the table may hold: what one of them calls a point is known. */
  readonly profiles: readonly Profile[];
  /** IANA name, of times that name no zone. */
  readonly timezone: string;
}

/** SQL of the readings of a table. */
export interface TableSql {
  /** A relation with the columns that `row` names. `$2` and `$3` bound the time (ns), `$4` are device keys, if given. */
  readonly rows: string;
  readonly row: RowSql;
}

/**
 * Readings of one device class in a table, which may hold others: of the devices that the query names, or of all. A
 * value that such a device has for a point of another class fails the statement.
 *
 * @throws AppError `TABLE_COLUMN_UNKNOWN`, `TABLE_COLUMN_MISSING`, `TABLE_INVALID`; the statement itself fails on a cell
 * that does not hold what it should
 */
export function tableSql(
  table: string,
  columns: TableColumns,
  query: ScanQuery,
  wanted: readonly Point[],
  { ignore, profiles, timezone }: TableReading,
): TableSql {
  const { profile } = query;
  const classes = [profile, ...profiles];
  const long =
    columns.has('point') && columns.has('value') && !classes.some(({ pointIndex }) => pointIndex.has('point'));
  const shape: Shape = long ? 'long' : 'wide';
  assertColumns(columns, shape, classes, ignore);
  const zone = isExport(columns) ? 'UTC' : timezone;
  const points = wanted.map((point, index): PointSql => ({ point, value: `v${index}`, quality: `q${index}` }));
  const timed = `SELECT ${timeSql(columns, zone)} AS time, ${deviceSql(columns)} AS device,
    * EXCLUDE ("${timeColumn(columns)}", device) FROM ${table}`;
  const inSpan = `time >= $2 AND time < $3${query.devices ? ' AND device IN (SELECT unnest($4))' : ''}`;
  const cells =
    shape === 'wide'
      ? wideCells(timed, checked(inSpan, foreignCells(columns, profile, classes, ignore)), columns, points, zone)
      : longCells(timed, checked(inSpan, foreignRows(profile, classes, ignore)), columns.has('quality'), points);
  const graded = `SELECT time, device, received, mark, ${points.map(gradedSql).join(', ')} FROM (${cells})`;
  const conditions = [namedSql(points), ...(query.everyStatus === true ? [] : [actualSql('mark')])];
  const received = columns.has('received') ? 'received' : null;
  return {
    rows: `(SELECT * REPLACE (${identitySql(points)} AS time) FROM (${graded}) WHERE ${conditions.join(' AND ')})`,
    row: { time: 'time', origin: '$2', device: 'device', received, mark: 'mark', points },
  };
}

function assertColumns(
  columns: TableColumns,
  shape: Shape,
  classes: readonly Profile[],
  ignore: readonly string[],
): void {
  const points = classes.flatMap(pointNames).flatMap((id) => [id, id + QUALITY_SUFFIX]);
  const time = timeColumn(columns);
  const own = shape === 'long' ? ['point', 'value', 'quality'] : ['received', 'mark', ...points];
  const accepted = new Set([time, 'site', 'device', ...own, ...ignore]);
  const unknown = [...columns.keys()].filter((name) => !accepted.has(name));
  if (unknown.length > 0) {
    const message = `unknown columns: ${unknown.join(', ')}. ${acceptedColumns(classes)}`;
    throw new AppError('TABLE_COLUMN_UNKNOWN', message, { details: { unknown } });
  }
  const missing = [time, 'device'].filter((name) => !columns.has(name));
  if (shape === 'wide' && !reportedPoints(classes).some((id) => columns.has(id))) missing.push('a point');
  if (missing.length > 0) {
    const message = `missing columns: ${missing.join(', ')}. ${acceptedColumns(classes)}`;
    throw new AppError('TABLE_COLUMN_MISSING', message, { details: { missing } });
  }
}

function pointNames({ points, calculated }: Profile): string[] {
  return [...points, ...calculated].map(({ id }) => id);
}

function reportedPoints(classes: readonly Profile[]): string[] {
  return [...new Set(classes.flatMap(({ points }) => points.map(({ id }) => id)))];
}

function acceptedColumns(classes: readonly Profile[]): string {
  const points = reportedPoints(classes).join(', ');
  return (
    `A table has ts (or time), site, device, and either the points (${points}), each with <point>${QUALITY_SUFFIX} if ` +
    'wanted, received and mark; or point, value and quality. Without site, device holds site/device'
  );
}

function timeColumn(columns: TableColumns): 'time' | 'ts' {
  return columns.has('time') ? 'time' : 'ts';
}

/** The readable view of a DuckDB store writes UTC without saying so. */
function isExport(columns: TableColumns): boolean {
  return ['time', 'received', 'mark'].every((name) => columns.has(name));
}

function timeSql(columns: TableColumns, zone: string): string {
  const name = timeColumn(columns);
  return `coalesce(${instantSql(columns, name, zone)}, error('a row has no ${name}')::BIGINT)`;
}

/** Nanoseconds since the epoch, or null. A time that names no zone is of `zone`. */
function instantSql(columns: TableColumns, name: string, zone: string): string {
  const type = columns.get(name) ?? '';
  const ofNumber = (ms: string) =>
    `CASE WHEN ${ms} IS NULL THEN NULL WHEN ${ms} BETWEEN ${MIN_TS} AND ${MAX_TS} THEN CAST(${ms} AS BIGINT) * 1000000
     ELSE error('${name} ' || ${ms} || ' is no time between 2000 and 2262 in epoch milliseconds')::BIGINT END`;
  if (NUMBER_TYPE.test(type)) return ofNumber(`"${name}"`);
  if (type === 'TIMESTAMP WITH TIME ZONE') return `epoch_ns("${name}")`;
  if (TIME_TYPE.test(type)) return zonedSql(`"${name}"`, zone);
  if (type === 'VARCHAR') {
    const number = `TRY_CAST("${name}" AS BIGINT)`;
    const time = `CAST("${name}" AS TIMESTAMP_NS)`;
    return `CASE WHEN ${number} IS NOT NULL THEN ${ofNumber(number)}
      WHEN regexp_matches("${name}", '${NAMES_ZONE}') THEN epoch_ns(${time}) ELSE ${zonedSql(time, zone)} END`;
  }
  throw new AppError('TABLE_INVALID', `column ${name} is of type ${type}: give epoch milliseconds or ISO 8601`);
}

/** Ends with Z or UTC, or with an offset after the minutes (a day of a month is none). */
const NAMES_ZONE = '([A-Za-z]|:[0-9]{2}.*[+-][0-9]{2}(:?[0-9]{2})?)\\s*$';

/** Zones are known to the microsecond, so what is below comes from the time itself. */
function zonedSql(time: string, zone: string): string {
  if (zone === 'UTC') return `epoch_ns(${time})`;
  return `(epoch_ns(timezone(${literal(zone)}, CAST(${time} AS TIMESTAMP))) + epoch_ns(${time}) % 1000)`;
}

function deviceSql(columns: TableColumns): string {
  const joined = columns.has('site')
    ? "coalesce(site::VARCHAR, error('a row has no site')::VARCHAR) || '/' || device"
    : "error('device ' || device || ' has no site: give site/device, or a column site')::VARCHAR";
  return `CASE WHEN device IS NULL THEN error('a row has no device')::VARCHAR
    WHEN contains(device::VARCHAR, '/') THEN device::VARCHAR ELSE ${joined} END`;
}

/** Values as `v0` and their qualities, as they stand in the table, as `g0`. */
function wideCells(
  timed: string,
  where: string,
  columns: TableColumns,
  points: readonly PointSql[],
  zone: string,
): string {
  const cells = points.map(({ point }, index) => {
    const id = assertPoint(point.id);
    const quality = columns.has(id + QUALITY_SUFFIX) ? `"${id}${QUALITY_SUFFIX}"` : 'NULL';
    return `CAST(${columns.has(id) ? `"${id}"` : 'NULL'} AS ${VALUE_TYPE[point.type]}) AS v${index}, ${quality}::VARCHAR AS g${index}`;
  });
  const received = columns.has('received') ? instantSql(columns, 'received', zone) : 'NULL::BIGINT';
  const mark = columns.has('mark') ? 'mark' : 'NULL';
  return `SELECT time, device, coalesce(${received}, time) // 1000000 AS received, ${mark}::VARCHAR AS mark,
    ${cells.join(', ')} FROM (${timed}) WHERE ${where}`;
}

/** One reading is what a device says at one time; where a point says two things then, there are two of them. */
function longCells(timed: string, where: string, withQuality: boolean, points: readonly PointSql[]): string {
  const quality = `CASE WHEN value IS NULL THEN 'bad' ELSE ${withQuality ? 'quality' : 'NULL'}::VARCHAR END`;
  const cells = points.map(({ point }, index) => {
    const ofPoint = (sql: string) => `any_value(CASE WHEN point = '${assertPoint(point.id)}' THEN ${sql} END)`;
    return `${ofPoint(`CAST(value AS ${VALUE_TYPE[point.type]})`)} AS v${index}, ${ofPoint(quality)} AS g${index}`;
  });
  const order = withQuality ? 'value, quality' : 'value';
  return `SELECT time, device, time // 1000000 AS received, NULL::VARCHAR AS mark, ${cells.join(', ')} FROM (
      SELECT *, dense_rank() OVER (PARTITION BY time, device, point ORDER BY ${order}) AS nth FROM (${timed})
      WHERE ${where}
    ) GROUP BY time, device, nth`;
}

/** One CASE, since DuckDB asks the parts of an AND in any order, and rows that are not wanted must not fail. */
function checked(inSpan: string, check: string | null): string {
  return check === null ? inSpan : `CASE WHEN ${inSpan} THEN ${check} ELSE false END`;
}

/** Fails where a device says something in a column of another class; pandas writes NaN for an empty cell. */
function foreignCells(
  columns: TableColumns,
  profile: Profile,
  classes: readonly Profile[],
  ignore: readonly string[],
): string | null {
  const own = new Set([...pointNames(profile), ...ignore]);
  const foreign = [...new Set(classes.flatMap(pointNames))].filter((id) => columns.has(id) && !own.has(id));
  if (foreign.length === 0) return null;
  const checks = foreign.map((id) => {
    const isSaid = `lower(coalesce("${assertPoint(id)}"::VARCHAR, '')) NOT IN ('', 'nan')`;
    return `WHEN ${isSaid} THEN ${notOfProfile(profile, literal(id))}`;
  });
  return `CASE ${checks.join(' ')} ELSE true END`;
}

/** Fails at a row whose point the device does not have. */
function foreignRows(profile: Profile, classes: readonly Profile[], ignore: readonly string[]): string {
  const own = [...pointNames(profile), ...ignore].map(literal);
  const known = classes.flatMap(pointNames).map(literal);
  return `CASE WHEN point IN (${own.join(', ')}) THEN true
    WHEN point IN (${known.join(', ')}) THEN ${notOfProfile(profile, 'point')}
    ELSE error('a row has the unknown point ' || coalesce(point, ''))::BOOLEAN END`;
}

function notOfProfile({ id }: Profile, point: string): string {
  return `error('device ' || device || ' has a value of ' || ${point} || ', which its profile ' || ${literal(id)}
    || ' does not have')::BOOLEAN`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
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
