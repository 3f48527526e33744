import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import {
  buildAccount,
  connectPacket,
  header,
  pingPacket,
  publishPacket,
  startBroker,
  subscribePacket,
  type TestBroker,
  TYPE,
  text,
} from '../helpers/mqtt-wire.ts';

const TOPIC = 'v1/s/d/telemetry';
const device = buildAccount('s/d');
const reader = buildAccount('room', { role: 'reader', subscribe: ['v1/#', 'plant/#'] });
const gateway = buildAccount('edge', { publish: ['v1/#', 'plant/#'], subscribe: ['plant/#'] });

let running: TestBroker[] = [];

async function start(options: Parameters<typeof startBroker>[0] = {}): Promise<TestBroker> {
  const started = await startBroker({ accounts: [device, reader, gateway], ...options });
  running.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(running.map((started) => started.stop()));
  running = [];
});

describe('bytes', () => {
  it('three CONNECTs of 200 MB end at their declared length', async () => {
    const { probe, broker } = await start();
    const before = process.memoryUsage().rss;
    const probes = [probe(), probe(), probe()];
    for (const client of probes) client.write(header(0x10, 200_000_000), Buffer.alloc(1_000_000));
    await Promise.all(probes.map((client) => client.closed));
    expect(process.memoryUsage().rss - before).toBeLessThan(20 * 1024 * 1024);
    expect(broker.counters().refusals.connectOversized).toBe(3);
  });

  it.each([
    ['a packet before CONNECT', pingPacket, 'firstPacketNotConnect'],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'firstPacketNotConnect'],
    ['a length of five bytes', Buffer.from([0x10, 255, 255, 255, 255, 1]), 'lengthMalformed'],
    ['a PUBLISH of 256 MB', Buffer.concat([connectPacket(), header(0x32, 268_435_455)]), 'packetOversized'],
    ['a SUBSCRIBE of 1 MB', Buffer.concat([connectPacket(), header(0x82, 1_000_000)]), 'packetOversized'],
  ] as const)('%s ends the connection', async (_name, bytes, violation) => {
    const { probe, broker } = await start();
    const client = probe().write(bytes);
    await client.closed;
    expect(broker.counters().refusals[violation]).toBe(1);
  });

  it('a PUBLISH over the limit is acknowledged and marked, and the connection goes on', async () => {
    const { login, envelopes, broker } = await start({ limits: { packetBytes: 1000 } });
    const follower = await login({ username: 'room' });
    await follower.subscribe(['v1/#']);
    const client = await login({ username: 's/d' });
    const declared = 2 + TOPIC.length + 2 + 10_000;
    client.write(
      publishPacket(TOPIC, 'a', { qos: 1, id: 1 }),
      publishPacket(TOPIC, Buffer.alloc(10_000, 'b'), { qos: 1, id: 2 }),
      publishPacket(TOPIC, 'c', { qos: 2, id: 3 }),
    );
    const acks = [await client.next(TYPE.puback), await client.next(TYPE.puback), await client.next(TYPE.pubrec)];
    expect(acks.map((ack) => ack !== 'closed' && ack.body.readUInt16BE(0))).toEqual([1, 2, 3]);
    expect(envelopes.map(({ payload, oversized }) => [Buffer.from(payload).toString(), oversized])).toEqual([
      ['a', null],
      ['b'.repeat(1024), declared],
      ['c', null],
    ]);
    await follower.until(() => follower.count(TYPE.publish) === 2);
    expect(new Set(follower.deliveries().map(({ payload }) => payload))).toEqual(new Set(['a', 'c']));
    expect(broker.counters().oversized).toBe(1);
  });

  it('a PUBLISH over the limit to a topic that is not ingested ends the connection', async () => {
    const { login } = await start({ limits: { packetBytes: 1000 } });
    const client = await login();
    expect(await client.publish('plant/1', Buffer.alloc(2000))).toBe('closed');
  });

  it('any chunking of a session gives the same messages', async () => {
    const { probe, envelopes } = await start({ limits: { packetBytes: 300 } });
    const stream = Buffer.concat([
      connectPacket({ username: 's/d', password: 's/d-password' }),
      ...Array.from({ length: 30 }, (_, index) =>
        publishPacket(TOPIC, String(index).padEnd(index * 20), { qos: 1, id: index + 1 }),
      ),
    ]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(stream.length), { minLength: 1, maxLength: 20 }), async (cuts) => {
        envelopes.length = 0;
        const client = probe();
        const places = [...new Set([0, ...cuts, stream.length])].sort((a, b) => a - b);
        for (const [index, end] of places.entries()) {
          if (index > 0) client.socket.write(stream.subarray(places[index - 1], end));
          await new Promise((resolve) => setImmediate(resolve));
        }
        await client.until(() => client.isClosed || client.count(TYPE.puback) === 30);
        expect(envelopes.map(({ payload }) => Number.parseInt(Buffer.from(payload).toString(), 10))).toEqual([
          ...Array(30).keys(),
        ]);
        await client.end();
      }),
      { numRuns: 60 },
    );
  });

  it('random and mutated bytes crash nothing', async () => {
    const { probe, login } = await start();
    const session = Buffer.concat([
      connectPacket({ clientId: 'f', will: { topic: 'a', payload: 'b' } }),
      publishPacket(TOPIC, 'x', { qos: 2 }),
      subscribePacket(['a/+', '#']),
      pingPacket,
    ]);
    const mutations = fc.array(fc.tuple(fc.nat(session.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutations, fc.uint8Array({ maxLength: 200 })), async (fuzz) => {
        const bytes = fuzz instanceof Uint8Array ? Buffer.from(fuzz) : Buffer.from(session);
        if (!(fuzz instanceof Uint8Array)) for (const [at, value] of fuzz) bytes[at] = value;
        const client = probe().write(bytes);
        client.socket.end();
        await client.closed;
      }),
      { numRuns: 400, seed: 20261121 },
    );
    expect(await (await login()).isAlive()).toBe(true);
  });
});

describe('memory', () => {
  it('a QoS 2 flood without PUBREL ends at 1,000', async () => {
    const { login } = await start();
    const client = await login();
    for (let id = 1; id <= 5000; id++) client.socket.write(publishPacket('plant/1', 'x', { qos: 2, id }));
    await client.closed;
    expect(client.count(TYPE.pubrec)).toBeLessThanOrEqual(1000);
  });

  it('retained messages stop at their count and bytes', async () => {
    const { login, broker } = await start({ storeCaps: { retainedMessages: 10, retainedBytes: 100_000 } });
    const client = await login();
    const retain = async (topic: string, payload: string | Buffer) => {
      client.write(publishPacket(topic, payload, { qos: 1, retain: true }));
      await client.next(TYPE.puback);
    };
    for (let index = 0; index < 20; index++) await retain(`plant/${index}`, 'x');
    await retain('plant/0', Buffer.alloc(200_000));
    await retain('plant/1', '');
    await retain('plant/new', 'y');
    expect(await client.isAlive()).toBe(true);
    expect(broker.counters().retainedRefused).toBe(11);
    const late = await login();
    await late.subscribe(['plant/#']);
    await late.until(() => late.count(TYPE.publish) >= 10);
    const topics = late.deliveries().map(({ topic }) => topic);
    expect(topics).toHaveLength(10);
    expect(topics).toContain('plant/new');
    expect(topics).not.toContain('plant/1');
  });

  it('an offline queue keeps its newest messages', async () => {
    const { login, broker } = await start({ storeCaps: { offlineMessages: 5 } });
    const session = { username: 'room', clientId: 'desk', clean: false };
    const before = await login(session);
    await before.subscribe(['plant/#'], 1);
    await before.end();
    const sender = await login({ username: 'edge' });
    for (let index = 0; index < 20; index++) await sender.publish('plant/1', String(index));
    const after = await login(session);
    await after.until(() => after.count(TYPE.publish) === 5);
    expect(after.deliveries().map(({ payload }) => payload)).toEqual(['15', '16', '17', '18', '19']);
    expect(broker.counters().offlineDropped).toBe(15);
  });

  it('sessions of one identity evict its oldest one that is away, never one that is connected', async () => {
    const { login, probe, broker } = await start({ sessionCaps: { named: 2 } });
    const session = (clientId: string) => ({ username: 'room', password: 'room-password', clientId, clean: false });
    const first = await login(session('1'));
    await first.subscribe(['plant/#'], 1);
    await first.end();
    const second = await login(session('2'));
    await expect.poll(() => broker.counters().connections).toBe(1);
    const third = await login(session('3'));
    expect(broker.counters().sessionsEvicted).toBe(1);
    expect(await probe().connect(session('4'))).toBe(3);
    await third.end();
    expect(await second.isAlive()).toBe(true);
    const again = probe().write(connectPacket(session('1')));
    const connack = await again.next(TYPE.connack);
    // No session present: it was evicted.
    expect(connack !== 'closed' && [...connack.body]).toEqual([0, 0]);
  });

  it('a client has at most 256 filters', async () => {
    const { login } = await start();
    const client = await login();
    const codes = await client.subscribe(Array.from({ length: 300 }, (_, index) => `plant/${index}`));
    expect(codes !== 'closed' && codes.filter((code) => code === 0)).toHaveLength(256);
  });
});

describe('connections', () => {
  it('beyond the cap are closed, and counted', async () => {
    const { login, probe, broker } = await start({ limits: { connections: 3 } });
    const clients = [await login(), await login(), await login()];
    await probe().closed;
    expect(broker.counters().refusals.tooManyConnections).toBe(1);
    await clients[0]?.end();
    await expect.poll(() => probe().connect()).toBe(0);
  });

  it('that never say CONNECT are closed within 6 s, and others do not notice', async () => {
    const { probe, login, broker } = await start();
    const idle = Array.from({ length: 300 }, () => probe());
    const drips = Array.from({ length: 50 }, () => probe().write(Buffer.from([0x10])));
    const client = await login();
    const began = performance.now();
    await Promise.all([...idle, ...drips].map((one) => one.closed));
    expect(performance.now() - began).toBeLessThan(6000);
    expect(await client.isAlive()).toBe(true);
    expect(broker.counters().connections).toBe(1);
  });
});

describe('frozen subscribers', () => {
  it('hold up no publisher and no other subscriber', async () => {
    const { login, broker } = await start();
    const frozen = await login({ username: 'room', clientId: 'frozen' });
    await frozen.subscribe(['v1/#'], 1);
    frozen.socket.pause();
    const healthy = await login({ username: 'room', clientId: 'healthy' });
    await healthy.subscribe(['v1/#']);
    const client = await login({ username: 's/d' });
    const payload = Buffer.alloc(60_000);
    let longest = 0;
    // 48 MB: more than the socket buffers of both ends hold.
    for (let id = 1; id <= 800; id++) {
      const began = performance.now();
      expect(await client.publish(TOPIC, payload, id)).toBe('acked');
      longest = Math.max(longest, performance.now() - began);
    }
    await healthy.until(() => healthy.count(TYPE.publish) === 800);
    expect(longest).toBeLessThan(1000);
    expect(broker.counters().forwardsDropped).toBeGreaterThan(0);
  });
});

it('reads topics that cut a character in two as ill-formed', async () => {
  const { login } = await start();
  const client = await login();
  const cut = text('阀').subarray(0, 4);
  cut[1] = 2;
  client.write(Buffer.concat([Buffer.from([0x30, cut.length]), cut]));
  await client.closed;
});
