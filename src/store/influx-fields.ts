import type { Profile } from '../model/device.ts';
import type { QueryAnswer } from './influx-connection.ts';

const FIELD_TYPES = { number: 'float', boolean: 'boolean', string: 'string' } as const;

/**
 * The first field that the database keeps with another type than its point has, as a sentence; null = none. InfluxDB
 * would refuse every reading with such a value, one by one: better to hear of it before the first.
 */
export function fieldConflict(answer: QueryAnswer, profiles: ReadonlyMap<string, Profile>): string | null {
  for (const { name, values } of answer?.results?.[0]?.series ?? []) {
    for (const point of profiles.get(name ?? '')?.points ?? []) {
      const kept = values.filter(([field]) => field === point.id).map(([, type]) => String(type));
      if (kept.length === 0 || kept.includes(FIELD_TYPES[point.type])) continue;
      return `InfluxDB keeps ${name}.${point.id} as ${kept.join(', ')}, the profile says ${point.type}: give the point another id, or the profile`;
    }
  }
  return null;
}
