import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { TrialDevice } from './devices.ts';
import type { Place } from './place.ts';
import { readTimeline, type Sample } from './timeline.ts';
import type { Delivery } from './trial.ts';

/** Everything that arrives in a test, and how long the feed lasts. */
export interface Feed {
  /** In the order of arrival. */
  readonly deliveries: readonly Delivery[];
  /** By device: ids of the points that it names, whether anything comes from them or not. */
  readonly named: readonly ReadonlySet<string>[];
  readonly durationMs: number;
}

/** Puts the timelines of the points together: samples of one device and one time are one reading. */
export function readFeed(
  entries: Readonly<Record<string, readonly string[]>>,
  devices: readonly TrialDevice[],
  place: Place,
): Feed {
  const readings = new Map<string, Building>();
  const named = devices.map(() => new Set<string>());
  let durationMs = 0;
  for (const [key, items] of Object.entries(entries)) {
    const target = targetOf(key, devices);
    if (!target) {
      place.error('POINT_UNKNOWN', ['feed', key], key, `no such point; known: ${reportedPoints(devices).join(', ')}`);
      continue;
    }
    const { index, point, stepMs } = target;
    named[index]?.add(point.id);
    const timeline = readTimeline(items, point.type, stepMs);
    if ('fault' in timeline) {
      const { item, message } = timeline.fault;
      place.error('TIMELINE_INVALID', ['feed', key, item], items[item], message);
      continue;
    }
    durationMs = Math.max(durationMs, timeline.durationMs);
    for (const sample of timeline.samples) add(readings, index, point.id, sample);
  }
  const deliveries = [...readings.values()].sort((a, b) => a.arrives - b.arrives || a.ts - b.ts || a.device - b.device);
  return { deliveries, named, durationMs };
}

interface Building extends Delivery {
  readonly values: Record<string, Value>;
  readonly qualities: Record<string, Quality>;
}

function add(readings: Map<string, Building>, device: number, point: string, sample: Sample): void {
  const { ts, arrives, value, quality, historical } = sample;
  const key = `${device}|${arrives}|${ts}|${historical}`;
  const known = readings.get(key);
  const reading = known ?? { arrives, ts, device, seq: null, values: {}, qualities: {}, historical };
  reading.values[point] = value;
  if (quality !== 'good') reading.qualities[point] = quality;
  if (!known) readings.set(key, reading);
}

function targetOf(key: string, devices: readonly TrialDevice[]) {
  for (const [index, { name, device, stepMs }] of devices.entries()) {
    const prefix = name === null ? '' : `${name}.`;
    if (!key.startsWith(prefix)) continue;
    const point = device.profile.points.find(({ id }) => `${prefix}${id}` === key);
    if (point) return { index, point, stepMs };
  }
  return null;
}

function reportedPoints(devices: readonly TrialDevice[]): string[] {
  return devices.flatMap(({ name, device }) =>
    device.profile.points.map(({ id }) => (name === null ? id : `${name}.${id}`)),
  );
}
