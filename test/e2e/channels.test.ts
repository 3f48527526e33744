import { createHmac } from 'node:crypto';
import { connectAsync } from 'mqtt';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { createBroker } from '../../src/broker/broker.ts';
import type { Channel, Receiver } from '../../src/model/routing.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { buildAlarmEvent, type DeliveryRig, type DeliveryRigOptions, openRig } from '../helpers/delivery-rig.ts';
import { type Behaviour, type ReceivedRequest, startReceiver, type TestReceiver } from '../helpers/receiver.ts';
import { buildReceiver } from '../helpers/routing.ts';

const SECRET = 'SECtest0123456789abcdef';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function receive(behaviour: Behaviour | ((request: Pick<ReceivedRequest, 'path'>) => Behaviour)) {
  const receiver = await startReceiver({ behave: typeof behaviour === 'function' ? behaviour : () => behaviour });
  opened.push(receiver);
  return receiver;
}

function open(options: DeliveryRigOptions): DeliveryRig {
  const rig = openRig(options);
  opened.push(rig);
  return rig;
}

function robot(kind: 'dingtalk' | 'wecom' | 'feishu', { port }: TestReceiver, parts: Partial<Receiver> = {}): Receiver {
  const url = `http://127.0.0.1:${port}/robot/send?access_token=tok`;
  const channel: Channel = { kind, robot: { url, secret: kind === 'wecom' ? null : SECRET, mention: {} } };
  return buildReceiver(kind, {}, { channel, language: 'zh', ...parts });
}

const OK: Behaviour = { kind: 'answer', status: 200, body: '{"errcode":0,"errmsg":"ok","code":0}' };

describe('channels', () => {
  test.each(['dingtalk', 'wecom', 'feishu'] as const)('%s: delivered by its own answer', async (kind) => {
    const group = await receive(OK);
    const rig = open({ receivers: [robot(kind, group)] });
    await rig.publish([buildAlarmEvent(1, 'raised', { tier: 'red' })], [kind]);
    await group.waitFor(({ requests }) => requests.length === 1);
    await rig.dispatcher.stop();
    expect(rig.outbox.counts()).toMatchObject([{ receiver: kind, pending: 0, delivered: 1 }]);
    expect(rig.notified).toEqual(['alm_1']);
    const [request] = group.requests;
    expect(request?.method).toBe('POST');
    expect(request?.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(request?.body).toContain('出口压力');
    const query = new URL(`http://x${request?.path}`).searchParams;
    expect(query.get('access_token')).toBe('tok');
    if (kind !== 'dingtalk') return;
    const text = `${query.get('timestamp')}\n${SECRET}`;
    expect(query.get('sign')).toBe(createHmac('sha256', SECRET).update(text).digest('base64'));
  });

  test('200 with a refusal is no delivery: it is tried again, and the reason holds no token', async () => {
    let answers = 0;
    const group = await receive(() => {
      const refusal = '{"errcode":310000,"errmsg":"keywords not in content, access_token=tok"}';
      return answers++ === 0 ? { kind: 'answer', status: 200, body: refusal } : OK;
    });
    const rig = open({ receivers: [robot('dingtalk', group)] });
    await rig.publish([buildAlarmEvent(1, 'raised', { tier: 'red' })], ['dingtalk']);
    await group.waitFor(({ requests }) => requests.length === 2);
    await rig.dispatcher.stop();
    expect(rig.failed).toHaveLength(1);
    expect(rig.failed[0]).toMatchObject({ code: 'answered' });
    expect(rig.failed[0]?.reason).not.toContain('tok');
    expect(rig.outbox.counts()).toMatchObject([{ delivered: 1, pending: 0 }]);
  });

  test('CAP: a retry is the same message; what follows refers to it', async () => {
    let answers = 0;
    const platform = await receive(() => ({ kind: 'answer', status: answers++ === 0 ? 503 : 200 }));
    const cap = {
      url: platform.url,
      authorization: 'Bearer key',
      sender: 'duty@site.example',
      senderName: 'Site',
      identifier: '32041200100100',
    };
    const rig = open({ receivers: [buildReceiver('cap', {}, { channel: { kind: 'cap', cap } })] });
    await rig.publish([buildAlarmEvent(1, 'raised', { tier: 'red' })], ['cap']);
    await rig.publish([buildAlarmEvent(1, 'acknowledged', { tier: 'red', revision: 2 })], ['cap']);
    await platform.waitFor(({ requests }) => requests.length === 3);
    const [first, retry, update] = platform.requests;
    expect(first?.headers).toMatchObject({
      'content-type': 'application/cap+xml; charset=utf-8',
      authorization: 'Bearer key',
    });
    expect(retry?.body).toBe(first?.body);
    const identifier = /<identifier>([^<]+)/.exec(first?.body ?? '')?.[1] ?? 'none';
    expect(update?.body).toContain('<msgType>Update</msgType>');
    expect(update?.body).toContain(`<references>duty@site.example,${identifier},`);
  });

  test('a gateway: what it is expected to answer decides', async () => {
    let answers = 0;
    const gateway = await receive(() => ({
      kind: 'answer',
      status: 200,
      body: answers++ === 0 ? 'code=13' : 'code=0',
    }));
    const http = {
      method: 'GET' as const,
      url: `http://127.0.0.1:${gateway.port}/sms?key={{ secret.key }}&text={{ sms }}`,
      headers: { 'X-Event': '{{ event.id }}' },
      body: '',
      expect: 'code=0',
      secrets: { key: 'a&b' },
    };
    const rig = open({ receivers: [buildReceiver('sms', {}, { channel: { kind: 'http', http }, language: 'zh' })] });
    await rig.publish([buildAlarmEvent(1, 'raised', { tier: 'red' })], ['sms']);
    await gateway.waitFor(({ requests }) => requests.length === 2);
    const [request] = gateway.requests;
    expect(request).toMatchObject({ method: 'GET', body: '', headers: { 'x-event': 'evt_1_1' } });
    const query = new URL(`http://x${request?.path}`).searchParams;
    expect(query.get('key')).toBe('a&b');
    expect(query.get('text')).toMatch(/^【红色】报警 .*4\.1 kPa/);
    expect(rig.failed[0]?.reason).toBe('answered 200 without the expected text');
  });

  test('a receiver whose secret or template cannot be used fails visibly and stops no other', async () => {
    const good = await receive(OK);
    const broken = robot('feishu', good, { template: { title: '{{ unclosed', text: null } });
    const rig = open({ receivers: [robot('dingtalk', good), broken] });
    await rig.publish([buildAlarmEvent(1)], ['dingtalk', 'feishu']);
    await good.waitFor(({ requests }) => requests.length === 1);
    await rig.dispatcher.stop();
    expect(rig.failed).toMatchObject([{ receiver: 'feishu', code: 'refused' }]);
    expect(rig.outbox.counts()).toMatchObject([
      { receiver: 'dingtalk', delivered: 1 },
      { receiver: 'feishu', pending: 1 },
    ]);
  });
});

describe('the rate of a receiver', () => {
  test('no more leave than it takes, retries counted, red first, and over a restart', async () => {
    const group = await receive(OK);
    const rate = { messages: 10, perMs: 60_000 };
    let rig = open({ receivers: [robot('dingtalk', group, { rate })] });
    const lower = Array.from({ length: 20 }, (_, index) =>
      buildAlarmEvent(`low${index}`, 'raised', { tier: 'yellow' }),
    );
    await rig.publish(lower, ['dingtalk']);
    // Eight: a fifth is for red.
    await group.waitFor(({ requests }) => requests.length === 8);
    await rig.publish([buildAlarmEvent('red', 'raised', { tier: 'red' })], ['dingtalk']);
    await group.waitFor(({ requests }) => requests.length === 9);
    expect(group.requests.at(-1)?.body).toContain('alm_red');
    await rig.dispatcher.stop();
    opened.splice(opened.indexOf(rig), 1);
    rig = await rig.restart();
    opened.push(rig);
    await rig.publish([buildAlarmEvent('red2', 'raised', { tier: 'red' })], ['dingtalk']);
    await group.waitFor(({ requests }) => requests.length === 10);
    await rig.publish([buildAlarmEvent('red3', 'raised', { tier: 'red' })], ['dingtalk']);
    await systemClock.sleep(500);
    expect(group.requests).toHaveLength(10);
    expect(rig.outbox.counts()).toMatchObject([{ delivered: 10, pending: 13 }]);
  });
});

describe('one slow receiver', () => {
  /** How long each of 60 alarms took, from the call that commits it until it was with the fast receiver. */
  async function timesOf(fast: TestReceiver, rig: DeliveryRig, to: readonly string[], run: string): Promise<number[]> {
    const times: number[] = [];
    for (let index = 0; index < 60; index++) {
      const event = buildAlarmEvent(`${run}${index}`, 'raised', { tier: index % 2 === 0 ? 'red' : 'yellow' });
      const before = fast.requests.length;
      const startedAt = performance.now();
      await rig.publish([event], to);
      await fast.waitFor(({ requests }) => requests.length > before);
      times.push(performance.now() - startedAt);
    }
    return times.sort((a, b) => a - b);
  }

  test('at 30 s a request it delays no other by more than 100 ms, on the same host or another', async () => {
    const slow: Behaviour = { kind: 'delay', ms: 30_000, status: 200 };
    const shared = await receive(({ path }) => (path === '/slow' ? slow : { kind: 'answer', status: 200 }));
    const other = await receive({ kind: 'answer', status: 200 });
    const rig = open({
      webhooks: {
        fast: other.settings(),
        neighbour: shared.settings(),
        slow: shared.settings({ url: `http://127.0.0.1:${shared.port}/slow`, timeoutMs: 60_000 }),
      },
    });
    // The three longest of sixty are left to the machine.
    const longest = (times: readonly number[]) => times[times.length - 4] ?? 0;
    const alone = longest(await timesOf(other, rig, ['fast', 'neighbour'], 'alone'));
    const beside = longest(await timesOf(other, rig, ['fast', 'neighbour', 'slow'], 'beside'));
    const sent = shared.requests.filter(({ path }) => path === '/slow').length;
    // All slots of the slow one are taken, and none has been answered.
    expect(sent).toBeGreaterThanOrEqual(12);
    expect(rig.delivered.filter(({ receiver }) => receiver === 'slow')).toEqual([]);
    expect(beside - alone).toBeLessThan(100);
    await shared.waitFor(({ requests }) => requests.filter(({ path }) => path !== '/slow').length === 120);
    expect(rig.outbox.counts().find(({ receiver }) => receiver === 'slow')).toMatchObject({
      pending: 60,
      delivered: 0,
    });
  });
});

describe('MQTT', () => {
  test('publishes on our own broker; only the engine can', async () => {
    const ingested: string[] = [];
    const broker = createBroker({
      settings: {
        listeners: [{ host: '127.0.0.1', port: 0, anonymous: true, insecure: false, tls: null }],
        limits: { packetBytes: 65_536, connections: 10, messagesPerSecondPerClient: 0 },
      },
      accounts: new Map(),
      onEnvelope({ topic }, done) {
        ingested.push(topic);
        done();
      },
      clock: systemClock,
      log: pino({ level: 'silent' }),
    });
    opened.push({ close: () => broker.stop() });
    const channel: Channel = { kind: 'mqtt', mqtt: { sites: [] } };
    const rig = open({
      receivers: [buildReceiver('bus', {}, { channel })],
      publish: (topic, payload) => broker.publish(topic, payload),
    });
    // Nobody listens yet: it is kept, and comes when the broker does.
    await rig.publish([buildAlarmEvent(1)], ['bus']);
    await broker.start();
    const [address] = broker.addresses();
    const client = await connectAsync(`mqtt://127.0.0.1:${address?.port}`);
    opened.push({ close: () => client.endAsync(true) });
    const taken: { topic: string; id: string; qos: number; retain: boolean }[] = [];
    client.on('message', (topic, payload, { qos, retain }) => {
      taken.push({ topic, id: JSON.parse(payload.toString()).id, qos, retain });
    });
    await client.subscribeAsync(['v1/+/alarms', 'v1/+/+/telemetry'], { qos: 1 });
    // As a device or a gateway might try: it ends in the journal.
    await client.publishAsync('v1/wujin-gas/alarms', '{"id":"evt_forged"}', { qos: 1 });
    await rig.publish([buildAlarmEvent(2)], ['bus']);
    await rig.publish(
      [{ id: 'evt_s', type: 'davylamp.system.x', at: 1, code: 'X', message: { en: 'x', zh: 'x' }, details: {} }],
      ['bus'],
    );
    const deadline = Date.now() + 10_000;
    while (taken.length < 2 || rig.delivered.length < 3) {
      if (Date.now() > deadline) throw new Error(`only ${JSON.stringify(taken)}`);
      await systemClock.sleep(20);
    }
    const expected = [
      { topic: 'v1/wujin-gas/alarms', id: 'evt_2_1', qos: 1, retain: false },
      { topic: 'v1/_/alarms', id: 'evt_s', qos: 1, retain: false },
    ];
    for (const each of expected) expect(taken).toContainEqual(each);
    expect(taken.map(({ id }) => id)).not.toContain('evt_forged');
    expect(ingested).toEqual(['v1/wujin-gas/alarms']);
  });
});
