import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConditionChange } from '../../../src/model/condition.ts';
import type { Device } from '../../../src/model/device.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { Engine } from '../../../src/rules/engine.ts';
import { buildDevice, buildProfile, buildReading, NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRate, watchedDevice } from '../../helpers/watched.ts';

interface Step {
  gap: number;
  id: string;
  value: number | null;
  reload: boolean;
}

const SETTINGS = { liveWindowMs: 300_000, latenessMs: 10_000 };

/** An engine whose configuration can be changed while it runs; seconds count from {@link NOON}. */
function running(...devices: Device[]) {
  const changes: ConditionChange[] = [];
  const create = (list: readonly Device[]) =>
    new Engine(new Map(list.map((device) => [device.key, device])), SETTINGS, (change) => changes.push(change));
  let configured = devices;
  let engine = create(devices);
  let seq = 1;
  engine.resume(NOON, 0, 0, seq);
  return {
    changes,
    get engine() {
      return engine;
    },
    at(second: number, values: Record<string, number | null>, id = configured[0]?.id) {
      const device = configured.find((one) => one.id === id) as Device;
      const at = NOON + second * 1000;
      engine.step(buildReading(device, { values, ts: at, receivedAt: at, seq }), ++seq);
    },
    tick: (second: number) => engine.tick(NOON + second * 1000),
    change(...next: Device[]): string[] {
      const after = create(next);
      const gone = after.takeOver(engine, seq);
      configured = next;
      engine = after;
      return gone;
    },
    /** Conditions in force, by point or rule. */
    inForce(): (string | undefined)[] {
      const told = changes.length;
      engine.restate(engine.now);
      return changes.splice(told).map(({ level }) => level?.condition);
    },
    seen: () =>
      changes.map(({ at, level, direction }) => [(at - NOON) / 1000, level?.condition ?? `-${direction}`] as const),
  };
}

const withH = (at: number, rest: Parameters<typeof buildLimit>[2] = {}) =>
  watchedDevice({ limits: [buildLimit('H', at, rest)] });

describe('a change of the configuration', () => {
  it('does not begin a running on-delay anew, even if the delay changes', () => {
    const site = running(withH(6, { onDelayMs: 10_000 }));
    site.at(0, { p: 7 });
    site.tick(6);
    site.change(withH(6, { onDelayMs: 60_000 }));
    site.tick(60);
    expect(site.seen()).toEqual([[10, 'p.H']]);
  });

  it('keeps a condition in force, and judges the next sample by the new set point', () => {
    const site = running(withH(6));
    site.at(0, { p: 7 });
    site.change(withH(8));
    expect(site.inForce()).toEqual(['p.H']);
    site.at(1, { p: 7 });
    expect(site.seen()).toEqual([
      [0, 'p.H'],
      [1, '-high'],
    ]);
  });

  it('trips a limit that is violated now with the next sample, not before', () => {
    const site = running(withH(8));
    site.at(0, { p: 7 });
    site.change(withH(6));
    site.tick(5);
    expect(site.seen()).toEqual([]);
    site.at(6, { p: 7 });
    expect(site.seen()).toEqual([[6, 'p.H']]);
  });

  it('leaves out what is gone: limit, device; and what is new begins without a past', () => {
    const other = watchedDevice({ id: 'cab-002', limits: [buildLimit('H', 6)] });
    const site = running(withH(6), other);
    site.at(0, { p: 7 });
    site.at(0, { p: 7 }, 'cab-002');
    expect(site.change(watchedDevice({ limits: [buildLimit('L', 1)] }))).toEqual(['wujin-gas/cab-002|actual']);
    expect(site.inForce()).toEqual([]);
    site.change(withH(6), other);
    expect(site.inForce()).toEqual([]);
    site.at(1, { p: 7 }, 'cab-002');
    expect(site.seen().at(-1)).toEqual([1, 'p.H']);
  });

  it('counts the silence of a new device from its first day, and tells of an old one now', () => {
    const silent = watchedDevice({ absentAfterMs: 30_000 });
    const site = running(watchedDevice({}));
    site.tick(100);
    site.change(silent, watchedDevice({ id: 'cab-002', absentAfterMs: 30_000 }));
    site.tick(100);
    site.tick(200);
    expect(site.changes.map(({ device, at }) => [device.id, (at - NOON) / 1000])).toEqual([
      ['cab-001', 100],
      ['cab-002', 130],
    ]);
  });

  it('keeps the window of a rate', () => {
    const device = (by: number) => watchedDevice({ rates: [buildRate('rising', by, { overMs: 20_000 })] });
    const site = running(device(50));
    for (let second = 0; second < 20; second += 2) site.at(second, { p: second });
    site.change(device(15));
    site.at(20, { p: 20 });
    expect(site.seen()).toEqual([[20, 'p.rising']]);
  });

  it('takes a point in another unit, and a rule over another point, for a new one', () => {
    const profile = buildProfile({ p: 'number', q: 'number' });
    const rule = (point: number): Rule => ({
      id: 'r',
      spec: { kind: 'deviation', point, from: { value: 0 }, side: 'high' },
      point,
      title: null,
      unit: '',
      levels: [
        {
          name: '',
          rank: 1,
          at: 5,
          sense: 'above',
          deadband: 0,
          onDelayMs: 0,
          offDelayMs: 0,
          tier: 'yellow',
          latch: false,
        },
      ],
      onBad: 'hold',
      byClock: true,
      why: null,
    });
    const device = (unit: string, point: number): Device => {
      const points = profile.points.map((one) => ({ ...one, unit, limits: [buildLimit('H', 6)] }));
      return { ...buildDevice({ ...profile, points, rules: [rule(point)] }), points, rules: [rule(point)] };
    };
    const site = running(device('kPa', 0));
    site.at(0, { p: 7, q: 1 });
    expect(site.inForce()).toEqual(['p.H', 'r']);
    site.change(device('kPa', 1));
    expect(site.inForce()).toEqual(['p.H']);
    site.change(device('MPa', 1));
    expect(site.inForce()).toEqual([]);
  });

  it('keeps the readings that wait for their turn under the names of their points', () => {
    const device = (...names: string[]): Device => {
      const profile = buildProfile(Object.fromEntries(names.map((name) => [name, 'number' as const])));
      const points = profile.points.map((point) =>
        point.id === 'p' ? { ...point, limits: [buildLimit('H', 6)] } : point,
      );
      const reporting = { ...profile.reporting, order: 'source' as const };
      return { ...buildDevice({ ...profile, points, reporting }), points };
    };
    const site = running(device('p', 'q'));
    site.at(0, { p: 7, q: 1 });
    site.change(device('n', 'q', 'p'));
    site.tick(20);
    expect(site.changes.map(({ level, value }) => [level?.condition, value])).toEqual([['p.H', 7]]);
  });

  it('to the same configuration changes nothing, whenever it comes', () => {
    const limits = [
      buildLimit('L', 2, { deadband: 0.2, offDelayMs: 4_000 }),
      buildLimit('H', 6, { onDelayMs: 3_000, offDelayMs: 5_000, deadband: 0.3 }),
      buildLimit('HH', 8, { onDelayMs: 1_000, latch: true }),
    ];
    const rates = [buildRate('rising', 5, { overMs: 20_000, onDelayMs: 2_000 })];
    const devices = () => ['a', 'b'].map((id) => watchedDevice({ id, limits, rates, absentAfterMs: 15_000 }));
    const step = fc.record({
      gap: fc.integer({ min: 0, max: 8 }),
      id: fc.constantFrom('a', 'b'),
      value: fc.oneof(fc.integer({ min: 0, max: 10 }), fc.constant(null)),
      reload: fc.boolean(),
    });
    const outcome = (steps: readonly Step[], changing: boolean) => {
      const site = running(...devices());
      let second = 0;
      for (const { gap, id, value, reload } of steps) {
        second += gap;
        site.at(second, { p: value }, id);
        if (changing && reload) site.change(...devices());
      }
      site.tick(second + 60);
      return site.changes.map(({ device, level, at, occurredAt }) => [device.id, level, at, occurredAt]);
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        expect(outcome(steps, true)).toEqual(outcome(steps, false));
      }),
    );
  });
});
