import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import type { OnEnvelope } from '../../src/broker/admission.ts';
import {
  buildAccount,
  connectPacket,
  loopback,
  publishPacket,
  pubrelPacket,
  quickHash,
  startBroker,
  type TestBroker,
  TYPE,
} from '../helpers/mqtt-wire.ts';

const run = promisify(execFile);
const TOPIC = 'v1/s/d/telemetry';
const device = buildAccount('s/d');

let running: TestBroker[] = [];

async function start(options: Parameters<typeof startBroker>[0] = {}): Promise<TestBroker> {
  const started = await startBroker({ accounts: [device], ...options });
  running.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(running.map((started) => started.stop()));
  running = [];
});

/** A journal with one FIFO committer and commits of random length; counts what is durable. */
function committer() {
  const pending: { payload: string; done: (error?: Error) => void }[] = [];
  const durable: string[] = [];
  let busy = false;
  async function commit(): Promise<void> {
    busy = true;
    while (pending.length > 0) {
      const group = pending.splice(0, 1 + Math.floor(Math.random() * 40));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
      for (const { payload, done } of group) {
        durable.push(payload);
        done();
      }
    }
    busy = false;
  }
  const onEnvelope: OnEnvelope = ({ payload }, done) => {
    pending.push({ payload: Buffer.from(payload).toString(), done });
    if (!busy) void commit();
  };
  return { onEnvelope, durable };
}

/** A journal that acknowledges when the test says so. */
function gate() {
  const waiting: ((error?: Error) => void)[] = [];
  let wake = () => {};
  const onEnvelope: OnEnvelope = (_envelope, done) => {
    waiting.push(done);
    wake();
  };
  async function waitFor(count: number): Promise<void> {
    while (waiting.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  return { onEnvelope, waiting, waitFor };
}

describe('acknowledgement', () => {
  it.each([
    [1, TYPE.puback],
    [2, TYPE.pubrec],
  ])('of QoS %i comes only after the message is durable', async (qos, ack) => {
    const journal = gate();
    const { login } = await start({ onEnvelope: journal.onEnvelope });
    const client = await login({ username: 's/d' });
    client.write(publishPacket(TOPIC, '1', { qos, id: 9 }));
    await journal.waitFor(1);
    expect(await client.isAlive()).toBe(true);
    expect(client.count(ack)).toBe(0);
    journal.waiting[0]?.();
    const answer = await client.next(ack);
    expect(answer !== 'closed' && answer.body.readUInt16BE(0)).toBe(9);
  });

  it('comes in the order of arrival, each after its own commit', async () => {
    const journal = committer();
    const { login, envelopes } = await start({ onEnvelope: journal.onEnvelope });
    const client = await login({ username: 's/d' });
    const ids = Array.from({ length: 2000 }, (_, index) => index + 1);
    for (const id of ids) client.socket.write(publishPacket(TOPIC, String(id), { qos: 1, id }));
    const acked: number[] = [];
    for (const _ of ids) {
      const ack = await client.next(TYPE.puback);
      if (ack === 'closed') break;
      acked.push(ack.body.readUInt16BE(0));
      expect(journal.durable.length).toBeGreaterThanOrEqual(acked.length);
    }
    expect(acked).toEqual(ids);
    expect(envelopes.map(({ payload }) => Number(Buffer.from(payload).toString()))).toEqual(ids);
    expect(envelopes[0]).toMatchObject({ topic: TOPIC, client: 's/d', oversized: null });
  });

  it('never comes when the message cannot be made durable: the connection is closed', async () => {
    const { login, broker } = await start({ onEnvelope: (_envelope, done) => done(new Error('disk full')) });
    const client = await login({ username: 's/d' });
    expect(await client.publish(TOPIC, '1')).toBe('closed');
    expect(client.count(TYPE.puback)).toBe(0);
    expect(broker.counters().refusals.notDurable).toBe(1);
  });

  it.each([0, 1, 2])(
    'of QoS %i hands each message over once, in order, when the journal answers at once',
    async (qos) => {
      const { login, envelopes } = await start();
      const client = await login({ username: 's/d' });
      const count = 900;
      for (let id = 1; id <= count; id++) {
        client.socket.write(publishPacket(TOPIC, String(id).padEnd((id % 7) * 300), { qos, id }));
        if (id % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await client.isAlive()).toBe(true);
      const ids = envelopes.map(({ payload }) => Number.parseInt(Buffer.from(payload).toString(), 10));
      expect(ids).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    },
  );

  it('is not journaled twice when QoS 2 is sent again before its PUBREL', async () => {
    const { login, envelopes } = await start();
    const client = await login({ username: 's/d' });
    const send = async (dup: boolean) => {
      client.write(publishPacket(TOPIC, '1', { qos: 2, id: 4, dup }));
      await client.next(TYPE.pubrec);
    };
    await send(false);
    await send(true);
    expect(envelopes).toHaveLength(1);
    client.write(pubrelPacket(4));
    await client.next(TYPE.pubcomp);
    await send(false);
    expect(envelopes).toHaveLength(2);
  });

  it('survives a reconnect between PUBREC and PUBREL', async () => {
    const { login, envelopes } = await start();
    const connect = { username: 's/d', clientId: 'c', clean: false };
    const first = await login(connect);
    await first.write(publishPacket(TOPIC, '1', { qos: 2, id: 4 })).next(TYPE.pubrec);
    await first.end();
    const second = await login(connect);
    await second.write(publishPacket(TOPIC, '1', { qos: 2, id: 4, dup: true })).next(TYPE.pubrec);
    expect(envelopes).toHaveLength(1);
  });

  it('holds a client that sends more than may be under way, and loses nothing', async () => {
    const journal = gate();
    const { login, broker } = await start({ onEnvelope: journal.onEnvelope });
    const client = await login({ username: 's/d' });
    const total = 4000;
    const publishes = Array.from({ length: total }, (_, index) => publishPacket(TOPIC, 'x', { qos: 1, id: index + 1 }));
    // One to a segment: Aedes then reads on although nothing has been acknowledged.
    for (const publish of publishes.slice(0, 3000)) {
      client.write(publish);
      await new Promise((resolve) => setImmediate(resolve));
    }
    client.write(...publishes.slice(3000));
    await journal.waitFor(1000);
    expect(broker.counters().inFlight).toBe(1000);
    let acked = 0;
    while (acked < total) {
      await journal.waitFor(1);
      for (const done of journal.waiting.splice(0)) {
        done();
        acked++;
      }
    }
    await client.until(() => client.count(TYPE.puback) === total);
  });
});

describe('topics', () => {
  it('v1 topics go to the journal, malformed ones too, and commands and the rest do not', async () => {
    const { login, envelopes } = await start();
    const client = await login({ clientId: 'dev' });
    const follower = await login({ clientId: 'follower' });
    await follower.subscribe(['#']);
    for (const topic of ['v1/x/telemetry', 'v1/a b/c/telemetry', 'v1/s/d/status', 'v1/s/d/command/go', 'plant/1']) {
      expect(await client.publish(topic, 'p')).toBe('acked');
    }
    expect(envelopes.map(({ topic }) => topic)).toEqual(['v1/x/telemetry', 'v1/a b/c/telemetry', 'v1/s/d/status']);
    expect(envelopes[0]?.client).toBe('anonymous:dev');
    await follower.until(() => follower.count(TYPE.publish) === 5);
  });

  it('nothing of telemetry is retained, not even a will; ordinary topics are', async () => {
    const { login, envelopes } = await start();
    const will = { topic: 'v1/s/d/status', payload: 'offline', qos: 1, retain: true };
    // Telemetry that nobody follows is not published at all.
    await (await login()).subscribe(['#']);
    const client = await login({ username: 's/d', will });
    client.write(publishPacket(TOPIC, 'old', { qos: 1, retain: true }));
    await client.next(TYPE.puback);
    await client.end();
    const developer = await login({ clientId: 'dev' });
    developer.write(publishPacket('plant/1', 'kept', { qos: 1, retain: true }));
    await developer.next(TYPE.puback);
    const late = await login({ clientId: 'late' });
    await late.subscribe(['#']);
    await late.until(() => late.count(TYPE.publish) > 0);
    expect(await late.isAlive()).toBe(true);
    expect(late.deliveries()).toEqual([{ topic: 'plant/1', payload: 'kept', retain: true }]);
    expect(envelopes.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['old', 'offline']);
  });

  it('reach a device only as its commands', async () => {
    const gateway = buildAccount('control', { publish: ['v1/+/+/command/#'] });
    const { login } = await start({ accounts: [device, gateway] });
    const target = await login({ username: 's/d' });
    expect(await target.subscribe(['v1/s/d/command/#'], 1)).toEqual([1]);
    const sender = await login({ username: 'control' });
    expect(await sender.publish('v1/s/d/command/close', 'now')).toBe('acked');
    await target.until(() => target.count(TYPE.publish) === 1);
    expect(target.deliveries()).toEqual([{ topic: 'v1/s/d/command/close', payload: 'now', retain: false }]);
  });
});

describe('login under load', () => {
  it('keeps everything pipelined behind a CONNECT whose password takes long to verify', async () => {
    const slow = buildAccount('s/d', { hash: quickHash('s/d-password', 2 ** 16) });
    const { probe, envelopes } = await start({ accounts: [slow] });
    const client = probe();
    const publishes = Array.from({ length: 500 }, (_, index) =>
      publishPacket(TOPIC, String(index).padEnd(600), { qos: 1, id: index + 1 }),
    );
    client.write(connectPacket({ username: 's/d', password: 's/d-password' }), ...publishes);
    await client.until(() => client.isClosed || client.count(TYPE.puback) === 500);
    expect(client.count(TYPE.puback)).toBe(500);
    expect(envelopes.map(({ payload }) => Number(Buffer.from(payload).toString()))).toEqual([...Array(500).keys()]);
  });

  it('reads ordinary messages that nobody follows, pipelined behind a CONNECT, once each', async () => {
    const { probe } = await start();
    const publishes = Array.from({ length: 2000 }, (_, index) => publishPacket('plant/1', 'x'.repeat(index % 300)));
    const login = { username: 'edge', password: 'edge-password' };
    const edge = buildAccount('edge', { publish: ['plant/#'], hash: quickHash('edge-password', 2 ** 15) });
    const { probe: probeOf } = await start({ accounts: [edge] });
    for (const client of [
      probe().write(connectPacket(), ...publishes),
      probeOf().write(connectPacket(login), ...publishes),
    ]) {
      expect(await client.isAlive()).toBe(true);
    }
  });

  it('keeps 300 KB pipelined in pieces, in order', async () => {
    const slow = buildAccount('s/d', { hash: quickHash('s/d-password', 2 ** 15) });
    const { probe, envelopes } = await start({ accounts: [slow] });
    const client = probe().write(connectPacket({ username: 's/d', password: 's/d-password' }));
    for (let index = 0; index < 300; index++) {
      client.socket.write(publishPacket(TOPIC, String(index).padEnd(1000), { qos: 1, id: index + 1 }));
      if (index % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await client.until(() => client.isClosed || client.count(TYPE.puback) === 300);
    expect(envelopes.map(({ payload }) => Number(Buffer.from(payload).toString()))).toEqual([...Array(300).keys()]);
  });

  it('slows a client down to its rate and loses nothing', async () => {
    const { login, broker } = await start({ limits: { messagesPerSecondPerClient: 200 } });
    const client = await login({ username: 's/d' });
    const began = performance.now();
    for (let id = 1; id <= 400; id++) client.socket.write(publishPacket(TOPIC, 'x', { qos: 1, id }));
    await client.until(() => client.isClosed || client.count(TYPE.puback) === 400);
    expect(client.count(TYPE.puback)).toBe(400);
    // What is in one chunk is handled together; then the client has to wait for its tokens.
    client.write(publishPacket(TOPIC, 'x', { qos: 1, id: 401 }));
    await client.until(() => client.isClosed || client.count(TYPE.puback) === 401);
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(broker.counters().rateHolds).toBeGreaterThan(0);
  });
});

describe('other clients', () => {
  it('mosquitto_pub delivers QoS 0, 1 and 2 and hears why it is refused', async () => {
    const { port, envelopes } = await start();
    const base = ['-h', '127.0.0.1', '-p', String(port), '-t', TOPIC];
    const login = ['-u', 's/d', '-P', 's/d-password'];
    for (const qos of ['0', '1', '2']) await run('mosquitto_pub', [...base, ...login, '-q', qos, '-m', qos]);
    expect(envelopes.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['0', '1', '2']);
    const exit = (args: string[]) =>
      run('mosquitto_pub', [...base, '-m', 'x', ...args]).then(
        () => 0,
        (error: { code: number }) => error.code,
      );
    expect(await exit(['-u', 's/d', '-P', 'wrong'])).toBe(4);
    expect(await exit(['-u', 'nobody', '-P', 'wrong'])).toBe(4);
    expect(await exit([...login, '-V', 'mqttv5'])).not.toBe(0);
    expect(envelopes).toHaveLength(3);
  });

  it('takes 5,000 lines of mosquitto_pub -l', async () => {
    const { port, envelopes } = await start();
    const args = [
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-t',
      TOPIC,
      '-q',
      '1',
      '-l',
      '-u',
      's/d',
      '-P',
      's/d-password',
    ];
    const child = spawn('mosquitto_pub', args);
    child.stdin.end(Array.from({ length: 5000 }, (_, index) => `${index}\n`).join(''));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code).toBe(0);
    expect(envelopes.map(({ payload }) => Number(Buffer.from(payload).toString()))).toEqual([...Array(5000).keys()]);
  });

  it('mqtt.js publishes and follows as a reader', async () => {
    const reader = buildAccount('room', { role: 'reader', subscribe: ['v1/s/+/telemetry'] });
    const { port } = await start({ accounts: [device, reader] });
    const url = `mqtt://127.0.0.1:${port}`;
    const follower = await connectAsync(url, { username: 'room', password: 'room-password', reconnectPeriod: 0 });
    await follower.subscribeAsync('v1/s/d/telemetry', { qos: 1 });
    const got = new Promise((resolve) => follower.once('message', (topic, payload) => resolve(`${topic} ${payload}`)));
    const sender = await connectAsync(url, { username: 's/d', password: 's/d-password', reconnectPeriod: 0 });
    await sender.publishAsync(TOPIC, '{"a":1}', { qos: 1 });
    expect(await got).toBe(`${TOPIC} {"a":1}`);
    await Promise.all([follower.endAsync(), sender.endAsync()]);
  });
});

describe('lifecycle', () => {
  it('starts and stops twice over', async () => {
    const { broker } = await start();
    await broker.start();
    await Promise.all([broker.stop(), broker.stop()]);
    await broker.stop();
  });

  it('acknowledges what is under way before it stops, and publishes no will then', async () => {
    const journal = gate();
    const { login, broker, envelopes } = await start({ onEnvelope: journal.onEnvelope });
    const will = { topic: 'v1/s/d/status', payload: 'offline' };
    const client = await login({ username: 's/d', will });
    client.write(publishPacket(TOPIC, '1', { qos: 1 }));
    await journal.waitFor(1);
    const stopped = broker.stop();
    journal.waiting[0]?.();
    await stopped;
    await client.closed;
    expect(client.count(TYPE.puback)).toBe(1);
    expect(envelopes).toHaveLength(1);
  });

  it('says what to do when the port is taken, and frees the others', async () => {
    const { port } = await start();
    const listeners = [loopback, { ...loopback, port }];
    await expect(startBroker({ listeners })).rejects.toMatchObject({ code: 'MQTT_PORT_IN_USE' });
  });

  it('has no anonymous listener beyond loopback unless told so', async () => {
    const open = { ...loopback, host: '0.0.0.0' };
    await expect(startBroker({ listeners: [open] })).rejects.toMatchObject({ code: 'MQTT_ANONYMOUS_NOT_LOOPBACK' });
    await start({ listeners: [{ ...open, insecure: true }] });
  });
});
