import { admits, type Subject } from '../../alerts/policy/route.ts';
import type { Configuration } from '../../model/configuration.ts';
import type { Device } from '../../model/device.ts';
import type { Group } from '../../model/group.ts';
import { addressOf, type Receiver, type Route, type RouteMatch, type Routing } from '../../model/routing.ts';
import type { Tier } from '../../model/tier.ts';
import type { Path, Reporter } from '../fault.ts';

/** Warns of routes that no alarm of the configuration can reach, of red on one channel, of escalations to nobody new. */
export function lintRoutes(
  { routing, devices, groups }: Pick<Configuration, 'routing' | 'devices' | 'groups'>,
  reporter: Reporter,
): void {
  if (devices.size > 0) {
    const subjects = subjectsOf(devices, groups);
    lintBranch(routing.routes, ['routes'], subjects, reporter);
    lintRed(routing, subjects, reporter);
  }
  lintEscalations(routing.routes, ['routes'], reporter);
}

/** What of alarms that can be raised a route goes by, each once. */
function subjectsOf(devices: ReadonlyMap<string, Device>, groups: readonly Group[]): readonly Subject[] {
  const subjects = new Map<string, Subject>();
  const add = ({ site, profile, grid, tags }: Device, tiers: Iterable<Tier>) => {
    const kind = [site, profile.id, grid, ...tags].join('\n');
    for (const tier of tiers) subjects.set(`${tier}\n${kind}`, { tier, site, profile: profile.id, grid, tags });
  };
  addDevices(devices.values(), add);
  for (const group of groups) addGroup(group, devices, add);
  return [...subjects.values()];
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
    // What holds at some times only leaves the others to those behind it.
    if (!goesOn && match.when === null) left = left.filter((subject) => !taken.includes(subject));
  }
}

function described({ tier, site, profile, grid, tags }: RouteMatch): string {
  return [...tier, ...site, ...profile, ...grid, ...tags].join(', ');
}

interface Spoken {
  readonly path: Path;
  readonly to: readonly string[];
}

/** A red alarm is to go out on two ways that do not fail together. */
function lintRed(routing: Routing, subjects: readonly Subject[], reporter: Reporter): void {
  const told = new Set<string>();
  for (const subject of subjects) {
    if (subject.tier !== 'red') continue;
    const speakers = speakersFor(routing.routes, ['routes'], subject);
    const [first] = speakers;
    if (!first || told.has(first.path.join('.'))) continue;
    const names = speakers.flatMap(({ to }) => to).flatMap((name) => everybodyOf(name, routing));
    const ways = new Set(routing.receivers.filter(({ id }) => names.includes(id)).map(wayOf));
    if (ways.size > 1) continue;
    told.add(first.path.join('.'));
    const message = `red alarms go out on one channel only: if it fails, nobody hears of them. Add a second one`;
    reporter.warn('RED_SINGLE_CHANNEL', [...first.path, 'to'], names.join(', '), message);
  }
}

/** The routes that speak for an alarm at some time or other. */
function speakersFor(routes: readonly Route[], path: Path, subject: Subject): readonly Spoken[] {
  const found: Spoken[] = [];
  for (const [index, node] of routes.entries()) {
    if (!admits(node.match, subject)) continue;
    const own = [...path, index];
    const below = speakersFor(node.routes, [...own, 'routes'], subject);
    found.push(...(below.length > 0 ? below : [{ path: own, to: node.to }]));
    if (!node.continue && node.match.when === null) break;
  }
  return found;
}

function everybodyOf(name: string, { rosters }: Routing): readonly string[] {
  const roster = rosters.get(name);
  return roster ? [...roster.turns.flatMap(({ to }) => to), ...roster.otherwise] : [name];
}

/** Receivers of one kind at one host fail together. */
function wayOf({ channel }: Receiver): string {
  const url = addressOf(channel);
  return `${channel.kind} ${url !== null && URL.canParse(url) ? new URL(url).host : ''}`;
}

/** Notes steps that tell only those who were told already. */
function lintEscalations(routes: readonly Route[], path: Path, reporter: Reporter, above?: Route['escalation']): void {
  for (const [index, { to, escalation, routes: below }] of routes.entries()) {
    const own = [...path, index];
    // What is inherited is looked at where it is written.
    if (escalation !== above) {
      const told = new Set(to);
      for (const [step, { to: next }] of escalation.entries()) {
        if (next.every((name) => told.has(name))) {
          const message = 'this step tells nobody who was not told before: name the next person or level';
          reporter.warn('ESCALATION_TO_SAME', [...own, 'escalate', step, 'to'], next.join(', '), message);
        }
        for (const name of next) told.add(name);
      }
    }
    lintEscalations(below, [...own, 'routes'], reporter, escalation);
  }
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
