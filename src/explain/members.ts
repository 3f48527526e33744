import type { Group } from '../model/group.ts';

/** So many are named. */
const MOST_MEMBERS = 50;

/** Keys of the devices that the group with this key judges together; none where there is no such group. */
export function membersOf(groups: readonly Group[], key: string): string[] {
  const members = groups.flatMap((group) => membersOfGroup(group, key));
  return [...new Set(members)].slice(0, MOST_MEMBERS);
}

function membersOfGroup(group: Group, key: string): readonly string[] {
  if (group.kind === 'silence') {
    const trunk = [group.site, ...group.gateways].find(({ device }) => device.key === key);
    return trunk?.devices ?? [];
  }
  if (group.device.key !== key) return [];
  return (group.kind === 'vote' ? group.channels : group.members).map(({ device }) => device);
}
