import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import { type QueryAnswer, rowsOf } from './influx-connection.ts';
import { assertName, assertPoint, BAD_SUFFIX, QUALITY_SUFFIX } from './naming.ts';
import type { HistoryItem, HistoryQuery } from './port.ts';

/**
 * InfluxQL for a history query; site and device are bound parameters, everything else is an allow-listed name or a
 * whole number. Buckets take two statements: the values, and in which buckets a sample was uncertain.
 */
export function historyStatement(query: HistoryQuery): string {
  const point = assertPoint(query.point);
  const measurement = assertName('profile', query.device.profile.id);
  const where =
    `from "${measurement}" where "site" = $site and "device" = $device and "_status" = '' ` +
    `and time >= ${query.from}ms and time < ${query.to}ms`;
  if (query.stepMs === null) {
    const fields = `"${point}", "${point}${BAD_SUFFIX}", "${point}${QUALITY_SUFFIX}"`;
    return `select ${fields} ${where} order by time limit ${query.limit}`;
  }
  const buckets = `group by time(${query.stepMs}ms) fill(none) order by time limit ${query.limit}`;
  const quality = `"${point}${QUALITY_SUFFIX}"`;
  return (
    `select ${query.aggregate}("${point}") ${where} ${buckets}; ` +
    `select count(${quality}) ${where} and ${quality} = 'uncertain' ${buckets}`
  );
}

/** The items in the answer to {@link historyStatement}. */
export function historyItems(query: HistoryQuery, answer: QueryAnswer): HistoryItem[] {
  if (query.stepMs === null) {
    return rowsOf(answer, 0).map(([ts, value, bad, quality]) => ({
      ts: Number(ts),
      value: (value ?? bad ?? null) as Value,
      quality: (quality ?? 'good') as Quality,
    }));
  }
  const uncertain = new Set(rowsOf(answer, 1).map(([ts]) => Number(ts)));
  return rowsOf(answer, 0).map(([ts, value]) => ({
    ts: Number(ts),
    value: value as Value,
    quality: uncertain.has(Number(ts)) ? 'uncertain' : 'good',
  }));
}
