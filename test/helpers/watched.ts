import type { ConditionChange } from '../../src/model/condition.ts';
import type { Device, Point } from '../../src/model/device.ts';
import type { Limit, LimitName, RateLimit } from '../../src/model/limit.ts';
import type { Quality } from '../../src/model/quality.ts';
import type { Status, Value } from '../../src/model/reading.ts';
import { Engine } from '../../src/rules/engine.ts';
import { buildDevice, buildProfile, buildReading, NOON } from './readings.ts';

const TIER = { LL: 'orange', L: 'yellow', H: 'yellow', HH: 'orange' } as const;

export function buildLimit(name: LimitName, at: number, rest: Partial<Limit> = {}): Limit {
  return { name, at, deadband: 0, onDelayMs: 0, offDelayMs: 0, tier: TIER[name], latch: false, ...rest };
}

export function buildRate(direction: 'rising' | 'falling', by: number, rest: Partial<RateLimit> = {}): RateLimit {
  const defaults = {
    overMs: 60_000,
    minSamples: 5,
    method: 'leastSquares' as const,
    significance: 0,
    deadband: 0,
    onDelayMs: 0,
    offDelayMs: 0,
    latch: false,
  };
  return { direction, by, tier: 'orange', ...defaults, ...rest };
}

export interface Watched {
  readonly limits?: readonly Limit[];
  readonly rates?: readonly RateLimit[];
  readonly absentAfterMs?: number;
  readonly id?: string;
}

/** A device with one number point `p` that is watched as told. */
export function watchedDevice({ limits = [], rates = [], absentAfterMs, id = 'cab-001' }: Watched): Device {
  const profile = buildProfile({ p: 'number' });
  const points: Point[] = profile.points.map((point) => ({ ...point, unit: 'kPa', limits, rates }));
  const absent = absentAfterMs === undefined ? null : { afterMs: absentAfterMs, tier: 'blue' as const };
  return { ...buildDevice({ ...profile, points, absent }, id), points };
}

/** What happened, short enough to read in a table: seconds since the start, condition (or `-` and the side). */
export type Seen = [seconds: number, what: string];

/** An engine over some devices that is fed in seconds since {@link NOON}. */
export function watch(...devices: Device[]) {
  const changes: ConditionChange[] = [];
  const settings = { liveWindowMs: 300_000, latenessMs: 10_000 };
  const engine = new Engine(new Map(devices.map((device) => [device.key, device])), settings, (change) =>
    changes.push(change),
  );
  let seq = 1;
  engine.resume(NOON, 0, 0, seq);
  return {
    engine,
    changes,
    /** A sample of the first device: source second, value, and what is unusual about it. */
    at(
      second: number,
      value: Value,
      rest: { quality?: Quality; received?: number; status?: Status; historical?: boolean; device?: Device } = {},
    ) {
      const { quality = 'good', received = second, device = devices[0] as Device, ...marks } = rest;
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
    resume(second: number, downSeconds: number, shiftSeconds = 0) {
      engine.resume(NOON + second * 1000, downSeconds * 1000, shiftSeconds * 1000, ++seq);
      return this;
    },
    seen: (): Seen[] =>
      changes.map((change) => [(change.at - NOON) / 1000, change.level?.condition ?? `-${change.direction}`]),
  };
}
