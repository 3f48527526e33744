import type { Device } from '../model/device.ts';
import type { Text } from '../model/text.ts';
import type { DeviceEntry } from '../rules/schema/device.ts';
import { SITE_DEVICE } from '../rules/schema/group.ts';
import type { Path, Reporter } from './fault.ts';
import { applyOverrides, type Overridden } from './overrides.ts';
import type { LoadedProfile } from './profiles.ts';
import { isPrototypeName, resolveTitle, sameText } from './text.ts';

/** One device as written, in a YAML or a CSV file. */
export interface WrittenDevice {
  readonly entry: DeviceEntry;
  readonly site: string;
  readonly path: Path;
  readonly reporter: Reporter;
  /** Line, where the path does not tell it. */
  readonly line?: number;
  sound(path: Path): boolean;
}

/** What the files say about a site as a whole. */
export interface Site {
  readonly title: Text;
  readonly grid: string | null;
}

/** The profiles by id; null = declared in a file that is too broken to use. */
export type LoadedProfiles = ReadonlyMap<string, LoadedProfile | null>;

/** Puts devices and their profiles together, reporting what does not fit. */
export function buildDevices(
  written: Iterable<WrittenDevice>,
  profiles: LoadedProfiles,
  sites: ReadonlyMap<string, Site>,
): Map<string, Device> {
  const devices = new Map<string, Device>();
  const firstAt = new Map<string, string>();
  // Many devices carry the same override: they share its points and rules.
  const shared = new Map<string, Overridden>();
  for (const one of written) {
    const { entry, site, path, reporter } = one;
    if (!one.sound([...path, 'id'])) continue;
    const key = `${site}/${entry.id}`;
    const first = firstAt.get(key);
    const fault = (code: string, part: string, value: unknown, message: string) =>
      reporter.error(code, [...path, part], value, message, one.line);
    if (first !== undefined) fault('DUPLICATE_ID', 'id', entry.id, `${key} is already in ${first}: remove one`);
    else firstAt.set(key, reporter.file);
    if (isPrototypeName(entry.id) || entry.id === SITE_DEVICE)
      fault('NAME_RESERVED', 'id', entry.id, `${entry.id} is reserved: choose another id`);
    if (!one.sound([...path, 'profile'])) continue;
    const loaded = profiles.get(entry.profile);
    if (loaded === undefined) {
      const known = [...profiles.keys()].join(', ') || 'none';
      fault('PROFILE_UNKNOWN', 'profile', entry.profile, `no such profile; known: ${known}`);
    }
    if (!loaded) continue;
    const overridden = overridesOf(one, loaded, shared);
    if (first === undefined) devices.set(key, buildDevice(one, key, loaded, overridden, sites.get(site)));
  }
  return devices;
}

function overridesOf(one: WrittenDevice, loaded: LoadedProfile, shared: Map<string, Overridden>): Overridden | null {
  const { entry, path, reporter, sound } = one;
  if (!entry.limits && !entry.rates && !entry.rules) return null;
  const readable = (['limits', 'rates', 'rules'] as const).every((part) => sound([...path, part]));
  const key = JSON.stringify([loaded.profile.id, entry.limits, entry.rates, entry.rules]);
  const known = shared.get(key);
  if (known) return known;
  let faulty = false;
  const watched: Reporter = {
    file: reporter.file,
    error(...fault) {
      faulty = true;
      reporter.error(...fault);
    },
    warn(...fault) {
      faulty = true;
      reporter.warn(...fault);
    },
  };
  const result = applyOverrides(entry, loaded, { path, sound }, watched);
  // Where something was reported, the next device with the same override reports it again, under its own path.
  if (!faulty && readable) shared.set(key, result);
  return result;
}

function buildDevice(
  one: WrittenDevice,
  key: string,
  loaded: LoadedProfile,
  overridden: Overridden | null,
  site: Site | undefined,
): Device {
  const { entry } = one;
  const { profile } = loaded;
  const has = (part: string) => one.sound([...one.path, part]);
  const device: Device = {
    key,
    site: one.site,
    siteTitle: site?.title ?? sameText(one.site),
    id: entry.id,
    title: resolveTitle(has('title') ? entry.title : undefined, sameText(entry.id)),
    profile,
    points: overridden?.points ?? loaded.everyPoint,
    rules: overridden?.rules ?? profile.rules,
    location: has('location') ? (entry.location ?? null) : null,
    grid: entry.grid ?? site?.grid ?? null,
    tags: entry.tags,
    ...(has('gateway') && entry.gateway !== undefined ? { gateway: entry.gateway } : {}),
    ruleVersion: overridden ? `${profile.version}+${overridden.hash}` : profile.version,
  };
  return overridden ? { ...device, overrides: overridden.overrides } : device;
}
