import type { Reporter } from '../config/fault.ts';
import { checkPoint } from '../config/limits.ts';
import type { Device, Point } from '../model/device.ts';
import { parseDuration } from '../model/duration.ts';
import { AppError } from '../model/error.ts';
import type { Limit, RateLimit } from '../model/limit.ts';
import type { Rule, RuleLevel } from '../model/rule.ts';

const NUMBERS = ['at', 'by', 'deadband'] as const;
const DELAYS = ['onDelay', 'offDelay'] as const;

/** One number of a limit, rate or rule that is to be another, as `outletPressure.H.deadband=0.2`. */
export interface Setting {
  readonly text: string;
  /** `outletPressure.H`, `outletPressure.falling`, the id of a rule, or of one of its steps as `overfill.orange`. */
  readonly name: string;
  readonly key: (typeof NUMBERS)[number] | (typeof DELAYS)[number];
  /** Of a delay in milliseconds. */
  readonly value: number;
}

const KEYS = [...NUMBERS, ...DELAYS].join(', ');

/** @throws AppError `SETTING_INVALID` */
export function parseSetting(text: string): Setting {
  const [, name = '', word = '', written = ''] = /^(.+)\.([A-Za-z]+)=(.+)$/.exec(text) ?? [];
  const delay = DELAYS.find((one) => one === word);
  if (delay) return { text, name, key: delay, value: delayOf(text, written) };
  const key = NUMBERS.find((one) => one === word);
  const value = Number(written);
  if (key && written.trim() !== '' && Number.isFinite(value)) return { text, name, key, value };
  const message = `${text}: write name.key=value, as outletPressure.H.deadband=0.2 or outletPressure.H.onDelay=10s; keys are ${KEYS}`;
  throw new AppError('SETTING_INVALID', message);
}

function delayOf(text: string, written: string): number {
  try {
    return parseDuration(written);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('SETTING_INVALID', `${text}: ${reason}`, { cause });
  }
}

/**
 * The devices with these settings, wherever a device has what they name: what a device has of its own is set too.
 *
 * @throws AppError `SETTING_UNKNOWN` (no device has it), `SETTING_UNSOUND` (limits that cannot work)
 */
export function applySettings(
  devices: ReadonlyMap<string, Device>,
  settings: readonly Setting[],
): ReadonlyMap<string, Device> {
  const used = new Set<Setting>();
  // Devices without overrides share the points and rules of their profile, and go on doing so.
  const pointsBefore = new Map<readonly Point[], readonly Point[]>();
  const rulesBefore = new Map<readonly Rule[], readonly Rule[]>();
  const changed = new Map<string, Device>();
  for (const [key, device] of devices) {
    const points = pointsBefore.get(device.points) ?? device.points.map((point) => changePoint(point, settings, used));
    pointsBefore.set(device.points, points);
    const rules = rulesBefore.get(device.rules) ?? device.rules.map((rule) => changeRule(rule, settings, used));
    rulesBefore.set(device.rules, rules);
    changed.set(key, { ...device, points, rules });
  }
  for (const setting of settings) {
    if (used.has(setting)) continue;
    const known = [...new Set([...devices.values()].flatMap(namesOf))].sort().join(', ');
    throw new AppError('SETTING_UNKNOWN', `${setting.text}: no device has ${setting.name}; there are ${known}`);
  }
  const faults = [...pointsBefore.values()].flatMap((points) => points.flatMap(faultsOf));
  if (faults.length > 0) throw new AppError('SETTING_UNSOUND', [...new Set(faults)].join('; '));
  return changed;
}

function namesOf({ points, rules }: Device): string[] {
  return [
    ...points.flatMap(({ id, limits, rates }) => [
      ...limits.map(({ name }) => `${id}.${name}`),
      ...rates.map(({ direction }) => `${id}.${direction}`),
    ]),
    ...rules.map(({ id }) => id),
  ];
}

function changePoint(point: Point, settings: readonly Setting[], used: Set<Setting>): Point {
  let { limits, rates } = point;
  for (const setting of settings) {
    limits = limits.map((limit) => {
      if (setting.name !== `${point.id}.${limit.name}`) return limit;
      used.add(setting);
      return changeLimit(limit, setting);
    });
    rates = rates.map((rate) => {
      if (setting.name !== `${point.id}.${rate.direction}`) return rate;
      used.add(setting);
      return changeRate(rate, setting);
    });
  }
  return { ...point, limits, rates };
}

function changeLimit(limit: Limit, { key, value, text }: Setting): Limit {
  if (key === 'by') throw new AppError('SETTING_INVALID', `${text}: a limit has at, not by`);
  return { ...limit, ...changeOf(key, value) };
}

function changeRate(rate: RateLimit, { key, value, text }: Setting): RateLimit {
  if (key === 'at') throw new AppError('SETTING_INVALID', `${text}: a rate has by, not at`);
  return { ...rate, ...(key === 'by' ? { by: value } : changeOf(key, value)) };
}

function changeRule(rule: Rule, settings: readonly Setting[], used: Set<Setting>): Rule {
  let { levels } = rule;
  for (const setting of settings) {
    levels = levels.map((level) => {
      if (setting.name !== rule.id && setting.name !== `${rule.id}.${level.name}`) return level;
      used.add(setting);
      return changeLevel(rule, level, setting);
    });
  }
  return { ...rule, levels };
}

function changeLevel(rule: Rule, level: RuleLevel, { key, value, text, name }: Setting): RuleLevel {
  const isDelay = key === 'onDelay' || key === 'offDelay';
  if (!isDelay && rule.unit === null) {
    throw new AppError('SETTING_INVALID', `${text}: ${rule.id} answers yes or no and has only onDelay and offDelay`);
  }
  if (key === 'deadband' && value < 0) throw new AppError('SETTING_UNSOUND', `${text}: a deadband is 0 or more`);
  if ((key === 'at' || key === 'by') && name === rule.id && rule.levels.length > 1) {
    const steps = rule.levels.map((one) => `${rule.id}.${one.name}`).join(', ');
    throw new AppError('SETTING_INVALID', `${text}: ${rule.id} has steps, name one: ${steps}`);
  }
  return { ...level, ...changeOf(key === 'by' ? 'at' : key, value) };
}

function changeOf(key: Exclude<Setting['key'], 'by'>, value: number) {
  switch (key) {
    case 'at':
      return { at: value };
    case 'deadband':
      return { deadband: value };
    case 'onDelay':
      return { onDelayMs: value };
    case 'offDelay':
      return { offDelayMs: value };
  }
}

/** What a configuration file with such limits would be refused for. */
function faultsOf(point: Point): string[] {
  const faults: string[] = [];
  const reporter: Reporter = {
    file: '',
    error(code, path, _value, message) {
      // A missing reason is none of the numbers.
      if (code !== 'WHY_MISSING') faults.push(`${path.join('.')}: ${message}`);
    },
    warn: () => {},
  };
  const placeOf = (name: string) => [point.id, name];
  checkPoint(point, { limit: placeOf, rate: placeOf, why: (path) => path }, null, reporter);
  return faults;
}
