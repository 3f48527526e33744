import { describe, expect, test } from 'vitest';
import { recipients, route, type Subject } from '../../../src/alerts/policy/route.ts';
import type { Route, RouteMatch } from '../../../src/model/configuration.ts';

const RED: Subject = { tier: 'red', site: 'wujin-gas', profile: 'cabinet' };
const BLUE: Subject = { ...RED, tier: 'blue' };

function node(match: Partial<RouteMatch>, to: string[], rest: Partial<Route> = {}): Route {
  return { match: { tier: [], site: [], profile: [], ...match }, to, continue: false, routes: [], ...rest };
}

describe('route', () => {
  const cases: [string, Route[], Subject, string[]][] = [
    ['no routes name nobody', [], RED, []],
    ['an empty match takes everything', [node({}, ['a'])], BLUE, ['a']],
    ['the first match wins', [node({ tier: ['red'] }, ['a']), node({}, ['b'])], RED, ['a']],
    ['one that does not match is passed by', [node({ tier: ['red'] }, ['a']), node({}, ['b'])], BLUE, ['b']],
    ['continue goes on', [node({}, ['a'], { continue: true }), node({}, ['b']), node({}, ['c'])], RED, ['a', 'b']],
    ['a receiver is named once', [node({}, ['a', 'b'], { continue: true }), node({}, ['b', 'a'])], RED, ['a', 'b']],
    ['every part must match', [node({ tier: ['red'], site: ['other'] }, ['a'])], RED, []],
    ['the profile counts', [node({ profile: ['cabinet'] }, ['a'])], RED, ['a']],
    ['a child speaks for its parent', [node({}, ['a'], { routes: [node({ tier: ['red'] }, ['b'])] })], RED, ['b']],
    [
      'without a matching child the parent speaks',
      [node({}, ['a'], { routes: [node({ tier: ['red'] }, ['b'])] })],
      BLUE,
      ['a'],
    ],
    ['a child without to inherits', [node({}, ['a'], { routes: [node({ tier: ['red'] }, [])] })], RED, ['a']],
    ['also over two levels', [node({}, ['a'], { routes: [node({}, [], { routes: [node({}, [])] })] })], RED, ['a']],
    [
      'a child continues among its siblings only',
      [node({}, ['a'], { routes: [node({}, ['b'], { continue: true }), node({}, ['c'])] }), node({}, ['d'])],
      RED,
      ['b', 'c'],
    ],
  ];
  test.each(cases)('%s', (_name, routes, subject, expected) => {
    expect(route(routes, subject)).toEqual(expected);
  });
});

describe('recipients', () => {
  const all = ['a', 'b', 'c'];

  test('without routes everybody is told', () => {
    expect(recipients([], all, BLUE, [])).toEqual({ receivers: all, unrouted: false });
  });

  test('an alarm that no route takes goes to everybody and is counted', () => {
    expect(recipients([node({ tier: ['red'] }, ['a'])], all, BLUE, [])).toEqual({ receivers: all, unrouted: true });
  });

  test('a route to a receiver that is gone counts as none', () => {
    expect(recipients([node({}, ['gone'])], all, RED, [])).toEqual({ receivers: all, unrouted: true });
  });

  test('who was told before hears on, whatever the new tier says', () => {
    const routes = [node({ tier: ['red'] }, ['c']), node({}, ['b'])];
    expect(recipients(routes, all, BLUE, ['c'])).toEqual({ receivers: ['b', 'c'], unrouted: false });
    expect(recipients(routes, all, BLUE, ['gone'])).toEqual({ receivers: ['b'], unrouted: false });
  });
});
