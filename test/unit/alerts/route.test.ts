import { describe, expect, test } from 'vitest';
import { escalationOf, recipients, route, type Subject } from '../../../src/alerts/policy/route.ts';
import { createWallClock } from '../../../src/model/local-time.ts';
import type { Grouping, Route, TimeMatch } from '../../../src/model/routing.ts';
import { buildRouting, buildRoute as node } from '../../helpers/routing.ts';

const RED: Subject = { tier: 'red', site: 'wujin-gas', profile: 'cabinet', grid: '320412', tags: ['school', 'old'] };
const BLUE: Subject = { ...RED, tier: 'blue' };
const NOWHERE: Subject = { ...RED, grid: null, tags: [] };

const clock = createWallClock('Asia/Shanghai');
/** A Wednesday. */
const NOON = clock(Date.parse('2026-11-25T12:00:00+08:00'));
const NIGHT = clock(Date.parse('2026-11-25T23:00:00+08:00'));

const BY_DAY: TimeMatch = { weekdays: [], hours: [{ from: 480, to: 1200 }], calendars: [], except: [] };
const GROUPED: Grouping = { by: ['site'], waitMs: 10_000, intervalMs: 60_000 };
const ALL = ['a', 'b', 'c'];

describe('route', () => {
  const cases: [string, Route[], Subject, string[]][] = [
    ['no routes name nobody', [], RED, []],
    ['an empty match takes everything', [node(['a'])], BLUE, ['a']],
    ['the first match wins', [node(['a'], { tier: ['red'] }), node(['b'])], RED, ['a']],
    ['one that does not match is passed by', [node(['a'], { tier: ['red'] }), node(['b'])], BLUE, ['b']],
    ['continue goes on', [node(['a'], {}, { continue: true }), node(['b']), node(['c'])], RED, ['a', 'b']],
    ['every part must match', [node(['a'], { tier: ['red'], site: ['other'] })], RED, []],
    ['the profile counts', [node(['a'], { profile: ['cabinet'] })], RED, ['a']],
    ['a grid takes what begins with it', [node(['a'], { grid: ['99', '3204'] })], RED, ['a']],
    ['another grid does not', [node(['a'], { grid: ['3205'] })], RED, []],
    ['nor a device without one', [node(['a'], { grid: ['3204'] })], NOWHERE, []],
    ['all tags must be there', [node(['a'], { tags: ['old', 'school'] })], RED, ['a']],
    ['one is not enough', [node(['a'], { tags: ['old', 'new'] })], RED, []],
    ['a time that is now', [node(['a'], { when: BY_DAY })], RED, ['a']],
    ['a time that is not', [node(['a'], { when: { ...BY_DAY, weekdays: [6, 7] } }), node(['b'])], RED, ['b']],
    ['a child speaks for its parent', [node(['a'], {}, { routes: [node(['b'], { tier: ['red'] })] })], RED, ['b']],
    ['without one the parent speaks', [node(['a'], {}, { routes: [node(['b'], { tier: ['red'] })] })], BLUE, ['a']],
    [
      'a child continues among its siblings only',
      [node(['a'], {}, { routes: [node(['b'], {}, { continue: true }), node(['c'])] }), node(['d'])],
      RED,
      ['b', 'c'],
    ],
  ];
  test.each(cases)('%s', (_name, routes, subject, expected) => {
    expect(route(buildRouting([], { routes }), subject, NOON).flatMap(({ to }) => to)).toEqual(expected);
  });
});

describe('recipients', () => {
  const to = (...ids: string[]) => ids.map((receiver) => ({ receiver, grouping: null }));
  const routing = (...routes: Route[]) => buildRouting(ALL, { routes });

  test('without routes everybody is told', () => {
    expect(recipients(routing(), BLUE, [], NOON)).toEqual({ recipients: to('a', 'b', 'c'), unrouted: false });
  });

  test('an alarm that no route takes goes to everybody and is counted', () => {
    const found = recipients(routing(node(['a'], { tier: ['red'] })), BLUE, [], NOON);
    expect(found).toEqual({ recipients: to('a', 'b', 'c'), unrouted: true });
  });

  test('so does one that no route takes at this time', () => {
    const byDay = routing(node(['a'], { when: BY_DAY }));
    expect(recipients(byDay, RED, [], NOON)).toEqual({ recipients: to('a'), unrouted: false });
    expect(recipients(byDay, RED, [], NIGHT)).toEqual({ recipients: to('a', 'b', 'c'), unrouted: true });
  });

  test('a route to a receiver that is gone counts as none', () => {
    const found = recipients(routing(node(['gone'])), RED, [], NOON);
    expect(found).toEqual({ recipients: to('a', 'b', 'c'), unrouted: true });
  });

  test('who was told before hears on, whatever the new tier says', () => {
    const tree = routing(node(['c'], { tier: ['red'] }), node(['b'], {}, { grouping: GROUPED }));
    const grouped = { receiver: 'b', grouping: GROUPED };
    expect(recipients(tree, BLUE, ['c'], NOON)).toEqual({ recipients: [grouped, ...to('c')], unrouted: false });
    expect(recipients(tree, BLUE, ['gone'], NOON)).toEqual({ recipients: [grouped], unrouted: false });
  });

  test('a receiver is told once, as the first route says that names it', () => {
    const tree = routing(node(['b'], {}, { continue: true, grouping: GROUPED }), node(['b', 'a']));
    expect(recipients(tree, RED, ['b'], NOON).recipients).toEqual([...to('a'), { receiver: 'b', grouping: GROUPED }]);
  });

  test('a roster stands for whose turn it is', () => {
    const rosters = new Map([['duty', { turns: [{ when: BY_DAY, to: ['a'] }], otherwise: ['b', 'c'] }]]);
    const tree = { ...routing(node(['duty'])), rosters };
    expect(recipients(tree, RED, [], NOON).recipients).toEqual(to('a'));
    expect(recipients(tree, RED, [], NIGHT).recipients).toEqual(to('b', 'c'));
    // The next shift takes over, and who knows of it is told how it ends.
    expect(recipients(tree, RED, ['a'], NIGHT).recipients).toEqual(to('a', 'b', 'c'));
  });
});

describe('escalationOf', () => {
  const step = (afterMs: number, to: string[], level: string | null = null) => ({ afterMs, to, level });
  const times = { since: NOON, now: NOON };

  test('is that of the route that speaks for the alarm', () => {
    const child = node(['a'], { tier: ['red'] }, { escalation: [step(1, ['b'], 'town'), step(2, ['c'], 'city')] });
    const routing = buildRouting(ALL, { routes: [node(['a'], {}, { escalation: [step(5, ['c'])], routes: [child] })] });
    expect(escalationOf(routing, RED, times)).toEqual([step(1, ['b'], 'town'), step(2, ['c'], 'city')]);
    expect(escalationOf(routing, BLUE, times)).toEqual([step(5, ['c'])]);
  });

  test('of several routes comes in the order of time, the same time as one step', () => {
    const routes = [
      node(['a'], {}, { continue: true, escalation: [step(2, ['b']), step(9, ['c'])] }),
      node(['a'], {}, { escalation: [step(1, ['c']), step(2, ['a'], 'county')] }),
    ];
    expect(escalationOf(buildRouting(ALL, { routes }), RED, times)).toEqual([
      step(1, ['c']),
      step(2, ['a', 'b'], 'county'),
      step(9, ['c']),
    ]);
  });

  test('has the steps of the time it began, and the people of now', () => {
    const rosters = new Map([['duty', { turns: [{ when: BY_DAY, to: ['a'] }], otherwise: ['b'] }]]);
    const routes = [
      node(['c'], { when: BY_DAY }, { escalation: [step(1, ['duty']), step(2, ['c'])] }),
      node(['c'], {}, { escalation: [step(7, ['c'])] }),
    ];
    const routing = buildRouting(ALL, { routes, rosters });
    expect(escalationOf(routing, RED, { since: NOON, now: NIGHT })).toEqual([step(1, ['b']), step(2, ['c'])]);
    expect(escalationOf(routing, RED, { since: NIGHT, now: NIGHT })).toEqual([step(7, ['c'])]);
  });

  test('reaches everybody where those it names are gone', () => {
    const routing = buildRouting(ALL, { routes: [node(['a'], {}, { escalation: [step(1, ['gone'])] })] });
    expect(escalationOf(routing, RED, times)).toEqual([step(1, ALL)]);
  });
});
