import { resolve } from 'node:path';
import type { Static, TSchema } from '@sinclair/typebox';
import { type RoutesFile, routesFileSchema } from '../alerts/policy/schema.ts';
import { type UsersFile, usersFileSchema } from '../broker/schema.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Profile } from '../model/device.ts';
import { type DevicesFile, devicesFileSchema } from '../rules/schema/device.ts';
import { profileFileSchema } from '../rules/schema/profile.ts';
import { buildAccounts } from './accounts.ts';
import { warnLockedOut, warnUnreached, warnUnused } from './coverage.ts';
import { readDeviceTable } from './device-table.ts';
import { buildDevices, type LoadedProfiles, type Site, type WrittenDevice } from './devices.ts';
import { createFaultList, type Fault, type FaultList, type Reporter } from './fault.ts';
import { readFiles, type SourceFile } from './files.ts';
import { buildProfile, type LoadedProfile } from './profiles.ts';
import { buildRouting } from './receivers.ts';
import { type Surroundings, substituteEnvironment } from './secrets.ts';
import { buildSettings, settingsFileSchema } from './settings.ts';
import { checkShape, type Shape } from './shape.ts';
import { isPrototypeName, resolveTitle, sameText, shortHash } from './text.ts';
import { readYaml } from './yaml.ts';

/** A configuration ready to run, or everything that keeps it from running. */
export type LoadResult =
  | { readonly configuration: Configuration; readonly warnings: readonly Fault[] }
  | { readonly faults: readonly Fault[] };

/**
 * Reads and checks a configuration directory. All faults of all files are reported at once, in a fixed order; nothing
 * is half used.
 */
export function loadConfiguration(directory: string, env: Readonly<Record<string, string | undefined>>): LoadResult {
  const faults = createFaultList();
  const surroundings: Surroundings = { directory: resolve(directory), env };
  const files = readFiles(surroundings.directory, faults);

  const settings = loadSettings(files.settings, surroundings, faults);
  const profiles = loadProfiles(files.profiles, surroundings, faults);
  const { written, sites } = loadDeviceFiles(files.devices, surroundings, faults);
  const devices = buildDevices(written, profiles, sites);
  const routes = parse(files.routes ?? { name: 'routes.yaml', text: '' }, routesFileSchema, surroundings, faults);
  const known = { sites: new Set(sites.keys()), profiles: new Set(profiles.keys()) };
  const routing = routes.shape
    ? buildRouting(routes.shape as Shape<RoutesFile>, known, surroundings, routes.reporter)
    : { receivers: [], routes: [] };
  const users = parse(files.users ?? { name: 'users.yaml', text: '' }, usersFileSchema, surroundings, faults);
  const accounts = users.shape ? buildAccounts(users.shape as Shape<UsersFile>, devices, users.reporter) : new Map();

  if (!settings || faults.hasErrors()) return { faults: faults.sorted() };
  warnUnused(routing.receivers, routing.routes, routes.reporter);
  warnUnreached(devices, routing.routes, routes.reporter);
  warnLockedOut(settings.mqtt.listeners, accounts, users.reporter);
  const all = [files.settings, ...files.profiles, ...files.devices, files.routes, files.users];
  const configuration: Configuration = {
    version: shortHash(JSON.stringify(all), 12),
    directory: surroundings.directory,
    ...settings,
    profiles: usableProfiles(profiles),
    devices,
    ...routing,
    accounts,
  };
  return { configuration, warnings: faults.sorted() };
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
  return { shape: checkShape(schema, data, reporter, known), reporter };
}

function loadSettings(file: SourceFile | null, surroundings: Surroundings, faults: FaultList) {
  const parsed = parse(file ?? { name: 'davylamp.yaml', text: '' }, settingsFileSchema, surroundings, faults);
  return parsed.shape && buildSettings(parsed.shape, surroundings, parsed.reporter);
}

function loadProfiles(files: readonly SourceFile[], surroundings: Surroundings, faults: FaultList): LoadedProfiles {
  const profiles = new Map<string, LoadedProfile | null>();
  const firstAt = new Map<string, string>();
  for (const file of files) {
    const { shape, reporter } = parse(file, profileFileSchema, surroundings, faults);
    const loaded = shape && buildProfile(shape, shortHash(file.text, 12), reporter);
    // A file that says nothing readable is most likely the profile of its name.
    const id = loaded?.profile.id ?? file.name.replace(/^.*\/|\.yaml$/g, '');
    // The stores keep a table a profile, and DuckDB compares names without case.
    const first = firstAt.get(id.toLowerCase());
    if (first !== undefined && loaded) {
      reporter.error('DUPLICATE_ID', ['profile'], id, `profile ${id} is already in ${first}: rename one`);
      continue;
    }
    if (isPrototypeName(id) || id.toLowerCase() === 'devices') {
      reporter.error('NAME_RESERVED', ['profile'], id, `${id} is reserved: choose another name`);
    }
    firstAt.set(id.toLowerCase(), file.name);
    profiles.set(id, loaded);
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
