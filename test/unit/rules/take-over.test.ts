import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConditionChange } from '../../../src/model/condition.ts';
import type { Device } from '../../../src/model/device.ts';
import type { Limit } from '../../../src/model/limit.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { Engine } from '../../../src/rules/engine.ts';
import { buildDevice, buildProfile, buildReading, NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRate, buildRule, ruledDevice, watchedDevice } from '../../helpers/watched.ts';

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
    at(second: number, values: Record<string, number | null>, id = configured[0]?.id, received = second) {
      const device = configured.find((one) => one.id === id) as Device;
      const receivedAt = NOON + received * 1000;
      engine.step(buildReading(device, { values, ts: NOON + second * 1000, receivedAt, seq: null }), ++seq);
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

const SPEC = { kind: 'deviation', point: 0, from: { value: 0 }, side: 'high' } as const;

/** Points p and q with a limit each, and a rule over one of them. */
function twoPoints(unit: string, point: number): Device {
  const profile = buildProfile({ p: 'number', q: 'number' });
  const points = profile.points.map((one) => ({ ...one, unit, limits: [buildLimit('H', 6)] }));
  const rules = [buildRule('r', { ...SPEC, point }, { at: 5 }, { point, unit: '' })];
  return { ...buildDevice({ ...profile, points, rules }), points, rules };
}

function watchedIn(unit: string, limit: Limit): Device {
  const device = watchedDevice({ limits: [limit] });
  return { ...device, points: device.points.map((point) => ({ ...point, unit })) };
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

  it('ends no alarm whose limit or rule is there, be it in another unit or over another point: the next sample does', () => {
    const site = running(twoPoints('kPa', 0));
    site.at(0, { p: 7, q: 1 });
    expect(site.inForce()).toEqual(['p.H', 'r']);
    site.change(twoPoints('kPa', 1));
    expect(site.inForce()).toEqual(['p.H', 'r']);
    site.change(twoPoints('MPa', 1));
    expect(site.inForce()).toEqual(['p.H', 'r']);
    site.tick(100);
    site.at(101, { p: 7, q: 1 });
    site.at(102, { p: 5 });
    expect(site.seen()).toEqual([
      [0, 'p.H'],
      [0, 'r'],
      [101, '-deviation'],
      [102, '-high'],
    ]);
  });

  it('keeps no value in another unit, and tells none', () => {
    const site = running(twoPoints('kPa', 0));
    site.at(0, { p: 7, q: 1 });
    site.change(twoPoints('MPa', 0));
    site.engine.restate(site.engine.now);
    const told = site.changes.slice(-2);
    expect(told.map(({ level, value, quality }) => [level?.condition, level?.measured, value, quality])).toEqual([
      ['p.H', null, null, 'bad'],
      ['r', null, null, 'bad'],
    ]);
    expect(told.map(({ occurredAt, effectiveAt }) => [occurredAt, effectiveAt])).toEqual([
      [NOON, NOON],
      [NOON, NOON],
    ]);
  });

  it('lets no off-delay of other units or points run out, nor that of a limit that is exceeded now', () => {
    const off = { offDelayMs: 10_000 };
    for (const next of [watchedIn('MPa', buildLimit('H', 6, off)), watchedIn('kPa', buildLimit('H', 4, off))]) {
      const site = running(watchedIn('kPa', buildLimit('H', 6, off)));
      site.at(0, { p: 7 });
      site.at(1, { p: 5 });
      site.change(next);
      site.tick(50);
      expect(site.seen()).toEqual([[0, 'p.H']]);
      site.at(51, { p: 3 });
      site.tick(70);
      expect(site.seen().at(-1)).toEqual([61, '-high']);
    }
  });

  it('lets an on-delay run on in another unit, but raises nothing over a limit that is not exceeded now', () => {
    const on = { onDelayMs: 10_000 };
    const of = (next: Device) => {
      const site = running(watchedIn('kPa', buildLimit('H', 6, on)));
      site.at(0, { p: 7 });
      site.change(next);
      site.tick(50);
      return site.seen();
    };
    expect(of(watchedIn('MPa', buildLimit('H', 6, on)))).toEqual([[10, 'p.H']]);
    expect(of(watchedIn('kPa', buildLimit('H', 8, on)))).toEqual([]);
  });

  it('passes what a step has in force that is gone to the mildest one', () => {
    const level = (name: string, rank: number, at: number) => buildRule('r', SPEC, { name, rank, at }).levels;
    const device = (...levels: Rule['levels'][]) =>
      ruledDevice({ p: 'number' }, [buildRule('r', SPEC, {}, { unit: 'kPa', levels: levels.flat() })]);
    const site = running(device(level('', 1, 5)));
    site.at(0, { p: 7 });
    site.change(device(level('yellow', 1, 6), level('orange', 2, 9)));
    expect(site.inForce()).toEqual(['r.yellow']);
    site.at(1, { p: 5.5 });
    expect(site.inForce()).toEqual([]);
  });

  it('lets an expression that reads one point more keep what it remembers of the others', () => {
    const device = (text: string) =>
      ruledDevice({ p: 'number', q: 'number' }, [
        buildRule('r', { kind: 'expression', when: { text, timezone: 'UTC', intervalMs: null }, until: null }),
      ]);
    const site = running(device('mean(p, "20s") > 5'));
    for (let second = 0; second <= 20; second += 2) site.at(second, { p: 9, q: 0 });
    site.change(device('mean(p, "20s") > 5 && q < 1'));
    expect(site.inForce()).toEqual(['r']);
    site.at(21, { p: 0, q: 0 });
    expect(site.inForce()).toEqual(['r']);
    site.at(22, { p: 0, q: 1 });
    expect(site.inForce()).toEqual([]);
  });

  it('judges in their order, and first, the readings that waited when a profile goes over to arrival', () => {
    const device = (order: 'source' | 'arrival'): Device => {
      const one = watchedDevice({ limits: [buildLimit('H', 6), buildLimit('HH', 8)] });
      return { ...one, profile: { ...one.profile, reporting: { ...one.profile.reporting, order } } };
    };
    const site = running(device('source'));
    site.at(2, { p: 9 }, 'cab-001', 3);
    site.at(1, { p: 7 }, 'cab-001', 3);
    site.change(device('arrival'));
    expect(site.seen()).toEqual([]);
    site.at(4, { p: 5 });
    site.tick(60);
    expect(site.seen()).toEqual([
      [3, 'p.H'],
      [3, 'p.HH'],
      [4, '-high'],
    ]);
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
