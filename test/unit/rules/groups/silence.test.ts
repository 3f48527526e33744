import { describe, expect, it } from 'vitest';
import type { Device } from '../../../../src/model/device.ts';
import { silenceGroup, watchGroups } from '../../../helpers/grouped.ts';
import { watchedDevice } from '../../../helpers/watched.ts';

const build = (id: string, absentAfterMs?: number) =>
  watchedDevice({ id, ...(absentAfterMs === undefined ? {} : { absentAfterMs }) });
const [a, b, c, d] = [build('a', 180_000), build('b', 180_000), build('c', 180_000), build('d', 180_000)];
const devices = [a, b, c, d];

/** Gateway `gw` with a and b, gateway `gw-2` with c and d; reports come every 60 s, 10 s late at most. */
const watching = () => watchGroups(devices, [silenceGroup(devices, { gw: [a, b], 'gw-2': [c, d] }, 60_000)]);

/** Reports of some devices each minute. */
function reports(site: ReturnType<typeof watching>, from: number, to: number, ...some: readonly Device[]) {
  for (let second = from; second <= to; second += 60) {
    some.forEach((device, i) => {
      site.at(second + i * 5, device, 1);
    });
  }
  return site;
}

describe('the silence of a gateway', () => {
  it('is one alarm in place of those of its devices', () => {
    const site = reports(watching(), 0, 60, a, b);
    reports(site, 0, 600, c, d).tick(620);
    expect(site.inForce()).toEqual(['gw absent']);
    expect(site.changes).toHaveLength(1);
    expect(site.changes[0]).toMatchObject({ direction: 'absent', level: { measured: 2, tier: 'blue' } });
  });

  it('ends with the first sign of life; who stays silent has an alarm of its own after its time', () => {
    const site = watching();
    for (let second = 0; second <= 1200; second += 60) {
      if (second <= 60 || second >= 480) site.at(second, a, 1);
      if (second <= 60) site.at(second + 1, b, 1);
      site.at(second + 2, c, 1).at(second + 3, d, 1);
    }
    expect(site.seen('gw')).toEqual([
      [240, 'absent'],
      [480, '-absent'],
    ]);
    expect(site.seen('a')).toEqual([]);
    expect(site.seen('b')).toEqual([[660, 'absent']]);
    expect(site.at(1300, b, 1).seen('b').at(-1)).toEqual([1300, '-absent']);
  });

  it('is not blamed for a single device', () => {
    const site = reports(watching(), 0, 600, a, c, d);
    expect(site.tick(620).inForce()).toEqual(['b absent']);
  });

  it('takes the worst tier of the devices behind it', () => {
    const other = watchedDevice({ id: 'b', absentAfterMs: 240_000 });
    const worse: Device = { ...other, profile: { ...other.profile, absent: { afterMs: 240_000, tier: 'orange' } } };
    const all = [a, worse, c, d];
    const site = watchGroups(all, [silenceGroup(all, { gw: [a, worse], 'gw-2': [c, d] }, 60_000)]);
    reports(site, 0, 600, c, d);
    expect(site.changes.map(({ device, level }) => [device.id, level?.tier])).toEqual([
      ['gw', 'blue'],
      ['gw', 'orange'],
    ]);
  });
});

describe('silences that are told before their gateway can be called silent', () => {
  const quick = [build('q1', 30_000), build('q2', 40_000)];
  const slow = [build('s1', 180_000), build('s2', 7_200_000)];
  const all = [...quick, ...slow, c, d];
  const mixed = () => watchGroups(all, [silenceGroup(all, { gw: [...quick, ...slow], 'gw-2': [c, d] }, 60_000)]);

  /** `gw` is heard once, and `gw-2` all the time. */
  function fallenSilent(to: number) {
    const site = mixed();
    for (const device of [...quick, ...slow]) site.at(0, device, 1);
    return reports(site, 0, to, c, d);
  }

  it('are taken back into its alarm, with those that fall due later', () => {
    const site = fallenSilent(240);
    expect(site.seen('q1')).toEqual([
      [30, 'absent'],
      [70, '-absent'],
    ]);
    expect(site.seen('q2')).toEqual([
      [40, 'absent'],
      [70, '-absent'],
    ]);
    expect(site.seen('gw')).toEqual([[70, 'absent']]);
    expect(site.seen('s1')).toEqual([]);
    const taken = site.changes.find(({ device, level }) => device.id === 'q1' && !level);
    expect(taken?.quality).toBe('bad');
  });

  it('are told again when another device behind it is heard', () => {
    const site = fallenSilent(240).at(250, quick[0] as Device, 1);
    reports(site, 300, 600, c, d, quick[0] as Device);
    expect(site.seen('gw').at(-1)).toEqual([250, '-absent']);
    expect(site.seen('q2').at(-1)).toEqual([290, 'absent']);
    expect(site.seen('s1')).toEqual([[430, 'absent']]);
    expect(site.seen('s2')).toEqual([]);
  });

  it('keep their alarm where others were heard since: theirs is another cause', () => {
    const site = mixed();
    for (const device of all) site.at(0, device, 1);
    for (let second = 10; second <= 100; second += 10) site.at(second, quick[1] as Device, 1);
    reports(site, 0, 600, c, d);
    expect(site.seen('q1')).toEqual([[30, 'absent']]);
    expect(site.inForce()).toEqual(['gw absent', 'q1 absent']);
  });

  it('are not put together for one alone', () => {
    const site = mixed();
    for (const device of [...quick, ...slow]) site.at(0, device, 1);
    for (let second = 10; second <= 170; second += 10) {
      if (second !== 60) site.at(second, c, 1);
      if (second < 100) site.at(second, quick[1] as Device, 1);
    }
    expect(site.inForce()).toEqual(['q1 absent', 'q2 absent']);
  });

  it('take the alarm of a gateway back into that of the site', () => {
    const site = watchGroups(all, [silenceGroup(all, { gw: [...quick, ...slow], 'gw-2': [c, d] }, 40_000, 90_000)]);
    for (const device of all) site.at(0, device, 1);
    site.tick(1000);
    expect(site.seen('gw')).toEqual([
      [50, 'absent'],
      [180, '-absent'],
    ]);
    expect(site.inForce()).toEqual(['site absent']);
    site.at(1000, c, 1).tick(1100);
    expect(site.inForce()).toEqual(['gw absent']);
  });
});

describe('the return of 20,000 devices', () => {
  const many = Array.from({ length: 20_000 }, (_, i) => build(`m-${String(i).padStart(5, '0')}`, 180_000));
  const [first] = many;

  it('ends one alarm, and each that stays silent has its own after its time', { timeout: 60_000 }, () => {
    if (!first) throw new Error('there are devices');
    const site = watchGroups(many, [silenceGroup(many, { gw: many }, 60_000)]).tick(400);
    expect(site.inForce()).toEqual(['gw absent']);
    site.at(400, first, 1);
    for (const [i, device] of many.entries()) if (i % 2 === 0) site.at(401, device, 1);
    expect(site.changes.map(({ device }) => device.id)).toEqual(['gw', 'gw']);
    site.at(470, first, 1).at(530, first, 1).tick(580);
    expect(site.inForce()).toHaveLength(10_000);
    for (const [i, device] of many.entries()) if (i % 2 === 1) site.at(580, device, 1);
    expect(site.inForce()).toEqual([]);
  });
});

describe('the silence of a site', () => {
  it('is one alarm in place of those of its gateways and devices, also at the first start', () => {
    const site = watching().tick(1000);
    expect(site.seen('site')).toEqual([[180, 'absent']]);
    expect(site.changes).toHaveLength(1);
    expect(site.changes[0]?.level?.measured).toBe(4);
  });

  it('becomes that of a gateway when another speaks again', () => {
    const site = watching().tick(1000);
    reports(site, 1000, 1600, c, d);
    expect(site.inForce()).toEqual(['gw absent']);
    expect(site.seen('site').at(-1)).toEqual([1000, '-absent']);
    expect(site.seen('gw')).toEqual([[1180, 'absent']]);
  });

  it('is not held against it while nobody watched', () => {
    const site = watching().at(0, a, 1).resume(1000, 990).tick(1150);
    expect(site.changes).toEqual([]);
  });

  it('says nothing of the devices whose silence is no alarm, but hears them', () => {
    const quiet = watchedDevice({ id: 'quiet' });
    const all = [...devices, quiet];
    const site = watchGroups(all, [silenceGroup(all, { gw: [a, b], 'gw-2': [c, d] }, 60_000)]);
    for (let second = 0; second <= 600; second += 60) site.at(second, quiet, 1);
    expect(site.inForce()).toEqual(['gw absent', 'gw-2 absent']);
  });
});
