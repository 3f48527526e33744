import { describe, expect, it } from 'vitest';
import type { ConditionChange } from '../../../../src/model/condition.ts';
import type { Device } from '../../../../src/model/device.ts';
import type { Group } from '../../../../src/model/group.ts';
import { Engine } from '../../../../src/rules/engine.ts';
import { countGroup, firstOutGroup, voteGroup, voteLevel } from '../../../helpers/grouped.ts';
import { buildReading, NOON } from '../../../helpers/readings.ts';
import { buildLimit, watchedDevice } from '../../../helpers/watched.ts';

const limits = [buildLimit('H', 6)];

function devicesIn(unit: string, order: 'source' | 'arrival'): readonly Device[] {
  return ['a', 'b', 'c'].map((id) => {
    const device = watchedDevice({ id, limits });
    const points = device.points.map((point) => ({ ...point, unit }));
    return { ...device, points, profile: { ...device.profile, reporting: { ...device.profile.reporting, order } } };
  });
}

/** Groups over three devices whose configuration changes while they run; seconds count from {@link NOON}. */
function running(unit: string, order: 'source' | 'arrival') {
  const changes: ConditionChange[] = [];
  const create = (devices: readonly Device[], of: string) => {
    const high = [voteLevel('H', 5, 2)];
    const vote = voteGroup(devices, { unit: of, high, deviation: { ...voteLevel('H', 0, 0), condition: 'd', by: 3 } });
    const groups: readonly Group[] = [vote, countGroup(devices, 'yellow', 2), firstOutGroup(devices)];
    const byKey = new Map(devices.map((device) => [device.key, device]));
    return new Engine(byKey, { liveWindowMs: 300_000, latenessMs: 10_000 }, (one) => changes.push(one), groups);
  };
  let devices = devicesIn(unit, order);
  let engine = create(devices, unit);
  let seq = 1;
  engine.resume(NOON, 0, 0, seq);
  return {
    at(second: number, which: number, value: number) {
      const at = NOON + second * 1000;
      const device = devices[which] as Device;
      engine.step(buildReading(device, { values: { p: value }, ts: at, receivedAt: at, seq: null }), ++seq);
    },
    tick: (second: number) => engine.tick(NOON + second * 1000),
    change(nextUnit: string, nextOrder: 'source' | 'arrival') {
      devices = devicesIn(nextUnit, nextOrder);
      const next = create(devices, nextUnit);
      next.takeOver(engine, seq);
      engine = next;
    },
    inForce() {
      const told = changes.length;
      engine.restate(engine.now);
      return changes.splice(told).map(({ device, level }) => `${device.id} ${level?.condition}`);
    },
    seen: (id: string) =>
      changes
        .filter(({ device }) => device.id === id)
        .map(({ at, level, rule }) => [(at - NOON) / 1000, level?.condition ?? `-${rule?.id}`]),
  };
}

describe('a change of the configuration', () => {
  it('ends no alarm of a group for another unit, and compares no values of two units', () => {
    const site = running('kPa', 'arrival');
    site.at(0, 0, 7);
    site.at(1, 1, 7);
    const before = ['a p.H', 'b p.H', 'count-1 count.blue', 'first-1 firstOut', 'vote-1 H'];
    expect(site.inForce()).toEqual(before);
    site.change('MPa', 'arrival');
    expect(site.inForce()).toEqual(before);
    site.at(2, 2, 0.007);
    site.tick(20);
    expect(site.seen('vote-1')).toEqual([[1, 'H']]);
    site.at(21, 0, 0.007);
    expect(site.seen('vote-1')).toEqual([
      [1, 'H'],
      [21, '-high'],
    ]);
  });

  it('gives the votes the readings that waited when profiles go over to arrival, and none twice', () => {
    const site = running('kPa', 'source');
    site.at(1, 0, 7);
    site.at(2, 1, 7);
    expect(site.seen('vote-1')).toEqual([]);
    site.change('kPa', 'arrival');
    site.tick(2);
    site.at(3, 1, 4);
    site.change('kPa', 'source');
    site.at(4, 1, 8);
    site.tick(20);
    expect(site.seen('vote-1').map(([, what]) => what)).toEqual(['H', '-high', 'H']);
    expect(site.seen('count-1').map(([, what]) => what)).toEqual(['count.blue', '-count', 'count.blue']);
  });
});
