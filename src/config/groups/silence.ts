import type { Device, Profile } from '../../model/device.ts';
import type { SilenceGroup, Trunk } from '../../model/group.ts';
import { type GROUP_PROFILES, SITE_DEVICE } from '../../rules/schema/group.ts';
import type { Site } from '../devices.ts';
import { shortHash } from '../text.ts';
import { pseudoDevice } from './pseudo-device.ts';

/** A trunk is silent only where so many of its devices should have been heard. */
const LEAST_DUE = 2;

/** Default of `absent.after` in intervals: how often a device speaks that names the silence it allows alone. */
const INTERVALS_ABSENT = 3;

/**
 * The silences of every site with gateways or several devices. Only devices whose silence is an alarm tell anything by
 * it: where there are fewer than two behind a gateway or at a site, nothing is put together. A gateway or site is silent
 * when nothing came from it for the time in which half of them report, and two: the slow ones are not waited for.
 */
export function buildSilences(devices: ReadonlyMap<string, Device>, sites: ReadonlyMap<string, Site>): SilenceGroup[] {
  const bySite = grouped(devices.values(), ({ site }) => site);
  return [...bySite].flatMap(([id, list]) => buildSilence(id, list, sites.get(id)) ?? []);
}

function buildSilence(id: string, devices: readonly Device[], about: Site | undefined): SilenceGroup | null {
  const behind = devices.filter(({ gateway }) => gateway !== undefined);
  const gateways = [...grouped(behind, ({ gateway = '' }) => gateway)];
  const build = (
    kind: (typeof GROUP_PROFILES)[number],
    name: string,
    list: readonly Device[],
    parts: number,
  ): Trunk => {
    const watched = list.filter(({ profile }) => profile.absent !== null);
    const spans = watched.map(({ profile }) => reportsWithin(profile)).toSorted((a, b) => a - b);
    const due = Math.max(LEAST_DUE, Math.ceil(spans.length / 2));
    const silentAfterMs = spans[due - 1] ?? null;
    const version = shortHash(JSON.stringify([name, list.map(({ key, profile }) => [key, profile.version])]), 12);
    return {
      device: pseudoDevice(kind, { id, about }, name, version),
      devices: list.map(({ key }) => key),
      watched: watched.length,
      silentAfterMs: parts < 2 ? null : silentAfterMs,
    };
  };
  const site = build('site', SITE_DEVICE, devices, gateways.length + devices.length - behind.length);
  const trunks = gateways.map(([name, list]) => build('gateway', name, list, list.length));
  const folds = [site, ...trunks].some(({ silentAfterMs }) => silentAfterMs !== null);
  return folds ? { kind: 'silence', device: site.device, site, gateways: trunks } : null;
}

/** In what time a device that is well is heard, milliseconds. */
function reportsWithin({ reporting, absent }: Profile): number {
  const { mode, intervalMs } = reporting;
  return mode === 'exception' && absent ? absent.afterMs / INTERVALS_ABSENT : intervalMs;
}

function grouped(devices: Iterable<Device>, by: (device: Device) => string): Map<string, Device[]> {
  const groups = new Map<string, Device[]>();
  for (const device of devices) {
    const key = by(device);
    const known = groups.get(key);
    if (known) known.push(device);
    else groups.set(key, [device]);
  }
  return groups;
}
