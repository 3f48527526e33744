import { Type } from '@sinclair/typebox';
import { isoOrNull } from '../model/alarm-wire.ts';
import type { Device } from '../model/device.ts';
import { LIMIT_NAMES } from '../model/limit.ts';
import { RULE_KINDS, type Rule } from '../model/rule.ts';
import { TIERS } from '../model/tier.ts';
import type { DeviceStatus } from './ports.ts';
import { nullable, words } from './typebox.ts';
import { location, text, time, why } from './wire.ts';

const limit = Type.Object({
  name: words(LIMIT_NAMES),
  at: Type.Number({ description: 'Set point in force, in the unit of the point.' }),
  deadband: Type.Number(),
  onDelayMs: Type.Number(),
  offDelayMs: Type.Number(),
  tier: words(TIERS),
  latch: Type.Boolean(),
});

const rate = Type.Object({
  direction: words(['rising', 'falling', 'changing']),
  by: Type.Number(),
  overMs: Type.Number(),
  minSamples: Type.Integer(),
  method: words(['leastSquares', 'theilSen']),
  significance: Type.Number(),
  maxGapMs: nullable(Type.Number()),
  deadband: Type.Number(),
  onDelayMs: Type.Number(),
  offDelayMs: Type.Number(),
  tier: words(TIERS),
  latch: Type.Boolean(),
});

const point = Type.Object({
  id: Type.String(),
  title: text,
  type: words(['number', 'boolean', 'string']),
  unit: Type.String(),
  range: nullable(Type.Array(Type.Number(), { minItems: 2, maxItems: 2 })),
  signal: Type.Optional(
    Type.Object(
      { low: Type.Number(), high: Type.Number() },
      { description: 'Loop current in mA at or beyond which the transmitter has failed.' },
    ),
  ),
  limits: Type.Array(limit),
  rates: Type.Array(rate),
  why: nullable(why),
  calc: Type.Union([Type.String(), Type.Null()], { description: 'Expression it is calculated from.' }),
  staleAfterMs: Type.Union([Type.Number(), Type.Null()], {
    description: 'An older sample counts as bad; null = never.',
  }),
});

const level = Type.Object({
  name: Type.String({ description: 'Empty where the rule has one level.' }),
  rank: Type.Integer(),
  at: Type.Number({ description: 'Set point in force, in the unit of the rule.' }),
  sense: words(['above', 'below']),
  deadband: Type.Number(),
  onDelayMs: Type.Number(),
  offDelayMs: Type.Number(),
  tier: words(TIERS),
  latch: Type.Boolean(),
});

const rule = Type.Object(
  {
    id: Type.String({ examples: ['outletPressure.stuck'] }),
    kind: words(RULE_KINDS),
    point: Type.Union([Type.String(), Type.Null()], { description: 'null = about the device.' }),
    title: nullable(text),
    unit: Type.Union([Type.String(), Type.Null()], { description: 'null = it answers yes (1) or no (0).' }),
    levels: Type.Array(level),
    onBad: words(['hold', 'alarm']),
    why: nullable(why),
    origin: Type.Union([Type.String(), Type.Null()], { description: 'Where its numbers come from, if overridden.' }),
    change: Type.Union([Type.String(), Type.Null()], { description: 'The approved change, if overridden.' }),
  },
  { description: 'A rule beside the limits and rates of the points.' },
);

const override = Type.Object(
  {
    point: Type.Union([Type.String(), Type.Null()], { description: 'null = the rule is about the device.' }),
    name: Type.String({ description: 'Name of the limit, direction of the rate, or id of the rule.' }),
    at: Type.Union([Type.Number(), Type.Null()], { description: 'null = the rule is off for this device.' }),
    profileAt: nullable(Type.Number()),
    origin: nullable(Type.String()),
    change: nullable(Type.String()),
  },
  { description: 'Where the device differs from its profile, and who decided so.' },
);

export const deviceSchema = Type.Object(
  {
    key: Type.String({ examples: ['wujin-gas/cab-001'] }),
    site: Type.String(),
    id: Type.String(),
    title: text,
    siteTitle: text,
    profile: Type.String(),
    points: Type.Array(point),
    rules: Type.Array(rule),
    absent: nullable(Type.Object({ afterMs: Type.Number(), tier: words(TIERS) })),
    location: nullable(location),
    grid: nullable(Type.String()),
    tags: Type.Array(Type.String()),
    ruleVersion: Type.String(),
    overrides: Type.Array(override),
    lastSeenAt: nullable(time),
    online: Type.Union([Type.Boolean(), Type.Null()], { description: 'null = it never said.' }),
  },
  { $id: 'Device', description: 'One device with the limits in force for it.' },
);

/** A device as the API tells it. */
export function deviceWire(device: Device, status: DeviceStatus) {
  const { key, site, id, title, siteTitle, profile, location: place, grid, tags, ruleVersion } = device;
  const { absent } = profile;
  return {
    key,
    site,
    id,
    title,
    siteTitle,
    profile: profile.id,
    points: device.points.map(({ index: _, calc, ...told }) => ({ ...told, calc: calc?.text ?? null })),
    rules: device.rules.map((one) => ruleWire(one, device)),
    absent: absent && { afterMs: absent.afterMs, tier: absent.tier },
    location: place,
    grid,
    tags,
    ruleVersion,
    overrides: device.overrides ?? [],
    lastSeenAt: isoOrNull(status.lastSeenAt),
    online: status.online,
  };
}

function ruleWire({ id, spec, point: index, title, unit, levels, onBad, why: reason }: Rule, device: Device) {
  const changed = device.overrides?.find(({ name }) => name === id);
  return {
    id,
    kind: spec.kind,
    point: index === null ? null : (device.points[index]?.id ?? null),
    title,
    unit,
    levels,
    onBad,
    why: reason,
    origin: changed?.origin ?? null,
    change: changed?.change ?? null,
  };
}
