import type { Device, Point, Profile } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import { QUALITIES, type Quality } from '../model/quality.ts';
import type { Reading, Value } from '../model/reading.ts';
import { MARK_BITS, MAX_TS } from './sample.ts';

/** What is wanted of the past of a device class. Times are epoch milliseconds, `from` inclusive, `to` exclusive. */
export interface ScanQuery {
  readonly profile: Profile;
  /** Keys (`{site}/{id}`); left out = every device that has readings. */
  readonly devices?: readonly string[];
  /** Ids; left out = every point that the profile reports. */
  readonly points?: readonly string[];
  readonly from: number;
  readonly to: number;
  /** True = readings of tests and exercises too. */
  readonly everyStatus?: boolean;
  /** Ends the scan with `SCAN_CANCELLED`. */
  readonly signal?: AbortSignal;
}

/**
 * Some thousand readings by columns: entry `i` of each column belongs to reading `i`. The arrays are the receiver's
 * own, but for `devices`.
 */
export interface ScanBatch {
  readonly rows: number;
  /** Source time, epoch milliseconds. */
  readonly ts: Float64Array;
  /** Nanoseconds below `ts`: with device and `ts` the identity of the reading. */
  readonly subMs: Uint32Array;
  /** Epoch milliseconds; null where the source does not keep it, as InfluxDB. */
  readonly receivedAt: Float64Array | null;
  /** Position in `devices`. */
  readonly device: Uint32Array;
  /** Keys. One array for the whole scan, which grows: a position means the same device in every batch. */
  readonly devices: readonly string[];
  /** Sums of {@link MARK_BITS}; null = nothing sets any of these readings apart. */
  readonly marks: Uint8Array | null;
  /** The points of `values` and `quality`, in the order asked for. */
  readonly points: readonly Point[];
  /** By point. Of a number point a Float64Array in which NaN is "no value"; of others null is. */
  readonly values: readonly (Float64Array | readonly Value[])[];
  /** By point: positions in QUALITIES, or {@link NOT_NAMED}; null = every value is there, and good. */
  readonly quality: readonly (Uint8Array | null)[];
}

/** In place of a quality: the reading did not name the point. */
export const NOT_NAMED = 3;

/** Position of a quality in QUALITIES. */
export const GOOD = 0;
export const UNCERTAIN = 1;
export const BAD = 2;

/** Where readings of the past come from. */
export interface ScanSource {
  /**
   * Readings in ascending order of source time, device key and nanoseconds, each once, those left out that name none
   * of the points. Work between two batches settles within a deadline; memory does not grow with the span.
   *
   * @throws AppError `SCAN_POINT_UNKNOWN`, `SCAN_RANGE_INVALID`, `SCAN_CANCELLED`, `STORE_UNAVAILABLE`,
   * `STORE_SCHEMA_CONFLICT` (a point is kept with another type than the profile says), all of them when it is iterated
   */
  scan(query: ScanQuery): AsyncIterable<ScanBatch>;
}

/** A source that was opened for reading only. */
export interface ReadingArchive extends ScanSource {
  close(): Promise<void>;
}

/** A scan query that was found in order. */
export interface ScanPlan {
  readonly points: readonly Point[];
  /** Within what a store can keep. */
  readonly from: number;
  readonly to: number;
}

/**
 * The points and the span of a query.
 *
 * @throws AppError `SCAN_POINT_UNKNOWN`, `SCAN_RANGE_INVALID`
 */
export function planScan(query: ScanQuery): ScanPlan {
  const { profile, from, to } = query;
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to)) {
    throw new AppError('SCAN_RANGE_INVALID', 'from and to are whole milliseconds since 1970');
  }
  const ids = query.points ?? profile.points.map(({ id }) => id);
  const points = [...new Set(ids)].map((id) => {
    const point = profile.points[profile.pointIndex.get(id) ?? -1];
    if (point) return point;
    throw new AppError('SCAN_POINT_UNKNOWN', `profile ${profile.id} reports no point ${JSON.stringify(id)}`);
  });
  return { points, from: Math.max(from, -MAX_TS), to: Math.min(to, MAX_TS) };
}

/** Value of the point at position `column`; undefined = the reading did not name it. */
export function valueAt(batch: ScanBatch, column: number, row: number): Value | undefined {
  if (batch.quality[column]?.[row] === NOT_NAMED) return undefined;
  const value = batch.values[column]?.[row];
  return typeof value === 'number' && Number.isNaN(value) ? null : value;
}

/**
 * One reading of a batch, of the device that `batch.devices` names. What a source does not keep is made up: `seq` is
 * null, and a reading without receive time was received when it was measured.
 */
export function readingAt(batch: ScanBatch, row: number, device: Device): Reading {
  const values: (Value | undefined)[] = new Array(device.profile.points.length).fill(undefined);
  let qualities: Quality[] | null = null;
  for (let column = 0; column < batch.points.length; column++) {
    const index = batch.points[column]?.index ?? -1;
    const value = valueAt(batch, column, row);
    if (value === undefined) continue;
    values[index] = value;
    const quality = QUALITIES[batch.quality[column]?.[row] ?? GOOD] ?? 'bad';
    if (quality === 'good') continue;
    qualities ??= new Array<Quality>(values.length).fill('good');
    qualities[index] = quality;
  }
  const ts = batch.ts[row] ?? Number.NaN;
  const marks = batch.marks?.[row] ?? 0;
  return {
    device,
    ts,
    receivedAt: batch.receivedAt?.[row] ?? ts,
    seq: null,
    subMs: batch.subMs[row] ?? 0,
    values,
    qualities,
    historical: (marks & MARK_BITS.historical) !== 0,
    clockAhead: (marks & MARK_BITS.clockAhead) !== 0,
    status: marks & MARK_BITS.test ? 'test' : marks & MARK_BITS.exercise ? 'exercise' : 'actual',
  };
}

/**
 * Settles as `call` does, or rejects at once when the signal is raised; `stop` then ends the call, whose outcome is
 * ignored.
 *
 * @throws AppError `SCAN_CANCELLED`: a scan that just ended early would look like a quiet past
 */
export async function unlessCancelled<T>(
  signal: AbortSignal | undefined,
  call: Promise<T>,
  stop: () => void,
): Promise<T> {
  if (!signal) return await call;
  // The race may be lost before the call rejects, and nobody waits for it then.
  call.catch(() => {});
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(cancelled());
      stop();
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([aborted, call]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** @throws AppError `SCAN_CANCELLED` */
export function assertNotCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw cancelled();
}

function cancelled(): AppError {
  return new AppError('SCAN_CANCELLED', 'the scan was cancelled before its end');
}

/** Asks for the next item before it hands out the one it has: a database works while its readings are judged. */
export async function* readAhead<T>(items: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
  let next = items.next();
  try {
    for (;;) {
      const item = await next;
      if (item.done) return;
      next = items.next();
      // If the receiver takes no further item, nobody waits for this one.
      next.catch(() => {});
      yield item.value;
    }
  } finally {
    await items.return();
  }
}
