import { describe, expect, it } from 'vitest';
import { formatHash, hashPassword, parseHash, verifyPassword } from '../../../src/broker/accounts.ts';
import { BackOff } from '../../../src/broker/back-off.ts';
import { ANONYMOUS, ClientIds } from '../../../src/broker/client-ids.ts';
import { keepAliveInForce } from '../../../src/broker/entry.ts';
import { createLogin, type LoginOutcome } from '../../../src/broker/login.ts';
import { buildAccount } from '../../helpers/mqtt-wire.ts';

describe('password hashes', () => {
  it('verify the password they were made of, and no other', async () => {
    const text = await hashPassword('短 password');
    expect(text).toMatch(/^scrypt\$16384\$8\$1\$/);
    const hash = parseHash(text);
    expect(formatHash(hash)).toBe(text);
    expect(await verifyPassword('短 password', hash)).toBe(true);
    expect(await verifyPassword(Buffer.from('短 password'), hash)).toBe(true);
    expect(await verifyPassword('短 Password', hash)).toBe(false);
    expect(await hashPassword('短 password')).not.toBe(text);
  });

  it.each([
    '',
    'plain',
    'bcrypt$1024$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZg==',
    'scrypt$1000$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZg==',
    'scrypt$1048576$999$1$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZg==',
    'scrypt$1024$8$1$$MDEyMzQ1Njc4OWFiY2RlZg==',
    'scrypt$1024$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$',
    'scrypt$1024$8$1$MDEyMzQ1Njc4OWFiY2RlZg==$MDEyMzQ1Njc4OWFiY2RlZg==$more',
  ])('%j is none', (text) => {
    expect(() => parseHash(text)).toThrow(expect.objectContaining({ code: 'PASSWORD_HASH_INVALID' }));
  });
});

describe('back-off', () => {
  const settings = { free: 2, firstMs: 1000, longestMs: 4000, forgetMs: 60_000 };

  it('doubles after the free failures, up to its longest', () => {
    const backOff = new BackOff(settings);
    const waits: number[] = [];
    for (let count = 0; count < 6; count++) {
      backOff.failed('k', 0);
      waits.push([0, 999, 1999, 3999].filter((at) => backOff.waits('k', at)).length);
    }
    expect(waits).toEqual([0, 0, 2, 3, 4, 4]);
    expect(backOff.waits('k', 4000)).toBe(false);
    expect(backOff.waits('other', 0)).toBe(false);
  });

  it('forgets a key after a while, and on success', () => {
    const backOff = new BackOff(settings);
    backOff.failed('k', 0);
    expect([backOff.failures('k', 60_000), backOff.failures('k', 60_001)]).toEqual([1, 0]);
    backOff.succeeded('k');
    expect(backOff.failures('k', 0)).toBe(0);
  });

  it('does not wait for hours when the clock is set back', () => {
    const backOff = new BackOff(settings);
    for (let count = 0; count < 6; count++) backOff.failed('k', 7_200_000);
    expect(backOff.waits('k', 7_200_001)).toBe(true);
    expect(backOff.waits('k', 0)).toBe(false);
  });

  it('keeps a bounded number of keys', () => {
    const backOff = new BackOff(settings);
    for (let key = 0; key < 20_000; key++) backOff.failed(String(key), 0);
    expect([backOff.failures('0', 0), backOff.failures('19999', 0)]).toEqual([0, 1]);
  });
});

describe('login', () => {
  function setUp() {
    const accounts = [buildAccount('s/a'), buildAccount('s/b')];
    let at = 0;
    const login = createLogin({
      accounts: new Map(accounts.map((account) => [account.username, account])),
      clock: { now: () => at, sleep: async () => {} },
    });
    const attempt = (username: string, password: string, source: string): Promise<LoginOutcome> =>
      new Promise((resolve) => login.verify({ username, password: Buffer.from(password), source }, resolve));
    return {
      attempt,
      pass: (ms: number) => {
        at += ms;
      },
    };
  }

  const name = (outcome: LoginOutcome) => (typeof outcome === 'string' ? outcome : outcome.account.username);

  it('lets one user from many sources guess once each, and its device in from its own address', async () => {
    const { attempt } = setUp();
    for (let source = 0; source < 30; source++) await attempt('s/a', 'guess', `10.0.0.${source}`);
    expect(name(await attempt('s/a', 'guess', '10.0.0.3'))).toBe('backOff');
    expect(name(await attempt('s/a', 's/a-password', '10.9.9.9'))).toBe('s/a');
  });

  it('a source that guesses names does not lock out the devices behind the same address', async () => {
    const { attempt } = setUp();
    for (let guess = 0; guess < 30; guess++) await attempt(`s/guess-${guess}`, 'x', '10.0.0.1');
    expect(name(await attempt('s/guess-29', 'x', '10.0.0.1'))).toBe('backOff');
    expect(name(await attempt('s/b', 's/b-password', '10.0.0.1'))).toBe('s/b');
  });

  it('asks again after the wait', async () => {
    const { attempt, pass } = setUp();
    for (let guess = 0; guess < 6; guess++) await attempt('s/a', 'x', '10.0.0.1');
    expect(name(await attempt('s/a', 's/a-password', '10.0.0.1'))).toBe('backOff');
    pass(1000);
    expect(name(await attempt('s/a', 's/a-password', '10.0.0.1'))).toBe('s/a');
  });
});

it.each([
  [0, 1200],
  [1, 1],
  [60, 60],
  [1200, 1200],
  [65_535, 1200],
])('a keep-alive of %i s holds a socket as one of %i s', (requested, inForce) => {
  expect(keepAliveInForce(requested)).toBe(inForce);
});

describe('client ids', () => {
  function setUp() {
    const evicted: string[] = [];
    return { evicted, ids: new ClientIds({ named: 2, anonymous: 3 }, (id) => evicted.push(id)) };
  }

  it('belong to the identity that uses them until their last connection and session are gone', () => {
    const { ids } = setUp();
    expect(ids.claim('c', 'a', false)).toBe('claimed');
    expect(ids.claim('c', 'a', true)).toBe('claimed');
    expect(ids.claim('c', 'b', false)).toBe('othersId');
    ids.release('c');
    ids.release('c');
    expect(ids.claim('c', 'b', false)).toBe('othersId');
    expect(ids.claim('c', 'a', false)).toBe('claimed');
    ids.release('c');
    expect(ids.claim('c', 'b', false)).toBe('claimed');
  });

  it('evict the oldest session that is away, and never one that is connected', () => {
    const { ids, evicted } = setUp();
    for (const id of ['1', '2']) ids.claim(id, 'a', true);
    expect(ids.claim('3', 'a', true)).toBe('tooManySessions');
    ids.release('2');
    expect(ids.claim('3', 'a', true)).toBe('claimed');
    expect(evicted).toEqual(['2']);
    expect(ids.claim('2', 'b', false)).toBe('claimed');
  });

  it('anonymous clients share one identity and its cap', () => {
    const { ids } = setUp();
    for (const id of ['1', '2', '3']) expect(ids.claim(id, ANONYMOUS, true)).toBe('claimed');
    expect(ids.claim('1', ANONYMOUS, true)).toBe('claimed');
    expect(ids.claim('4', ANONYMOUS, true)).toBe('tooManySessions');
  });
});
