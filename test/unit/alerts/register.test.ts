import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AlarmLog, type LoggedEvent } from '../../../src/alerts/alarm-log.ts';
import { Register } from '../../../src/alerts/register.ts';
import type { Alarm, ShownState } from '../../../src/model/alarm.ts';
import type { ConditionChange } from '../../../src/model/condition.ts';
import { type Environment, openEnvironment } from '../../../src/runtime/database.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildTerms } from '../../helpers/terms.ts';
import { buildLimit, buildRule, watchedDevice } from '../../helpers/watched.ts';

const device = watchedDevice({ limits: [buildLimit('H', 3)] });
const command = { by: 'Li Wei', comment: 'on site' };
const H = { condition: 'p.H', rank: 1, tier: 'yellow', limit: 3, latch: false, measured: null } as const;
const HH = { condition: 'p.HH', rank: 2, tier: 'orange', limit: 4, latch: false, measured: null } as const;

let directory: string;
let environment: Environment;
let events: LoggedEvent[];
let sent: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-register-'));
  environment = openEnvironment(directory);
  events = [];
  sent = [];
});
afterEach(async () => {
  await environment.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(): Register {
  return new Register({
    environment,
    notifier: { enqueue: (_, event) => void sent.push(event.type), committed: () => {} },
    terms: () => buildTerms(),
    escalationOf: () => [],
    onFatal: (error) => {
      throw error;
    },
    onEvent: (event) => events.push(event),
  });
}

function change(second: number, level: ConditionChange['level']): ConditionChange {
  const at = NOON + second * 1000;
  const point = device.points[0] ?? null;
  const sample = {
    value: 3.5,
    quality: 'good',
    occurredAt: at,
    receivedAt: at,
    effectiveAt: at,
    at,
    journalSeq: second,
  } as const;
  return { device, point, rule: null, direction: 'high', status: 'actual', level, ...sample };
}

const types = () => events.map(({ type }) => type.replace('davylamp.alarm.', ''));
const only = (register: Register) => register.list({ limit: 10 }).items[0]?.id ?? '';

describe('register', () => {
  it('commits alarm, event, notification and position together, and finds them after a restart', async () => {
    const register = open();
    register.apply(change(1, H));
    await register.commit({ seq: 7, at: NOON + 1000 });
    expect(sent).toEqual(['davylamp.alarm.raised']);
    const again = open();
    expect(again.position()).toEqual({ seq: 7, at: NOON + 1000 });
    expect(again.list({ limit: 10 }).items).toMatchObject([{ tier: 'yellow', state: 'unacknowledged', journalSeq: 1 }]);
    expect(again.listEvents({ limit: 10 }).items).toMatchObject([{ sequence: 1, type: 'davylamp.alarm.raised' }]);
    again.apply(change(2, null));
    await again.acknowledge(only(again), command, NOON + 3000);
    expect(types().slice(1)).toEqual(['returned', 'acknowledged', 'cleared']);
    expect(open().list({ limit: 10 }).items).toEqual([]);
    expect(open().list({ limit: 10, ended: true }).items).toMatchObject([{ state: 'normal' }]);
  });

  it('forgets what is older than the retention, but no alarm that is open', async () => {
    const register = open();
    register.apply(change(1, H));
    register.apply(change(2, null));
    await register.commit(null);
    await register.acknowledge(only(register), command, NOON + 3000);
    register.apply(change(4, H));
    await register.commit(null);
    await register.prune(NOON + 3500);
    expect(register.listEvents({ limit: 10 }).items).toMatchObject([{ sequence: 5, type: 'davylamp.alarm.raised' }]);
    await register.prune(NOON + 60_000);
    expect(register.list({ limit: 10, ended: true }).items).toMatchObject([{ state: 'unacknowledged' }]);
    expect(open().listEvents({ limit: 10 }).items).toMatchObject([{ sequence: 5 }]);
    register.apply(change(6, null));
    await register.commit(null);
    expect(events.at(-1)).toMatchObject({ sequence: 6, type: 'davylamp.alarm.returned' });
  });

  it('works out the same ids again', async () => {
    const ids = async () => {
      const register = open();
      register.apply(change(1, H));
      await register.commit(null);
      return events.map((event) => event.id);
    };
    const first = await ids();
    await environment.commit((batch) => {
      for (const name of ['alarms', 'openAlarms', 'events']) {
        const table = environment.table(name, 'json');
        for (const key of table.getKeys({})) batch.remove(table, key as string | number);
      }
    });
    events = [];
    expect(await ids()).toEqual(first);
  });

  it('lets one of two simultaneous acknowledgements win', async () => {
    const register = open();
    register.apply(change(1, H));
    register.apply(change(2, null));
    await register.commit(null);
    const id = only(register);
    const both = await Promise.allSettled([1, 2].map(() => register.acknowledge(id, command, NOON + 3000)));
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(types()).toEqual(['raised', 'returned', 'acknowledged', 'cleared']);
  });

  it('keeps a new alarm of the same key when the old one is commanded meanwhile', async () => {
    const register = open();
    register.apply(change(1, H));
    register.apply(change(2, null));
    await register.commit(null);
    const old = only(register);
    const acknowledged = register.acknowledge(old, command, NOON + 3000);
    register.apply(change(4, HH));
    const late = register.acknowledge(old, command, NOON + 4000);
    await expect(late).rejects.toMatchObject({ code: 'ALARM_ALREADY_ACKNOWLEDGED' });
    await acknowledged;
    await register.commit(null);
    expect(register.list({ limit: 10 }).items).toMatchObject([{ tier: 'orange', state: 'unacknowledged' }]);
    expect(only(register)).not.toBe(old);
  });

  it('does not bring an ended alarm back when its first delivery is noted late', async () => {
    const register = open();
    register.apply(change(1, H));
    await register.commit(null);
    const id = only(register);
    await register.acknowledge(id, command, NOON + 2000);
    register.apply(change(3, null));
    const clearing = register.commit(null);
    const noted = register.notified(id, NOON + 4000);
    await Promise.all([clearing, noted]);
    expect(register.get(id)).toMatchObject({ state: 'normal', notifiedAt: NOON + 4000 });
    expect(open().get(id)).toMatchObject({ state: 'normal' });
    expect(open().list({ limit: 10 }).items).toEqual([]);
  });

  describe('of a rule whose kind was changed', () => {
    const told = (second: number, kind: 'deviation' | 'zscore', holds: boolean): ConditionChange => {
      const spec = { kind: 'deviation', point: 0, from: { value: 2 }, side: 'high' } as const;
      const level = { condition: 'odd', rank: 1, tier: 'yellow', limit: 3, latch: false, measured: 4 } as const;
      return { ...change(second, holds ? level : null), rule: buildRule('odd', spec), direction: kind };
    };

    it('goes on with its alarm, by the key that receivers know', async () => {
      const register = open();
      register.apply(told(1, 'deviation', true));
      register.apply(told(2, 'zscore', true));
      await register.commit(null);
      expect(types()).toEqual(['raised']);
      const again = open();
      const key = 'wujin-gas/cab-001|odd|deviation|actual';
      expect(again.list({ limit: 10 }).items).toMatchObject([{ key, direction: 'zscore' }]);
      again.apply(told(3, 'zscore', false));
      await again.acknowledge(only(again), command, NOON + 4000);
      expect(types()).toEqual(['raised', 'returned', 'acknowledged', 'cleared']);
      expect(open().list({ limit: 10 }).items).toEqual([]);
    });

    it('goes on with the one in force of several that an older version left open', async () => {
      const raised = (id: string, direction: Alarm['direction'], state: ShownState) =>
        buildAlarm({
          id,
          key: `wujin-gas/cab-001|odd|${direction}|actual`,
          rule: 'odd',
          condition: 'odd',
          direction,
          state,
          shown: state,
        });
      const left = [
        raised('alm_1', 'bits', 'returned'),
        raised('alm_2', 'deviation', 'acknowledged'),
        raised('alm_3', 'state', 'latchedUnacknowledged'),
      ];
      const { page } = new AlarmLog(environment);
      for (const alarm of left) page.put(alarm.id, alarm);
      await environment.commit((batch) => page.turn().write(batch));
      const register = open();
      register.apply(told(1, 'zscore', false));
      await register.commit(null);
      expect(events).toMatchObject([{ type: 'davylamp.alarm.cleared', alarm: { id: 'alm_2' } }]);
      expect(register.list({ limit: 10 }).items.map(({ id }) => id)).toEqual(['alm_3', 'alm_1']);
      await register.acknowledge('alm_3', command, NOON + 2000);
      await register.reset('alm_3', command, NOON + 3000);
      await register.acknowledge('alm_1', command, NOON + 4000);
      expect(register.list({ limit: 10 }).items).toEqual([]);
      expect(open().list({ limit: 10 }).items).toEqual([]);
    });
  });
});
