import type { ConditionChange } from '../../src/model/condition.ts';
import type { Device } from '../../src/model/device.ts';
import type { CountGroup, FirstOutGroup, Group, SilenceGroup, VoteGroup, VoteLevel } from '../../src/model/group.ts';
import type { LimitName } from '../../src/model/limit.ts';
import type { Quality } from '../../src/model/quality.ts';
import type { Status, Value } from '../../src/model/reading.ts';
import type { Tier } from '../../src/model/tier.ts';
import { Engine } from '../../src/rules/engine.ts';
import { buildDevice, buildProfile, buildReading, NOON } from './readings.ts';

/** A group as a device of `wujin-gas`. */
export function groupDevice(id: string, profile = 'group'): Device {
  return buildDevice(buildProfile({}, profile), id);
}

/** A limit of a vote: `2oo3` has two needed. */
export function voteLevel(name: LimitName, at: number, needed: number, rest: Partial<VoteLevel> = {}): VoteLevel {
  const worst = name === 'HH' || name === 'LL';
  const tier: Tier = worst ? 'orange' : 'yellow';
  const rank = worst ? 2 : 1;
  return {
    name,
    condition: name,
    rank,
    at,
    needed,
    deadband: 0,
    onDelayMs: 0,
    offDelayMs: 0,
    tier,
    latch: false,
    ...rest,
  };
}

/** A vote over point `p` of some devices; silence of three minutes is bad, a bad channel an alarm at once. */
export function voteGroup(devices: readonly Device[], parts: Partial<VoteGroup>): VoteGroup {
  const degraded = { onDelayMs: 0, offDelayMs: 0, latch: false };
  return {
    kind: 'vote',
    device: groupDevice('vote-1'),
    channels: devices.map(({ key }) => ({ device: key, point: 'p', index: 0 })),
    unit: 'kPa',
    high: [],
    low: [],
    windowMs: 0,
    staleMs: 180_000,
    onBadChannel: 'safe',
    degraded: [
      { ...degraded, condition: 'degraded', rank: 1, tier: 'yellow' },
      { ...degraded, condition: 'degraded.lost', rank: 2, tier: 'orange' },
    ],
    deviation: null,
    why: null,
    ...parts,
  };
}

/** Counts devices with a condition of `counting` or worse; one level for each number, from blue on. */
export function countGroup(devices: readonly Device[], counting: Tier, ...numbers: readonly number[]): CountGroup {
  const tiers: readonly Tier[] = ['blue', 'yellow', 'orange', 'red'];
  return {
    kind: 'count',
    device: groupDevice('count-1'),
    members: devices.map(({ key }) => ({ device: key, point: null })),
    levels: numbers.map((at, i) => ({
      condition: `count.${tiers[i]}`,
      rank: i + 1,
      tier: tiers[i] ?? 'red',
      at,
      counting,
      onDelayMs: 0,
      offDelayMs: 0,
      latch: false,
    })),
    why: null,
  };
}

export function firstOutGroup(devices: readonly Device[], conditions: readonly string[] | null = null): FirstOutGroup {
  return {
    kind: 'firstOut',
    device: groupDevice('first-1'),
    members: devices.map(({ key }) => ({ device: key, conditions: conditions && new Set(conditions) })),
    tier: 'yellow',
    windowMs: 10_000,
    why: null,
  };
}

/** The silences of `wujin-gas`: gateways by id, each with its devices, and devices without one. */
export function silenceGroup(
  devices: readonly Device[],
  gateways: Readonly<Record<string, readonly Device[]>>,
  silentAfterMs: number,
  siteSilentAfterMs = silentAfterMs,
): SilenceGroup {
  const trunk = (id: string, profile: string, behind: readonly Device[], parts: number, afterMs: number) => ({
    device: groupDevice(id, profile),
    devices: behind.map(({ key }) => key),
    watched: behind.length,
    silentAfterMs: parts < 2 ? null : afterMs,
  });
  const behind = new Set(Object.values(gateways).flat());
  const parts = Object.keys(gateways).length + devices.filter((device) => !behind.has(device)).length;
  return {
    kind: 'silence',
    device: groupDevice('site', 'site'),
    site: trunk('site', 'site', devices, parts, siteSilentAfterMs),
    gateways: Object.entries(gateways).map(([id, list]) => trunk(id, 'gateway', list, list.length, silentAfterMs)),
  };
}

/** An engine over devices and groups that is fed in seconds since {@link NOON}. */
export function watchGroups(devices: readonly Device[], groups: readonly Group[]) {
  const changes: ConditionChange[] = [];
  const settings = { liveWindowMs: 300_000, latenessMs: 10_000 };
  const engine = new Engine(
    new Map(devices.map((device) => [device.key, device])),
    settings,
    (change) => changes.push(change),
    groups,
  );
  let seq = 1;
  engine.resume(NOON, 0, 0, seq);
  return {
    engine,
    changes,
    /** A sample of point `p`: second, device, value, and what is unusual about it. */
    at(
      second: number,
      device: Device,
      value: Value,
      rest: { quality?: Quality; received?: number; status?: Status; historical?: boolean } = {},
    ) {
      const { quality = 'good', received = second, ...marks } = rest;
      const reading = buildReading(device, {
        values: { p: value },
        qualities: { p: quality },
        ts: NOON + second * 1000,
        receivedAt: NOON + received * 1000,
        ...marks,
      });
      engine.step(reading, ++seq);
      return this;
    },
    tick(second: number) {
      engine.tick(NOON + second * 1000);
      return this;
    },
    resume(second: number, downSeconds: number) {
      engine.resume(NOON + second * 1000, downSeconds * 1000, 0, ++seq);
      return this;
    },
    /** What was told of some device or group: second, and the condition or the end of one. */
    seen: (id: string) =>
      changes
        .filter(({ device }) => device.id === id)
        .map((change): [number, string] => [
          (change.at - NOON) / 1000,
          change.level?.condition ?? `-${change.rule?.id ?? change.direction}`,
        ]),
    /** Conditions in force by what was told. */
    inForce() {
      const levels = new Map<string, string>();
      for (const { device, point, rule, direction, level } of changes) {
        const key = `${device.id}|${rule?.id ?? point?.id ?? ''}|${direction}`;
        if (level) levels.set(key, `${device.id} ${level.condition}`);
        else levels.delete(key);
      }
      return [...levels.values()].sort();
    },
  };
}
