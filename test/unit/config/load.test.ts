import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/config/load.ts';
import { DEFAULT_INHIBITIONS } from '../../../src/config/routing/inhibition.ts';
import { configurationOf, FIXTURES, faultsOf, GOOD_SECRET, lines, loadFiles } from './directory.ts';

const ENV = {
  CC_SECRET: GOOD_SECRET,
  GOOD_SECRET,
  SHORT_SECRET: 'whsec_c2hvcnQ=',
  INFLUX_PASSWORD: 'hunter2-in-the-environment',
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const load = (name: string) => loadConfiguration(FIXTURES + name, ENV);

describe('a good configuration', () => {
  test('of nothing at all has every default', () => {
    const { version, directory, ...rest } = configurationOf(load('defaults-good'));
    expect(version).toMatch(/^[0-9a-f]{12}$/);
    expect(directory).toBe(`${FIXTURES}defaults-good`);
    expect(rest).toEqual({
      timezone: 'Asia/Shanghai',
      language: 'en',
      mqtt: {
        listeners: [{ host: '127.0.0.1', port: 1883, anonymous: true, insecure: false, tls: null }],
        limits: { packetBytes: 262_144, connections: 20_000, messagesPerSecondPerClient: 1000 },
      },
      http: { host: '127.0.0.1', port: 8080, insecure: false },
      store: { kind: 'duckdb', retentionMs: 400 * 86_400_000, pruneAt: '15 3 * * *', influxdb: null },
      journal: { maxBytes: 10 * 1024 ** 3, whenFull: 'refuse' },
      time: { futureToleranceMs: 60_000, latenessMs: 10_000, liveWindowMs: 300_000 },
      deadLetters: { maxCount: 100_000 },
      tiers: {
        red: {
          title: { en: 'Red', zh: '红色' },
          acknowledgeWithinMs: 5 * MINUTE,
          reportWithinMs: 30 * MINUTE,
          closeWithinMs: null,
          repeatMs: 5 * MINUTE,
          realarmMs: 30 * MINUTE,
          bypass: { maxMs: 30 * MINUTE, secondPerson: true },
        },
        orange: {
          title: { en: 'Orange', zh: '橙色' },
          acknowledgeWithinMs: 10 * MINUTE,
          reportWithinMs: HOUR,
          closeWithinMs: 24 * HOUR,
          repeatMs: null,
          realarmMs: null,
          bypass: { maxMs: 8 * HOUR, secondPerson: false },
        },
        yellow: {
          title: { en: 'Yellow', zh: '黄色' },
          acknowledgeWithinMs: 15 * MINUTE,
          reportWithinMs: 2 * HOUR,
          closeWithinMs: 24 * HOUR,
          repeatMs: null,
          realarmMs: null,
          bypass: { maxMs: 12 * HOUR, secondPerson: false },
        },
        blue: {
          title: { en: 'Blue', zh: '蓝色' },
          acknowledgeWithinMs: 30 * MINUTE,
          reportWithinMs: 24 * HOUR,
          closeWithinMs: 7 * 24 * HOUR,
          repeatMs: null,
          realarmMs: null,
          bypass: { maxMs: 7 * 24 * HOUR, secondPerson: false },
        },
      },
      profiles: new Map(),
      devices: new Map(),
      routing: {
        receivers: [],
        routes: [],
        rosters: new Map(),
        calendars: new Map(),
        inhibitions: DEFAULT_INHIBITIONS,
      },
      governor: { maxPerSite: 20, warnBeforeMs: 10 * MINUTE, requestMs: 15 * MINUTE },
      maintenance: [],
      drills: [],
      report: null,
      accounts: new Map(),
      groups: [],
    });
  });

  test('loads the examples of the design as written there', () => {
    const configuration = configurationOf(load('annotated-good'));
    expect(configuration.store.influxdb).toEqual({
      url: 'http://127.0.0.1:8086',
      database: 'davylamp',
      username: 'davylamp',
      password: 'hunter2-in-the-environment',
    });
    expect(configuration.mqtt.listeners[1]?.tls).toEqual({
      certFile: `${FIXTURES}annotated-good/tls/cert.pem`,
      keyFile: `${FIXTURES}annotated-good/tls/key.pem`,
      caFile: `${FIXTURES}annotated-good/tls/ca.pem`,
      clientCertificate: 'required',
    });
    const device = configuration.devices.get('wujin-gas/cab-001');
    expect(device).toMatchObject({
      siteTitle: { en: 'Wujin Gas', zh: '武进燃气' },
      title: { en: 'cab-001', zh: 'cab-001' },
      location: { lon: 119.94, lat: 31.7, datum: 'WGS-84' },
      grid: '320412',
      profile: { absent: { afterMs: 180_000, tier: 'blue' }, reporting: { mode: 'periodic', intervalMs: 60_000 } },
    });
    expect(device?.points[0]?.limits.map(({ name, at }) => [name, at])).toEqual([
      ['LL', 1],
      ['L', 1.5],
      ['H', 3],
      ['HH', 4],
    ]);
    expect(configuration.routing.receivers[0]).toEqual({
      id: 'command-centre',
      channel: { kind: 'webhook', webhook: { url: 'https://cc.example/alarms', secret: GOOD_SECRET } },
      allowHttp: false,
      timeoutMs: 10_000,
      giveUpAfterMs: 86_400_000,
      language: 'en',
      template: { title: null, text: null },
      rate: null,
      flood: { start: 10, end: 5, windowMs: 600_000, digestEveryMs: 60_000 },
    });
    expect(configuration.routing.routes[0]).toEqual({
      match: { tier: ['red', 'orange'], site: [], profile: [], grid: [], tags: [], when: null },
      to: ['command-centre'],
      continue: false,
      grouping: null,
      escalation: [],
      routes: [],
    });
  });

  test('needs no more than ids, types and what a limit is', () => {
    const device = configurationOf(load('small-good')).devices.get('site-a/det-1');
    expect(device).toMatchObject({
      siteTitle: { en: 'site-a', zh: 'site-a' },
      location: null,
      grid: null,
      tags: [],
      profile: { absent: { afterMs: 180_000, tier: 'blue' } },
    });
    expect(device?.overrides).toBeUndefined();
    expect(device?.ruleVersion).toBe(device?.profile.version);
    expect(device?.points).toEqual([
      {
        id: 'gas',
        index: 0,
        title: { en: 'gas', zh: 'gas' },
        type: 'number',
        unit: '',
        range: null,
        limits: [{ name: 'H', at: 20, deadband: 0, onDelayMs: 0, offDelayMs: 0, tier: 'yellow', latch: false }],
        rates: [],
        why: null,
        calc: null,
        staleAfterMs: 180_000,
      },
    ]);
  });

  test('takes devices from CSV as spreadsheets write it', () => {
    const { devices } = configurationOf(load('table-good'));
    expect([...devices.keys()]).toEqual(['site-a/cab-1', 'site-a/cab-2', 'site-b/cab-1']);
    expect(devices.get('site-a/cab-1')).toMatchObject({
      siteTitle: { en: 'Site A', zh: '甲站' },
      title: { en: 'Cabinet 1, "north"', zh: 'Cabinet 1, "north"' },
      location: { lon: 119.9, lat: 31.7, datum: 'GCJ-02' },
      grid: '320412',
      tags: ['street', 'north'],
    });
    expect(devices.get('site-a/cab-2')).toMatchObject({ location: null, grid: '320400', tags: [] });
    expect(devices.get('site-b/cab-1')).toMatchObject({ siteTitle: { en: 'site-b' }, location: { datum: 'WGS-84' } });
  });

  test('has a version that follows the text of its files', () => {
    const version = (text: string) => configurationOf(loadFiles({ 'davylamp.yaml': text })).version;
    expect(version('language: en')).toBe(version('language: en'));
    expect(version('language: en')).not.toBe(version('language: zh'));
  });

  test('of the demo loads without a warning', () => {
    const result = loadConfiguration(new URL('../../../config', import.meta.url).pathname, {
      DAVYLAMP_COMMAND_CENTRE_SECRET: GOOD_SECRET,
    });
    expect(lines(result)).toEqual([]);
    expect(configurationOf(result).devices.size).toBe(20);
  });
});

describe('overrides', () => {
  const { devices, profiles } = configurationOf(load('overrides-good'));
  const changed = devices.get('site-a/changed');

  test('keep what they do not name, and what they do not touch is shared', () => {
    expect(changed?.points[0]?.limits.find((limit) => limit.name === 'H')).toEqual({
      name: 'H',
      at: 3,
      deadband: 0.1,
      onDelayMs: 5_000,
      offDelayMs: 60_000,
      tier: 'yellow',
      latch: false,
    });
    const base = profiles.get('gas-regulator-cabinet')?.points;
    expect(devices.get('site-a/as-profile')?.points).toBe(base);
    expect(changed?.points[1]).toBe(base?.[1]);
    expect(devices.get('site-a/same-again')?.points).toBe(devices.get('site-a/same-change')?.points);
  });

  test('may add a rate and change one', () => {
    expect(changed?.points[0]?.rates).toEqual([
      {
        direction: 'rising',
        by: 2,
        overMs: 90_000,
        minSamples: 5,
        method: 'leastSquares',
        significance: 0,
        maxGapMs: 120_000,
        deadband: 0.4,
        onDelayMs: 0,
        offDelayMs: 0,
        tier: 'yellow',
        latch: false,
      },
      expect.objectContaining({ direction: 'falling', by: 1, overMs: 60_000, tier: 'orange', deadband: 0.16 }),
    ]);
  });

  test('are named with origin and change, and give the device a rule version of its own', () => {
    expect(changed?.overrides).toEqual([
      {
        point: 'outletPressure',
        name: 'H',
        at: 3,
        profileAt: 3.2,
        origin: 'Setting sheet 12',
        change: 'MOC-7',
      },
      { point: 'outletPressure', name: 'rising', at: 2, profileAt: null, origin: null, change: null },
      { point: 'outletPressure', name: 'falling', at: 1, profileAt: 0.8, origin: null, change: null },
    ]);
    const { version } = changed?.profile ?? {};
    expect(changed?.ruleVersion).toMatch(new RegExp(`^${version}\\+[0-9a-f]{8}$`));
    expect(changed?.ruleVersion).not.toBe(devices.get('site-a/same-change')?.ruleVersion);
    expect(devices.get('site-a/as-profile')?.ruleVersion).toBe(version);
  });
});

describe('a bad configuration', () => {
  test.each(['everything-bad', 'later-bad', 'overrides-bad', 'table-bad'])(
    '%s: all its faults at once',
    async (name) => {
      const result = load(name);
      expect('configuration' in result).toBe(false);
      await expect(`${lines(result).join('\n')}\n`).toMatchFileSnapshot(`${FIXTURES}${name}.txt`);
      expect(lines(load(name))).toEqual(lines(result));
      for (const { message } of faultsOf(result)) expect(message.length).toBeGreaterThan(10);
    },
  );

  test('never shows a secret', () => {
    for (const name of ['everything-bad', 'later-bad']) {
      expect(JSON.stringify(load(name))).not.toMatch(/hunter2-in-the-file|token-in-path|hunter2@|aHVudGVy|c2hvcnQ/);
    }
  });

  test('is reported too where there is no such directory', () => {
    expect(faultsOf(loadConfiguration('/nowhere/at/all', {})).map(({ code }) => code)).toEqual(['DIRECTORY_MISSING']);
  });
});
