import type { Device, PointType, Profile } from '../../src/model/device.ts';
import type { Quality } from '../../src/model/quality.ts';
import type { Reading, Value } from '../../src/model/reading.ts';

/** A moment that tests may take as "now": 2026-11-21T22:19:52Z. */
export const NOON = 1_795_299_592_000;

/** A profile with these points and nothing to watch over. */
export function buildProfile(
  points: Readonly<Record<string, PointType>> = { pressure: 'number', open: 'boolean', state: 'string' },
  id = 'gas-cabinet',
): Profile {
  const built = Object.entries(points).map(([point, type], index) => ({
    id: point,
    index,
    title: { en: point, zh: point },
    type,
    unit: '',
    range: null,
    limits: [],
    rates: [],
    why: null,
    calc: null,
    staleAfterMs: null,
  }));
  return {
    id,
    title: { en: id, zh: id },
    reporting: { mode: 'periodic', intervalMs: 60_000, order: 'arrival' },
    clock: null,
    absent: null,
    points: built,
    calculated: [],
    rules: [],
    pointIndex: new Map(built.map((point) => [point.id, point.index])),
    version: '1',
  };
}

export function buildDevice(profile: Profile = buildProfile(), id = 'cab-001', site = 'wujin-gas'): Device {
  return {
    key: `${site}/${id}`,
    site,
    siteTitle: { en: site, zh: site },
    id,
    title: { en: id, zh: id },
    profile,
    points: profile.points,
    rules: profile.rules,
    location: null,
    grid: null,
    tags: [],
    ruleVersion: '1',
  };
}

/** What a test says about a reading: values by point, qualities only where they are not good. */
export interface ReadingParts extends Partial<Omit<Reading, 'values' | 'qualities' | 'device'>> {
  readonly values: Readonly<Record<string, Value>>;
  readonly qualities?: Readonly<Record<string, Quality>>;
}

export function buildReading(device: Device, parts: ReadingParts): Reading {
  const { values, qualities, ...rest } = parts;
  const points = device.profile.points;
  return {
    device,
    ts: NOON,
    receivedAt: NOON + 20,
    seq: null,
    subMs: 0,
    historical: false,
    clockAhead: false,
    status: 'actual',
    ...rest,
    values: points.map((point) => values[point.id]),
    qualities: qualities ? points.map((point) => qualities[point.id] ?? 'good') : null,
  };
}
