import type { Device, Override, Point } from '../model/device.ts';
import type { Limit } from '../model/limit.ts';
import type { Rule, RuleLevel } from '../model/rule.ts';
import { sideOf } from '../rules/ladder.ts';
import { rateRule } from '../rules/rate.ts';
import type { Origin, Watched } from './explanation.ts';
import { shownLevel } from './fall.ts';

/** Everything that is judged about a point: its limits, its rates, and the rules whose alarm shows it. */
export function watchedOfPoint(device: Device, point: Point): Watched[] {
  const rules = device.rules.filter((rule) => rule.point === point.index);
  return [
    ...point.limits.map((limit) => ofLimit(device, point, limit)),
    ...point.rates.flatMap((rate) => ofRule(device, rateRule(point, rate), rate.direction)),
    ...rules.flatMap((rule) => ofRule(device, rule, rule.id)),
    ...switchedOff(device, point.id),
  ];
}

/** Everything that is judged about the device as a whole: its silence, its clock, and rules over several points. */
export function watchedOfDevice(device: Device): Watched[] {
  const { absent, clock } = device.profile;
  const origin = originOf(device, null, '');
  const common = { sense: 'above' as const, deadband: 0, offDelayMs: 0, latch: false, name: '', rank: 1 };
  const told: Watched[] = [];
  if (absent) {
    const level = { ...common, at: absent.afterMs / 1000, onDelayMs: 0, tier: absent.tier };
    told.push({ condition: 'absent', point: null, rule: null, level, unit: 's', origin });
  }
  if (clock) {
    const level = { ...common, at: clock.withinMs / 1000, onDelayMs: clock.forMs, tier: clock.tier };
    told.push({ condition: 'clock', point: null, rule: null, level, unit: 's', origin });
  }
  const rules = device.rules.filter(({ point }) => point === null);
  return [...told, ...rules.flatMap((rule) => ofRule(device, rule, rule.id)), ...switchedOff(device, null)];
}

/** Everything that is judged about the device. */
export function watchedOfAll(device: Device): Watched[] {
  return [...device.points.flatMap((point) => watchedOfPoint(device, point)), ...watchedOfDevice(device)];
}

/** The conditions that `name` means: one of them, or the steps of a rule. */
export function named(watched: readonly Watched[], name: string): Watched[] {
  return watched.filter(({ condition, rule }) => condition === name || rule?.id === name);
}

function ofLimit(device: Device, point: Point, limit: Limit): Watched {
  const { name, ...terms } = limit;
  const sense = sideOf(limit) === 'high' ? 'above' : 'below';
  const level: RuleLevel = { ...terms, name, rank: name.length, sense };
  const origin = originOf(device, point.id, name);
  return { condition: `${point.id}.${name}`, point, rule: null, level, unit: point.unit, origin };
}

/** `name`: what an override of the rule calls it. */
function ofRule(device: Device, rule: Rule, name: string): Watched[] {
  const point = rule.point === null ? null : (device.points[rule.point] ?? null);
  const origin = originOf(device, point?.id ?? null, name);
  return rule.levels.map((level) => ({
    condition: level.name === '' ? rule.id : `${rule.id}.${level.name}`,
    point,
    rule,
    level: shownLevel(rule, level),
    unit: rule.unit,
    origin,
  }));
}

function switchedOff(device: Device, pointId: string | null): Watched[] {
  const { overrides = [], profile } = device;
  const off = overrides.filter(({ point, at }) => point === pointId && at === null);
  return off.map(({ point: id, name }) => {
    const isRule = profile.rules.some((rule) => rule.id === name);
    return {
      condition: isRule || id === null ? name : `${id}.${name}`,
      point: device.points.find((point) => point.id === id) ?? null,
      rule: null,
      level: null,
      unit: null,
      origin: originOf(device, id, name),
    };
  });
}

function originOf(device: Device, point: string | null, name: string): Origin {
  const { id: profile, version: profileVersion } = device.profile;
  const changed = device.overrides?.find((one) => one.point === point && one.name === name);
  return { kind: changed ? 'device' : 'profile', profile, profileVersion, ...termsOf(changed) };
}

function termsOf(changed: Override | undefined) {
  return {
    profileAt: changed?.profileAt ?? null,
    source: changed?.origin ?? null,
    change: changed?.change ?? null,
    expires: changed?.expires ?? null,
  };
}
