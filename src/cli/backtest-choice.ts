import type { Configuration } from '../model/configuration.ts';
import type { Device } from '../model/device.ts';
import { AppError } from '../model/error.ts';

/** Which devices are wanted; empty lists = every one. */
export interface DeviceChoice {
  /** `site/device`, or a whole `site`. */
  readonly device: readonly string[];
  readonly profile: readonly string[];
}

/**
 * The devices that --device and --profile leave, by key; without them all.
 *
 * @throws AppError `USAGE`
 */
export function chosenDevices(
  { devices, profiles }: Configuration,
  options: DeviceChoice,
): ReadonlyMap<string, Device> {
  const { device: wanted, profile: classes } = options;
  for (const id of classes) {
    if (!profiles.has(id)) throw usage(`there is no profile ${id}; there are ${[...profiles.keys()].join(', ')}`);
  }
  for (const name of wanted) {
    const known = devices.has(name) || [...devices.values()].some(({ site }) => site === name);
    if (!known) throw usage(`there is no device or site ${name}: write site/device, or a site`);
  }
  const chosen = [...devices].filter(
    ([key, { site, profile }]) =>
      (wanted.length === 0 || wanted.includes(key) || wanted.includes(site)) &&
      (classes.length === 0 || classes.includes(profile.id)),
  );
  if (chosen.length === 0) throw usage('no configured device is left by --device and --profile');
  return new Map(chosen);
}

/**
 * The points of --point; null = all.
 *
 * @throws AppError `USAGE`: none of the devices has it
 */
export function chosenPoints(devices: ReadonlyMap<string, Device>, ids: readonly string[]): ReadonlySet<string> | null {
  for (const id of ids) {
    const known = [...devices.values()].some(({ points }) => points.some((point) => point.id === id));
    if (!known) throw usage(`none of the devices has a point ${id}`);
  }
  return ids.length === 0 ? null : new Set(ids);
}

/** @throws AppError `USAGE`: no whole number from 1 */
export function wholeNumber(text: string, option: string): number {
  const value = numberOf(text, option);
  if (!Number.isInteger(value) || value < 1) throw usage(`${option} is a whole number from 1`);
  return value;
}

/** @throws AppError `USAGE`: no number, or less than 0 */
export function numberOf(text: string, option: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw usage(`${option} is a number, 0 or more`);
  return value;
}

/** The command was used wrongly. */
export function usage(message: string): AppError {
  return new AppError('USAGE', message);
}
