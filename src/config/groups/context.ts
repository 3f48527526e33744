import type { Device } from '../../model/device.ts';
import type { Site } from '../devices.ts';
import type { Path, Reporter } from '../fault.ts';

/** What the groups of one file may speak of. */
export interface GroupContext {
  readonly site: string;
  readonly siteOf: Site | undefined;
  /** By key. */
  readonly devices: ReadonlyMap<string, Device>;
  readonly version: string;
  /** How much a message may be late, ms. */
  readonly latenessMs: number;
  readonly reporter: Reporter;
  sound(path: Path): boolean;
}

/** A member as written, split into its device and what follows; null = there is no such device. */
export function findMember(
  text: string,
  { site, devices }: Pick<GroupContext, 'site' | 'devices'>,
): { device: Device; rest: string } | null {
  const slash = text.indexOf('/');
  const prefix = slash === -1 ? site : text.slice(0, slash);
  const name = text.slice(slash + 1);
  // Ids of devices may have dots: the longest that there is counts.
  for (let end = name.length; end > 0; end = name.lastIndexOf('.', end - 1)) {
    const device = devices.get(`${prefix}/${name.slice(0, end)}`);
    if (device) return { device, rest: name.slice(end + 1) };
  }
  return null;
}

/** As {@link findMember}; a device that is not there is reported. */
export function resolveMember(text: string, path: Path, context: GroupContext): ReturnType<typeof findMember> {
  const found = findMember(text, context);
  if (found) return found;
  const message = 'no device begins this name: write device, device.point, or site/device.point of another site';
  context.reporter.error('MEMBER_UNKNOWN', path, text, message);
  return null;
}

/** Reports a point that a device does not have; gives its index, or null. */
export function resolvePoint(device: Device, point: string, path: Path, reporter: Reporter): number | null {
  const found = device.points.find(({ id }) => id === point);
  if (found) return found.index;
  const known = device.points.map(({ id }) => id).join(', ');
  reporter.error(
    'POINT_UNKNOWN',
    path,
    point,
    `${device.key} has no point ${point || '(none given)'}; it has ${known}`,
  );
  return null;
}
