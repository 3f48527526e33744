import type { Profile } from '../model/device.ts';
import { AppError } from '../model/error.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const POINT = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Point ids that the stores need for themselves, in any case of letters (InfluxDB drops a field `time` silently). */
export const RESERVED_POINT_IDS = ['time', 'received', 'site', 'device', 'mark'] as const;

/** Endings of the fields kept beside a point. */
export const QUALITY_SUFFIX = '_quality';
export const BAD_SUFFIX = '_bad';

/**
 * Asserts that a site, device, profile or database name is on the allow-list. Neither line protocol nor the `influx`
 * client protects a name, so nothing else may ever be put into a statement.
 *
 * @throws AppError `STORE_REFUSED`
 */
export function assertName(kind: 'site' | 'device' | 'profile' | 'database', name: string): string {
  if (!NAME.test(name)) throw new AppError('STORE_REFUSED', `${kind} name ${JSON.stringify(name)} is not allowed`);
  return name;
}

/**
 * Asserts that a point id is on the allow-list.
 *
 * @throws AppError `STORE_REFUSED`
 */
export function assertPoint(id: string): string {
  if (!POINT.test(id)) throw new AppError('STORE_REFUSED', `point name ${JSON.stringify(id)} is not allowed`);
  return id;
}

/**
 * Asserts that these profiles can be kept side by side.
 *
 * @throws AppError `STORE_SCHEMA_CONFLICT` naming every reason why not
 */
export function assertSchema(profiles: ReadonlyMap<string, Profile>): void {
  const conflicts = schemaConflicts(profiles.values());
  if (conflicts.length > 0) throw new AppError('STORE_SCHEMA_CONFLICT', conflicts.join('; '));
}

/**
 * Every reason why these profiles cannot be kept side by side in a store, one sentence each; empty = fine. Names are
 * compared without case, as DuckDB does.
 */
export function schemaConflicts(profiles: Iterable<Profile>): string[] {
  const faults: string[] = [];
  const tables = new Map<string, string>([['devices', 'the table of devices']]);
  for (const profile of profiles) {
    if (!NAME.test(profile.id)) faults.push(`profile ${JSON.stringify(profile.id)}: the name is not allowed`);
    const taken = tables.get(profile.id.toLowerCase());
    if (taken !== undefined) faults.push(`profile ${profile.id}: the name is taken by ${taken}`);
    tables.set(profile.id.toLowerCase(), `profile ${profile.id}`);
    faults.push(...columnConflicts(profile));
  }
  return faults;
}

function columnConflicts(profile: Profile): string[] {
  const faults: string[] = [];
  const columns = new Map<string, string>(RESERVED_POINT_IDS.map((name) => [name, 'a word reserved by the store']));
  for (const { id } of profile.points) {
    if (!POINT.test(id)) faults.push(`profile ${profile.id}, point ${JSON.stringify(id)}: the name is not allowed`);
    for (const column of [id, id + QUALITY_SUFFIX, id + BAD_SUFFIX]) {
      const taken = columns.get(column.toLowerCase());
      if (taken !== undefined) faults.push(`profile ${profile.id}, point ${id}: "${column}" is ${taken}`);
      else columns.set(column.toLowerCase(), `already a column of point ${id}`);
    }
  }
  return faults;
}
