import { describe, expect, test } from 'vitest';
import { applies } from '../../../src/alerts/policy/calendar.ts';
import { standingFor } from '../../../src/alerts/policy/roster.ts';
import { createWallClock } from '../../../src/model/local-time.ts';
import type { Calendar, TimeMatch } from '../../../src/model/routing.ts';

const ALWAYS: TimeMatch = { weekdays: [], hours: [], calendars: [], except: [] };
const FRIDAY_NIGHT: TimeMatch = { ...ALWAYS, weekdays: [5], hours: [{ from: 1320, to: 360 }] };
const calendars = new Map<string, Calendar>([
  ['week', [{ from: '2026-10-01', to: '2026-10-07', title: { en: 'National Day', zh: '国庆节' } }]],
  ['spring', [{ from: '2026-10-07', to: '2026-10-07', title: { en: 'x', zh: 'x' } }]],
]);
const wall = createWallClock('Asia/Shanghai');
const at = (text: string) => wall(Date.parse(`${text}:00+08:00`));

describe('a time match', () => {
  test.each<[string, Partial<TimeMatch>, string, boolean]>([
    ['without parts holds always', {}, '2026-10-01T00:00', true],
    ['holds on its weekday', { weekdays: [4] }, '2026-10-01T00:00', true],
    ['and on no other', { weekdays: [3, 5] }, '2026-10-01T00:00', false],
    ['holds from the first minute', { hours: [{ from: 480, to: 1200 }] }, '2026-10-01T08:00', true],
    ['not before it', { hours: [{ from: 480, to: 1200 }] }, '2026-10-01T07:59', false],
    ['nor at the last one', { hours: [{ from: 480, to: 1200 }] }, '2026-10-01T20:00', false],
    ['holds until midnight', { hours: [{ from: 1200, to: 1440 }] }, '2026-10-01T23:59', true],
    ['not beyond', { hours: [{ from: 1200, to: 1440 }] }, '2026-10-02T00:00', false],
    [
      'holds in any of its hours',
      {
        hours: [
          { from: 0, to: 60 },
          { from: 600, to: 660 },
        ],
      },
      '2026-10-01T10:30',
      true,
    ],
    ['past midnight: in the evening', FRIDAY_NIGHT, '2026-10-02T22:00', true],
    ['past midnight: in the morning after', FRIDAY_NIGHT, '2026-10-03T05:59', true],
    ['past midnight: not in the morning before', FRIDAY_NIGHT, '2026-10-02T05:59', false],
    ['past midnight: not on the evening after', FRIDAY_NIGHT, '2026-10-03T22:00', false],
    [
      'the same hour twice is a whole day',
      { weekdays: [5], hours: [{ from: 480, to: 480 }] },
      '2026-10-03T07:59',
      true,
    ],
    ['and not more', { weekdays: [5], hours: [{ from: 480, to: 480 }] }, '2026-10-03T08:00', false],
    ['holds on the first day of a calendar', { calendars: ['week'] }, '2026-10-01T00:00', true],
    ['and on the last', { calendars: ['week'] }, '2026-10-07T23:59', true],
    ['not on the next', { calendars: ['week'] }, '2026-10-08T00:00', false],
    ['one of several calendars is enough', { calendars: ['spring', 'week'] }, '2026-10-02T00:00', true],
    ['not on excepted days', { except: ['spring'] }, '2026-10-07T00:00', false],
    ['but on others', { except: ['spring'] }, '2026-10-06T00:00', true],
    ['excepted days win', { calendars: ['week'], except: ['spring'] }, '2026-10-07T12:00', false],
    [
      'the night of a holiday ends with it',
      { ...FRIDAY_NIGHT, weekdays: [], calendars: ['week'] },
      '2026-10-08T05:00',
      true,
    ],
    ['a calendar that is not there has no day', { calendars: ['none'] }, '2026-10-01T00:00', false],
  ])('%s', (_name, match, time, expected) => {
    expect(applies({ ...ALWAYS, ...match }, calendars, at(time))).toBe(expected);
  });
});

describe('a roster', () => {
  const rosters = new Map([
    [
      'duty',
      {
        turns: [
          { when: { ...ALWAYS, calendars: ['week'] }, to: ['holiday'] },
          { when: { ...ALWAYS, weekdays: [1, 2, 3, 4, 5], hours: [{ from: 480, to: 1200 }] }, to: ['day'] },
        ],
        otherwise: ['night', 'head'],
      },
    ],
  ]);

  test.each([
    ['2026-10-01T12:00', ['holiday']],
    ['2026-10-09T12:00', ['day']],
    ['2026-10-09T20:00', ['night', 'head']],
    ['2026-10-10T12:00', ['night', 'head']],
  ])('at %s stands for %j', (time, expected) => {
    expect(standingFor('duty', { rosters, calendars }, at(time))).toEqual(expected);
  });

  test('any other name stands for itself', () => {
    expect(standingFor('day', { rosters, calendars }, at('2026-10-09T12:00'))).toEqual(['day']);
  });
});
