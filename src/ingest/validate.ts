import type { Device, Point } from '../model/device.ts';
import { QUALITIES, type Quality } from '../model/quality.ts';
import type { Reading, RejectionReason, Status, Value } from '../model/reading.ts';
import { sourceTime } from './timestamp.ts';
import { MAX_AHEAD_MS, MAX_DEPTH, MAX_STRING } from './wire.ts';

/** A part of a message that was not taken as it is: the rest counts all the same. */
export interface Refusal {
  readonly reason: RejectionReason;
  readonly message: string;
  /** The part, to show to a person. */
  readonly part: unknown;
}

export interface ValidateSettings {
  readonly futureToleranceMs: number;
  /** A reading older than this when it comes is recorded as historical. */
  readonly liveWindowMs: number;
}

const KEYS = new Set(['ts', 'seq', 'values', 'quality', 'historical', 'status']);
const STATUSES = new Set<unknown>(['actual', 'exercise', 'test']);
const QUALITY_WORDS = new Set<unknown>(QUALITIES);

/**
 * Makes a reading of one object of the wire contract. Values that cannot be taken are refused one by one, so that a
 * single wrong point never blinds the others. A refused value of a known point is "no value" of bad quality at once: its
 * last good one must not stand for it until it is stale. Null comes back when the object says nothing of any point.
 */
export function validateObject(
  device: Device,
  object: unknown,
  receivedAt: number,
  settings: ValidateSettings,
  refuse: (refusal: Refusal) => void,
): Reading | null {
  const no = (reason: RejectionReason, message: string, part: unknown = object): null => {
    refuse({ reason, message, part });
    return null;
  };
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    if (depthAbove(object, MAX_DEPTH)) return no('tooDeep', `nested deeper than ${MAX_DEPTH} levels`, null);
    return no('wrongShape', 'a reading is an object with "values"');
  }
  const fields = object as Record<string, unknown>;
  const { values, quality, seq } = fields;
  if (!isPlainObject(values)) {
    if (depthAbove(object, MAX_DEPTH)) return no('tooDeep', `nested deeper than ${MAX_DEPTH} levels`, null);
    return no('wrongShape', '"values" must be an object of point: value');
  }
  let ts = receivedAt;
  let sourceTs: number | null = null;
  if (fields['ts'] !== undefined) {
    const time = sourceTime(fields['ts']);
    if ('reason' in time) return no(time.reason, time.message);
    ts = time.ts;
    if (ts > receivedAt + MAX_AHEAD_MS) {
      return no('timestampOutOfRange', 'ts is more than a year ahead: set the clock of the device');
    }
    if (ts > receivedAt + settings.futureToleranceMs) {
      sourceTs = ts;
      ts = receivedAt;
    }
  }
  if (seq !== undefined && (!Number.isSafeInteger(seq) || (seq as number) < 0)) {
    return no('badSeq', '"seq" must be a whole number, 0 or more');
  }
  const status = fields['status'] === undefined ? 'actual' : fields['status'];
  if (!STATUSES.has(status)) return no('badStatus', '"status" must be actual, exercise or test');
  const historical = fields['historical'] === undefined ? false : fields['historical'];
  if (typeof historical !== 'boolean') return no('wrongShape', '"historical" must be true or false');
  if (quality !== undefined && !isPlainObject(quality)) {
    return no('wrongShape', '"quality" must be an object of point: good, uncertain or bad');
  }
  for (const key in fields) {
    if (KEYS.has(key)) continue;
    const reason = depthAbove(fields[key], MAX_DEPTH - 1) ? 'tooDeep' : 'unknownKey';
    no(reason, `"${short(key)}" is not part of a reading`, { [key]: fields[key] });
  }
  const taken = takeValues(device, values, quality, no);
  if (taken === null) return null;
  return {
    device,
    ts,
    sourceTs,
    receivedAt,
    seq: seq === undefined ? null : (seq as number),
    subMs: seq === undefined ? hashOf(taken.values) : (seq as number) % 1_000_000,
    values: taken.values,
    qualities: taken.qualities,
    historical,
    late: receivedAt - ts > settings.liveWindowMs,
    clockAhead: sourceTs !== null,
    status: status as Status,
  };
}

type No = (reason: RejectionReason, message: string, part?: unknown) => null;

function takeValues(
  device: Device,
  values: Record<string, unknown>,
  quality: Record<string, unknown> | undefined,
  no: No,
): { values: (Value | undefined)[]; qualities: Quality[] | null } | null {
  const { points } = device;
  const { pointIndex } = device.profile;
  const taken = new Array<Value | undefined>(device.profile.points.length).fill(undefined);
  let qualities: Quality[] | null = null;
  let count = 0;
  for (const key in values) {
    const index = pointIndex.get(key);
    const point = index === undefined ? undefined : points[index];
    const value = values[key];
    if (index === undefined || !point) {
      no('unknownPoint', unknownPoint(device, key), { [key]: value });
      continue;
    }
    const fault = typeFault(point, value);
    let grade: Quality = 'good';
    if (fault !== null) {
      no(fault, `${key} must be a ${point.type} or null`, fault === 'tooDeep' ? key : { [key]: value });
    } else if (quality !== undefined && Object.hasOwn(quality, key)) {
      if (QUALITY_WORDS.has(quality[key])) grade = quality[key] as Quality;
      else {
        no('badQuality', `quality of ${key} must be good, uncertain or bad`, { [key]: value, quality: quality[key] });
        grade = 'bad';
      }
    }
    const kept = fault === null ? (value as Value) : null;
    if (kept === null || outOfRange(point, kept)) grade = 'bad';
    taken[index] = kept;
    count++;
    if (grade !== 'good') {
      qualities ??= new Array<Quality>(taken.length).fill('good');
      qualities[index] = grade;
    }
  }
  if (quality !== undefined) {
    for (const key in quality) {
      if (!Object.hasOwn(values, key))
        no('unknownPoint', `quality of "${short(key)}", which has no value here`, { quality: { [key]: quality[key] } });
    }
  }
  if (count > 0) return { values: taken, qualities };
  let any = false;
  for (const _ in values) any = true;
  return any ? null : no('noValues', '"values" is empty');
}

function unknownPoint({ profile }: Device, key: string): string {
  const isCalculated = profile.calculated.some(({ id }) => id === key);
  if (isCalculated) return `"${key}" is calculated here: do not send it`;
  return `profile ${profile.id} has no point "${short(key)}"`;
}

function typeFault(point: Point, value: unknown): RejectionReason | null {
  if (value === null) return null;
  if (typeof value === 'object') return depthAbove(value, MAX_DEPTH - 2) ? 'tooDeep' : 'wrongType';
  if (typeof value !== point.type) return 'wrongType';
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'notFinite';
  if (typeof value === 'string') return value.length > MAX_STRING ? 'tooLong' : null;
  return null;
}

/** Outside its range, or a failure signal of its transmitter. */
function outOfRange({ range, signal }: Point, value: Value): boolean {
  if (typeof value !== 'number') return false;
  if (range !== null && (value < range[0] || value > range[1])) return true;
  return signal !== undefined && (value <= signal.low || value >= signal.high);
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True when `value` nests deeper than `levels`; looks no deeper than that, so no input makes it slow. */
export function depthAbove(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((inner) => depthAbove(inner, levels - 1));
}

const floats = new Float64Array(1);
const words = new Uint32Array(floats.buffer);

/** FNV-1a over the values: tells readings of one millisecond apart that carry no `seq`. */
function hashOf(values: readonly (Value | undefined)[]): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    if (typeof value === 'string') {
      for (let c = 0; c < value.length; c++) hash = Math.imul(hash ^ value.charCodeAt(c), 0x01000193);
    } else {
      floats[0] = value === null ? Number.NaN : Number(value);
      hash = Math.imul(hash ^ (words[0] ?? 0), 0x01000193);
      hash = Math.imul(hash ^ (words[1] ?? 0), 0x01000193);
    }
    hash = Math.imul(hash ^ i, 0x01000193);
  }
  return (hash >>> 0) % 1_000_000;
}

function short(text: string): string {
  return text.length > 64 ? `${text.slice(0, 64)}…` : text;
}
