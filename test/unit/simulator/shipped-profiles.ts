import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface ShippedLimit {
  readonly at: number;
  readonly deadband?: number;
  readonly onDelay?: string;
  readonly tier: string;
}

export interface ShippedPoint {
  readonly type: string;
  readonly range?: readonly [number, number];
  readonly limits?: Readonly<Record<string, ShippedLimit>>;
  readonly rate?: Readonly<Record<string, { readonly by: number; readonly over: string }>>;
}

/**
 * The points of the shipped profiles by class that a device reports. They are the authority for names and limits; they are read raw here,
 * since the simulator is a stranger to `src/config`.
 */
export function shippedProfiles(): ReadonlyMap<string, Readonly<Record<string, ShippedPoint>>> {
  const directory = new URL('../../../config/profiles/', import.meta.url);
  const files = readdirSync(directory).filter((file) => file.endsWith('.yaml') && !file.endsWith('.test.yaml'));
  return new Map(
    files.map((file) => {
      const profile = parse(readFileSync(new URL(file, directory), 'utf8'));
      const points: [string, ShippedPoint][] = Object.entries(profile.points);
      return [profile.profile, Object.fromEntries(points.filter(([, point]) => !('calc' in point)))];
    }),
  );
}
