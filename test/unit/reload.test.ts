import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../src/model/configuration.ts';
import { AppError } from '../../src/model/error.ts';
import type { Finding, Loaded } from '../../src/model/reload.ts';
import { createReload, keysThatNeedRestart, type ReloadDeps } from '../../src/reload.ts';
import { createManualClock } from '../helpers/manual-clock.ts';
import { NOON } from '../helpers/readings.ts';
import { buildRouting } from '../helpers/routing.ts';
import { fakePorts } from './api/fake-ports.ts';

const running = fakePorts().ports.configuration;
const version = (name: string, over: Partial<Configuration> = {}): Configuration => ({
  ...running,
  version: name,
  ...over,
});
const FINDING: Finding = {
  severity: 'error',
  code: 'LIMIT_ORDER',
  number: 'DL201',
  file: 'profiles/tank.yaml',
  path: 'points.level.limits',
  line: 7,
  value: null,
  message: 'H is above HH',
};

function setUp(over: Partial<ReloadDeps> = {}) {
  const clock = createManualClock(NOON);
  const told: string[] = [];
  const counted: string[] = [];
  const files: Loaded[] = [];
  let inForce = running;
  const reload = createReload({
    load: () => files.shift() ?? { configuration: version('next'), warnings: [] },
    running: () => inForce,
    store: { check: async () => {} },
    apply: async (next) => {
      inForce = next;
    },
    announce: ({ name, code }) => told.push(`${name} ${code}`),
    count: (result) => counted.push(result),
    clock,
    log: pino({ level: 'silent' }),
    ...over,
  });
  return { reload, files, told, counted, clock, inForce: () => inForce.version };
}

describe('a reload', () => {
  it('says what was before and what is in force now', async () => {
    const { reload, clock, inForce } = setUp();
    await clock.advance(5_000);
    expect(await reload.now('api')).toEqual({
      result: 'applied',
      at: NOON + 5_000,
      by: 'api',
      version: 'next',
      previous: 'c0ffee',
      findings: [],
    });
    expect([inForce(), reload.loadedAt(), reload.last()?.result]).toEqual(['next', NOON + 5_000, 'applied']);
  });

  it('tells receivers of each refusal, and once that it is over', async () => {
    const { reload, files, told, counted, inForce } = setUp();
    const warning: Finding = { ...FINDING, severity: 'warning' };
    files.push({ faults: [warning, FINDING, FINDING] }, { faults: [FINDING] });
    const refused = await reload.now('signal');
    expect(refused).toMatchObject({ result: 'refused', version: 'c0ffee', findings: [warning, FINDING, FINDING] });
    expect(refused.result === 'refused' && refused.reason).toBe(
      'the files have errors: profiles/tank.yaml points.level.limits LIMIT_ORDER and 1 more',
    );
    expect(inForce()).toBe('c0ffee');
    for (let i = 0; i < 3; i++) await reload.now('api');
    expect(told).toEqual([
      'configuration-refused CONFIGURATION_INVALID',
      'configuration-refused CONFIGURATION_INVALID',
      'configuration-reloaded CONFIGURATION_RELOADED',
    ]);
    expect(counted).toEqual(['refused', 'refused', 'applied', 'applied']);
  });

  it('waits for the one before: the last files count', async () => {
    const steps: string[] = [];
    const { reload, files } = setUp({
      apply: async ({ version: name }) => {
        steps.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        steps.push(`${name} ends`);
      },
    });
    files.push({ configuration: version('a'), warnings: [] }, { configuration: version('b'), warnings: [] });
    await Promise.all([reload.now('api'), reload.now('signal')]);
    expect(steps).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });

  it.each([
    ['STORE_SCHEMA_CONFLICT', 'refused'],
    ['STORE_UNAVAILABLE', 'applied'],
  ])('asks the store: %s is %s', async (code, result) => {
    const check = () => Promise.reject(new AppError(code, 'the store says'));
    expect(await setUp({ store: { check } }).reload.now('api')).toMatchObject({ result });
  });

  it.each([
    ['apply', { apply: () => Promise.reject(new TypeError('secret inside')) }],
    [
      'load',
      {
        load: () => {
          throw new TypeError('secret inside');
        },
      },
    ],
  ])('that fails in %s is refused, and the next one works', async (_, fault) => {
    const { reload, inForce } = setUp(fault);
    const outcome = await reload.now('api');
    expect(outcome).toMatchObject({ result: 'refused', code: 'RELOAD_FAILED' });
    expect(JSON.stringify(outcome)).not.toContain('secret');
    expect(inForce()).toBe('c0ffee');
    expect((await reload.now('api')).result).toBe('refused');
  });
});

describe('what needs a restart', () => {
  it('is named by its key', () => {
    const next = version('next', {
      timezone: 'UTC',
      http: { ...running.http, port: 1 },
      mqtt: {
        ...running.mqtt,
        listeners: [{ host: '127.0.0.1', port: 1883, anonymous: true, insecure: false, tls: null }],
      },
      store: { ...running.store, retentionMs: 5 },
      journal: { ...running.journal, maxBytes: 9 },
    });
    expect(keysThatNeedRestart(running, next)).toEqual([
      'timezone',
      'mqtt.listeners[0]',
      'http.port',
      'store.retention',
      'journal.maxBytes',
    ]);
  });

  it('is nothing of rules, devices, receivers, routes, accounts, tiers and time', () => {
    const { red } = running.tiers;
    const tiers = { ...running.tiers, red: { ...red, acknowledgeWithinMs: 7 } };
    const time = { futureToleranceMs: 1, latenessMs: 2, liveWindowMs: 3 };
    expect(
      keysThatNeedRestart(running, version('n', { devices: new Map(), routing: buildRouting([]), tiers, time })),
    ).toEqual([]);
  });
});
