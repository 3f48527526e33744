import type { LimitName, RateLimit } from '../../model/limit.ts';
import type { Path } from '../fault.ts';

/** Where the parts of a point stand in a file; null = they stand elsewhere, and were looked at there. */
export interface PointPlace {
  /** The point as a whole. */
  readonly point: Path | null;
  limit(name: LimitName): Path | null;
  rate(direction: RateLimit['direction']): Path | null;
}

/** The place of a point in its profile. */
export function profilePlace(id: string): PointPlace {
  const point: Path = ['points', id];
  return {
    point,
    limit: (name) => [...point, 'limits', name],
    rate: (direction) => [...point, 'rate', direction],
  };
}

/** `5 s`, `90 s`, `10 min`: a duration in a sentence. */
export function spoken(ms: number): string {
  return ms >= 120_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`;
}
