import type { Device } from '../model/device.ts';
import type { Group } from '../model/group.ts';
import { type GroupsFile, SITE_DEVICE } from '../rules/schema/group.ts';
import type { Site, WrittenDevice } from './devices.ts';
import type { Path, Reporter } from './fault.ts';
import { findMember, type GroupContext } from './groups/context.ts';
import { buildCount } from './groups/count.ts';
import { buildFirstOut } from './groups/first-out.ts';
import { pseudoDevice } from './groups/pseudo-device.ts';
import { buildSilences } from './groups/silence.ts';
import { buildVote } from './groups/vote.ts';
import type { Shape } from './shape.ts';
import { isPrototypeName, resolveTitle, sameText } from './text.ts';

/** One file of `groups/`, as far as it can be read. */
export interface WrittenGroups {
  readonly shape: Shape<GroupsFile>;
  readonly reporter: Reporter;
  /** Hash of its text. */
  readonly version: string;
}

/** What groups are built of beside their files. */
export interface GroupParts {
  readonly devices: ReadonlyMap<string, Device>;
  readonly sites: ReadonlyMap<string, Site>;
  /** How much a message may be late, ms. */
  readonly latenessMs: number;
}

/** Builds every group, and the gateways and sites whose devices fall silent together; reports what cannot work. */
export function buildGroups(
  files: readonly WrittenGroups[],
  written: readonly WrittenDevice[],
  parts: GroupParts,
): Group[] {
  const taken = gatewaysOf(written, parts.devices);
  const groups = files.flatMap((file) => buildFile(file, parts, taken));
  return [...groups, ...buildSilences(parts.devices, parts.sites)];
}

/** The devices that the alarms of a group name. */
export function devicesOfGroup(group: Group): Device[] {
  if (group.kind !== 'silence') return [group.device];
  return [group.site, ...group.gateways].flatMap(({ device, silentAfterMs }) => (silentAfterMs === null ? [] : device));
}

/** Keys of the gateways, which no group may have; a gateway that is a device is reported. */
function gatewaysOf(written: readonly WrittenDevice[], devices: ReadonlyMap<string, Device>): Map<string, string> {
  const taken = new Map<string, string>();
  for (const { entry, site, path, reporter, line, sound } of written) {
    const at = [...path, 'gateway'];
    // An entry that is no mapping is not sound either.
    const gateway = sound(at) ? entry.gateway : undefined;
    if (gateway === undefined) continue;
    const key = `${site}/${gateway}`;
    if (devices.has(key)) {
      const message = `${key} is a device: give the gateway an id of its own, as ${gateway}-link`;
      reporter.error('NAME_TAKEN', at, gateway, message, line);
    } else if (gateway === SITE_DEVICE || isPrototypeName(gateway)) {
      reporter.error('NAME_RESERVED', at, gateway, `${gateway} is reserved: choose another id`, line);
    }
    taken.set(key, 'a gateway');
  }
  return taken;
}

function buildFile(
  { shape, reporter, version }: WrittenGroups,
  parts: GroupParts,
  taken: Map<string, string>,
): Group[] {
  const { data, sound } = shape;
  if (!sound(['site'])) return [];
  const { site } = data;
  const about = parts.sites.get(site);
  if (!about) {
    const known = [...parts.sites.keys()].join(', ') || 'none';
    reporter.error('SITE_UNKNOWN', ['site'], site, `no device is at this site; known: ${known}`);
    return [];
  }
  const { devices, latenessMs } = parts;
  const context: GroupContext = { site, siteOf: about, devices, version, latenessMs, reporter, sound };
  const build = <T extends GroupEntry>(
    key: 'votes' | 'counts' | 'firstOut',
    entries: readonly T[],
    make: (entry: T, device: Device, path: Path, context: GroupContext) => Group | null,
  ) =>
    (Array.isArray(entries) ? entries : []).flatMap((entry, i) => {
      const path = [key, i];
      if (!sound([...path, 'id']) || !claim(entry.id, path, context, taken)) return [];
      return sound(path) ? (make(entry, deviceOf(entry, context), path, context) ?? []) : [];
    });
  return [
    ...build('votes', data.votes, buildVote),
    ...build('counts', data.counts, buildCount),
    ...build('firstOut', data.firstOut, buildFirstOut),
  ];
}

type GroupEntry = GroupsFile['votes'][number] | GroupsFile['counts'][number] | GroupsFile['firstOut'][number];

/** True if the name of a group is free: it stands beside the devices of its site in every alarm. */
function claim(id: string, path: Path, { site, devices, reporter }: GroupContext, taken: Map<string, string>): boolean {
  const key = `${site}/${id}`;
  const owner = devices.has(key) ? 'a device' : taken.get(key);
  taken.set(key, `a group in ${reporter.file}`);
  if (id === SITE_DEVICE || isPrototypeName(id)) {
    reporter.error('NAME_RESERVED', [...path, 'id'], id, `${id} is reserved: choose another id`);
    return false;
  }
  if (owner === undefined) return true;
  reporter.error('DUPLICATE_ID', [...path, 'id'], id, `${key} is already ${owner}: choose another id`);
  return false;
}

function deviceOf(entry: GroupEntry, context: GroupContext): Device {
  const { site, siteOf, version } = context;
  const first = Array.isArray(entry.members) ? findMember(entry.members[0] ?? '', context)?.device : undefined;
  return pseudoDevice('group', { id: site, about: siteOf }, entry.id, version, {
    title: resolveTitle(entry.title, sameText(entry.id)),
    location: entry.location ?? first?.location ?? null,
    ...(entry.grid === undefined ? {} : { grid: entry.grid }),
    tags: entry.tags,
  });
}
