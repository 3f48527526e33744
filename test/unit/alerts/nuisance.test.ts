import { describe, expect, it, test } from 'vitest';
import { judgeNuisance, NO_VISITS, proposeTuning } from '../../../src/alerts/policy/nuisance.ts';
import { NuisanceBook } from '../../../src/alerts/policy/nuisance-book.ts';
import type { AlarmEventType } from '../../../src/model/alarm.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { NOON } from '../../helpers/readings.ts';

type Story = readonly (readonly [second: number, type: AlarmEventType])[];

/** The alarm comes at each of `starts` and goes `forSeconds` later. */
function visits(starts: readonly number[], forSeconds: number): Story {
  return starts.flatMap((start) => [
    [start, 'raised'],
    [start + forSeconds, 'returned'],
  ]) satisfies Story;
}

function told(story: Story) {
  let history = NO_VISITS;
  let last: ReturnType<typeof judgeNuisance>['nuisance'] = null;
  for (const [second, type] of story) {
    ({ history, nuisance: last } = judgeNuisance(history, type, NOON + second * 1000));
  }
  return { history, nuisance: last };
}

const CHATTERING = visits([0, 20, 40], 10);

describe('nuisance', () => {
  test.each<[string, Story, string | null]>([
    ['three visits in a minute chatter', CHATTERING, 'chattering'],
    ['two do not', visits([0, 20], 10), null],
    ['nor do three in more than a minute', visits([0, 25, 51], 10), null],
    ['it chatters until it was quiet for ten minutes', [...CHATTERING, [640, 'raised']], 'chattering'],
    ['and not longer', [...CHATTERING, [651, 'raised']], null],
    ['every coming and going puts that off', [...CHATTERING, [640, 'raised'], [1200, 'returned']], 'chattering'],
    ['three brief visits in an hour are fleeting', visits([0, 1000, 2000], 9), 'fleeting'],
    ['visits of ten seconds are not', visits([0, 1000, 2000], 10), null],
    ['nor are three in more than an hour', visits([0, 1000, 3700], 9), null],
    [
      'an alarm announced again after a bypass has not come again',
      [0, 1, 2, 3].map((second) => [second, 'raised']),
      null,
    ],
    [
      'an acknowledged end is one end',
      [0, 10, 20]
        .flatMap(
          (s) =>
            [
              [s, 'raised'],
              [s + 1, 'returned'],
              [s + 2, 'cleared'],
            ] satisfies Story,
        )
        .slice(0, 6),
      null,
    ],
  ])('%s', (_, story, expected) => {
    expect(told(story).nuisance).toBe(expected);
  });

  it('proposes the off-delay that bridges nine of ten gaps, and the on-delay that swallows nine of ten visits', () => {
    // Gaps of 2 s, one of 20 s.
    const starts = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 68];
    expect(proposeTuning(told(visits(starts, 3)).history, 'chattering')).toEqual({ offDelayMs: 3000, onDelayMs: null });
    expect(proposeTuning(told(visits([0, 600, 1200, 1800], 6)).history, 'fleeting')).toEqual({
      offDelayMs: null,
      onDelayMs: 7000,
    });
    expect(proposeTuning(NO_VISITS, 'chattering')).toBeNull();
  });

  it('remembers a bounded number of visits and of keys', () => {
    const many = Array.from({ length: 500 }, (_, index) => index * 2);
    expect(told(visits(many, 1)).history.visits.length).toBe(40);
    const book = new NuisanceBook();
    for (let i = 0; i < 10_050; i++) book.take('raised', buildAlarm({ key: `key-${i}` }), NOON);
    for (const [second, type] of CHATTERING) book.take(type, buildAlarm({ key: 'key-0' }), NOON + second * 1000);
    expect(book.list(NOON + 60_000)).toMatchObject([{ key: 'key-0', nuisance: 'chattering', visits: 3 }]);
    expect(book.list(NOON + 4_000_000)).toEqual([]);
  });
});
