import { describe, expect, it } from 'vitest';
import type { CountGroup } from '../../../../src/model/group.ts';
import { countGroup, watchGroups } from '../../../helpers/grouped.ts';
import { buildLimit, watchedDevice } from '../../../helpers/watched.ts';

const limits = [
  buildLimit('L', 2, { tier: 'blue' }),
  buildLimit('H', 6, { tier: 'yellow' }),
  buildLimit('HH', 8, { tier: 'orange' }),
];
const devices = ['a', 'b', 'c', 'd'].map((id) => watchedDevice({ id, limits, absentAfterMs: 60_000 }));
const [a, b, c, d] = devices as [(typeof devices)[0], (typeof devices)[0], (typeof devices)[0], (typeof devices)[0]];

describe('a count', () => {
  it('climbs and descends with the members in alarm', () => {
    const site = watchGroups(devices, [countGroup(devices, 'yellow', 1, 2, 3)]);
    site.at(0, a, 7).at(1, b, 7).at(2, c, 9).at(3, c, 9).at(4, b, 5).at(5, a, 5).at(6, c, 5);
    expect(site.seen('count-1')).toEqual([
      [0, 'count.blue'],
      [1, 'count.yellow'],
      [2, 'count.orange'],
      [4, 'count.yellow'],
      [5, 'count.blue'],
      [6, '-count'],
    ]);
    expect(site.changes.find(({ level }) => level?.condition === 'count.orange')?.level).toMatchObject({
      measured: 3,
      limit: 3,
      tier: 'orange',
    });
  });

  it('counts a member once, from the tier on that is counted', () => {
    const site = watchGroups(devices, [countGroup(devices, 'yellow', 1, 2)]);
    site.at(0, a, 1).at(1, b, 1).at(2, c, 9).at(3, c, 7);
    expect(site.seen('count-1')).toEqual([[2, 'count.blue']]);
  });

  // GB 39496-2020: four blue points are yellow, three yellow orange, two orange red.
  it('steps up as tailings dams do', () => {
    const step = countGroup(devices, 'blue', 4, 3, 2);
    const [yellow, orange, red] = step.levels;
    if (!yellow || !orange || !red) throw new Error('three levels');
    const group: CountGroup = {
      ...step,
      levels: [
        { ...yellow, condition: 'count.yellow', tier: 'yellow', counting: 'blue' },
        { ...orange, condition: 'count.orange', tier: 'orange', counting: 'yellow' },
        { ...red, condition: 'count.red', tier: 'red', counting: 'orange' },
      ],
    };
    const site = watchGroups(devices, [group]);
    site.at(0, a, 1).at(1, b, 1).at(2, c, 1).at(3, d, 1).at(4, a, 7).at(5, b, 7).at(6, c, 7).at(7, a, 9).at(8, b, 9);
    expect(site.seen('count-1')).toEqual([
      [3, 'count.yellow'],
      [6, 'count.orange'],
      [8, 'count.red'],
    ]);
  });

  it('counts one point where a member is one', () => {
    const members = devices.map(({ key }) => ({ device: key, point: 'q' }));
    const site = watchGroups(devices, [{ ...countGroup(devices, 'yellow', 1), members }]);
    expect(site.at(0, a, 9).seen('count-1')).toEqual([]);
  });

  it('does not count silence', () => {
    const site = watchGroups(devices, [countGroup(devices, 'blue', 1)]).tick(100);
    expect(site.seen('count-1')).toEqual([]);
    expect(site.inForce()).toHaveLength(4);
  });

  it('waits for its delays', () => {
    const { levels, ...rest } = countGroup(devices, 'yellow', 2);
    const delayed = levels.map((level) => ({ ...level, onDelayMs: 10_000, offDelayMs: 5_000 }));
    const site = watchGroups(devices, [{ ...rest, levels: delayed }]);
    site.at(0, a, 7).at(1, b, 7).at(5, b, 5).at(20, b, 7).tick(40).at(41, b, 5).tick(50);
    expect(site.seen('count-1')).toEqual([
      [30, 'count.blue'],
      [46, '-count'],
    ]);
  });

  it('begins with what is in force when it is new', () => {
    const before = watchGroups(devices, []).at(0, a, 7).at(1, b, 7);
    const after = watchGroups(devices, [countGroup(devices, 'yellow', 1, 2)]);
    after.engine.takeOver(before.engine, 3);
    after.changes.length = 0;
    after.engine.restate(after.engine.now);
    expect(after.inForce()).toEqual(['a p.H', 'b p.H', 'count-1 count.yellow']);
    // The first two have the numbers of what the other engine has judged.
    expect(after.at(4, a, 7).at(4, a, 7).at(5, b, 5).inForce()).toEqual(['a p.H', 'count-1 count.blue']);
  });
});
