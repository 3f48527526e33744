import { afterEach, describe, expect, it } from 'vitest';
import type { Alarm, AlarmEventType } from '../../../src/model/alarm.ts';
import type { Inhibition, Receiver, Routing } from '../../../src/model/routing.ts';
import { buildAlarmEvent } from '../../helpers/delivery-rig.ts';
import { BY_SITE } from '../../helpers/desk-event.ts';
import { type DistributionRig, openDistributionRig } from '../../helpers/distribution-rig.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildReceiver, buildRoute, buildRouting } from '../../helpers/routing.ts';

const FLOOD = { start: 10, end: 5, windowMs: 600_000, digestEveryMs: 60_000 };

let rig: DistributionRig;
afterEach(() => rig.close());

function routingOf(receivers: Readonly<Record<string, Partial<Receiver>>>, parts: Partial<Routing> = {}): Routing {
  const built = Object.entries(receivers).map(([id, each]) => buildReceiver(id, {}, each));
  return buildRouting([], { receivers: built, routes: [buildRoute(Object.keys(receivers))], ...parts });
}

/** An event at `at` milliseconds after noon, of an alarm that is yellow unless `parts` say otherwise. */
function happened(alarm: number, type: AlarmEventType, at: number, parts: Partial<Alarm> = {}) {
  return buildAlarmEvent(alarm, type, { tier: 'yellow', ...parts, at: NOON + at });
}

const grouped = (receivers: Readonly<Record<string, Partial<Receiver>>>) =>
  routingOf(receivers, { routes: [buildRoute(Object.keys(receivers), {}, { grouping: BY_SITE })] });

describe('a flood', () => {
  it('is told once to the receiver that has it; lower tiers become a digest, red goes on', async () => {
    rig = openDistributionRig(routingOf({ room: { flood: FLOOD }, archive: {} }));
    await rig.log(Array.from({ length: 30 }, (_, index) => happened(index, 'raised', index)));
    await rig.log([happened(99, 'raised', 100, { tier: 'red' })]);
    expect(rig.told('archive')).toEqual(Array(31).fill('alarm.raised'));
    expect(rig.told('room')).toEqual([...Array(10).fill('alarm.raised'), 'system.flood-began', 'alarm.raised']);
    await rig.tick(NOON + 5009);
    expect(rig.told('room').length).toBe(12);
    await rig.tick(NOON + 5010);
    expect(rig.digests('room')).toMatchObject([
      {
        events: 20,
        reasons: ['flood'],
        alarms: { yellow: 20, red: 0 },
        firstOut: { alarm: 'alm_10' },
        log: { from: 11, to: 30 },
      },
    ]);
    expect(rig.distribution.desks()).toMatchObject([{ receiver: 'room', floodSince: NOON + 10, waiting: 0 }, {}]);
    await rig.tick(NOON + 615_000);
    expect(rig.told('room').slice(13)).toEqual(['system.flood-ended']);
    expect(rig.distribution.desks()[0]?.floodSince).toBeNull();
  });

  it('counts whoever hears of an alarm in a digest as told', async () => {
    rig = openDistributionRig(grouped({ room: {} }));
    await rig.log([happened(1, 'raised', 0)]);
    expect(rig.outbox.told('alm_1')).toEqual(['room']);
  });

  it('goes on after a restart, and a digest that was due comes once', async () => {
    const routing = routingOf({ room: { flood: { ...FLOOD, start: 2 } } });
    rig = openDistributionRig(routing);
    await rig.log(Array.from({ length: 9 }, (_, index) => happened(index, 'raised', index)));
    await rig.restart(routing);
    await rig.log([happened(9, 'raised', 2000)]);
    await rig.restart(routing);
    await rig.tick(NOON + 40_000);
    await rig.restart(routing);
    await rig.tick(NOON + 40_050);
    expect(rig.told('room')).toEqual(['alarm.raised', 'alarm.raised', 'system.flood-began', 'digest']);
    expect(rig.digests('room')).toMatchObject([{ events: 8, lines: expect.objectContaining({ length: 8 }) }]);
  });
});

describe('a group', () => {
  it('comes as one digest, which a trace finds by the events in it', async () => {
    rig = openDistributionRig(grouped({ room: {} }));
    await rig.log([happened(1, 'raised', 0), happened(2, 'raised', 0), happened(3, 'raised', 0, { tier: 'red' })]);
    await rig.log([happened(1, 'cleared', 5000, { state: 'normal', revision: 2 })]);
    await rig.tick(NOON + 10_000);
    expect(rig.told('room')).toEqual(['alarm.raised', 'digest']);
    const [digest] = rig.digests('room');
    expect(digest).toMatchObject({ events: 3, reasons: ['group'], alarms: { yellow: 2 }, log: { from: 1, to: 4 } });
    expect(digest?.lines.map(({ alarm, revision }) => [alarm, revision])).toEqual([
      ['alm_1', 2],
      ['alm_2', 1],
      ['alm_1', 1],
    ]);
    const carriers = [1, 2, 3, 4].map((sequence) => rig.outbox.digestsOf(sequence).map(({ type }) => type));
    expect(carriers).toEqual([['davylamp.digest'], ['davylamp.digest'], [], ['davylamp.digest']]);
  });

  it('of one event is that event, with its own time, and gives up no sooner for having waited', async () => {
    rig = openDistributionRig(grouped({ room: {} }));
    await rig.log([happened(1, 'raised', 0)]);
    await rig.tick(NOON + 10_000);
    expect(rig.notifications('room')).toMatchObject([
      { type: 'davylamp.alarm.raised', eventId: 'evt_1_1', at: NOON, pendingSince: NOON + 10_000 },
    ]);
  });

  it('of a receiver that is gone goes out at once, and whom only it knew is told to the others', async () => {
    const both = grouped({ room: {}, other: {} });
    rig = openDistributionRig(grouped({ room: {} }));
    await rig.log([happened(1, 'raised', 0), happened(2, 'raised', 0)]);
    rig.distribution.update(routingOf({ other: {} }));
    await rig.tick(NOON + 50);
    expect(rig.told('room')).toEqual(['digest']);
    expect(rig.told('other')).toEqual(['alarm.raised', 'alarm.raised']);
    await rig.restart(both);
    await rig.tick(NOON + 60_000);
    expect(rig.told('room')).toEqual(['digest']);
  });
});

describe('who is told', () => {
  it('of a broken promise: whom the step names, and who knows of the alarm', async () => {
    const routes = [buildRoute(['room'])];
    rig = openDistributionRig(routingOf({ room: {}, boss: {}, other: {} }, { routes }));
    const details = { promise: 'acknowledge', step: 1, level: 'county', to: ['boss'] } as const;
    await rig.log([happened(1, 'raised', 0), { ...happened(1, 'overdue', 1, { revision: 2 }), details }]);
    await rig.log([{ ...happened(2, 'overdue', 2), details: { ...details, to: [] } }]);
    expect(rig.told('boss')).toEqual(['alarm.overdue']);
    expect(rig.told('room')).toEqual(['alarm.raised', 'alarm.overdue', 'alarm.overdue']);
    expect(rig.told('other')).toEqual([]);
  });

  it('of an alarm that a bypass hides: who knows of it, at once', async () => {
    const shelved = { state: 'shelved', bypass: 'byp_1' } as const;
    rig = openDistributionRig(grouped({ room: {}, other: {} }));
    await rig.log([happened(1, 'shelved', 0, shelved)], 'told');
    rig.distribution.update(routingOf({ room: {} }));
    await rig.log([happened(1, 'raised', 1)]);
    await rig.log([happened(1, 'shelved', 2, { ...shelved, revision: 2 })], 'told');
    expect(rig.told('room')).toEqual(['alarm.raised', 'alarm.shelved']);
    expect(rig.told('other')).toEqual([]);
  });
});

describe('inhibition', () => {
  const any = { tier: [], profile: [], condition: [], except: [], device: [], tags: [] };
  const byRed: Inhibition = {
    id: 'red-first',
    source: { ...any, tier: ['red'] },
    target: { ...any, tier: ['yellow'] },
    equal: ['site'],
  };
  const routing = routingOf({ room: {} }, { inhibitions: [byRed] });
  const red = (type: AlarmEventType, at: number, parts: Partial<Alarm> = {}) =>
    happened(100, type, at, { tier: 'red', ...parts });

  it('keeps an alarm from receivers until its source is over, also across a restart', async () => {
    rig = openDistributionRig(routing);
    await rig.log([red('raised', 0), happened(1, 'raised', 1), happened(2, 'raised', 1)]);
    await rig.log([happened(2, 'cleared', 2, { state: 'normal', revision: 2 })]);
    expect(rig.told('room')).toEqual(['alarm.raised']);
    expect(rig.inhibited).toBe(2);
    await rig.restart(routing);
    await rig.tick(NOON + 50);
    await rig.log([red('returned', 3, { state: 'returned', revision: 2 })]);
    await rig.tick(NOON + 60_000);
    await rig.tick(NOON + 60_050);
    expect(rig.notifications('room').map(({ eventId }) => eventId)).toEqual(['evt_100_1', 'evt_100_2', 'evt_1_1']);
  });

  it('lets whoever knows of an alarm hear the rest of it', async () => {
    rig = openDistributionRig(routing);
    await rig.log([happened(1, 'raised', 0), red('raised', 1)]);
    await rig.log([happened(1, 'returned', 2, { state: 'returned', revision: 2 })]);
    await rig.log([happened(1, 'raised', 3, { revision: 3 })]);
    await rig.log([happened(1, 'acknowledged', 4, { state: 'acknowledged', revision: 4 })]);
    expect(rig.told('room').slice(2)).toEqual(['alarm.returned', 'alarm.acknowledged']);
    rig.distribution.update(routingOf({ room: {} }));
    await rig.tick(NOON + 50);
    // The last one is all that is to be said, and it was said.
    expect(rig.told('room').length).toBe(4);
  });
});
