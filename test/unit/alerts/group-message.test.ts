import { describe, expect, test } from 'vitest';
import { alarmMessage, endedMessage } from '../../../src/alerts/message.ts';
import { countGroup, firstOutGroup, silenceGroup, voteGroup, voteLevel, watchGroups } from '../../helpers/grouped.ts';
import { buildLimit, watchedDevice } from '../../helpers/watched.ts';

const build = (id: string) => watchedDevice({ id, absentAfterMs: 120_000, limits: [buildLimit('H', 40)] });
const [a, b, c] = [build('a'), build('b'), build('c')];
const devices = [a, b, c];

/** What was told first of a group, in both languages, without where it is. */
function told(site: ReturnType<typeof watchGroups>, id: string, condition: string): [string, string] {
  const change = site.changes.find(({ device, level }) => device.id === id && level?.condition === condition);
  if (!change?.level) throw new Error(`nothing told of ${id} ${condition}`);
  const { en, zh } = alarmMessage(change, change.level);
  return [en.replace(/^.*?: /, ''), zh.replace(/^.*?：/, '')];
}

describe('the message of a group', () => {
  const deviation = {
    condition: 'deviation',
    rank: 1,
    by: 10,
    deadband: 2,
    onDelayMs: 0,
    offDelayMs: 0,
    tier: 'blue' as const,
    latch: false,
  };
  const vote = voteGroup(devices, { high: [voteLevel('HH', 40, 2)], deviation });

  test('of a vote tells votes, need and median', () => {
    const site = watchGroups(devices, [vote]).at(0, a, 50).at(1, b, 45);
    expect(told(site, 'vote-1', 'HH')).toEqual([
      'high-high, 2 of 3 detectors at the limit 40 kPa: a, b (2 needed), median 47.5 kPa',
      '高高报，3 台探测器中 2 台达到限值 40 kPa：a、b（需 2 票），中位值 47.5 kPa',
    ]);
  });

  test('of a vote that only lost channels have given says so', () => {
    const site = watchGroups(devices, [vote]).at(0, a, null).at(1, b, null).at(2, c, null);
    expect(told(site, 'vote-1', 'HH')[0]).toMatch(
      /^high-high, 0 of 3 detectors at the limit 40 kPa, [23] lost and counted as votes \(2 needed\)/,
    );
  });

  test('of lost channels tells how many are left', () => {
    const site = watchGroups(devices, [vote]).at(0, a, null).at(1, b, null);
    expect(told(site, 'vote-1', 'degraded')[0]).toBe('voting degraded, 2 of 3 channels good');
    expect(told(site, 'vote-1', 'degraded.lost')).toEqual([
      'voting lost, good channels: 1 (2 needed)',
      '表决失效，1 路正常（需 2 路）',
    ]);
  });

  test('of a deviation names the channel', () => {
    const site = watchGroups(devices, [vote]).at(0, a, 5).at(1, b, 5).at(2, c, 30);
    expect(told(site, 'vote-1', 'deviation')[0]).toBe('wujin-gas/c.p is off the median, 25 kPa (limit 10 kPa)');
  });

  test('of a count, a first-out and a silence', () => {
    const groups = [
      countGroup(devices, 'yellow', 2),
      firstOutGroup(devices),
      silenceGroup(devices, { gw: [a, b] }, 60_000),
    ];
    const site = watchGroups(devices, groups).at(0, a, 50).at(1, b, 50).tick(300);
    expect(told(site, 'count-1', 'count.blue')).toEqual([
      '2 members in alarm (limit 2): a, b',
      '2 个成员报警（限值 2）：a、b',
    ]);
    expect(told(site, 'first-1', 'firstOut')).toEqual(['first out: a, p high', '首出报警：a，p高']);
    expect(told(site, 'site', 'absent')).toEqual(['no live data from 3 devices', '3 台设备数据中断']);
  });

  test('of a silence that has become part of a wider one does not say that there is data', () => {
    const site = watchGroups(devices, [silenceGroup(devices, { gw: [a, b] }, 120_000)]).tick(300);
    const ended = site.changes.find(({ device, level }) => device.id === 'a' && !level);
    if (!ended) throw new Error('the alarm of the device was not taken back');
    const { en, zh } = endedMessage(ended, { condition: 'absent', limit: null });
    expect([en, zh]).toEqual([
      expect.stringContaining('still no live data, now part of the alarm of its gateway or site'),
      expect.stringContaining('数据仍中断，已并入网关或全站报警'),
    ]);
  });
});
