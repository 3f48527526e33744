import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { buildAlarmEvent, type DeliveryRig, type DeliveryRigOptions, openRig } from '../helpers/delivery-rig.ts';
import { createManualClock } from '../helpers/manual-clock.ts';
import {
  ACCEPT,
  type Behaviour,
  startReceiver,
  type TestReceiver,
  type TestReceiverOptions,
} from '../helpers/receiver.ts';
import { buildReceiver } from '../helpers/routing.ts';

const HOUR = 3_600_000;
const HANG: Behaviour = { kind: 'hang' };
const BROKEN: Behaviour = { kind: 'answer', status: 500 };

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function receive(options: TestReceiverOptions = {}): Promise<TestReceiver> {
  const receiver = await startReceiver(options);
  opened.push(receiver);
  return receiver;
}

function open(options: DeliveryRigOptions): DeliveryRig {
  const rig = openRig(options);
  opened.push(rig);
  return rig;
}

async function restart(rig: DeliveryRig): Promise<DeliveryRig> {
  const again = await rig.restart();
  opened.splice(opened.indexOf(rig), 1, again);
  return again;
}

describe('delivery', () => {
  test('every receiver gets every event once, with a sequence of its own, and it is reported', async () => {
    const [a, b] = [await receive(), await receive()];
    const rig = open({ webhooks: { a: a.settings(), b: b.settings() } });
    await rig.publish([buildAlarmEvent(1), buildAlarmEvent(2)], ['a', 'b']);
    await rig.publish([buildAlarmEvent(3)], ['b']);
    await a.waitFor(() => a.accepted().length === 2);
    await b.waitFor(() => b.accepted().length === 3);
    expect([...a.faults(), ...b.faults()]).toEqual([]);
    await rig.dispatcher.stop();
    expect(
      rig.outbox.list({ receiver: 'b' }).items.map(({ sequence, state, attempts }) => [sequence, state, attempts]),
    ).toEqual([
      [3, 'delivered', 1],
      [2, 'delivered', 1],
      [1, 'delivered', 1],
    ]);
    expect(rig.notified).toContain('alm_1');
    expect(rig.delivered).toHaveLength(5);
    expect(rig.delivered.every(({ attempts }) => attempts === 1)).toBe(true);
  });

  test('nothing is sent before the commit is on disk and handed over; after a crash in between it is', async () => {
    const a = await receive();
    const rig = open({ webhooks: { a: a.settings() } });
    await rig.environment.commit((batch) => rig.outbox.enqueue(batch, buildAlarmEvent(1), ['a']));
    await systemClock.sleep(300);
    expect(a.requests).toHaveLength(0);
    await restart(rig);
    await a.waitFor(() => a.accepted().length === 1);
    expect(a.faults()).toEqual([]);
  });

  test('committed() called too early sends nothing', async () => {
    const a = await receive();
    const rig = open({ webhooks: { a: a.settings() } });
    const commit = rig.environment.commit((batch) => {
      rig.outbox.enqueue(batch, buildAlarmEvent(1), ['a']);
    });
    let durable = false;
    a.behave(() => {
      expect(durable).toBe(true);
      return ACCEPT;
    });
    rig.outbox.committed();
    await commit;
    durable = true;
    rig.outbox.committed();
    await a.waitFor(() => a.accepted().length === 1);
  });

  test('the sequence goes on without a gap over restarts, and what was not delivered is sent with the same body', async () => {
    const a = await receive({ behave: () => BROKEN });
    let rig = open({ webhooks: { a: a.settings() } });
    await rig.publish([buildAlarmEvent(1), buildAlarmEvent(2)], ['a']);
    await a.waitFor(() => a.requests.length >= 2);
    rig = await restart(rig);
    await rig.publish([buildAlarmEvent(3)], ['a']);
    await a.waitFor(() => a.requests.length >= 5);
    a.behave(() => ACCEPT);
    rig = await restart(rig);
    await rig.publish([buildAlarmEvent(4)], ['a']);
    await a.waitFor(() => a.accepted().length === 4);
    expect(a.faults()).toEqual([]);
    rig = await restart(rig);
    await systemClock.sleep(200);
    expect(new Set(a.accepted().map(({ id }) => id)).size).toBe(4);
    expect(rig.outbox.counts()).toEqual([{ receiver: 'a', last: 4, pending: 0, delivered: 4, dead: 0, evicted: 0 }]);
  });

  test('a commit that failed leaves no gap after discard', async () => {
    const a = await receive();
    const rig = open({ webhooks: { a: a.settings() } });
    const put = () => {};
    rig.outbox.enqueue({ put, remove: put }, buildAlarmEvent('lost'), ['a']);
    rig.outbox.discard();
    expect(rig.outbox.told('alm_lost')).toEqual([]);
    await rig.publish([buildAlarmEvent(1)], ['a']);
    await a.waitFor(() => a.accepted().length === 1);
    expect(a.faults()).toEqual([]);
    expect(rig.outbox.list({}).items).toHaveLength(1);
  });

  test('the same event enqueued again, as by a replay, is one notification', async () => {
    const a = await receive();
    const rig = open({ webhooks: { a: a.settings() } });
    await rig.publish([buildAlarmEvent(1), buildAlarmEvent(1)], ['a', 'a']);
    await rig.publish([buildAlarmEvent(1), buildAlarmEvent(2)], ['a']);
    await a.waitFor(() => a.accepted().length === 2);
    expect(a.faults()).toEqual([]);
  });

  test('remembers who was told until the alarm is normal, also over a restart', async () => {
    let rig = open({ webhooks: {}, started: false });
    await rig.publish([buildAlarmEvent(1)], ['a']);
    await rig.publish([buildAlarmEvent(1, 'deescalated', { revision: 2 })], ['b']);
    rig = await restart(rig);
    expect(rig.outbox.told('alm_1')).toEqual(['a', 'b']);
    await rig.publish([buildAlarmEvent(1, 'cleared', { revision: 3, state: 'normal' })], ['a', 'b']);
    expect(rig.outbox.told('alm_1')).toEqual([]);
    rig = await restart(rig);
    expect(rig.outbox.told('alm_1')).toEqual([]);
  });
});

describe('a bad receiver', () => {
  test.each([
    ['dead', null],
    ['hanging', HANG],
    ['resetting', { kind: 'reset' }],
    ['dripping', { kind: 'drip', status: 500 }],
  ] as const)('that is %s delays no other', async (_name, behaviour) => {
    const [good, bad] = [await receive(), await receive({ behave: () => behaviour ?? ACCEPT })];
    const webhooks = { bad: bad.settings({ timeoutMs: 1000 }), good: good.settings() };
    if (behaviour === null) await bad.close();
    const rig = open({ webhooks });
    const events = Array.from({ length: 200 }, (_, index) => buildAlarmEvent(index, 'raised', { tier: 'red' }));
    await rig.publish(events, ['bad', 'good']);
    await good.waitFor(() => good.accepted().length === 200, 3000);
    expect(good.faults()).toEqual([]);
    expect(rig.faults).toEqual([]);
  });

  test('that hangs on blue gets red at once', async () => {
    const a = await receive({ behave: ({ event }) => (event.data.alarm?.tier === 'blue' ? HANG : ACCEPT) });
    const rig = open({ webhooks: { a: a.settings() } });
    const blues = Array.from({ length: 50 }, (_, index) =>
      buildAlarmEvent(`blue-${index}`, 'raised', { tier: 'blue' }),
    );
    await rig.publish(blues, ['a']);
    await a.waitFor(() => a.requests.length >= 4);
    const startedAt = Date.now();
    const reds = Array.from({ length: 50 }, (_, index) => buildAlarmEvent(`red-${index}`, 'raised', { tier: 'red' }));
    await rig.publish(reds, ['a']);
    await a.waitFor(() => a.accepted().length === 50);
    expect(Date.now() - startedAt).toBeLessThan(1000);
  });

  test('that is down with thousands waiting is only probed, and gets red first when it is back', async () => {
    let down = true;
    const a = await receive({ behave: () => (down ? { kind: 'reset' } : ACCEPT) });
    const rig = open({ webhooks: { a: a.settings() } });
    const blues = Array.from({ length: 1000 }, (_, index) => buildAlarmEvent(`b${index}`, 'raised', { tier: 'blue' }));
    const reds = Array.from({ length: 100 }, (_, index) => buildAlarmEvent(`r${index}`, 'raised', { tier: 'red' }));
    await rig.publish([...blues, ...reds], ['a']);
    await systemClock.sleep(2500);
    // The first of each tier together, then two a second.
    expect(a.requests.length).toBeLessThan(40);
    expect(rig.dispatcher.failing().get('a')).toBe(true);
    down = false;
    await a.waitFor(() => a.accepted().length === 1100, 15_000);
    expect(a.faults()).toEqual([]);
    const lastRed = a.accepted().findLastIndex(({ event }) => event.data.alarm?.tier === 'red');
    expect(lastRed).toBeLessThan(200);
    expect(rig.dispatcher.failing().get('a')).toBe(false);
  });

  test('with a URL that may not be used fails visibly and alone', async () => {
    const good = await receive();
    const rig = open({ webhooks: { bad: good.settings({ url: 'http://cc.example/' }), good: good.settings() } });
    await rig.publish([buildAlarmEvent(1)], ['bad', 'good']);
    await good.waitFor(() => good.accepted().length === 1);
    expect(rig.failed[0]).toMatchObject({ receiver: 'bad', code: 'refused' });
  });

  test('that is mended by new settings gets what waited at once; a new one starts; one that is gone keeps its own', async () => {
    const [a, b] = [await receive(), await receive()];
    const rig = open({ webhooks: { a: a.settings({ url: 'http://cc.example/' }), gone: b.settings() } });
    await rig.publish([buildAlarmEvent(1, 'raised', { tier: 'blue' })], ['a', 'b']);
    await expect.poll(() => rig.failed.length).toBeGreaterThan(0);
    rig.dispatcher.update([buildReceiver('a', a.settings()), buildReceiver('b', b.settings())]);
    await a.waitFor(() => a.accepted().length === 1);
    await b.waitFor(() => b.accepted().length === 1);
    await rig.publish([buildAlarmEvent(2)], ['gone']);
    await systemClock.sleep(100);
    expect(rig.outbox.list({ receiver: 'gone', state: 'pending' }).items).toHaveLength(1);
    expect(b.requests).toHaveLength(1);
  });
});

describe('order and retries', () => {
  test('each alarm keeps its order whatever fails, and every event arrives', async () => {
    let state = 20_261_121;
    const random = () => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state / 2_147_483_648;
    };
    const clock = createManualClock(Date.now());
    const bad: Behaviour[] = [
      BROKEN,
      { kind: 'reset' },
      { kind: 'delay', ms: 15, status: 503 },
      { kind: 'delay', ms: 5, status: 200 },
    ];
    const behave = () => (random() < 0.5 ? ACCEPT : (bad[Math.floor(random() * bad.length)] ?? ACCEPT));
    const [a, b] = [await receive({ behave, timestamps: 'any' }), await receive({ behave, timestamps: 'any' })];
    const rig = open({ webhooks: { a: a.settings(), b: b.settings() }, clock });
    const types = ['raised', 'escalated', 'deescalated', 'returned', 'cleared'] as const;
    const tiers = ['yellow', 'red', 'yellow', 'yellow', 'blue'] as const;
    for (const [index, type] of types.entries()) {
      const at = clock.now();
      const tier = tiers[index] ?? 'red';
      const events = Array.from({ length: 40 }, (_, alarm) =>
        buildAlarmEvent(alarm, type, { at, tier, revision: index + 1 }),
      );
      await rig.publish(events, ['a', 'b']);
      await clock.advance(500);
    }
    const done = () => a.accepted().length === 200 && b.accepted().length === 200;
    for (let turn = 0; turn < 2000 && !done(); turn++) {
      await clock.advance(20_000);
      await systemClock.sleep(3);
    }
    expect([a.accepted().length, b.accepted().length]).toEqual([200, 200]);
    expect([...a.faults(), ...b.faults()]).toEqual([]);
    expect(rig.failed.length).toBeGreaterThan(50);
  });

  test('the answer lost on its way (reset after it was taken) is sent again with the same id and body', async () => {
    let first = true;
    const a = await receive({
      behave: () => {
        const behaviour: Behaviour = first ? { kind: 'reset' } : ACCEPT;
        first = false;
        return behaviour;
      },
    });
    const rig = open({ webhooks: { a: a.settings() } });
    await rig.publish([buildAlarmEvent(1, 'raised', { tier: 'red' })], ['a']);
    await a.waitFor(() => a.accepted().length === 1);
    expect(a.requests).toHaveLength(2);
    expect(a.requests[0]?.body).toBe(a.requests[1]?.body);
    expect(a.faults()).toEqual([]);
    const gap = (a.requests[1]?.at ?? 0) - (a.requests[0]?.at ?? 0);
    expect(gap).toBeGreaterThan(800);
    expect(gap).toBeLessThan(2000);
  });

  test('Retry-After is honoured', async () => {
    const clock = createManualClock(Date.now());
    const busy: Behaviour = { kind: 'answer', status: 429, headers: { 'retry-after': '40' } };
    const a = await receive({ behave: () => (a.requests.length === 0 ? busy : ACCEPT), timestamps: 'any' });
    const rig = open({ webhooks: { a: a.settings() }, clock });
    await rig.publish([buildAlarmEvent(1, 'raised', { tier: 'red' })], ['a']);
    await expect.poll(() => rig.failed.length).toBe(1);
    await clock.advance(39_000);
    await systemClock.sleep(100);
    expect(a.requests).toHaveLength(1);
    await clock.advance(1500);
    await a.waitFor(() => a.accepted().length === 1);
  });

  test('a receiver that is down for an hour gets everything afterwards, raised before cleared', async () => {
    const clock = createManualClock(Date.now());
    let down = true;
    const a = await receive({ behave: () => (down ? BROKEN : ACCEPT), timestamps: 'any' });
    const rig = open({ webhooks: { a: a.settings() }, clock });
    for (let minute = 0; minute < 60; minute++) {
      const at = clock.now();
      const tier = minute % 2 === 0 ? 'red' : 'blue';
      await rig.publish([buildAlarmEvent(minute, 'raised', { at, tier })], ['a']);
      await rig.publish([buildAlarmEvent(minute, 'cleared', { at, tier, revision: 2, state: 'normal' })], ['a']);
      await clock.advance(60_000);
      await systemClock.sleep(5);
    }
    down = false;
    for (let turn = 0; turn < 100 && a.accepted().length < 120; turn++) {
      await clock.advance(2000);
      await systemClock.sleep(5);
    }
    expect(a.accepted()).toHaveLength(120);
    expect(a.faults()).toEqual([]);
  });
});

describe('giving up', () => {
  test('410 is retried, then a dead letter that the others hear of, and can be sent again', async () => {
    const clock = createManualClock(Date.now());
    let gone = true;
    const a = await receive({ behave: () => (gone ? { kind: 'answer', status: 410 } : ACCEPT), timestamps: 'any' });
    const b = await receive({ timestamps: 'any' });
    const rig = open({ webhooks: { a: a.settings({ giveUpAfterMs: HOUR }), b: b.settings() }, clock });
    await rig.publish([buildAlarmEvent(1, 'raised', { at: clock.now(), tier: 'red' })], ['a', 'b']);
    for (let turn = 0; turn < 200 && rig.reports.length === 0; turn++) {
      await clock.advance(30_000);
      await systemClock.sleep(5);
    }
    expect(a.requests.length).toBeGreaterThan(30);
    expect(rig.reports).toMatchObject([{ receiver: 'a', count: 1, worst: 'red', reason: 'answered 410 (gone)' }]);
    await b.waitFor(() => b.accepted().length === 2);
    expect(b.accepted()[1]?.event).toMatchObject({
      type: 'davylamp.system.delivery-failed',
      data: { sequence: 2, details: { receiver: 'a', count: 1, worst: 'red' } },
    });
    expect(rig.outbox.list({ state: 'dead' }).items).toMatchObject([{ receiver: 'a', sequence: 1, state: 'dead' }]);

    gone = false;
    await rig.outbox.redeliver('a', 'evt_1_1', clock.now());
    await a.waitFor(() => a.accepted().length === 1);
    expect(new Set(a.requests.map(({ body }) => body)).size).toBe(1);
    await expect.poll(() => rig.outbox.list({ receiver: 'a' }).items[0]?.state).toBe('delivered');
    await rig.outbox.redeliver('a', 1, clock.now());
    await a.waitFor(({ requests }) => requests.filter(({ accepted }) => accepted).length === 2);
    expect([...a.faults(), ...b.faults()]).toEqual([]);
  });

  test('is not done untried: a restart after a long time tries once more', async () => {
    const a = await receive();
    let rig = open({ webhooks: { a: a.settings({ giveUpAfterMs: 1000 }) }, started: false });
    await rig.publish([buildAlarmEvent(1, 'raised', { at: Date.now() - HOUR })], ['a']);
    rig = await restart(rig);
    rig.dispatcher.start();
    await a.waitFor(() => a.accepted().length === 1);
    expect(rig.reports).toEqual([]);
  });

  test('two dead receivers do not tell each other for ever', async () => {
    const clock = createManualClock(Date.now());
    const dead = await startReceiver();
    const settings = dead.settings({ giveUpAfterMs: 10_000 });
    await dead.close();
    const rig = open({ webhooks: { a: settings, b: settings }, clock });
    await rig.publish([buildAlarmEvent(1, 'raised', { at: clock.now() })], ['a', 'b']);
    for (let turn = 0; turn < 60; turn++) {
      await clock.advance(10_000);
      await systemClock.sleep(5);
    }
    expect(rig.reports.map(({ receiver }) => receiver).sort()).toEqual(['a', 'b']);
    expect(rig.outbox.counts().map(({ pending, dead: letters }) => [pending, letters])).toEqual([
      [0, 2],
      [0, 2],
    ]);
  });
});

describe('a full outbox', () => {
  test('gives up the oldest of the least urgent tier, reports it, and keeps it to be sent again', async () => {
    const [a, b] = [await receive({ behave: () => HANG }), await receive()];
    const webhooks = { a: a.settings(), b: b.settings() };
    let rig = open({ webhooks, limits: { maxPending: 5 }, started: false });
    const tiers = ['yellow', 'blue', 'red', 'blue', 'orange', 'red', 'red', 'red'] as const;
    for (const [index, tier] of tiers.entries()) await rig.publish([buildAlarmEvent(index, 'raised', { tier })], ['a']);
    const states = () =>
      rig.outbox
        .list({ receiver: 'a' })
        .items.map(({ tier, state }) => `${tier} ${state}`)
        .reverse();
    expect(states()).toEqual([
      'yellow dead',
      'blue dead',
      'red pending',
      'blue dead',
      'orange pending',
      'red pending',
      'red pending',
      'red pending',
    ]);
    rig.dispatcher.start();
    await rig.publish([buildAlarmEvent('late', 'raised', { tier: 'blue' })], ['a']);
    await b.waitFor(() => b.accepted().length === 1);
    expect(rig.reports[0]).toMatchObject({ receiver: 'a', count: 1, worst: 'blue', reason: 'outbox full' });
    a.behave(() => ACCEPT);
    await expect(rig.outbox.redeliver('a', 1, Date.now())).rejects.toMatchObject({ code: 'OUTBOX_FULL' });
    rig = await restart(rig);
    rig.dispatcher.start();
    await a.waitFor(() => a.accepted().length === 5);
    await expect.poll(() => rig.outbox.counts()[0]?.pending).toBe(0);
    for (const { sequence } of rig.outbox.list({ receiver: 'a', state: 'dead' }).items) {
      await rig.outbox.redeliver('a', sequence, Date.now());
    }
    await a.waitFor(() => a.accepted().length === 9);
    expect(a.faults()).toEqual([]);
  });

  test('keeps only so many delivered ones, and the sequence goes on', async () => {
    const a = await receive();
    let rig = open({ webhooks: { a: a.settings() }, limits: { maxDelivered: 3 } });
    await rig.publish(
      Array.from({ length: 10 }, (_, index) => buildAlarmEvent(index)),
      ['a'],
    );
    await a.waitFor(() => a.accepted().length === 10);
    rig = await restart(rig);
    expect(rig.outbox.list({}).items).toHaveLength(3);
    await rig.publish([buildAlarmEvent(10)], ['a']);
    await a.waitFor(() => a.accepted().length === 11);
    expect(a.faults()).toEqual([]);
  });

  test('lists page by page, by receiver and state', async () => {
    const rig = open({ webhooks: {}, started: false });
    await rig.publish(
      Array.from({ length: 5 }, (_, index) => buildAlarmEvent(index)),
      ['a', 'b'],
    );
    for (const query of [{}, { state: 'pending' as const }]) {
      const seen: string[] = [];
      let cursor: string | undefined;
      for (let pages = 0; pages < 10; pages++) {
        const page = rig.outbox.list({ ...query, limit: 3, cursor });
        seen.push(...page.items.map(({ receiver, sequence }) => `${receiver}${sequence}`));
        if (page.next === null) break;
        cursor = page.next;
      }
      expect(seen).toEqual(['a5', 'a4', 'a3', 'a2', 'a1', 'b5', 'b4', 'b3', 'b2', 'b1']);
    }
    expect(rig.outbox.list({ receiver: 'b' }).items).toHaveLength(5);
    expect(rig.outbox.list({ state: 'dead' })).toEqual({ items: [], next: null });
    expect(() => rig.outbox.list({ cursor: 'nonsense' })).toThrowError(/cursor/);
    await expect(rig.outbox.redeliver('a', 99, 0)).rejects.toMatchObject({ code: 'DELIVERY_UNKNOWN' });
    await expect(rig.outbox.redeliver('a', 1, 0)).rejects.toMatchObject({ code: 'DELIVERY_PENDING' });
  });
});

describe('stopping', () => {
  test('lets what is under way finish, gives up on what hangs after 2 s, and keeps it pending', async () => {
    const a = await receive({
      behave: ({ event }) => (event.data.sequence === 1 ? { kind: 'delay', ms: 500, status: 200 } : HANG),
    });
    const rig = open({ webhooks: { a: a.settings() } });
    await rig.publish([buildAlarmEvent(1), buildAlarmEvent(2)], ['a']);
    await a.waitFor(() => a.requests.length === 2);
    const startedAt = Date.now();
    await rig.dispatcher.stop();
    expect(Date.now() - startedAt).toBeLessThan(3000);
    expect(rig.outbox.list({}).items.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['pending', 0],
      ['delivered', 1],
    ]);
    a.behave(() => ACCEPT);
    rig.dispatcher.start();
    await a.waitFor(() => a.accepted().length === 2);
    expect(a.faults()).toEqual([]);
  });
});
