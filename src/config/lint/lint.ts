import type { Configuration } from '../../model/configuration.ts';
import type { Device } from '../../model/device.ts';
import type { FaultList, Reporter } from '../fault.ts';
import { lintAllowances } from './allow.ts';
import { lintGas } from './gas.ts';
import { type DevicePlace, lintOverrides, overridePlace } from './override.ts';
import { profilePlace } from './place.ts';
import { lintPoint } from './point.ts';
import { lintRoutes } from './route.ts';
import { lintRules, type ProfileSource } from './rule.ts';
import { lintSilence } from './silence.ts';
import { lintTested, type Untested } from './untested.ts';
import { lintWatched } from './watched.ts';

/** Where the parts of a configuration stand. */
export interface Sources {
  readonly profiles: ReadonlyMap<string, ProfileSource>;
  /** By device key. */
  readonly devices: ReadonlyMap<string, DevicePlace>;
  readonly routes: Reporter;
}

/** What the linter knows beside the configuration. */
export interface LintContext {
  /** Epoch ms, for overrides that expire; null = they are not looked at. */
  readonly now: number | null;
  /** What no rule test brings into force. */
  readonly untested: readonly Untested[];
}

/** Reports what works and is most likely wrong: practices of alarm management, ceilings of standards, dead routes. */
export function lintConfiguration(
  configuration: Configuration,
  sources: Sources,
  { now, untested }: LintContext,
  faults: FaultList,
): void {
  for (const profile of configuration.profiles.values()) {
    const source = sources.profiles.get(profile.id);
    if (!source) continue;
    const { reporter } = source;
    for (const point of [...profile.points, ...profile.calculated]) {
      lintPoint(point, profilePlace(point.id), reporter);
      lintGas(point, profilePlace(point.id), reporter);
    }
    lintRules(profile, source);
    lintSilence(profile, reporter);
    lintWatched(profile, reporter);
    lintTested(profile, untested, source);
  }
  const today = now === null ? null : dayOf(now, configuration.timezone);
  for (const device of configuration.devices.values()) {
    const place = device.overrides && sources.devices.get(device.key);
    if (place) lintDevice(device, place, today);
  }
  lintRoutes(configuration, sources.routes);
  lintAllowances(faults);
}

function lintDevice(device: Device, place: DevicePlace, today: string | null): void {
  lintOverrides(device, place, today);
  const { points, calculated } = device.profile;
  const base = [...points, ...calculated];
  for (const point of device.points) {
    if (point === base[point.index]) continue;
    const at = overridePlace(device, point, place.path);
    lintPoint(point, at, place.reporter);
    lintGas(point, at, place.reporter);
  }
}

/** The day in a time zone, as `2027-06-30`. */
function dayOf(at: number, timezone: string): string {
  const parts = new Intl.DateTimeFormat('en-u-ca-gregory', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}
