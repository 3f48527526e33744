import type { Point } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import type { Value } from '../model/reading.ts';
import { type QueryAnswer, rowsOf } from './influx-connection.ts';
import { assertName, assertPoint, BAD_SUFFIX, QUALITY_SUFFIX } from './naming.ts';
import { markBits } from './sample.ts';
import {
  assertNotCancelled,
  BAD,
  GOOD,
  NOT_NAMED,
  planScan,
  readAhead,
  type ScanBatch,
  type ScanPlan,
  type ScanQuery,
  UNCERTAIN,
} from './scan.ts';
import { createSorter } from './scan-order.ts';

/** Sends a statement with its bound parameters; settles within a deadline. */
export type InfluxAsk = (statement: string, placeholders: Readonly<Record<string, string>>) => Promise<QueryAnswer>;

/** Readings that one query asks for: 1.3 MB of JSON. Measured: five times as many were not faster. */
const PAGE_ROWS = 10_000;
/** More devices than this are picked out here: a longer statement takes InfluxDB longer than the rows. */
const MAX_NAMED_DEVICES = 100;
const FIRST_WINDOW_MS = 60_000;
/** A window is meant to hold so many readings, and grows so fast when it held fewer. */
const WANTED_ROWS = 0.8 * PAGE_ROWS;
const MAX_GROWTH = 16;
/** Values that come before those of the points: time, site, device, mark. */
const OWN_COLUMNS = 4;
const COLUMNS_A_POINT = 3;

/**
 * Answers a scan page by page. A page is all readings of a window of time, whose width follows what the last one
 * held: a window left open would have InfluxDB open every series of every shard again for each page. What a limit may
 * have cut is the last millisecond of a page, which is asked for again, so nothing is lost and nothing comes twice.
 */
export async function* scanInflux(ask: InfluxAsk, query: ScanQuery): AsyncGenerator<ScanBatch, void> {
  const plan = planScan(query);
  if (plan.points.length === 0 || query.devices?.length === 0) return;
  const devices = createDeviceList(query.devices ?? null);
  const sort = createSorter();
  for await (const rows of readAhead(pages(ask, query, plan))) {
    // InfluxDB knows no order within one time.
    for (const batch of sort(buildBatch(rows, plan.points, devices))) {
      assertNotCancelled(query.signal);
      yield batch;
    }
  }
}

type Row = readonly unknown[];

/** Rows of whole milliseconds, oldest first. */
async function* pages(ask: InfluxAsk, query: ScanQuery, plan: ScanPlan): AsyncGenerator<readonly Row[], void> {
  const { select, placeholders } = statement(query, plan.points);
  const page = async (from: number, to: number, limit: number): Promise<Page> => {
    assertNotCancelled(query.signal);
    const ordered = `${select} and time >= ${from}ms and time < ${to}ms order by time`;
    const { rows, partial } = answerOf(await ask(`${ordered} limit ${limit}`, placeholders));
    const lastRow = rows.at(-1);
    const lastMs = lastRow ? timeOf(lastRow).ts : Number.NaN;
    if (rows.length >= limit || !partial) return { rows, cut: rows.length >= limit, lastMs };
    const beyond = answerOf(await ask(`${ordered} limit 1 offset ${rows.length}`, placeholders));
    return { rows, cut: beyond.rows.length > 0, lastMs };
  };
  let cursor = plan.from;
  let windowMs = FIRST_WINDOW_MS;
  let limit = PAGE_ROWS;
  while (cursor < plan.to) {
    const end = Math.min(cursor + windowMs, plan.to);
    const { rows, cut, lastMs } = await page(cursor, end, limit);
    if (rows.length === 0) {
      // Leaps over a gap, however long it is.
      const next = await page(end, plan.to, 1);
      if (next.rows.length === 0) return;
      cursor = next.lastMs;
    } else if (cut && lastMs === cursor) {
      if (rows.length < limit) throw tooManyAtOnce(rows.length);
      limit *= 4;
    } else {
      yield cut ? rows.filter((row) => timeOf(row).ts < lastMs) : rows;
      const next = cut ? lastMs : end;
      const wanted = ((next - cursor) * WANTED_ROWS) / rows.length;
      windowMs = Math.ceil(Math.min(wanted, windowMs * MAX_GROWTH));
      cursor = next;
      limit = PAGE_ROWS;
    }
  }
}

interface Page {
  readonly rows: readonly Row[];
  /** True = there may be more, in the millisecond of the last row too. */
  readonly cut: boolean;
  readonly lastMs: number;
}

/**
 * `partial` says that rows may have been left out by `max-row-limit` of the server. Of more than 10,000 rows InfluxDB
 * 1.6 says so always.
 */
function answerOf(answer: QueryAnswer): { readonly rows: readonly Row[]; readonly partial: boolean } {
  return { rows: rowsOf(answer, 0), partial: answer.results[0]?.series?.[0]?.partial === true };
}

function tooManyAtOnce(rows: number): AppError {
  const words = `more than ${rows} readings lie in one millisecond, which is all that InfluxDB answers at once`;
  return new AppError('STORE_UNAVAILABLE', `${words}: raise max-row-limit in its configuration`);
}

/** The statement up to the time, and its bound parameters; everything else is an allow-listed name. */
function statement(query: ScanQuery, points: readonly Point[]) {
  const placeholders: Record<string, string> = {};
  const fields = points.flatMap(({ id }) =>
    ['', BAD_SUFFIX, QUALITY_SUFFIX].map((end) => `"${assertPoint(id)}${end}"`),
  );
  const conditions: string[] = [];
  if (query.everyStatus !== true) conditions.push(`"_status" = ''`);
  if (query.devices && query.devices.length <= MAX_NAMED_DEVICES) {
    const named = query.devices.map((key, index) => {
      const slash = key.indexOf('/');
      placeholders[`site${index}`] = assertName('site', key.slice(0, slash));
      placeholders[`device${index}`] = assertName('device', key.slice(slash + 1));
      return `("site" = $site${index} and "device" = $device${index})`;
    });
    conditions.push(`(${named.join(' or ')})`);
  }
  const from = `from "${assertName('profile', query.profile.id)}"`;
  const where = conditions.length > 0 ? conditions.join(' and ') : `"site" != ''`;
  return { select: `select "site", "device", "mark", ${fields.join(', ')} ${from} where ${where}`, placeholders };
}

function namesAny(row: Row, points: number): boolean {
  for (let column = OWN_COLUMNS; column < OWN_COLUMNS + points * COLUMNS_A_POINT; column++) {
    if ((row[column] ?? null) !== null) return true;
  }
  return false;
}

/**
 * Time of a row. It is asked for as text, since whole nanoseconds are beyond 2^53 and the client reads JSON numbers.
 *
 * @throws AppError `STORE_UNAVAILABLE` for anything that is not RFC 3339 in UTC
 */
function timeOf(row: Row): { readonly ts: number; readonly subMs: number } {
  const [text] = row;
  const second = typeof text === 'string' && text.endsWith('Z') ? Date.parse(`${text.slice(0, 19)}Z`) : Number.NaN;
  if (typeof text !== 'string' || Number.isNaN(second)) {
    throw new AppError('STORE_UNAVAILABLE', `InfluxDB answered ${JSON.stringify(text)} where a time should be`);
  }
  const fraction = text.slice(20, -1).padEnd(9, '0');
  return { ts: second + Number(fraction.slice(0, 3)), subMs: Number(fraction.slice(3)) };
}

function buildBatch(answer: readonly Row[], points: readonly Point[], devices: DeviceList): ScanBatch {
  const rows = answer.filter((row) => devices.positionOf(row) !== null && namesAny(row, points.length));
  const times = rows.map(timeOf);
  const marks = Uint8Array.from(rows, (row) => (typeof row[3] === 'string' ? markBits(row[3]) : 0));
  const columns = points.map((point, index) => buildColumn(rows, point, OWN_COLUMNS + index * COLUMNS_A_POINT));
  return {
    rows: rows.length,
    ts: Float64Array.from(times, ({ ts }) => ts),
    subMs: Uint32Array.from(times, ({ subMs }) => subMs),
    receivedAt: null,
    device: Uint32Array.from(rows, (row) => devices.positionOf(row) ?? 0),
    devices: devices.keys,
    marks: marks.some((bits) => bits !== 0) ? marks : null,
    points,
    values: columns.map(({ values }) => values),
    quality: columns.map(({ quality }) => quality),
  };
}

function buildColumn(rows: readonly Row[], point: Point, column: number) {
  const found = rows.map((row) => (row[column] ?? row[column + 1] ?? null) as Value);
  const quality = Uint8Array.from(rows, (row, index) => {
    const named = row[column + 2] ?? null;
    if (named === null) return found[index] === null ? NOT_NAMED : GOOD;
    return named === 'uncertain' && found[index] !== null ? UNCERTAIN : BAD;
  });
  const numbers = (value: Value) => (typeof value === 'number' ? value : Number.NaN);
  return {
    values: point.type === 'number' ? Float64Array.from(found, numbers) : found,
    quality: quality.some((code) => code !== GOOD) ? quality : null,
  };
}

interface DeviceList {
  readonly keys: readonly string[];
  /** Null for a row of a device that is not wanted. */
  positionOf(row: Row): number | null;
}

function createDeviceList(wanted: readonly string[] | null): DeviceList {
  const allowed = wanted && new Set(wanted);
  const keys: string[] = [];
  const positions = new Map<string, number>();
  return {
    keys,
    positionOf([, site, device]) {
      const key = `${site}/${device}`;
      const known = positions.get(key);
      if (known !== undefined) return known;
      if (allowed && !allowed.has(key)) return null;
      const position = keys.push(key) - 1;
      positions.set(key, position);
      return position;
    },
  };
}
