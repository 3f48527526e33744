import { expect, test } from 'vitest';
import { withinRetention } from '../../../src/store/too-old.ts';
import { buildDevice, buildReading, NOON } from '../../helpers/readings.ts';

const readings = [0, -50, 10, -90].map((s) => buildReading(buildDevice(), { values: { pressure: 1 }, ts: NOON + s }));

test('what is too old is refused by its place, and the rest keeps its places', () => {
  const refused: number[] = [];
  const { part, positions } = withinRetention(readings, 100, NOON, (position) => refused.push(position));
  expect(refused).toEqual([101, 103]);
  expect(part).toEqual([readings[0], readings[2]]);
  expect(positions).toEqual([100, 102]);
});

test('nothing is copied where nothing is too old', () => {
  const all = withinRetention(readings, 0, 0, () => expect.unreachable());
  expect(all).toEqual({ part: readings, positions: null });
  expect(all.part).toBe(readings);
});
