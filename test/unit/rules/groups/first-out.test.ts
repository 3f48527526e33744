import { describe, expect, it } from 'vitest';
import { firstOutGroup, watchGroups } from '../../../helpers/grouped.ts';
import { buildLimit, watchedDevice } from '../../../helpers/watched.ts';

const limits = [buildLimit('L', 3), buildLimit('LL', 1), buildLimit('H', 6, { onDelayMs: 5_000 })];
const [a, b] = [watchedDevice({ id: 'a', limits }), watchedDevice({ id: 'b', limits, absentAfterMs: 60_000 })];
const devices = [a, b];
const watching = (conditions: readonly string[] | null = null) =>
  watchGroups(devices, [firstOutGroup(devices, conditions)]);
const named = (site: ReturnType<typeof watching>) =>
  site.changes
    .filter(({ device }) => device.id === 'first-1')
    .map(({ level, value }) => [level?.condition ?? null, value]);

describe('first-out', () => {
  it('names the first condition until all are over', () => {
    const site = watching().at(0, b, 2).at(1, a, 2).at(2, b, 4).at(3, a, 4).at(4, a, 2);
    expect(named(site)).toEqual([
      ['firstOut', 'b.p.L'],
      [null, null],
      ['firstOut', 'a.p.L'],
    ]);
    expect(site.changes.find(({ device }) => device.id === 'first-1')?.level?.measured).toBeNull();
  });

  it('goes by source time: one that was earlier and is heard of later takes its place', () => {
    const site = watching().at(0, a, 7).at(3, b, 2).tick(5);
    expect(named(site)).toEqual([
      ['firstOut', 'b.p.L'],
      ['firstOut', 'a.p.H'],
    ]);
  });

  it('does not change its mind after the window', () => {
    const site = watching().at(0, b, 2).at(-20, a, 2, { received: 11 });
    expect(named(site)).toEqual([['firstOut', 'b.p.L']]);
  });

  it('looks at the named conditions only', () => {
    const site = watching(['p.LL']).at(0, a, 2).at(1, b, 0.5).at(2, b, 2);
    expect(named(site)).toEqual([
      ['firstOut', 'b.p.LL'],
      [null, null],
    ]);
  });

  it('takes silence only where it is named', () => {
    expect(named(watching().tick(100))).toEqual([]);
    expect(named(watching(['absent']).tick(100))).toEqual([['firstOut', 'b.absent']]);
  });
});
