import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ENDING_MS } from '../../src/alerts/drill.ts';
import { createDrills, type Drills, type DrillsDeps } from '../../src/drills.ts';
import type { Drill } from '../../src/model/routing.ts';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';
import { NOON } from '../helpers/readings.ts';
import { openRegisterRig, type RegisterRig, RIG_DEVICE } from '../helpers/register-rig.ts';

const drill: Drill = {
  id: 'monthly',
  schedule: '0 9 1 * *',
  device: RIG_DEVICE.key,
  values: { p: 5 },
  back: { p: 1 },
  expect: 'p.H',
  raisedWithinMs: 60_000,
  receivers: ['command-centre'],
  deliveredWithinMs: 120_000,
  acknowledgedWithinMs: 300_000,
  failTo: ['manager'],
};

let rig: RegisterRig;
let directory: string;
let environment: Environment;
let now: number;
/** What works in this test, as a site would have it. */
let plant: { broker: boolean; rule: boolean; receiver: boolean };
let sent: string[];
let drills: Drills;

beforeEach(() => {
  rig = openRegisterRig();
  directory = mkdtempSync(join(tmpdir(), 'davylamp-drills-'));
  environment = openEnvironment(directory);
  now = NOON;
  plant = { broker: true, rule: true, receiver: true };
  sent = [];
  drills = open();
});
afterEach(async () => {
  await rig.close();
  await environment.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(): Drills {
  const alarms: DrillsDeps['alarms'] = {
    openAlarms: () => rig.register.openAlarms(),
    get: (id) => rig.register.get(id),
    acknowledge: (id, command, at) => rig.register.acknowledge(id, command, at),
    reset: (id, command, at) => rig.register.reset(id, command, at),
    async announce(notice, at, also) {
      await environment.commit(also);
      await rig.register.announce(notice, at);
    },
  };
  return createDrills({
    environment,
    alarms,
    async send(device, values) {
      sent.push(`${device} ${JSON.stringify(values)}`);
      if (!plant.broker) throw new Error('connection refused');
      if (plant.rule) await rig.change(now, Number(values['p']) > 3 ? 'yellow' : null, RIG_DEVICE, 'exercise');
    },
    deliveriesOf: async (alarm) => [
      { receiver: 'command-centre', deliveredAt: plant.receiver ? alarm.raisedAt + 800 : null },
    ],
    now: () => now,
    log: pino({ level: 'silent' }),
  });
}

/** Lets `seconds` pass, with a look each second. */
async function pass(seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    now += 1000;
    await drills.tick();
  }
}

async function begin(): Promise<void> {
  await drills.jobs([drill])[0]?.run(NOON, new AbortController().signal);
}

const last = () => drills.list({ limit: 1 }).items[0];
const exercise = () => [...rig.register.openAlarms()].find(({ status }) => status === 'exercise');
const acknowledge = () => rig.register.acknowledge(exercise()?.id ?? '', { by: 'Li Wei', comment: null }, now);
const told = () => rig.types().filter((type) => type.startsWith('davylamp.system'));

describe('a drill', () => {
  test('passes when reading, alarm, delivery and acknowledgement come in time, and leaves nothing behind', async () => {
    await begin();
    await pass(3);
    expect(exercise()).toMatchObject({ condition: 'p.H', state: 'unacknowledged' });
    await acknowledge();
    await pass(3);
    expect(last()).toMatchObject({
      phase: 'over',
      failure: null,
      delivered: { 'command-centre': NOON + 1000 + 800 },
      acknowledgedBy: 'Li Wei',
    });
    expect(exercise()).toBeUndefined();
    expect(sent).toEqual(['wujin-gas/cab-001 {"p":5}', 'wujin-gas/cab-001 {"p":1}']);
    expect(told()).toEqual([]);
    expect(drills.counts()).toEqual({ passed: 1, failed: 0 });
  });

  test.each([
    ['broker', () => Object.assign(plant, { broker: false }), 62],
    ['rule', () => Object.assign(plant, { rule: false }), 62],
    ['delivery', () => Object.assign(plant, { receiver: false }), 124],
    ['acknowledgement', () => {}, 304],
  ] as const)('whose %s is broken fails at it within its time, and says so', async (stage, breakIt, seconds) => {
    breakIt();
    await begin();
    await pass(seconds);
    expect(last()?.failure).toMatchObject({ stage });
    expect(told()).toEqual(['davylamp.system.drill-failed']);
    expect(rig.events.at(-1)).not.toBeUndefined();
    const event = rig.events.find(({ type }) => type === 'davylamp.system.drill-failed');
    expect(event).toMatchObject({ code: 'DRILL_FAILED', details: { drill: 'monthly', stage }, to: ['manager'] });
    await pass(10);
    expect(last()).toMatchObject({ phase: 'over' });
    expect(exercise()).toBeUndefined();
    expect(drills.counts()).toEqual({ passed: 0, failed: 1 });
  });

  test('that a restart cuts in two goes on, and the time in between counts', async () => {
    await begin();
    await pass(3);
    await acknowledge();
    drills = open();
    await pass(5);
    expect(last()).toMatchObject({ phase: 'over', failure: null, acknowledgedBy: 'Li Wei' });

    now += 3_600_000;
    await drills.jobs([drill])[0]?.run(now, new AbortController().signal);
    await pass(2);
    now += 400_000;
    drills = open();
    await pass(5);
    expect(last()?.failure).toMatchObject({ stage: 'acknowledgement' });
    expect(told()).toHaveLength(1);
  });

  test('is not done twice for the same time', async () => {
    await begin();
    await pass(2);
    await begin();
    expect(drills.list({ limit: 10 }).items).toHaveLength(1);
  });

  test('first ends what an earlier exercise has left open', async () => {
    await rig.change(NOON - 60_000, 'yellow', RIG_DEVICE, 'exercise');
    await begin();
    await pass(4);
    expect(sent[0]).toBe('wujin-gas/cab-001 {"p":1}');
    expect(sent.at(-1)).toBe('wujin-gas/cab-001 {"p":5}');
    expect(exercise()?.raisedAt).toBeGreaterThan(NOON);
  });

  test('whose alarm does not end is over, and says that a person must end it', async () => {
    await begin();
    await pass(2);
    await acknowledge();
    plant.rule = false;
    await pass(2);
    now += ENDING_MS;
    await pass(2);
    expect(last()?.failure).toMatchObject({ stage: 'end' });
  });

  test('of the same device waits for another', async () => {
    await begin();
    await drills.jobs([{ ...drill, id: 'other' }])[0]?.run(NOON + 1, new AbortController().signal);
    await pass(2);
    const phases = () => Object.fromEntries(drills.list({ limit: 9 }).items.map((run) => [run.drill.id, run.phase]));
    expect(phases()).toEqual({ monthly: 'answering', other: 'waiting' });
    await acknowledge();
    await pass(4);
    expect(phases()).toEqual({ monthly: 'over', other: 'answering' });
  });
});
