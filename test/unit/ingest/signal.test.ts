import { expect, test } from 'vitest';
import { validateObject } from '../../../src/ingest/validate.ts';
import type { Quality } from '../../../src/model/quality.ts';
import { buildDevice, buildProfile, NOON } from '../../helpers/readings.ts';

const profile = buildProfile({ current: 'number', other: 'number' });
const points = profile.points.map((point) =>
  point.id === 'current' ? { ...point, signal: { low: 3.6, high: 21 } } : point,
);
const device = { ...buildDevice({ ...profile, points }), points };

test.each<[number, Quality]>([
  [3.5, 'bad'],
  [3.6, 'bad'],
  [3.61, 'good'],
  [3.8, 'good'],
  [20.5, 'good'],
  [20.99, 'good'],
  [21, 'bad'],
  [22, 'bad'],
])('a loop current of %s mA is %s', (current, quality) => {
  const refused: unknown[] = [];
  const values = { current, other: 22 };
  const reading = validateObject(
    device,
    { values },
    NOON,
    { futureToleranceMs: 60_000, liveWindowMs: 300_000 },
    (one) => refused.push(one),
  );
  expect(refused).toEqual([]);
  expect(reading?.values).toEqual([current, 22]);
  expect(reading?.qualities ?? ['good', 'good']).toEqual([quality, 'good']);
});
