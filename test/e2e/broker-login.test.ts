import { afterEach, describe, expect, it } from 'vitest';
import {
  buildAccount,
  loopback,
  publishPacket,
  quickHash,
  startBroker,
  type TestBroker,
  TYPE,
} from '../helpers/mqtt-wire.ts';

const device = buildAccount('s/d');
const other = buildAccount('s/other');
const reader = buildAccount('room', { role: 'reader', subscribe: ['v1/s/+/telemetry'] });
const gateway = buildAccount('edge', { publish: ['v1/s/#', 'plant/+'], subscribe: ['plant/#'] });
const accounts = [device, other, reader, gateway];

let running: TestBroker[] = [];

async function start(options: Parameters<typeof startBroker>[0] = {}): Promise<TestBroker> {
  const started = await startBroker({ accounts, ...options });
  running.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(running.map((started) => started.stop()));
  running = [];
});

const closedListener = [{ ...loopback, anonymous: false }];

describe('login', () => {
  it.each([
    ['no name on a listener for accounts', {}, 5],
    ['a wrong password', { username: 's/d', password: 'wrong' }, 4],
    ['an empty password', { username: 's/d', password: '' }, 4],
    ['no password', { username: 's/d' }, 4],
    ['an unknown name', { username: 'nobody', password: 'x' }, 4],
    ['an empty name', { username: '', password: '' }, 4],
    ['a name of 3,000 characters', { username: 'u'.repeat(3000), password: 'x' }, 4],
    ['the name __proto__', { username: '__proto__', password: 'x' }, 4],
    ['the name constructor', { username: 'constructor', password: 'x' }, 4],
    ['the right password', { username: 's/d', password: 's/d-password' }, 0],
  ])('%s', async (_name, options, code) => {
    const { probe } = await start({ listeners: closedListener });
    expect(await probe().connect({ clientId: 'c', ...options })).toBe(code);
  });

  it('refuses a wrong password on an anonymous listener too', async () => {
    const { probe } = await start();
    expect(await probe().connect({ username: 's/d', password: 'wrong' })).toBe(4);
    expect(await probe().connect()).toBe(0);
  });

  it.each([
    ['an empty id with a stored session', { clientId: '', clean: false }, 2],
    ['a long id', { clientId: 'x'.repeat(257) }, 2],
    ['an id with NUL', { clientId: 'a\0b' }, 2],
    ['an id with a line feed', { clientId: 'a\nb' }, 2],
    ['an id of ill-formed UTF-8', { clientId: Buffer.from([0xc0, 0x80]) }, 2],
    ["another account's name as id", { clientId: 's/d' }, 2],
    ['an empty id', { clientId: '' }, 0],
    ['an id of 256 characters', { clientId: 'x'.repeat(256) }, 0],
    ['__proto__ as id', { clientId: '__proto__', clean: false }, 0],
    ['constructor as id', { clientId: 'constructor', clean: false }, 0],
    ['MQTT 5', { version: 5 }, 1],
  ])('answers %s', async (_name, options, code) => {
    const { probe } = await start();
    expect(await probe().connect(options)).toBe(code);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('remembers a verified password: 200 logins again take no time, and a changed one is not remembered', async () => {
    const slow = buildAccount('s/d', { hash: quickHash('s/d-password', 2 ** 15) });
    const { login, probe, broker } = await start({ accounts: [slow] });
    await login({ username: 's/d' });
    const began = performance.now();
    await Promise.all(Array.from({ length: 200 }, () => login({ username: 's/d' })));
    // scrypt would take 80 ms each.
    expect(performance.now() - began).toBeLessThan(4000);
    broker.setAccounts(new Map([['s/d', { ...slow, hash: quickHash('new') }]]));
    expect(await probe().connect({ username: 's/d', password: 's/d-password' })).toBe(4);
    expect(await probe().connect({ username: 's/d', password: 'new' })).toBe(0);
  });

  it('makes a guesser wait, not the device it guesses at, nor its neighbours', async () => {
    const { login, probe, broker } = await start({ listeners: closedListener });
    await login({ username: 's/d' });
    const codes: (number | 'closed')[] = [];
    for (let attempt = 0; attempt < 30; attempt++) {
      codes.push(await probe().connect({ username: 's/d', password: `guess ${attempt}` }));
    }
    expect(codes.slice(0, 5)).toEqual([4, 4, 4, 4, 4]);
    expect(codes.at(-1)).toBe(5);
    expect(broker.counters().refusals.backOff).toBeGreaterThan(0);
    expect(await probe().connect({ username: 's/d', password: 's/d-password' })).toBe(0);
    expect(await probe().connect({ username: 's/other', password: 's/other-password' })).toBe(0);
  });

  it('closes the connections of accounts that were removed or changed, and no others', async () => {
    const { login, broker } = await start();
    const removed = await login({ username: 's/d' });
    const kept = await login({ username: 's/other' });
    broker.setAccounts(
      new Map(accounts.filter(({ username }) => username !== 's/d').map((one) => [one.username, one])),
    );
    await removed.closed;
    expect(await kept.isAlive()).toBe(true);
  });
});

describe('client ids', () => {
  it.each([
    ['connected', false],
    ['away, with a stored session', true],
  ])('another login does not get the id, session and messages of a client that is %s', async (_name, away) => {
    const { login, probe, broker } = await start();
    const victim = await login({ username: 'edge', clientId: 'victim', clean: false });
    await victim.subscribe(['plant/#'], 1);
    if (away) await victim.end();
    const attacker = { clientId: 'victim', clean: false };
    expect(await probe().connect({ ...attacker, username: 's/other', password: 's/other-password' })).toBe(2);
    expect(await probe().connect(attacker)).toBe(2);
    if (!away) expect(await victim.isAlive()).toBe(true);
    expect(broker.counters().refusals.clientIdTaken).toBe(2);
  });

  it('its own login takes an id over [MQTT-3.1.4-2]', async () => {
    const { login } = await start();
    const first = await login({ username: 's/d', clientId: 'one' });
    const second = await login({ username: 's/d', clientId: 'one' });
    await first.closed;
    expect(await second.isAlive()).toBe(true);
    const third = await login({ username: 's/d', clientId: 'one', clean: false });
    await second.closed;
    expect(await third.isAlive()).toBe(true);
  });

  it('an id is free again when its clean session has ended', async () => {
    const { login, probe } = await start();
    await (await login({ username: 's/d', clientId: 'one' })).end();
    await expect.poll(() => probe().connect({ clientId: 'one' })).toBe(0);
  });
});

describe('publishing', () => {
  it.each([
    ["another device's topic", 's/d', 'v1/s/other/telemetry'],
    ['a topic that begins alike', 's/d', 'v1/s/d2/telemetry'],
    ['a topic outside v1', 's/d', 'plant/1'],
    ['a topic beyond its filters', 'edge', 'plant/1/2'],
    ['anything as a reader', 'room', 'v1/s/d/telemetry'],
    ['$SYS', 'edge', '$SYS/x'],
    ['$SYS as anybody', undefined, '$SYS/x'],
    ['a topic with NUL', undefined, 'plant/a\0b'],
    ['a topic with a line feed', undefined, 'plant/a\nb'],
    ['ill-formed UTF-8', undefined, Buffer.from([0x61, 0xc0, 0x80, 0xff])],
    ['a surrogate', undefined, Buffer.from([0x61, 0xed, 0xa0, 0x80])],
    ['2,000 bytes of topic', undefined, 'x'.repeat(2000)],
    ['101 levels', undefined, Array(101).fill('a').join('/')],
    ['10,000 levels', undefined, '/'.repeat(10_000)],
    ['an empty topic', undefined, ''],
    ['a wildcard', undefined, 'a/+'],
  ])('%s ends the connection, and nothing is journaled or delivered', async (_name, username, topic) => {
    const { login, envelopes } = await start();
    const follower = await login();
    await follower.subscribe(['#']);
    const client = await login(username ? { username } : {});
    expect(await client.publish(topic, 'x')).toBe('closed');
    expect(await follower.isAlive()).toBe(true);
    expect(follower.deliveries()).toEqual([]);
    expect(envelopes).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'plant/__proto__/toString', Array(100).fill('a').join('/'), '阀室/1'])(
    '%s is a topic like any other',
    async (topic) => {
      const { login } = await start();
      const client = await login();
      expect(await client.subscribe([topic], 1)).toEqual([1]);
      expect(await client.publish(topic, 'x')).toBe('acked');
      await client.until(() => client.count(TYPE.publish) === 1);
    },
  );

  it('counts every refusal', async () => {
    const { login, broker } = await start();
    for (let attempt = 0; attempt < 3; attempt++) {
      const client = await login({ username: 's/d' });
      await client.publish('v1/s/other/telemetry', 'x');
    }
    expect(broker.counters().refusals.topicNotAllowed).toBe(3);
  });
});

describe('wills', () => {
  it.each([
    ["to another device's topic", 's/d', { topic: 'v1/s/other/status', payload: 'x' }],
    ['to $SYS', undefined, { topic: '$SYS/x', payload: 'x' }],
    ['to a filter', undefined, { topic: 'a/#', payload: 'x' }],
    ['of 101 levels', undefined, { topic: Array(101).fill('a').join('/'), payload: 'x' }],
  ])('%s are refused at CONNECT', async (_name, username, will) => {
    const { probe } = await start();
    const login = username ? { username, password: `${username}-password` } : {};
    expect(await probe().connect({ ...login, will })).toBe(5);
  });

  it('of 64 KB end the connection', async () => {
    const { probe } = await start();
    expect(await probe().connect({ will: { topic: 'a', payload: 'x'.repeat(65_000) } })).toBe('closed');
  });
});

describe('subscribing', () => {
  it.each([
    ['#', undefined, 0],
    ['$SYS/#', undefined, 128],
    ['$share/g/v1/#', undefined, 128],
    ['a#', undefined, 128],
    ['a+', undefined, 128],
    ['a\0b', undefined, 128],
    ['#', 's/d', 128],
    ['+/#', 's/d', 128],
    ['v1/#', 's/d', 128],
    ['v1/+/+/telemetry', 's/d', 128],
    ['v1/s/d/telemetry', 's/d', 128],
    ['v1/s/+/command/#', 's/d', 128],
    ['v1/s/d/command/#', 's/d', 0],
    ['v1/s/d/command/open', 's/d', 0],
    ['v1/+/+/telemetry', 'room', 128],
    ['v1/s/#', 'room', 128],
    ['#', 'room', 128],
    ['v1/s/+/telemetry', 'room', 0],
    ['v1/s/d/telemetry', 'room', 0],
    ['v1/s/d/telemetry', 'edge', 128],
    ['plant/+/x', 'edge', 0],
  ])('to %j as %s answers %i', async (filter, username, code) => {
    const { login } = await start();
    const client = await login(username ? { username } : {});
    expect(await client.subscribe([filter])).toEqual([code]);
  });

  it.each(['a/#/b', Array(101).fill('a').join('/')])('to %s ends the connection', async (filter) => {
    const { login } = await start();
    expect(await (await login()).subscribe([filter])).toBe('closed');
  });

  it('gives a refused subscriber nothing, also when a granted filter was in the same packet', async () => {
    const { login, broker } = await start();
    const thief = await login({ username: 's/d', clientId: 'thief', clean: false });
    expect(await thief.subscribe(['#', 'v1/s/d/command/#', 'v1/s/+/telemetry'], 1)).toEqual([128, 1, 128]);
    await thief.end();
    const sender = await login({ username: 'edge' });
    expect(await sender.publish('v1/s/other/telemetry', 'secret')).toBe('acked');
    expect(await sender.publish('v1/s/d/command/go', 'mine')).toBe('acked');
    expect(broker.counters().offlineMessages).toBe(1);
    const again = await login({ username: 's/d', clientId: 'thief', clean: false });
    await again.until(() => again.count(TYPE.publish) > 0);
    expect(await again.isAlive()).toBe(true);
    expect(again.deliveries().map(({ payload }) => payload)).toEqual(['mine']);
  });

  it('a restored session loses the filters and messages that its account has lost', async () => {
    const { login, broker } = await start();
    const session = { username: 'room', clientId: 'desk', clean: false };
    const before = await login(session);
    expect(await before.subscribe(['v1/s/+/telemetry'], 1)).toEqual([1]);
    await before.end();
    const sender = await login({ username: 's/d' });
    await sender.publish('v1/s/d/telemetry', 'stored');
    const narrowed = { ...reader, subscribe: ['v1/s/other/telemetry'] };
    broker.setAccounts(new Map([device, other, narrowed].map((account) => [account.username, account])));
    const after = await login(session);
    await sender.publish('v1/s/d/telemetry', 'live');
    expect(await after.isAlive()).toBe(true);
    expect(after.deliveries()).toEqual([]);
    await after.end();
    await sender.publish('v1/s/d/telemetry', 'offline');
    broker.setAccounts(new Map(accounts.map((account) => [account.username, account])));
    const restored = await login(session);
    expect(await restored.isAlive()).toBe(true);
    expect(restored.deliveries()).toEqual([]);
  });

  it('a reader with a stored session gets what came while it was away', async () => {
    const { login } = await start();
    const session = { username: 'room', clientId: 'desk', clean: false };
    const before = await login(session);
    await before.subscribe(['v1/s/+/telemetry'], 1);
    await before.end();
    const sender = await login({ username: 's/d' });
    for (const payload of ['1', '2']) await sender.publish('v1/s/d/telemetry', payload);
    sender.write(publishPacket('v1/s/d/status', 'x', { qos: 1 }));
    const after = await login(session);
    await after.until(() => after.count(TYPE.publish) === 2);
    expect(after.deliveries().map(({ payload }) => payload)).toEqual(['1', '2']);
  });
});
