import { Type } from '@sinclair/typebox';
import { isoOrNull } from '../model/alarm-wire.ts';
import type { Device } from '../model/device.ts';
import { LIMIT_NAMES } from '../model/limit.ts';
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
  limits: Type.Array(limit),
  rates: Type.Array(rate),
  why: nullable(why),
  calc: Type.Union([Type.String(), Type.Null()], { description: 'Expression it is calculated from.' }),
});

const override = Type.Object(
  {
    point: Type.String(),
    name: words([...LIMIT_NAMES, 'rising', 'falling', 'changing']),
    at: Type.Number(),
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
    points: device.points.map(({ index: _, ...told }) => told),
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
