import { resolve } from 'node:path';
import type { Static, TSchema } from '@sinclair/typebox';
import { type RoutingFile, routingFileSchema } from '../alerts/policy/schema/routing.ts';
import { type UsersFile, usersFileSchema } from '../broker/schema.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Profile } from '../model/device.ts';
import { type DevicesFile, devicesFileSchema } from '../rules/schema/device.ts';
import { GROUP_PROFILES, type GroupsFile, groupsFileSchema } from '../rules/schema/group.ts';
import { profileFileSchema } from '../rules/schema/profile.ts';
import { buildAccounts } from './accounts.ts';
import { warnLockedOut, warnNoDevices, warnUnreached, warnUnused } from './coverage.ts';
import { readDeviceTable } from './device-table.ts';
import { buildDevices, type LoadedProfiles, type Site, type WrittenDevice } from './devices.ts';
import { createFaultList, type Fault, type FaultList, type Reporter } from './fault.ts';
import { readFiles, type SourceFile } from './files.ts';
import { buildGroups, devicesOfGroup, type WrittenGroups } from './groups.ts';
import { conditionNames, type KnownNames } from './known-names.ts';
import { takeAllowances } from './lint/allow.ts';
import { lintConfiguration } from './lint/lint.ts';
import type { ProfileSource } from './lint/rule.ts';
import { groupPlaces, type Tested } from './lint/untested.ts';
import { buildOperation } from './operation.ts';
import { buildProfile, type LoadedProfile } from './profiles.ts';
import { buildRouting, NO_ROUTING } from './routing/routing.ts';
import { type Surroundings, substituteEnvironment } from './secrets.ts';
import { buildSettings, isTimeZone, type SettingsFile, settingsFileSchema } from './settings.ts';
import { checkShape, type Shape } from './shape.ts';
import { checkSuppressions } from './suppressions.ts';
import { isPrototypeName, resolveTitle, sameText, shortHash } from './text.ts';
import { readYaml } from './yaml.ts';

/** A configuration ready to run, or everything that keeps it from running. */
export type LoadResult =
  | {
      readonly configuration: Configuration;
      readonly warnings: readonly Fault[];
      /** The warnings, what is worth a look, and what is allowed with a reason: in the order of files and lines. */
      readonly findings: readonly Fault[];
      readonly parts: LoadedParts;
    }
  | {
      /** What keeps it from running, and the warnings that come without looking at it as a whole. */
      readonly faults: readonly Fault[];
      /** These, and everything that could be judged in spite of them: in the order of files and lines. */
      readonly findings: readonly Fault[];
      /** Kinds of checks that need what the errors left out. */
      readonly leftOut: readonly string[];
    };

/** What a configuration was put together from: rule tests make further devices of it. */
export interface LoadedParts {
  readonly profiles: LoadedProfiles;
  readonly sites: ReadonlyMap<string, Site>;
}

/** What a load may do and look at beside the files. */
export interface LoadOptions {
  /** Environment variables that are not set are made up: for what sends nothing. */
  readonly secrets?: 'optional';
  /** Epoch ms, by which overrides expire. Default: none does. */
  readonly now?: number;
  /** Runs the rule tests. Default: nobody asks what they cover. */
  readonly tested?: (configuration: Configuration, parts: LoadedParts) => Tested;
}

/**
 * Reads and checks a configuration directory. All faults of all files are reported at once, in a fixed order; nothing
 * is half used.
 */
export function loadConfiguration(
  directory: string,
  env: Surroundings['env'],
  { secrets, now, tested }: LoadOptions = {},
): LoadResult {
  const faults = createFaultList();
  const sources = new Map<string, ProfileSource>();
  const surroundings: Surroundings = { directory: resolve(directory), env, secretsOptional: secrets === 'optional' };
  const files = readFiles(surroundings.directory, faults);

  const general = parse(
    files.settings ?? { name: 'davylamp.yaml', text: '' },
    settingsFileSchema,
    surroundings,
    faults,
  );
  const settings = general.shape && buildSettings(general.shape as Shape<SettingsFile>, surroundings, general.reporter);
  const timezone = settings && isTimeZone(settings.timezone) ? settings.timezone : 'UTC';
  const profiles = loadProfiles(files.profiles, timezone, surroundings, faults, sources);
  if (settings && general.shape?.sound(['tiers'])) {
    for (const profile of usableProfiles(profiles).values()) {
      const source = sources.get(profile.id);
      if (source) checkSuppressions(profile, settings, source.reporter);
    }
  }
  const { written, sites } = loadDeviceFiles(files.devices, surroundings, faults);
  const devices = buildDevices(written, profiles, sites);
  const routes = parse(files.routes ?? { name: 'routes.yaml', text: '' }, routingFileSchema, surroundings, faults);
  const latenessMs = settings?.time.latenessMs ?? 0;
  const groupFiles = loadGroupFiles(files.groups, surroundings, faults);
  const groups = buildGroups(groupFiles, written, {
    devices,
    sites,
    latenessMs,
  });
  const named = written.filter(({ path, sound }) => sound([...path, 'id']));
  const places = new Map(named.map((one) => [`${one.site}/${one.entry.id}`, one]));
  const ofGroups = groups.flatMap(devicesOfGroup);
  const names: KnownNames = {
    sites: new Set(sites.keys()),
    profiles: new Set([...profiles.keys(), ...GROUP_PROFILES]),
    devices: new Set([...places.keys(), ...ofGroups.map(({ key }) => key)]),
    conditions: isFlawed(faults.flawed(), /\//) ? null : conditionNames(devices.values(), groups),
  };
  const language = settings?.language ?? 'en';
  const routing = routes.shape
    ? buildRouting(routes.shape as Shape<RoutingFile>, { ...names, language }, surroundings, routes.reporter)
    : NO_ROUTING;
  const operation =
    general.shape &&
    buildOperation(general.shape as Shape<SettingsFile>, {
      ...names,
      deviceOf: (key) => devices.get(key),
      receivers: new Set(Object.keys(routes.shape?.data.receivers ?? {})),
      reporter: general.reporter,
    });
  const users = parse(files.users ?? { name: 'users.yaml', text: '' }, usersFileSchema, surroundings, faults);
  const accounts = users.shape ? buildAccounts(users.shape as Shape<UsersFile>, devices, users.reporter) : new Map();

  const refusal = faults.hasErrors() ? faults.sorted() : null;
  const flawed = faults.flawed();
  const leftOut: string[] = [];
  if (isFlawed(flawed, /^(?!davylamp\.yaml$|users\.yaml$)/)) leftOut.push('routes');
  else {
    warnUnused(routing, operation, routes.reporter);
    warnUnreached([...devices.values(), ...ofGroups], routing.routes, routes.reporter);
  }
  if (!settings || isFlawed(flawed, /^users\.yaml$/)) leftOut.push('accounts');
  else warnLockedOut(settings.mqtt.listeners, accounts, users.reporter);
  if (flawed.size === 0) warnNoDevices(devices, faults);
  const all = [files.settings, ...files.profiles, ...files.devices, ...files.groups, files.routes, files.users];
  const built = { timezone, profiles: usableProfiles(profiles), devices, routing, accounts, groups };
  const configuration: Configuration | null = settings &&
    operation && {
      version: shortHash(JSON.stringify(all), 12),
      directory: surroundings.directory,
      ...settings,
      ...operation,
      ...built,
    };
  const parts = { profiles, sites };
  const known = { profiles: sources, devices: places, groups: groupPlaces(groupFiles), routes: routes.reporter };
  // Tests of half a configuration would fail for want of the other half.
  const found = configuration && flawed.size === 0 ? tested?.(configuration, parts) : undefined;
  if (tested && !found) leftOut.push('rule tests');
  leftOut.push(...lintConfiguration(built, known, { now: now ?? null, flawed, tested: found ?? null }, faults));
  const findings = faults.sorted();
  if (!configuration || faults.hasErrors()) return { faults: refusal ?? findings, findings, leftOut };
  const warnings = findings.filter(({ severity, allowed }) => severity === 'warning' && allowed === undefined);
  return { configuration, warnings, findings, parts };
}

function isFlawed(flawed: ReadonlySet<string>, file: RegExp): boolean {
  return [...flawed].some((name) => file.test(name));
}

/** What became of one YAML file; the shape is null where nothing of it can be read. */
interface Parsed<T extends TSchema> {
  readonly shape: Shape<Static<T>> | null;
  readonly reporter: Reporter;
}

function parse<T extends TSchema>(
  file: SourceFile,
  schema: T,
  surroundings: Surroundings,
  faults: FaultList,
): Parsed<T> {
  const yaml = readYaml(file.text);
  const guarded = !file.name.includes('/');
  const reporter = faults.reporter(file.name, { guarded, lineOf: yaml.lineOf });
  for (const fault of yaml.faults) reporter.error(fault.code, fault.path, null, fault.message, fault.line);
  if (yaml.data === undefined) return { shape: null, reporter };
  // An empty optional file says nothing, which is allowed; an empty profile is not.
  const data = yaml.data === null && guarded ? {} : yaml.data;
  const known = substituteEnvironment(data, surroundings, reporter);
  const shape = checkShape(schema, data, reporter, known);
  if (shape) takeAllowances(shape.data, shape.sound, faults, reporter);
  return { shape, reporter };
}

function loadProfiles(
  files: readonly SourceFile[],
  timezone: string,
  surroundings: Surroundings,
  faults: FaultList,
  sources: Map<string, ProfileSource>,
): LoadedProfiles {
  const profiles = new Map<string, LoadedProfile | null>();
  const firstAt = new Map<string, string>();
  for (const file of files) {
    const { shape, reporter } = parse(file, profileFileSchema, surroundings, faults);
    const loaded = shape && buildProfile(shape, shortHash(file.text, 12), timezone, reporter);
    // A file that says nothing readable is most likely the profile of its name.
    const id = loaded?.profile.id ?? file.name.replace(/^.*\/|\.yaml$/g, '');
    // The stores keep a table a profile, and DuckDB compares names without case.
    const first = firstAt.get(id.toLowerCase());
    if (first !== undefined && loaded) {
      reporter.error('DUPLICATE_ID', ['profile'], id, `profile ${id} is already in ${first}: rename one`);
      continue;
    }
    if (isPrototypeName(id) || ['devices', ...GROUP_PROFILES].includes(id.toLowerCase())) {
      reporter.error('NAME_RESERVED', ['profile'], id, `${id} is reserved: choose another name`);
    }
    firstAt.set(id.toLowerCase(), file.name);
    profiles.set(id, loaded);
    sources.set(id, { reporter, pathOfRule: (rule, key) => loaded?.rules.drafts.get(rule)?.pathOf(key) ?? null });
  }
  return profiles;
}

function loadDeviceFiles(files: readonly SourceFile[], surroundings: Surroundings, faults: FaultList) {
  const written: WrittenDevice[] = [];
  const sites = new Map<string, Site>();
  for (const file of files) {
    if (file.name.endsWith('.csv')) {
      for (const device of readDeviceTable(file, faults)) written.push(device);
      continue;
    }
    const { shape, reporter } = parse(file, devicesFileSchema, surroundings, faults);
    if (!shape?.sound(['site'])) continue;
    addSite(shape, sites, reporter);
    const entries = Array.isArray(shape.data.devices) ? shape.data.devices : [];
    for (const [index, entry] of entries.entries()) {
      written.push({ entry, site: shape.data.site, path: ['devices', index], reporter, sound: shape.sound });
    }
  }
  for (const { site } of written) {
    if (!sites.has(site)) sites.set(site, { title: sameText(site), grid: null });
  }
  return { written, sites };
}

function loadGroupFiles(files: readonly SourceFile[], surroundings: Surroundings, faults: FaultList): WrittenGroups[] {
  return files.flatMap((file) => {
    const { shape, reporter } = parse(file, groupsFileSchema, surroundings, faults);
    if (!shape) return [];
    return { shape: shape as Shape<GroupsFile>, reporter, version: shortHash(file.text, 12) };
  });
}

function addSite({ data, sound }: Shape<DevicesFile>, sites: Map<string, Site>, reporter: Reporter): void {
  const { site } = data;
  if (isPrototypeName(site))
    reporter.error('NAME_RESERVED', ['site'], site, `${site} is reserved: choose another name`);
  const entry: Site = {
    title: resolveTitle(sound(['title']) ? data.title : undefined, sameText(site)),
    grid: sound(['grid']) ? (data.grid ?? null) : null,
  };
  const first = sites.get(site);
  if (first && (data.title !== undefined || data.grid !== undefined)) {
    const message = `site ${site} is in several files: give its title and grid in the first of them only`;
    if (JSON.stringify(first) !== JSON.stringify(entry)) reporter.error('SITE_TWICE', ['site'], site, message);
  }
  if (!first) sites.set(site, entry);
}

function usableProfiles(profiles: LoadedProfiles): Map<string, Profile> {
  const usable = new Map<string, Profile>();
  for (const [id, loaded] of profiles) if (loaded) usable.set(id, loaded.profile);
  return usable;
}
