import { buildDevices, type LoadedProfiles, type Site } from '../config/devices.ts';
import { checkShape } from '../config/shape.ts';
import type { Device } from '../model/device.ts';
import { parseDuration } from '../model/duration.ts';
import type { Place } from './place.ts';
import { madeUpDeviceSchema, type TrialEntry } from './schema.ts';

/** Where the devices of tests come from. */
export interface DeviceSources {
  readonly profiles: LoadedProfiles;
  readonly sites: ReadonlyMap<string, Site>;
  readonly configuration: { readonly devices: ReadonlyMap<string, Device> };
}

/** A device of a test. */
export interface TrialDevice {
  /** What feeds and expectations call it; null where it is the only one. */
  readonly name: string | null;
  readonly device: Device;
  readonly stepMs: number;
}

/** The devices of a test, configured or made up; null and a fault where one cannot be used. */
export function readDevices(entry: TrialEntry, sources: DeviceSources, place: Place): TrialDevice[] | null {
  const { device, devices } = entry;
  if ((device === undefined) === (devices === undefined)) {
    place.error('DEVICE_MISSING', ['device'], null, 'name the device with device, or several with devices');
    return null;
  }
  const written: [string | null, unknown, string[]][] =
    devices === undefined
      ? [[null, device, ['device']]]
      : Object.entries(devices).map(([name, one]) => [name, one, ['devices', name]]);
  const found: TrialDevice[] = [];
  for (const [name, one, path] of written) {
    const read =
      typeof one === 'string' ? configured(one, sources, place.at(path)) : madeUp(one, sources, place.at(path));
    if (!read) continue;
    const { device: built, step = entry.step } = read;
    const stepMs = step === undefined ? built.profile.reporting.intervalMs : parseDuration(step);
    if (found.some((other) => other.device.key === built.key)) {
      place.error('DUPLICATE_ID', path, built.key, 'this device is in the test twice: give one another id');
    }
    found.push({ name, device: built, stepMs });
  }
  return place.failed() ? null : found;
}

interface Read {
  readonly device: Device;
  readonly step?: string | undefined;
}

function configured(key: string, { configuration }: DeviceSources, place: Place): Read | null {
  const device = configuration.devices.get(key);
  if (!device) {
    place.error('DEVICE_UNKNOWN', [], key, 'no such device is configured: write site/id, or { profile: …, id: … }');
    return null;
  }
  return { device };
}

/** Builds a device as one of `devices/` is built, so that its overrides mean the same. */
function madeUp(written: unknown, { profiles, sites }: DeviceSources, place: Place): Read | null {
  const shape = checkShape(madeUpDeviceSchema, written, place);
  if (!shape) {
    place.error('DEVICE_UNKNOWN', [], written, 'write site/id of a configured device, or { profile: …, id: … }');
    return null;
  }
  const { site, step, ...entry } = shape.data;
  const built = buildDevices([{ entry, site, path: [], reporter: place, sound: shape.sound }], profiles, sites);
  const device = [...built.values()][0];
  return device && !place.failed() ? { device, step } : null;
}
