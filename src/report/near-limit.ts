import type { Device, Point } from '../model/device.ts';
import type { DeviceSnapshot } from '../rules/device-snapshot.ts';

/** A point that is close to a limit that it has not reached. */
export interface NearLimit {
  readonly device: string;
  readonly point: string;
  readonly unit: string;
  readonly value: number;
  /** Source time of the value, epoch milliseconds. */
  readonly ts: number;
  readonly limit: { readonly name: string; readonly at: number };
  /** What is left to it, in the unit of the point. */
  readonly distance: number;
  /** Length between the two limits, or limit and end of the range, that the value lies between. */
  readonly span: number;
  /** 1 - distance / span: 0 = as far away as can be, 1 = at the limit. */
  readonly share: number;
}

/** Every point of a device with a good value and a limit ahead, in the order of its points. */
export function nearLimits(device: Device, state: DeviceSnapshot): NearLimit[] {
  return device.points.flatMap((point) => {
    const saved = state.points[point.id];
    if (saved?.quality !== 'good' || typeof saved.value !== 'number' || saved.ts === null) return [];
    return nearestOf(device.key, point, saved.value, saved.ts) ?? [];
  });
}

function nearestOf(device: string, point: Point, value: number, ts: number): NearLimit | null {
  const limits = point.limits.map(({ name, at }) => ({ name, at, isHigh: name === 'H' || name === 'HH' }));
  const above = limits.filter(({ at, isHigh }) => isHigh && at > value).sort((a, b) => a.at - b.at)[0];
  const below = limits.filter(({ at, isHigh }) => !isHigh && at < value).sort((a, b) => b.at - a.at)[0];
  // Beyond one limit the next one of the same side counts, against the one that was reached.
  const reached = limits.filter(({ at, isHigh }) => (isHigh ? at <= value : at >= value)).map(({ at }) => at);
  const floor = Math.max(...[below?.at ?? point.range?.[0], ...reached.filter((at) => at <= value)].filter(isNumber));
  const ceiling = Math.min(...[above?.at ?? point.range?.[1], ...reached.filter((at) => at >= value)].filter(isNumber));
  const ahead = [above, below].flatMap((limit) => {
    if (!limit) return [];
    const other = limit.isHigh ? floor : ceiling;
    const distance = Math.abs(limit.at - value);
    // Without anything on the other side the limit itself is the measure.
    const span = Number.isFinite(other) ? Math.abs(limit.at - other) : Math.abs(limit.at);
    return span > 0 ? [{ limit, distance, span, share: Math.max(0, 1 - distance / span) }] : [];
  });
  const nearest = ahead.sort((a, b) => b.share - a.share)[0];
  if (!nearest) return null;
  const { limit, distance, span, share } = nearest;
  const { id, unit } = point;
  return { device, point: id, unit, value, ts, limit: { name: limit.name, at: limit.at }, distance, span, share };
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined;
}
