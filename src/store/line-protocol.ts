import type { Device, Profile } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import type { Reading, Value } from '../model/reading.ts';
import { assertName, assertPoint, BAD_SUFFIX, QUALITY_SUFFIX } from './naming.ts';
import { markOf, storedQuality } from './sample.ts';

/** `{measurement},site=…,device=…`, checked once for each device object. */
const seriesOf = new WeakMap<Device, string>();
const fieldsOf = new WeakMap<Profile, readonly string[]>();

/**
 * Readings as InfluxDB line protocol, nanoseconds. Ours and not the client's encoder: that one turns a newline in a
 * string into two characters and escapes neither newlines in tags nor anything in measurement names.
 *
 * A value of bad quality goes to `<point>_bad`, so that a plain `mean("<point>")` never takes it: InfluxQL cannot
 * select rows by the absence of a field. For the same reason a test or exercise is its own series (tag `_status`).
 *
 * @throws AppError `STORE_REFUSED` for a name outside the allow-list or a value that is not finite
 */
export function encodeLines(readings: readonly Reading[]): string {
  let lines = '';
  for (const reading of readings) {
    const fields = encodeFields(reading);
    if (fields !== '') lines += `${series(reading)} ${fields} ${timestamp(reading)}\n`;
  }
  return lines;
}

function series(reading: Reading): string {
  const { device, status } = reading;
  let key = seriesOf.get(device);
  if (key === undefined) {
    const measurement = assertName('profile', device.profile.id);
    key = `${measurement},device=${assertName('device', device.id)},site=${assertName('site', device.site)}`;
    seriesOf.set(device, key);
  }
  return status === 'actual' ? key : `${key},_status=${status}`;
}

function fieldNames(profile: Profile): readonly string[] {
  let names = fieldsOf.get(profile);
  if (!names) {
    names = profile.points.map((point) => assertPoint(point.id));
    fieldsOf.set(profile, names);
  }
  return names;
}

function encodeFields(reading: Reading): string {
  const names = fieldNames(reading.device.profile);
  let fields = '';
  for (let index = 0; index < names.length; index++) {
    const value = reading.values[index];
    if (value === undefined) continue;
    const quality = storedQuality(reading, index);
    if (value !== null) fields += `,${names[index]}${quality === 'bad' ? BAD_SUFFIX : ''}=${encodeValue(value)}`;
    if (quality !== null) fields += `,${names[index]}${QUALITY_SUFFIX}="${quality}"`;
  }
  const mark = fields === '' ? null : markOf(reading);
  return mark === null ? fields.slice(1) : `${fields.slice(1)},mark="${mark}"`;
}

function encodeValue(value: Exclude<Value, null>): string {
  if (typeof value === 'string') return `"${value.replace(/[\\"]/g, '\\$&')}"`;
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new AppError('STORE_REFUSED', `${value} is not a finite number`);
  }
  // Without a suffix a number is a float, whatever it looks like.
  return String(value);
}

/** `ts` and `subMs` joined as text: as a number the sum would be beyond 2^53. */
function timestamp({ ts, subMs }: Reading): string {
  if (ts < 0) return String(BigInt(ts) * 1_000_000n + BigInt(subMs));
  return `${ts}${String(subMs).padStart(6, '0')}`;
}
