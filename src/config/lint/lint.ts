import type { Configuration } from '../../model/configuration.ts';
import type { Device, Point } from '../../model/device.ts';
import { createWallClock } from '../../model/local-time.ts';
import type { DeviceEntry } from '../../rules/schema/device.ts';
import type { FaultList, Reporter } from '../fault.ts';
import { withoutInherited } from '../inherited.ts';
import { lintAllowances } from './allow.ts';
import { lintGas } from './gas.ts';
import { lintLoss } from './loss.ts';
import { type DevicePlace, lintOverrides, overridePlace } from './override.ts';
import { profilePlace } from './place.ts';
import { lintPoint } from './point.ts';
import { lintRosters } from './roster.ts';
import { lintRoutes } from './route.ts';
import { lintRules, type ProfileSource } from './rule.ts';
import { lintSilence } from './silence.ts';
import { type GroupPlace, lintFailing, lintTested, lintTestedGroups, type Tested } from './untested.ts';
import { lintWatched } from './watched.ts';

/** Where the parts of a configuration stand. */
export interface Sources {
  readonly profiles: ReadonlyMap<string, ProfileSource>;
  /** By device key. */
  readonly devices: ReadonlyMap<string, DevicePlace & { readonly entry: DeviceEntry }>;
  /** By key of the group. */
  readonly groups: ReadonlyMap<string, GroupPlace>;
  readonly routes: Reporter;
}

/** What the linter knows beside the configuration. */
export interface LintContext {
  /** Epoch ms, for overrides that expire; null = they are not looked at. */
  readonly now: number | null;
  /** Files of which errors left something out. */
  readonly flawed: ReadonlySet<string>;
  /** What the rule tests told; null = they were not run. */
  readonly tested: Tested | null;
}

/**
 * Reports what works and is most likely wrong: practices of alarm management, ceilings of standards, dead routes.
 *
 * @returns the kinds of checks that were left out, as they need what errors left out of the files
 */
export function lintConfiguration(
  configuration: Pick<Configuration, 'timezone' | 'profiles' | 'devices' | 'groups' | 'routing'>,
  sources: Sources,
  { now, flawed, tested }: LintContext,
  faults: FaultList,
): string[] {
  const leftOut = new Set<string>();
  for (const profile of configuration.profiles.values()) {
    const source = sources.profiles.get(profile.id);
    if (!source) continue;
    const { reporter } = source;
    for (const point of [...profile.points, ...profile.calculated]) {
      lintPoint(point, profilePlace(point.id), reporter);
      lintGas(point, profilePlace(point.id), reporter);
    }
    lintRules(profile, source);
    // What looks at the profile as a whole would miss what stands in the broken parts.
    if (flawed.has(reporter.file)) {
      leftOut.add('profiles as a whole');
      continue;
    }
    lintSilence(profile, reporter);
    lintWatched(profile, reporter);
    lintLoss(profile, reporter);
    if (tested) lintTested(profile, tested.untested, source);
  }
  const today = now === null ? null : createWallClock(configuration.timezone)(now).today.date;
  for (const device of configuration.devices.values()) {
    const place = device.overrides && sources.devices.get(device.key);
    if (place) lintDevice(device, place, today);
  }
  if (tested) {
    lintTestedGroups(tested.untested, sources.groups);
    lintFailing(tested.failing, faults);
  }
  if (flawed.size > 0) return [...leftOut, 'unused allowances'];
  lintRoutes(configuration, sources.routes);
  lintRosters(configuration.routing, today, sources.routes);
  lintAllowances(faults);
  return [];
}

function lintDevice(device: Device, place: DevicePlace & { readonly entry: DeviceEntry }, today: string | null): void {
  lintOverrides(device, place, today);
  const { points, calculated } = device.profile;
  const base = [...points, ...calculated];
  for (const point of device.points) {
    if (point === base[point.index]) continue;
    const at = overridePlace(device, point, place.path);
    const original = base[point.index];
    const lint = (one: Point, reporter: Reporter) => {
      lintPoint(one, at, reporter);
      lintGas(one, at, reporter);
    };
    const own = original ? withoutInherited((to) => lint(original, to), place, place.reporter) : place.reporter;
    lint(point, own);
  }
}
