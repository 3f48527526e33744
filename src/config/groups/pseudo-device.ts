import type { Device, Profile } from '../../model/device.ts';
import type { Text } from '../../model/text.ts';
import type { GROUP_PROFILES } from '../../rules/schema/group.ts';
import type { Site } from '../devices.ts';
import { sameText } from '../text.ts';

const TITLES: Readonly<Record<(typeof GROUP_PROFILES)[number], Text>> = {
  group: { en: 'Group', zh: '组' },
  gateway: { en: 'Gateway', zh: '网关' },
  site: { en: 'Whole site', zh: '全站' },
};

/** What stands for a group, gateway or site where an alarm names its device and profile. It reports nothing. */
export function pseudoDevice(
  kind: (typeof GROUP_PROFILES)[number],
  site: { readonly id: string; readonly about: Site | undefined },
  id: string,
  version: string,
  parts: Partial<Pick<Device, 'title' | 'location' | 'grid' | 'tags'>> = {},
): Device {
  const profile: Profile = {
    id: kind,
    title: TITLES[kind],
    reporting: { mode: 'exception', intervalMs: 60_000, order: 'arrival' },
    clock: null,
    absent: null,
    points: [],
    calculated: [],
    rules: [],
    pointIndex: new Map(),
    version,
  };
  return {
    key: `${site.id}/${id}`,
    site: site.id,
    siteTitle: site.about?.title ?? sameText(site.id),
    id,
    title: parts.title ?? (kind === 'site' ? TITLES.site : sameText(id)),
    profile,
    points: [],
    rules: [],
    location: parts.location ?? null,
    grid: parts.grid ?? site.about?.grid ?? null,
    tags: parts.tags ?? [],
    ruleVersion: version,
  };
}
