import type { Configuration, Route, RouteMatch } from '../../model/configuration.ts';
import type { Device } from '../../model/device.ts';
import type { Group } from '../../model/group.ts';
import type { Tier } from '../../model/tier.ts';
import type { Path, Reporter } from '../fault.ts';

/** What of an alarm a route goes by. */
interface Subject {
  readonly tier: Tier;
  readonly site: string;
  readonly profile: string;
}

/** Warns of routes that no alarm of the configuration can reach, and says why. */
export function lintRoutes(
  { routes, devices, groups }: Pick<Configuration, 'routes' | 'devices' | 'groups'>,
  reporter: Reporter,
): void {
  if (devices.size === 0) return;
  const subjects = new Map<string, Subject>();
  const add = ({ site, profile }: Device, tiers: Iterable<Tier>) => {
    for (const tier of tiers) subjects.set(`${site}/${profile.id}/${tier}`, { tier, site, profile: profile.id });
  };
  addDevices(devices.values(), add);
  for (const group of groups) addGroup(group, devices, add);
  lintBranch(routes, ['routes'], [...subjects.values()], reporter);
}

type Add = (device: Device, tiers: Iterable<Tier>) => void;

/** `arriving`: what the routes above let through. Gives nothing back: siblings share it by `continue`. */
function lintBranch(routes: readonly Route[], path: Path, arriving: readonly Subject[], reporter: Reporter): void {
  let left = arriving;
  for (const [index, { match, continue: goesOn, routes: below }] of routes.entries()) {
    const own = [...path, index];
    const taken = left.filter((subject) => admits(match, subject));
    if (taken.length > 0) lintBranch(below, [...own, 'routes'], taken, reporter);
    else if (arriving.some((subject) => admits(match, subject))) {
      const message = 'routes before this one take every alarm that it matches: move it up, or let them continue';
      reporter.warn('ROUTE_SHADOWED', own, described(match), message);
    } else {
      const message = 'no device and limit that is configured can raise an alarm that comes here';
      reporter.warn('ROUTE_WITHOUT_ALARM', own, described(match), message);
    }
    if (!goesOn) left = left.filter((subject) => !taken.includes(subject));
  }
}

function admits({ tier, site, profile }: RouteMatch, subject: Subject): boolean {
  return isAmong(tier, subject.tier) && isAmong(site, subject.site) && isAmong(profile, subject.profile);
}

function isAmong<T>(names: readonly T[], name: T): boolean {
  return names.length === 0 || names.includes(name);
}

function described({ tier, site, profile }: RouteMatch): string {
  return [...tier, ...site, ...profile].join(', ');
}

function addDevices(devices: Iterable<Device>, add: Add): void {
  // Devices without overrides share points and rules with their profile: each set is looked through once.
  const known = new Map<Device['points'], Map<Device['rules'], ReadonlySet<Tier>>>();
  for (const device of devices) {
    const { points, rules } = device;
    const byRules = known.get(points) ?? new Map<Device['rules'], ReadonlySet<Tier>>();
    const tiers = byRules.get(rules) ?? tiersOf(device);
    known.set(points, byRules.set(rules, tiers));
    add(device, tiers);
  }
}

function tiersOf({ points, rules, profile }: Device): ReadonlySet<Tier> {
  const tiers = new Set<Tier>([
    ...points.flatMap(({ limits, rates }) => [...limits, ...rates].map(({ tier }) => tier)),
    ...rules.flatMap(({ levels }) => levels.map(({ tier }) => tier)),
  ]);
  if (profile.absent) tiers.add(profile.absent.tier);
  if (profile.clock) tiers.add(profile.clock.tier);
  return tiers;
}

function addGroup(group: Group, devices: ReadonlyMap<string, Device>, add: Add): void {
  switch (group.kind) {
    case 'vote': {
      const { high, low, degraded, deviation } = group;
      add(
        group.device,
        [...high, ...low, ...degraded, ...(deviation ? [deviation] : [])].map(({ tier }) => tier),
      );
      return;
    }
    case 'count':
      add(
        group.device,
        group.levels.map(({ tier }) => tier),
      );
      return;
    case 'firstOut':
      add(group.device, [group.tier]);
      return;
    case 'silence':
      // Their silence has the tier of the worst of those that are silent.
      for (const trunk of [group.site, ...group.gateways]) {
        const silences = trunk.devices.flatMap((key) => devices.get(key)?.profile.absent ?? []);
        add(
          trunk.device,
          silences.map(({ tier }) => tier),
        );
      }
  }
}
