import type { ConditionChange } from '../../src/model/condition.ts';
import type { Device, Point, PointType } from '../../src/model/device.ts';
import type { Limit, LimitName, RateLimit } from '../../src/model/limit.ts';
import type { Quality } from '../../src/model/quality.ts';
import type { Status, Value } from '../../src/model/reading.ts';
import type { Rule, RuleLevel, RuleSpec } from '../../src/model/rule.ts';
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
    maxGapMs: null,
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

/** A rule that trips at 1 and clears below it, as those that answer yes or no do, unless told otherwise. */
export function buildRule(id: string, spec: RuleSpec, level: Partial<RuleLevel> = {}, rest: Partial<Rule> = {}): Rule {
  const defaults = { name: '', rank: 1, at: 1, sense: 'above' as const, deadband: 0, onDelayMs: 0, offDelayMs: 0 };
  return {
    id,
    spec,
    point: 0,
    title: null,
    unit: null,
    levels: [{ ...defaults, tier: 'yellow', latch: false, ...level }],
    onBad: 'hold',
    byClock: true,
    why: null,
    ...rest,
  };
}

/** A device with some points and rules over them. */
export function ruledDevice(points: Readonly<Record<string, PointType>>, rules: readonly Rule[]): Device {
  const profile = buildProfile(points);
  return buildDevice({ ...profile, points: profile.points.map((point) => ({ ...point, unit: 'kPa' })), rules });
}

/** A device that reports the numbers p and q; behind them are calculated numbers, each after those it depends on. */
export function calculatingDevice(
  calculated: Readonly<Record<string, string>>,
  watched: Readonly<Record<string, Partial<Point>>> = {},
): Device {
  const profile = buildProfile({ p: 'number', q: 'number' });
  const [plain] = profile.points;
  if (!plain) throw new Error('a profile has points');
  const built = Object.entries(calculated).map(([id, text], i) => ({
    ...plain,
    id,
    index: profile.points.length + i,
    calc: { text, timezone: 'UTC', intervalMs: null },
    ...watched[id],
  }));
  const reported = profile.points.map((point) => ({ ...point, ...watched[point.id] }));
  const whole = { ...profile, points: reported, calculated: built };
  return { ...buildDevice(whole), points: [...reported, ...built] };
}

/** What happened, short enough to read in a table: seconds since the start, condition (or `-` and the side). */
export type Seen = [seconds: number, what: string];

/** An engine over some devices that is fed in seconds since {@link NOON}. */
export function watch(...devices: Device[]) {
  const changes: ConditionChange[] = [];
  const settings = { liveWindowMs: 300_000, latenessMs: 10_000 };
  const create = () =>
    new Engine(new Map(devices.map((device) => [device.key, device])), settings, (change) => changes.push(change));
  let engine = create();
  let seq = 1;
  engine.resume(NOON, 0, 0, seq);
  return {
    get engine() {
      return engine;
    },
    changes,
    /** A reading of the first device: source second, values by point, and what is unusual about them. */
    read(
      second: number,
      values: Readonly<Record<string, Value>>,
      rest: { qualities?: Readonly<Record<string, Quality>>; received?: number; status?: Status } = {},
    ) {
      const { qualities = {}, received = second, status = 'actual' } = rest;
      const times = { ts: NOON + second * 1000, receivedAt: NOON + received * 1000 };
      engine.step(buildReading(devices[0] as Device, { values, qualities, status, ...times }), ++seq);
      return this;
    },
    /** All but the saved state is lost. */
    restart() {
      const saved = engine.takeUnsaved(Number.POSITIVE_INFINITY);
      const now = engine.now;
      engine = create();
      for (const { key, snapshot } of saved) engine.restore(key, JSON.parse(JSON.stringify(snapshot)));
      engine.reschedule();
      engine.tick(now);
      return this;
    },
    /** A sample of the first device: source second, value, and what is unusual about it. */
    at(
      second: number,
      value: Value,
      rest: {
        quality?: Quality;
        received?: number;
        status?: Status;
        historical?: boolean;
        clockAhead?: boolean;
        device?: Device;
      } = {},
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
