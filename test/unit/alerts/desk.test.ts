import { describe, expect, it, test } from 'vitest';
import {
  type DeskFacts,
  type DeskSettings,
  type DeskState,
  decide,
  due,
  EMPTY_DESK,
  flush,
  MOST_KEPT,
  type Verdict,
} from '../../../src/alerts/policy/desk.ts';
import type { Alarm, AlarmEventType } from '../../../src/model/alarm.ts';
import { BY_SITE, buildDeskEvent } from '../../helpers/desk-event.ts';
import { NOON } from '../../helpers/readings.ts';

const MINUTE = 60_000;
const FLOOD = { start: 10, end: 5, windowMs: 10 * MINUTE, digestEveryMs: MINUTE };
const CALM: DeskSettings = { flood: null, rate: null };

/** A desk that is asked one event after the other; times are milliseconds after noon. */
function open(settings: DeskSettings) {
  let state: DeskState = EMPTY_DESK;
  let sequence = 0;
  const told: { at: number; keys: readonly string[]; events: number; reasons: readonly string[] }[] = [];
  return {
    get state() {
      return state;
    },
    told,
    take(
      at: number,
      type: AlarmEventType = 'raised',
      parts: Partial<Alarm> = {},
      facts: Partial<DeskFacts> = {},
    ): Verdict & { began: boolean } {
      sequence++;
      const event = buildDeskEvent(sequence, NOON + at, type, parts);
      const known = { tier: event.alarm.tier, grouping: null, waitingIn: null, ...facts };
      const decision = decide(state, settings, event, known, NOON + at);
      ({ state } = decision);
      return { ...decision.verdict, began: decision.began !== null };
    },
    /** Lets time pass, and flushes whenever something is due. */
    until(end: number) {
      let floodEndedAt: number | null = null;
      for (let at = due(state, settings); at !== null && at <= NOON + end; at = due(state, settings)) {
        const flushed = flush(state, settings, at);
        ({ state } = flushed);
        if (flushed.ended) floodEndedAt = at - NOON;
        for (const { keys, events, reasons } of flushed.ready) told.push({ at: at - NOON, keys, events, reasons });
      }
      return floodEndedAt;
    },
    due: () => {
      const at = due(state, settings);
      return at === null ? null : at - NOON;
    },
  };
}

describe('what goes at once', () => {
  const chattering = { nuisance: 'chattering' } as const;
  test.each<[string, AlarmEventType, Partial<Alarm>, Partial<DeskFacts>]>([
    ['a red alarm', 'raised', { tier: 'red' }, {}],
    ['a red alarm that chatters', 'raised', { tier: 'red', ...chattering }, {}],
    ['the end of an alarm that was red', 'cleared', { tier: 'yellow' }, { tier: 'red' }],
    ['an escalation of red', 'overdue', { tier: 'red' }, {}],
    ['an exercise', 'raised', { status: 'exercise' }, {}],
  ])('%s, in a flood, in a group, beyond the rate', (_, type, parts, facts) => {
    const desk = open({ flood: { ...FLOOD, start: 1 }, rate: { messages: 1, perMs: MINUTE } });
    desk.take(0);
    desk.take(0);
    expect(desk.take(1, 'raised')).toMatchObject({ kind: 'held', for: 'flood' });
    expect(desk.take(1, type, parts, { grouping: BY_SITE, ...facts })).toMatchObject({ kind: 'now' });
  });

  test.each<AlarmEventType>(['overdue', 'shelved', 'returnedToService'])(
    '%s, in a group and beyond the rate; in a flood it waits for the digest',
    (type) => {
      const desk = open({ flood: { ...FLOOD, start: 3 }, rate: { messages: 1, perMs: MINUTE } });
      desk.take(0);
      expect(desk.take(1, 'raised')).toMatchObject({ kind: 'held', for: 'rate' });
      expect(desk.take(1, type, {}, { grouping: BY_SITE })).toMatchObject({ kind: 'now' });
      for (let i = 0; i < 3; i++) desk.take(2);
      expect(desk.take(3, type, {}, { grouping: BY_SITE })).toMatchObject({ kind: 'held', for: 'flood' });
    },
  );

  it('is a broken promise with what it follows, where that still waits', () => {
    const desk = open(CALM);
    const verdict = desk.take(0, 'raised', {}, { grouping: BY_SITE });
    const pile = verdict.kind === 'held' ? verdict.pile : '';
    expect(desk.take(1000, 'overdue', {}, { waitingIn: pile })).toMatchObject({ kind: 'held', pile });
    expect(desk.due()).toBe(1000);
    desk.until(1000);
    expect(desk.told).toMatchObject([{ at: 1000, events: 2 }]);
  });

  it('is everything where nothing is asked for', () => {
    const desk = open(CALM);
    for (let i = 0; i < 50; i++) expect(desk.take(i)).toMatchObject({ kind: 'now' });
    expect(desk.due()).toBeNull();
  });
});

describe('broken promises', () => {
  it('of thousands of alarms are a flood of their own, though nothing new was raised', () => {
    const desk = open({ flood: FLOOD, rate: null });
    for (let i = 0; i < 10; i++) expect(desk.take(i, 'overdue')).toMatchObject({ kind: 'now', began: false });
    expect(desk.take(10, 'overdue')).toMatchObject({ kind: 'held', for: 'flood', began: true });
    for (let i = 0; i < 5000; i++) desk.take(11, 'overdue');
    desk.until(MINUTE);
    expect(desk.told).toMatchObject([{ events: 5001 }]);
    expect(desk.state.flood).toMatchObject({ raised: 0 });
  });

  it('of red begin none', () => {
    const desk = open({ flood: FLOOD, rate: null });
    for (let i = 0; i < 50; i++) expect(desk.take(i, 'overdue', { tier: 'red' })).toMatchObject({ began: false });
  });
});

describe('groups', () => {
  it('wait for others, then for the interval', () => {
    const desk = open(CALM);
    const grouped = { grouping: BY_SITE };
    expect(desk.take(0, 'raised', {}, grouped)).toMatchObject({ kind: 'held', for: 'group' });
    desk.take(4000, 'raised', {}, grouped);
    desk.take(5000, 'raised', { site: 'other' }, grouped);
    expect(desk.due()).toBe(10_000);
    desk.until(20_000);
    desk.take(20_000, 'raised', {}, grouped);
    expect(desk.due()).toBe(70_000);
    desk.until(200_000);
    desk.take(200_000, 'raised', {}, grouped);
    expect(desk.due()).toBe(210_000);
    expect(desk.told.map(({ at, events }) => [at, events])).toEqual([
      [10_000, 2],
      [15_000, 1],
      [70_000, 1],
    ]);
  });

  it('keep the events of one alarm in order, whatever the route says by now', () => {
    const desk = open(CALM);
    const verdict = desk.take(0, 'raised', {}, { grouping: BY_SITE });
    const pile = verdict.kind === 'held' ? verdict.pile : '';
    expect(desk.take(1, 'cleared', {}, { waitingIn: pile })).toMatchObject({ kind: 'held', pile });
  });

  it('beyond a hundred wait together', () => {
    const desk = open(CALM);
    for (let i = 0; i < 150; i++) desk.take(i, 'raised', { site: `site-${i}` }, { grouping: BY_SITE });
    expect(desk.state.piles.length).toBe(101);
    desk.until(MINUTE);
    expect(desk.told.reduce((sum, { events }) => sum + events, 0)).toBe(150);
  });
});

describe('a flood', () => {
  it('begins with the eleventh alarm in ten minutes, which leads its digests, and ends below five', () => {
    const desk = open({ flood: FLOOD, rate: null });
    for (let i = 0; i < 10; i++) expect(desk.take(i * 30_000)).toMatchObject({ kind: 'now', began: false });
    expect(desk.take(300_000)).toMatchObject({ kind: 'held', for: 'flood', began: true });
    expect(desk.state.flood?.firstOut.alarm).toBe('alm_11');
    expect(desk.due()).toBe(305_000);
    // The sixth of the ten leaves the window between ten minutes after it and ten seconds later.
    const ended = desk.until(20 * MINUTE);
    expect(ended).toBeGreaterThanOrEqual(600_000 + 6 * 30_000);
    expect(ended).toBeLessThanOrEqual(610_000 + 6 * 30_000);
    expect(desk.state.flood).toBeNull();
  });

  it('does not begin with ten, nor by exercises, nuisance, or anything but new alarms', () => {
    const desk = open({ flood: FLOOD, rate: null });
    for (let i = 0; i < 10; i++) desk.take(i);
    for (let i = 0; i < 20; i++) {
      desk.take(20, 'raised', { status: 'exercise' });
      desk.take(20, 'raised', { nuisance: 'fleeting' });
      desk.take(20, 'cleared');
    }
    expect(desk.state.flood).toBeNull();
  });

  it('sends at most one digest a minute, counted from the last one of any kind', () => {
    const desk = open({ flood: FLOOD, rate: null });
    desk.take(0, 'raised', {}, { grouping: BY_SITE });
    desk.take(1, 'raised', {}, { grouping: BY_SITE });
    desk.until(10_000);
    for (let at = 11_000; at < 200_000; at += 100) {
      desk.until(at);
      desk.take(at, 'raised', {}, { grouping: BY_SITE });
    }
    desk.until(20 * MINUTE);
    expect(desk.told.map(({ at }) => at)).toEqual([10_000, 70_000, 130_000, 190_000, 250_000]);
    expect(desk.told.reduce((sum, { events }) => sum + events, 0)).toBe(2 + 1890);
  });

  it('takes along what waited before it, and takes no longer than five seconds to speak', () => {
    const desk = open({ flood: { ...FLOOD, start: 2 }, rate: null });
    desk.take(0, 'raised', {}, { grouping: { ...BY_SITE, waitMs: 60_000 } });
    for (let i = 0; i < 5; i++) desk.take(1000);
    desk.until(6000);
    expect(desk.told).toEqual([
      { at: 6000, keys: expect.arrayContaining(['flood']), events: 5, reasons: ['group', 'flood'] },
    ]);
  });
});

describe('a rate', () => {
  const rate = { messages: 10, perMs: 10_000 };

  it('lets a fifth for red, and tells the rest as soon as there is room', () => {
    const desk = open({ flood: null, rate });
    for (let i = 0; i < 8; i++) expect(desk.take(0)).toMatchObject({ kind: 'now' });
    expect(desk.take(0)).toMatchObject({ kind: 'held', for: 'rate' });
    expect(desk.take(500)).toMatchObject({ kind: 'held', for: 'rate' });
    expect(desk.due()).toBe(1000);
    desk.until(1000);
    expect(desk.told).toEqual([{ at: 1000, keys: ['rate'], events: 2, reasons: ['rate'] }]);
  });

  it('is taken from by red, which never waits', () => {
    const desk = open({ flood: null, rate });
    for (let i = 0; i < 30; i++) expect(desk.take(0, 'raised', { tier: 'red' })).toMatchObject({ kind: 'now' });
    expect(desk.take(0)).toMatchObject({ kind: 'held', for: 'rate' });
    expect(desk.due()).toBe(3000);
  });

  it('lets nothing overtake what waits', () => {
    const desk = open({ flood: null, rate });
    for (let i = 0; i < 9; i++) desk.take(0);
    expect(desk.take(5000)).toMatchObject({ kind: 'held', for: 'rate' });
  });
});

describe('nuisance', () => {
  it('waits for nobody who wants every event by itself', () => {
    const desk = open({ flood: null, rate: null });
    expect(desk.take(0, 'raised', { nuisance: 'chattering' })).toMatchObject({ kind: 'now' });
  });

  it('is told every five minutes, but its step up at once', () => {
    const desk = open({ flood: FLOOD, rate: null });
    const parts = { nuisance: 'chattering' } as const;
    for (let i = 0; i < 40; i++) {
      expect(desk.take(i * 1000, i % 2 ? 'returned' : 'raised', parts)).toMatchObject({
        kind: 'held',
        for: 'nuisance',
      });
    }
    expect(desk.take(40_000, 'escalated', parts, { waitingIn: 'nuisance' })).toMatchObject({ kind: 'now' });
    desk.until(10 * MINUTE);
    expect(desk.told).toEqual([{ at: 300_000, keys: ['nuisance'], events: 40, reasons: ['nuisance'] }]);
  });
});

describe('bounds', () => {
  it('only counts what comes when the desk is full', () => {
    const desk = open({ flood: { ...FLOOD, start: 1 }, rate: null });
    for (let i = 0; i <= MOST_KEPT; i++) desk.take(0);
    expect(desk.take(0)).toMatchObject({ kind: 'held', kept: false });
    const { state } = desk;
    const [pile] = flush(state, { flood: { ...FLOOD, start: 1 }, rate: null }, NOON + 5000).ready;
    expect(pile).toMatchObject({ events: MOST_KEPT + 1, countedOnly: 1, raisedOnly: { yellow: 1 } });
    expect(JSON.stringify(state).length).toBeLessThan(5000);
  });

  it('moves what is to come when the clock is set back', () => {
    const desk = open(CALM);
    desk.take(3_600_000, 'raised', {}, { grouping: BY_SITE });
    desk.take(0, 'raised', {}, { grouping: BY_SITE });
    expect(desk.due()).toBe(10_000);
  });
});
