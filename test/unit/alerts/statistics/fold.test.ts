import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { figuresBy, figuresOf } from '../../../../src/alerts/statistics/figures.ts';
import { Fold } from '../../../../src/alerts/statistics/fold.ts';
import { alarmLoad } from '../../../../src/backtest/alarm-load.ts';
import { AlarmRecorder } from '../../../../src/backtest/past-alarm.ts';
import type { Alarm, AlarmEvent, AlarmEventType } from '../../../../src/model/alarm.ts';
import type { ConditionChange } from '../../../../src/model/condition.ts';
import { OpenAlarms } from '../../../../src/replay/open-alarms.ts';
import { buildAlarm } from '../../../helpers/alarm.ts';
import { NOON } from '../../../helpers/readings.ts';
import { buildTerms } from '../../../helpers/terms.ts';
import { buildLimit, watchedDevice } from '../../../helpers/watched.ts';
import { MemoryRows } from './memory-rows.ts';

const { tiers: promises } = buildTerms();
const HOUR = 3_600_000;
/** Begins an hour, so that minutes of the hour and of the span are the same. */
const START = Math.floor(NOON / HOUR) * HOUR;
const H = { condition: 'p.H', rank: 1, tier: 'yellow', limit: 3, latch: false, measured: null } as const;
const HH = { condition: 'p.HH', rank: 2, tier: 'orange', limit: 4, latch: false, measured: null } as const;
const devices = ['cab-001', 'cab-002', 'cab-003'].map((id) => watchedDevice({ id, limits: [buildLimit('H', 3)] }));

function changeOf(device: number, at: number, level: ConditionChange['level']): ConditionChange | null {
  const found = devices[device];
  if (!found) return null;
  const sample = { value: 3.5, quality: 'good', occurredAt: at, receivedAt: at, effectiveAt: at, at } as const;
  const point = found.points[0] ?? null;
  return { device: found, point, rule: null, direction: 'high', status: 'actual', level, journalSeq: 1, ...sample };
}

/** The events of a story in which the operator acknowledges at once. */
function eventsOf(changes: readonly ConditionChange[]): AlarmEvent[] {
  const open = new OpenAlarms();
  const events: AlarmEvent[] = [];
  const log = (types: readonly { type: AlarmEventType; alarm: Alarm }[], at: number) => {
    for (const { type, alarm } of types) events.push(eventOf(type, alarm, at));
  };
  for (const change of changes) {
    const step = open.apply(change);
    if (!step) continue;
    log(step.events, change.at);
    if (step.alarm.state !== 'unacknowledged') continue;
    const answered = open.command(step.alarm, { kind: 'acknowledge', by: 'Li Wei' }, change.at);
    if (answered.kind === 'step') log(answered.events, change.at);
  }
  return events;
}

function eventOf(type: AlarmEventType, alarm: Alarm, at: number, details: AlarmEvent['details'] = null): AlarmEvent {
  return { id: `evt_${at}`, type: `davylamp.alarm.${type}`, at, alarm, by: null, comment: null, details };
}

function folded(events: readonly AlarmEvent[], rows = new MemoryRows()): MemoryRows {
  const fold = new Fold(
    rows,
    rows.all('trail').map(([[key], trail]) => [String(key), trail]),
  );
  for (const event of events) fold.take(event, promises);
  return rows;
}

const span = { from: START, to: START + 48 * HOUR };
const figures = (rows: MemoryRows) => figuresOf(rows.counted(), { span, operators: 1, promises });

/** Steps of a story: a device goes to no alarm, H or HH some seconds later. */
const story = fc.array(
  fc.record({
    device: fc.nat({ max: devices.length - 1 }),
    after: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 30 * 3600 })),
    level: fc.constantFrom(null, H, HH),
  }),
  { maxLength: 40 },
);

function changesOf(steps: readonly { device: number; after: number; level: ConditionChange['level'] }[]) {
  let at = START;
  return steps.flatMap(({ device, after, level }) => {
    at += after * 1000;
    const change = changeOf(device, at, level);
    return change && at < span.to ? [change] : [];
  });
}

describe('fold of the event log', () => {
  test('counts what a backtest of the same past counts', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const changes = changesOf(steps);
        const recorder = new AlarmRecorder();
        for (const change of changes) recorder.take(change);
        const load = alarmLoad(recorder.alarms, span, 1);
        const found = figures(folded(eventsOf(changes)));
        const { alarms, calls, fleeting, chattering, stale, staleAtOnce, topTenShare } = load;
        expect(found).toMatchObject({ alarms, calls, fleeting, chattering, stale, staleAtOnce });
        expect(found.topTenShare).toBeCloseTo(topTenShare, 9);
        const named = ({ key, count, activeMs }: { key: string; count: number; activeMs: number }) => ({
          key,
          count,
          activeMs,
        });
        expect(found.badActors.map(named)).toEqual(load.badActors.map(named));
        const byTier = { blue: 0, yellow: 0, orange: 0, red: 0 };
        for (const { tier } of recorder.alarms) byTier[tier]++;
        expect(found.byTier).toMatchObject({
          yellow: { alarms: byTier.yellow },
          orange: { alarms: byTier.orange },
        });
      }),
    );
  });

  test('comes to the same in parts, with a restart after each', () => {
    fc.assert(
      fc.property(story, fc.integer({ min: 1, max: 7 }), (steps, size) => {
        const events = eventsOf(changesOf(steps));
        let rows = new MemoryRows();
        for (let from = 0; from < events.length; from += size) {
          rows = folded(events.slice(from, from + size), rows.reopened());
        }
        expect(figures(rows)).toEqual(figures(folded(events)));
        expect(rows.all('trail').length).toBe(folded(events).all('trail').length);
      }),
    );
  });

  test('keeps nothing of an alarm that is over, and no trail for longer than it says something', () => {
    const changes = [changeOf(0, START, H), changeOf(0, START + 5_000, null), changeOf(1, START + 66_000, H)];
    const rows = folded(eventsOf(changes.flatMap((one) => one ?? [])));
    // The case of the first is open, as that of the second is.
    expect(rows.all('watch').map(([, { device, since }]) => [device, since])).toEqual([
      ['wujin-gas/cab-001', null],
      ['wujin-gas/cab-002', START + 66_000],
    ]);
    expect(rows.all('trail').map(([[key]]) => key)).toEqual(['wujin-gas/cab-002|p|high|actual']);
  });

  test('an exercise and a test count nowhere', () => {
    const events = (['exercise', 'test'] as const).map((status) =>
      eventOf('raised', buildAlarm({ status, annunciatedAt: START }), START),
    );
    expect(folded(events).counted()).toEqual({ buckets: [], actors: [], stale: [], watches: [] });
  });

  test('a hidden raise calls nobody, and is counted as hidden', () => {
    const hidden = buildAlarm({ state: 'shelved', shown: 'unacknowledged', bypass: 'byp_1', annunciatedAt: null });
    const found = figures(folded([eventOf('raised', hidden, START), eventOf('shelved', hidden, START)]));
    expect(found).toMatchObject({ alarms: 1, calls: 0, hidden: { shelved: 1, raised: 1, now: 1 } });
  });

  test('a shelf that ends calls again, but is no other alarm', () => {
    const alarm = buildAlarm({ raisedAt: START, annunciatedAt: START });
    const hidden = { ...alarm, state: 'shelved' as const, bypass: 'byp_1' };
    const again = { ...alarm, annunciatedAt: START + HOUR };
    const found = figures(
      folded([
        eventOf('raised', alarm, START),
        eventOf('shelved', hidden, START + 60_000),
        eventOf('unshelved', again, START + HOUR),
        eventOf('raised', again, START + HOUR),
      ]),
    );
    expect(found).toMatchObject({ alarms: 1, calls: 2, hidden: { now: 0 } });
  });
});

describe('answers of people', () => {
  const alarm = buildAlarm({ annunciatedAt: START, annunciatedTier: 'yellow' });
  const heard = { ...alarm, state: 'acknowledged' as const, shown: 'acknowledged' as const, annunciatedAt: null };

  test('within the promise of the tier, and beyond it', () => {
    const others = [10, 20, 40].map((minutes, i) => {
      const one = { ...alarm, id: `alm_${i}`, key: `k${i}|p|high|actual` };
      const at = START + minutes * 60_000;
      return [eventOf('raised', one, START), eventOf('acknowledged', { ...heard, id: one.id, key: one.key }, at)];
    });
    const { acknowledged } = figures(folded(others.flat().sort((a, b) => a.at - b.at)));
    expect(acknowledged.yellow).toMatchObject({ count: 3, kept: 1, missed: 2, keptShare: 1 / 3, promisedMs: 900_000 });
    expect(acknowledged.yellow.medianMs).toBeGreaterThan(20 * 60_000 * 0.98);
    expect(acknowledged.yellow.medianMs).toBeLessThan(20 * 60_000 * 1.02);
    expect(acknowledged.red).toMatchObject({ count: 0, medianMs: null, keptShare: null });
  });

  test('nobody has answered yet: missed once its time is over', () => {
    const rows = folded([eventOf('raised', alarm, START)]);
    const at = (minutes: number) =>
      figuresOf(rows.counted(), { span: { from: START, to: START + minutes * 60_000 }, operators: 1, promises });
    expect(at(15).acknowledged.yellow).toMatchObject({ missed: 0, keptShare: null });
    expect(at(16).acknowledged.yellow).toMatchObject({ missed: 1, keptShare: 0 });
    expect(at(16).closed.yellow).toMatchObject({ missed: 0 });
  });

  test('a case counts from the first call, by its worst tier, and once', () => {
    const worse = { ...alarm, tier: 'orange' as const };
    const over = { ...heard, tier: 'orange' as const, state: 'normal' as const, shown: 'normal' as const };
    const rows = folded([
      eventOf('raised', alarm, START),
      eventOf('escalated', worse, START + 1000),
      eventOf('acknowledged', over, START + 2000),
      eventOf('cleared', over, START + 2000),
      eventOf('closed', { ...over, case: 'closed' }, START + 2 * HOUR),
    ]);
    expect(figures(rows).closed.orange).toMatchObject({ count: 1, kept: 1, missed: 0 });
    expect(figures(rows).closed.yellow).toMatchObject({ count: 0 });
    expect(rows.all('watch')).toEqual([]);
  });

  test('each step of an escalation is the same broken promise', () => {
    const step = (n: number | null) =>
      ({ promise: 'acknowledge', step: n, level: null, to: [] }) as const satisfies AlarmEvent['details'];
    const rows = folded([
      eventOf('raised', alarm, START),
      eventOf('overdue', alarm, START + 1000, step(1)),
      eventOf('overdue', alarm, START + 2000, step(2)),
    ]);
    expect(figures(rows).overdue).toEqual({ acknowledge: 1, report: 0, close: 0 });
  });
});

test('figures by site are those of its alarms alone', () => {
  const events = [
    eventOf('raised', buildAlarm({ annunciatedAt: START, grid: '320412' }), START),
    eventOf('raised', buildAlarm({ id: 'alm_2', key: 'b', site: 'yueyang', tier: 'red', annunciatedAt: START }), START),
  ];
  const counted = folded(events).counted();
  const asked = { span, operators: 1, promises };
  const named = (by: 'site' | 'grid' | 'tier') =>
    figuresBy(counted, by, asked).map(({ name, figures: { alarms, calls } }) => [name, alarms, calls]);
  expect(named('site')).toEqual([
    ['wujin-gas', 1, 1],
    ['yueyang', 1, 1],
  ]);
  expect(named('grid')).toEqual([['320412', 1, 1]]);
  expect(named('tier')).toEqual([
    ['red', 1, 1],
    ['yellow', 1, 1],
  ]);
});
