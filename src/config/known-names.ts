import { conditionsOf, conditionsOfGroup } from '../model/condition-name.ts';
import type { Device } from '../model/device.ts';
import type { Group } from '../model/group.ts';
import type { Path, Reporter } from './fault.ts';

/** What of devices and groups the other files may name. */
export interface KnownNames {
  readonly sites: ReadonlySet<string>;
  readonly profiles: ReadonlySet<string>;
  /** Keys of devices and of what stands for groups, those with faults too. */
  readonly devices: ReadonlySet<string>;
  /** Names of conditions, as `outletPressure.HH`, and their last parts; null = errors left some out. */
  readonly conditions: ReadonlySet<string> | null;
}

/** Names of all conditions that devices and groups can have, and the last part of each. */
export function conditionNames(devices: Iterable<Device>, groups: Iterable<Group>): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string) => names.add(name).add(name.slice(name.lastIndexOf('.') + 1));
  // Devices without overrides share points and rules with their profile: each set is looked through once.
  const seen = new Map<Device['points'], Set<Device['rules']>>();
  for (const { points, rules, profile } of devices) {
    const known = seen.get(points) ?? new Set();
    if (known.has(rules)) continue;
    seen.set(points, known.add(rules));
    for (const { name } of conditionsOf(points, rules, profile.absent !== null)) add(name);
    if (profile.clock) add('clock');
  }
  for (const group of groups) for (const { name } of conditionsOfGroup(group)) add(name);
  return names;
}

/** Reports each name that is not known, with those that are; `what` as in `no such site`. */
export function checkNames(
  found: readonly string[],
  known: Iterable<string>,
  { code, what, path, reporter }: { code: string; what: string; path: Path; reporter: Reporter },
): void {
  const names = new Set(known);
  for (const name of found) {
    if (!names.has(name)) reporter.error(code, path, name, `no such ${what}; known: ${listed(names)}`);
  }
}

const MOST_LISTED = 20;

function listed(names: ReadonlySet<string>): string {
  if (names.size === 0) return 'none';
  const shown = [...names].slice(0, MOST_LISTED).join(', ');
  return names.size > MOST_LISTED ? `${shown}, … (${names.size} in all)` : shown;
}
