import type { Device, Override, Point } from '../../model/device.ts';
import { LIMIT_NAMES, type Limit, type RateLimit } from '../../model/limit.ts';
import type { Rule, RuleLevel } from '../../model/rule.ts';
import { tierRank } from '../../model/tier.ts';
import type { Path, Reporter } from '../fault.ts';
import type { PointPlace } from './place.ts';

const RATE_NAMES: readonly string[] = ['rising', 'falling', 'changing'] satisfies RateLimit['direction'][];

/** Where the entry of a device stands. */
export interface DevicePlace {
  readonly path: Path;
  readonly reporter: Reporter;
}

/** Warns of overrides that nobody approved, that alarm later than the profile, or whose time is over. */
export function lintOverrides(device: Device, { path, reporter }: DevicePlace, today: string | null): void {
  for (const override of device.overrides ?? []) {
    const at = overridePath(override, path);
    const name = override.point === null || isRule(override) ? override.name : `${override.point}.${override.name}`;
    const weaker = weakerThanProfile(device, override);
    if (override.change === null && weaker.length > 0) {
      const message = `${name} alarms later than the profile says (${weaker.join(', ')}): name the approved change`;
      reporter.warn('OVERRIDE_WEAKER', at, override.at, message);
    } else if (override.change === null) {
      reporter.warn('OVERRIDE_UNREFERENCED', at, override.at, `${name} differs from the profile: name the change`);
    }
    if (override.expires !== undefined) lintExpiry(override.expires, name, [...at, 'expires'], today, reporter);
  }
}

function lintExpiry(expires: string, name: string, path: Path, today: string | null, reporter: Reporter): void {
  const date = new Date(`${expires}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(expires)) {
    reporter.error('DATE_INVALID', path, expires, 'there is no such day: write it as 2027-06-30');
  } else if (today !== null && expires < today) {
    const message = `${name} was approved until ${expires} and is still in force: take it out or have it approved anew`;
    reporter.warn('OVERRIDE_EXPIRED', path, expires, message);
  }
}

function isRule({ name }: Override): boolean {
  return !isLimit(name) && !RATE_NAMES.includes(name);
}

function isLimit(name: string): boolean {
  return LIMIT_NAMES.some((limit) => limit === name);
}

function overridePath(override: Override, device: Path): Path {
  const { point, name } = override;
  if (point === null || isRule(override)) return [...device, 'rules', name];
  return [...device, isLimit(name) ? 'limits' : 'rates', point, name];
}

/** The place of a point where a device overrides it: only what it names stands there. */
export function overridePlace({ overrides = [] }: Device, point: Point, device: Path): PointPlace {
  const find = (name: string) => {
    const override = overrides.find((one) => one.point === point.id && one.name === name);
    return override ? overridePath(override, device) : null;
  };
  return { point: null, limit: find, rate: find };
}

/** What of an override trips later than the profile would, in words. */
function weakerThanProfile(device: Device, override: Override): string[] {
  if (override.point === null || isRule(override)) return weakerRule(device, override.name);
  const own = device.points.find(({ id }) => id === override.point);
  const index = own?.index ?? -1;
  const base = [...device.profile.points, ...device.profile.calculated][index];
  if (!own || !base) return [];
  if (isLimit(override.name)) {
    const isNamed = ({ name }: Limit) => name === override.name;
    const high = override.name === 'H' || override.name === 'HH';
    return weaker(base.limits.find(isNamed), own.limits.find(isNamed), high ? 'above' : 'below');
  }
  const isNamed = ({ direction }: RateLimit) => direction === override.name;
  return weaker(slope(base.rates.find(isNamed)), slope(own.rates.find(isNamed)), 'above');
}

/** A rate as its set point: the change per second, so that other windows compare. */
function slope(rate: RateLimit | undefined): Terms | undefined {
  return rate && { ...rate, at: (rate.by * 1000) / rate.overMs };
}

function weakerRule({ rules, profile }: Device, id: string): string[] {
  const isNamed = (rule: Rule) => rule.id === id;
  const base = profile.rules.find(isNamed);
  const own = rules.find(isNamed);
  if (!base) return [];
  if (!own) return ['taken out'];
  return base.levels.flatMap((level) => {
    const same = own.levels.find(({ name }) => name === level.name);
    return same ? weaker(level, same, level.sense) : ['a level taken out'];
  });
}

type Terms = Pick<RuleLevel, 'at' | 'onDelayMs' | 'tier' | 'latch'>;

function weaker(base: Terms | undefined, own: Terms | undefined, sense: RuleLevel['sense']): string[] {
  if (!base || !own) return [];
  return [
    (sense === 'above' ? own.at > base.at : own.at < base.at) ? 'set point further out' : '',
    own.onDelayMs > base.onDelayMs ? 'longer delay' : '',
    tierRank(own.tier) < tierRank(base.tier) ? 'less urgent tier' : '',
    base.latch && !own.latch ? 'no latch' : '',
  ].filter((words) => words !== '');
}
