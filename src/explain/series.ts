import type { Point } from '../model/device.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { Reading } from '../model/reading.ts';
import type { DeviceSnapshot } from '../rules/device-snapshot.ts';
import type { Sample, Series } from './explanation.ts';
import type { Circumstances } from './reason.ts';

/** So many samples of a point are shown: the newest. */
const MOST_SAMPLES = 200;

/** What the series of an answer are made of. */
export interface Sources {
  /** In the order of their arrival. */
  readonly readings: readonly Reading[];
  readonly liveWindowMs: number;
  /** What was judged again: the only trace of a point that is calculated. */
  readonly evaluations: readonly Evaluation[];
  /** The running rules may have a newer sample than the store; null = they are not asked. */
  readonly live: DeviceSnapshot | null;
}

/** The newest samples of a point, oldest first. */
export function seriesOf(point: Point, sources: Sources): Series {
  const samples = point.calc ? calculated(point, sources.evaluations) : stored(point, sources);
  const state = sources.live?.points[point.id];
  const newest = samples.reduce(
    (ts, sample) => (isLive(sample) ? Math.max(ts, sample.ts) : ts),
    Number.NEGATIVE_INFINITY,
  );
  if (state?.ts != null && state.ts > newest) {
    const { ts, value, quality } = state;
    const receivedAt = sources.live?.seenAt ?? ts;
    samples.push({ ts, receivedAt, value, quality, status: 'actual', historical: false, stored: false });
  }
  return { point, samples: samples.slice(-MOST_SAMPLES).sort((a, b) => a.ts - b.ts) };
}

/** Why the reading that arrived last was not judged; null = it was, or there is none. */
export function unjudgedLast(
  point: Point | null,
  { readings, liveWindowMs }: Sources,
  status: Reading['status'],
): Circumstances['unjudged'] {
  const last = readings.findLast(({ values }) => point === null || values[point.index] !== undefined);
  if (!last) return null;
  if (last.status !== status) return 'drill';
  return last.historical || isLate(last, liveWindowMs) ? 'historical' : null;
}

/** Source time from which on every live sample is of bad quality; null = the newest is not. */
export function badSince({ samples }: Series): number | null {
  let since: number | null = null;
  for (const sample of samples.filter(isLive).reverse()) {
    if (sample.quality !== 'bad' && sample.value !== null) break;
    since = sample.ts;
  }
  return since;
}

function stored({ index }: Point, { readings, liveWindowMs }: Sources): Sample[] {
  const samples: Sample[] = [];
  // From the end: of ten thousand readings a few are shown.
  for (let i = readings.length - 1; i >= 0 && samples.length < MOST_SAMPLES; i--) {
    const reading = readings[i];
    const value = reading?.values[index];
    if (!reading || value === undefined) continue;
    const { ts, receivedAt, status } = reading;
    const historical = reading.historical || isLate(reading, liveWindowMs);
    const quality = value === null ? 'bad' : (reading.qualities?.[index] ?? 'good');
    samples.push({ ts, receivedAt, value, quality, status, historical, stored: true });
  }
  return samples.reverse();
}

function calculated({ id }: Point, evaluations: readonly Evaluation[]): Sample[] {
  const byTime = new Map<number, Sample>();
  for (const { condition, ts, at, value, quality, verdict } of evaluations) {
    if (!condition.startsWith(`${id}.`) || verdict === 'delayOver') continue;
    byTime.set(ts, { ts, receivedAt: at, value, quality, status: 'actual', historical: false, stored: false });
  }
  return [...byTime.values()];
}

function isLate({ receivedAt, ts }: Reading, liveWindowMs: number): boolean {
  return receivedAt - ts > liveWindowMs;
}

function isLive({ historical, status }: Sample): boolean {
  return !historical && status === 'actual';
}
