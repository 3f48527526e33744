import type { Group } from '../model/group.ts';

/**
 * The configured groups that can be judged with some of the devices, which are given by key. A vote and a folding of
 * silences need all their members: one that is not there would look as if it had failed. A count and a first-out take
 * what is there.
 */
export function groupsOf(groups: readonly Group[], devices: ReadonlySet<string>): Group[] {
  return groups.filter((group) => takesPart(group, devices));
}

function takesPart(group: Group, keys: ReadonlySet<string>): boolean {
  switch (group.kind) {
    case 'vote':
      return group.channels.every(({ device }) => keys.has(device));
    case 'silence':
      return group.site.devices.every((device) => keys.has(device));
    case 'count':
    case 'firstOut':
      return group.members.some(({ device }) => keys.has(device));
  }
}
