import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Profile } from '../../src/model/device.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createDuckDbStore } from '../../src/store/duckdb.ts';
import { createInfluxStore } from '../../src/store/influx.ts';
import type { HistoryItem, HistoryQuery, ReadingStore } from '../../src/store/port.ts';
import { type InfluxServer, startInfluxServer } from '../helpers/influx-server.ts';
import { buildDevice, buildProfile, buildReading } from '../helpers/readings.ts';

/** Recent, whole hours: within any retention policy and at the start of every bucket. */
const T0 = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const log = pino({ level: 'silent' });
const profile = buildProfile();
const device = buildDevice(profile);

interface Bench {
  /** A store on the database of this test. */
  store(profiles?: Profile[]): ReadingStore;
  clear(): Promise<void>;
}

describe('InfluxDB', () => {
  let server: InfluxServer;
  let count = 0;
  beforeAll(async () => {
    server = await startInfluxServer();
  });
  afterAll(async () => {
    await server?.stop();
  });
  contract(() => {
    const database = `contract${count++}`;
    return {
      store: (profiles = [profile]) =>
        createInfluxStore({
          settings: { url: server.url, database, username: null, password: null },
          profiles: new Map(profiles.map((one) => [one.id, one])),
          retentionMs: null,
          log,
        }),
      async clear() {
        await fetch(`${server.url}/query`, {
          method: 'POST',
          body: new URLSearchParams({ q: `drop database ${database}` }),
        });
      },
    };
  });
});

describe('DuckDB', () => {
  contract(() => {
    const directory = mkdtempSync(join(tmpdir(), 'davylamp-duckdb-'));
    return {
      store: (profiles = [profile]) =>
        createDuckDbStore({
          file: join(directory, 'readings.duckdb'),
          profiles: new Map(profiles.map((one) => [one.id, one])),
          clock: systemClock,
          log,
        }),
      async clear() {
        rmSync(directory, { recursive: true, force: true });
      },
    };
  });
});

function contract(open: () => Bench): void {
  let bench: Bench;
  let store: ReadingStore;

  beforeEach(async () => {
    bench = open();
    store = bench.store();
    await store.start();
  });
  afterEach(async () => {
    await store.stop();
    await bench.clear();
  });

  const ask = (point: string, parts: Partial<HistoryQuery> = {}): Promise<HistoryItem[]> =>
    store.history({
      device,
      point,
      from: T0,
      to: T0 + 3_600_000,
      stepMs: null,
      aggregate: 'mean',
      limit: 1000,
      ...parts,
    });

  it('keeps numbers, booleans and strings as what they are', async () => {
    await store.write([buildReading(device, { ts: T0, values: { pressure: 2.81, open: true, state: 'run' } })]);
    await store.write([buildReading(device, { ts: T0 + 1, values: { pressure: 3, open: false, state: '' } })]);
    expect(await ask('pressure')).toEqual([
      { ts: T0, value: 2.81, quality: 'good' },
      { ts: T0 + 1, value: 3, quality: 'good' },
    ]);
    expect((await ask('open')).map((item) => item.value)).toEqual([true, false]);
    expect((await ask('state')).map((item) => item.value)).toEqual(['run', '']);
  });

  it('keeps numbers exactly, the largest and smallest included', async () => {
    const numbers = [0, 0.1, -1.5, 1e21, 1.7976931348623157e308, 5e-324, 2 ** 53, -123456.789];
    await store.write(numbers.map((value, i) => buildReading(device, { ts: T0 + i, values: { pressure: value } })));
    expect((await ask('pressure')).map((item) => item.value)).toEqual(numbers);
  });

  it.each([
    ['quotes', `say "hi" and 'bye'`],
    ['a newline', 'one\ntwo\r\nthree'],
    ['backslashes', 'C:\\dir\\ and \\" and \\n'],
    ['a backslash at the end', 'end\\'],
    ['separators', 'a=b, c d,e=1i 5'],
    ['line protocol', 'x"\ngas-cabinet,site=a,device=b pressure=999 1'],
    ['InfluxQL', `\\' \\'; drop measurement "gas-cabinet" --`],
    ['SQL', `'; DROP TABLE devices; --`],
    ['Chinese and emoji', '调压柜 切断阀 🔥'],
    ['control characters', 'tab\tnul\u0000bell\u0007'],
  ])('keeps a string with %s unchanged', async (_, text) => {
    await store.write([
      buildReading(device, { ts: T0, values: { state: text } }),
      buildReading(device, { ts: T0 + 1, values: { state: 'after' } }),
    ]);
    expect((await ask('state')).map((item) => item.value)).toEqual([text, 'after']);
    expect(await ask('pressure')).toEqual([]);
  });

  it('keeps quality beside each value, and no value as null of bad quality', async () => {
    await store.write([
      buildReading(device, {
        ts: T0,
        values: { pressure: 1, open: true, state: 'a' },
        qualities: { pressure: 'uncertain', open: 'bad' },
      }),
      buildReading(device, { ts: T0 + 1, values: { pressure: null } }),
    ]);
    expect(await ask('pressure')).toEqual([
      { ts: T0, value: 1, quality: 'uncertain' },
      { ts: T0 + 1, value: null, quality: 'bad' },
    ]);
    expect(await ask('open')).toEqual([{ ts: T0, value: true, quality: 'bad' }]);
    expect(await ask('state')).toEqual([{ ts: T0, value: 'a', quality: 'good' }]);
  });

  it('stores a repeat once, in the same batch, in another one and after a restart', async () => {
    const reading = buildReading(device, { ts: T0 + 5, subMs: 77, values: { pressure: 2 } });
    await store.write([reading, reading]);
    await store.write([reading]);
    await store.stop();
    store = bench.store();
    await store.start();
    await store.write([reading, buildReading(device, { ts: T0 + 6, values: { pressure: 3 } }), reading]);
    expect((await ask('pressure')).map((item) => item.value)).toEqual([2, 3]);
  });

  it('keeps different readings of one millisecond apart', async () => {
    await store.write([
      buildReading(device, { ts: T0, subMs: 2, values: { pressure: 2 } }),
      buildReading(device, { ts: T0, subMs: 1, values: { pressure: 1 } }),
      buildReading(device, { ts: T0, subMs: 999_999, values: { pressure: 3 } }),
    ]);
    expect(await ask('pressure')).toEqual([1, 2, 3].map((value) => ({ ts: T0, value, quality: 'good' })));
  });

  it('joins different points of one identity, in one batch or several', async () => {
    const part = (values: Record<string, number | boolean | string>) => buildReading(device, { ts: T0, values });
    await store.write([part({ pressure: 1 }), part({ open: true })]);
    await store.write([part({ state: 'run' })]);
    expect((await ask('pressure')).map((item) => item.value)).toEqual([1]);
    expect((await ask('open')).map((item) => item.value)).toEqual([true]);
    expect((await ask('state')).map((item) => item.value)).toEqual(['run']);
  });

  it('stores late readings between those that are there', async () => {
    const at = (offset: number) => buildReading(device, { ts: T0 + offset, values: { pressure: offset } });
    await store.write([at(10), at(30)]);
    await store.write([at(20), at(30), at(5), at(40)]);
    expect((await ask('pressure')).map((item) => item.value)).toEqual([5, 10, 20, 30, 40]);
  });

  it('keeps devices and profiles apart', async () => {
    const other = buildDevice(profile, 'cab-002');
    const sameIdElsewhere = buildDevice(profile, 'cab-001', 'other-site');
    const tank = buildDevice(buildProfile({ pressure: 'number' }, 'lng.tank-1'), 'tank');
    const devices = [device, other, sameIdElsewhere, tank];
    await store.write(devices.map((one, i) => buildReading(one, { ts: T0, values: { pressure: i } })));
    for (const [i, one] of devices.entries()) {
      expect((await ask('pressure', { device: one })).map((item) => item.value)).toEqual([i]);
    }
  });

  it('gives raw samples from inclusive to exclusive, oldest first, up to the limit', async () => {
    await store.write([0, 1, 2, 3].map((i) => buildReading(device, { ts: T0 + i, values: { pressure: i } })));
    const values = async (parts: Partial<HistoryQuery>) => (await ask('pressure', parts)).map((item) => item.value);
    expect(await values({ from: T0 + 1, to: T0 + 3 })).toEqual([1, 2]);
    expect(await values({ limit: 2 })).toEqual([0, 1]);
    expect(await values({ limit: 0 })).toEqual([]);
    expect(await values({ from: T0 + 3, to: T0 + 3 })).toEqual([]);
  });

  describe('with a minute of samples', () => {
    beforeEach(async () => {
      // 0 to 50 s every ten: 0 1 2 | 3 4 5 in buckets of 30 s; then a bad one, a null one and an uncertain one.
      const samples = [0, 1, 2, 3, 4, 5].map((i) => ({ ts: T0 + i * 10_000, values: { pressure: i, open: i > 2 } }));
      await store.write([
        ...samples.map((sample) => buildReading(device, { ...sample, values: { ...sample.values, state: 's' } })),
        buildReading(device, { ts: T0 + 51_000, values: { pressure: 1000 }, qualities: { pressure: 'bad' } }),
        buildReading(device, { ts: T0 + 52_000, values: { pressure: null } }),
        buildReading(device, { ts: T0 + 95_000, values: { pressure: 7 }, qualities: { pressure: 'uncertain' } }),
        buildReading(device, { ts: T0 + 96_000, values: { pressure: 9 } }),
        buildReading(device, { ts: T0 + 200_000, values: { pressure: 500 }, qualities: { pressure: 'bad' } }),
      ]);
    });

    it.each([
      ['min', 0, 3, 7],
      ['mean', 1, 4, 8],
      ['max', 2, 5, 9],
      ['last', 2, 5, 9],
      ['count', 3, 3, 2],
    ] as const)('gives %s of each bucket without bad samples, empty buckets left out', async (aggregate, ...values) => {
      expect(await ask('pressure', { stepMs: 30_000, aggregate })).toEqual([
        { ts: T0, value: values[0], quality: 'good' },
        { ts: T0 + 30_000, value: values[1], quality: 'good' },
        { ts: T0 + 90_000, value: values[2], quality: 'uncertain' },
      ]);
    });

    it('aligns buckets to the epoch, takes samples only from the range, and keeps to the limit', async () => {
      const items = await ask('pressure', { from: T0 + 10_000, stepMs: 30_000, aggregate: 'count', limit: 2 });
      expect(items.map(({ ts, value }) => [ts - T0, value])).toEqual([
        [0, 2],
        [30_000, 3],
      ]);
      const week = 604_800_000;
      const [item] = await ask('pressure', { stepMs: week, aggregate: 'count' });
      expect(item).toEqual({ ts: Math.floor(T0 / week) * week, value: 8, quality: 'uncertain' });
    });

    it('gives last and count of booleans and strings, and refuses their mean', async () => {
      expect((await ask('open', { stepMs: 30_000, aggregate: 'last' })).map((i) => i.value)).toEqual([false, true]);
      expect((await ask('state', { stepMs: 30_000, aggregate: 'count' })).map((i) => i.value)).toEqual([3, 3]);
      for (const aggregate of ['min', 'mean', 'max'] as const) {
        await expect(ask('open', { stepMs: 1000, aggregate })).rejects.toMatchObject({
          code: 'HISTORY_AGGREGATE_INVALID',
        });
      }
    });
  });

  it('leaves tests and exercises out of history, and keeps historical and clock-ahead readings in', async () => {
    await store.write([
      buildReading(device, { ts: T0, values: { pressure: 1 }, historical: true, clockAhead: true }),
      buildReading(device, { ts: T0 + 1, values: { pressure: 50 }, status: 'test' }),
      buildReading(device, { ts: T0 + 2, values: { pressure: 60 }, status: 'exercise', historical: true }),
      buildReading(device, { ts: T0 + 3, values: { pressure: 3 } }),
    ]);
    expect((await ask('pressure')).map((item) => item.value)).toEqual([1, 3]);
    const [mean] = await ask('pressure', { stepMs: 3_600_000 });
    expect(mean).toEqual({ ts: T0, value: 2, quality: 'good' });
  });

  it('has no history for what was never written', async () => {
    expect(await ask('pressure')).toEqual([]);
    expect(await ask('pressure', { stepMs: 1000, aggregate: 'max' })).toEqual([]);
    expect(await ask('pressure', { device: buildDevice(buildProfile({ pressure: 'number' }, 'unseen'), 'x') })).toEqual(
      [],
    );
    await expect(ask('nothing')).rejects.toMatchObject({ code: 'HISTORY_POINT_UNKNOWN' });
  });

  it('takes a profile that has gained a point', async () => {
    await store.write([buildReading(device, { ts: T0, values: { pressure: 1 } })]);
    const grown = buildDevice(buildProfile({ open: 'boolean', level: 'number', pressure: 'number' }));
    await store.write([buildReading(grown, { ts: T0 + 1, values: { level: 5, pressure: 2 } })]);
    await store.write([buildReading(device, { ts: T0 + 2, values: { pressure: 3, state: 'old version' } })]);
    expect((await ask('level', { device: grown })).map((item) => item.value)).toEqual([5]);
    expect((await ask('pressure', { device: grown })).map((item) => item.value)).toEqual([1, 2, 3]);
  });

  it('refuses a batch with a time that cannot be stored, and none of it is lost silently', async () => {
    const good = buildReading(device, { ts: T0, values: { pressure: 1 } });
    const bad = buildReading(device, { ts: 9_300_000_000_000, values: { pressure: 2 } });
    await store.write([good]);
    await expect(store.write([good, bad])).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    expect((await ask('pressure')).map((item) => item.value)).toEqual([1]);
    await store.write([good]);
    expect((await ask('pressure')).map((item) => item.value)).toEqual([1]);
  });

  it('refuses a device whose name is outside the allow-list', async () => {
    const forged = buildDevice(profile, 'x pressure=9\ngas-cabinet,device=cab-001,site=wujin-gas');
    if (store.kind === 'influxdb') {
      const write = store.write([buildReading(forged, { ts: T0, values: { pressure: 1 } })]);
      await expect(write).rejects.toMatchObject({ code: 'STORE_REFUSED' });
      await expect(ask('pressure', { device: forged })).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    }
    const table = buildDevice(buildProfile({ pressure: 'number' }, 'x"; drop table devices; --'));
    await expect(store.write([buildReading(table, { ts: T0, values: { pressure: 1 } })])).rejects.toMatchObject({
      code: 'STORE_REFUSED',
    });
  });

  it('refuses profiles whose names it needs for itself', async () => {
    const start = async () => bench.store([buildProfile({ time: 'number', a: 'number', A: 'number' })]).start();
    await expect(start()).rejects.toMatchObject({ code: 'STORE_SCHEMA_CONFLICT' });
  });

  it('refuses to start when a point has another type than what is kept', async () => {
    await store.start();
    await store.write([buildReading(device, { ts: T0, values: { pressure: 1 } })]);
    await store.stop();
    const changed = bench.store([buildProfile({ pressure: 'boolean', open: 'boolean', state: 'string' })]);
    await expect(changed.start()).rejects.toMatchObject({ code: 'STORE_SCHEMA_CONFLICT' });
    await changed.stop();
  });

  it('tells, while it runs, whether it can keep other profiles, and takes them', async () => {
    await store.write([buildReading(device, { ts: T0, values: { pressure: 1 } })]);
    const mapOf = (...profiles: Profile[]) => new Map(profiles.map((one) => [one.id, one]));
    const conflict = mapOf(buildProfile({ pressure: 'string' }));
    const reserved = mapOf(profile, buildProfile({ time: 'number' }, 'tank'));
    for (const wrong of [conflict, reserved]) {
      await expect(store.check(wrong)).rejects.toMatchObject({ code: 'STORE_SCHEMA_CONFLICT' });
    }
    const wider = buildProfile({ level: 'number', pressure: 'number' });
    const tank = buildProfile({ level: 'number' }, 'tank');
    await store.check(mapOf(wider, tank));
    store.configure(mapOf(wider, tank));
    const after = buildDevice(wider);
    const first = buildDevice(tank, 'tank-1');
    expect(await ask('level', { device: after })).toEqual([]);
    await store.write([
      buildReading(device, { ts: T0 + 1, values: { pressure: 2 } }),
      buildReading(after, { ts: T0 + 2, values: { level: 7, pressure: 3 } }),
      buildReading(first, { ts: T0 + 3, values: { level: 8 } }),
    ]);
    expect((await ask('pressure')).map((item) => item.value)).toEqual([1, 2, 3]);
    expect((await ask('level', { device: after })).map((item) => item.value)).toEqual([7]);
    expect((await ask('level', { device: first })).map((item) => item.value)).toEqual([8]);
  });

  it('starts and stops more than once', async () => {
    await store.start();
    await store.write([buildReading(device, { ts: T0, values: { pressure: 1 } })]);
    await store.stop();
    await store.stop();
    await store.start();
    await store.start();
    expect((await ask('pressure')).map((item) => item.value)).toEqual([1]);
  });
}
