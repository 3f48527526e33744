import { expect, test } from 'vitest';
import { membersOf } from '../../../src/explain/members.ts';
import type { Quality } from '../../../src/model/quality.ts';
import type { DeviceSnapshot } from '../../../src/rules/device-snapshot.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { countGroup, voteGroup, voteLevel } from '../../helpers/grouped.ts';
import { NOON } from '../../helpers/readings.ts';
import { watchedDevice } from '../../helpers/watched.ts';

const list = ['a', 'b', 'c', 'd', 'e'].map((id) => watchedDevice({ id }));
const devices = new Map(list.map((device) => [device.key, device]));
const samples: Readonly<Record<string, readonly [number, Quality]>> = {
  a: [3.5, 'good'],
  b: [1, 'good'],
  c: [2.95, 'good'],
  d: [1, 'bad'],
};

function stateOf(key: string): DeviceSnapshot | null {
  const sample = samples[key.split('/')[1] ?? ''];
  if (!sample) return null;
  const [value, quality] = sample;
  const points = { p: { ts: NOON, value, quality, holds: [], freshAt: NOON, overtakenSince: null } };
  return { seq: 1, seenAt: NOON, absent: false, points, rules: {} };
}

const source = { devices, stateOf, now: NOON + 1000 };
const alarmOf = (device: string, condition: string) =>
  buildAlarm({ site: 'wujin-gas', device, condition, point: null });

test.each([
  ['safe' as const, 'badCounts'],
  ['available' as const, 'badLeftOut'],
])('channels of a vote and which count: %s', (onBadChannel, bad) => {
  const group = voteGroup(list, { high: [voteLevel('H', 3, 2, { deadband: 0.1 })], onBadChannel });
  const members = membersOf([group], alarmOf('vote-1', 'H'), source);
  expect(members.map(({ vote }) => vote)).toEqual(['yes', 'no', 'mayHold', bad, bad]);
  expect(members[0]).toMatchObject({ value: 3.5, unit: 'kPa', quality: 'good', state: 'normal', ts: NOON });
  expect(members[4]).toMatchObject({ value: null, quality: 'bad', state: 'notJudged', ts: null });
});

test('members of a count have no vote; another group has no members', () => {
  const group = countGroup(list, 'blue', 2);
  expect(membersOf([group], alarmOf('count-1', 'count.blue'), source).map(({ vote }) => vote)).toEqual(
    list.map(() => null),
  );
  expect(membersOf([group], alarmOf('other', 'x'), source)).toEqual([]);
});
