import type { Past } from '../../../src/backtest/archive.ts';
import { Judge, type Judged, type RuleSet } from '../../../src/backtest/judge.ts';
import type { PastAlarm } from '../../../src/backtest/past-alarm.ts';
import type { Device } from '../../../src/model/device.ts';
import { QUALITIES } from '../../../src/model/quality.ts';
import type { Reading } from '../../../src/model/reading.ts';
import { MARK_BITS } from '../../../src/store/sample.ts';
import { NOT_NAMED, type ScanBatch } from '../../../src/store/scan.ts';
import { NOON } from '../../helpers/readings.ts';

/** Readings of devices of one profile as a scan gives them: by source time, in batches of `size`. */
export function batchesOf(readings: readonly Reading[], size = 1_000): ScanBatch[] {
  const sorted = readings.toSorted(
    (a, b) => a.ts - b.ts || (a.device.key < b.device.key ? -1 : 1) || a.subMs - b.subMs,
  );
  const devices = [...new Set(sorted.map(({ device }) => device.key))];
  const points = sorted[0]?.device.profile.points ?? [];
  const batches: ScanBatch[] = [];
  for (let from = 0; from < sorted.length; from += size) {
    const rows = sorted.slice(from, from + size);
    batches.push({
      rows: rows.length,
      ts: Float64Array.from(rows, ({ ts }) => ts),
      subMs: Uint32Array.from(rows, ({ subMs }) => subMs),
      receivedAt: Float64Array.from(rows, ({ receivedAt }) => receivedAt),
      device: Uint32Array.from(rows, ({ device }) => devices.indexOf(device.key)),
      devices,
      marks: Uint8Array.from(rows, ({ historical }) => (historical ? MARK_BITS.historical : 0)),
      points,
      values: points.map(({ index, type }) => {
        const column = rows.map(({ values }) => values[index] ?? null);
        return type === 'number' ? Float64Array.from(column, (value) => Number(value ?? Number.NaN)) : column;
      }),
      quality: points.map(({ index }) =>
        Uint8Array.from(rows, ({ values, qualities }) =>
          values[index] === undefined ? NOT_NAMED : QUALITIES.indexOf(qualities?.[index] ?? 'good'),
        ),
      ),
    });
  }
  return batches;
}

export async function* streamed<T>(items: readonly T[]): AsyncGenerator<T, void> {
  for (const item of items) yield item;
}

export const SETTINGS = { liveWindowMs: 300_000, latenessMs: 10_000, futureToleranceMs: 60_000 };

export function rulesOf(devices: readonly Device[], rest: Partial<RuleSet> = {}): RuleSet {
  const byKey = new Map(devices.map((device) => [device.key, device]));
  return { devices: byKey, groups: [], settings: SETTINGS, arrival: 'source', ...rest };
}

export function judgeAll(rules: RuleSet, readings: readonly Reading[], end: number | null = null): Judged {
  const judge = new Judge(rules);
  for (const batch of batchesOf(readings)) judge.feed(batch, 0, batch.rows);
  return judge.finish(end);
}

/** A past that holds these readings. */
export function pastOf(readings: readonly Reading[]): Past {
  return {
    name: 'test',
    scans: (queries) =>
      queries.map(({ profile }) => streamed(batchesOf(readings.filter(({ device }) => device.profile === profile)))),
    close: async () => {},
  };
}

/** An alarm from second to second after {@link NOON}; `to` null = still in force. */
export function alarmAt(from: number, to: number | null, rest: Partial<PastAlarm> = {}): PastAlarm {
  const raisedAt = NOON + from * 1000;
  return {
    key: 'wujin-gas/cab-001|p|high|actual',
    device: 'wujin-gas/cab-001',
    profile: 'gas-cabinet',
    point: 'p',
    rule: null,
    direction: 'high',
    condition: 'p.H',
    tier: 'yellow',
    limit: 6,
    unit: 'kPa',
    message: { en: 'high', zh: '高' },
    occurredAt: raisedAt,
    raisedAt,
    returnedAt: to === null ? null : NOON + to * 1000,
    calls: [raisedAt],
    peak: 7,
    ...rest,
  };
}
