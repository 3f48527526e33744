import type { Span } from '../alerts/statistics/load.ts';
import type { Device, Point } from '../model/device.ts';
import { BAD, NOT_NAMED } from '../store/scan.ts';
import type { Past } from './archive.ts';

/** Values of one point, thinned to equal parts of a span. */
export interface Series {
  readonly device: Device;
  readonly point: Point;
  readonly span: Span;
  /** Least and greatest good value in each part; NaN = none. */
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** Reads what a plot of `parts` columns can show of a point with numbers. */
export async function readSeries(
  past: Past,
  device: Device,
  point: Point,
  span: Span,
  parts: number,
  signal: AbortSignal,
): Promise<Series> {
  const min = new Float64Array(parts).fill(Number.NaN);
  const max = new Float64Array(parts).fill(Number.NaN);
  const query = {
    profile: device.profile,
    devices: [device.key],
    points: [point.id],
    from: span.from,
    to: span.to + 1,
    signal,
  };
  const width = Math.max(1, span.to - span.from + 1) / parts;
  for (const scan of past.scans([query])) {
    for await (const { rows, ts, values, quality } of scan) {
      const column = values[0];
      const grades = quality[0];
      if (!(column instanceof Float64Array)) continue;
      for (let row = 0; row < rows; row++) {
        const value = column[row] ?? Number.NaN;
        const grade = grades?.[row];
        if (Number.isNaN(value) || grade === BAD || grade === NOT_NAMED) continue;
        const part = Math.min(parts - 1, Math.floor(((ts[row] ?? 0) - span.from) / width));
        if (!(value >= (min[part] ?? Number.NaN))) min[part] = value;
        if (!(value <= (max[part] ?? Number.NaN))) max[part] = value;
      }
    }
  }
  return { device, point, span, min, max };
}
