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
