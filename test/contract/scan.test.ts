import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Device, Profile } from '../../src/model/device.ts';
import type { Quality } from '../../src/model/quality.ts';
import type { Reading, Value } from '../../src/model/reading.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createDuckDbStore } from '../../src/store/duckdb.ts';
import { openDuckDbArchive } from '../../src/store/duckdb-scan.ts';
import { createInfluxStore } from '../../src/store/influx.ts';
import type { ReadingStore } from '../../src/store/port.ts';
import {
  type ReadingArchive,
  readingAt,
  type ScanBatch,
  type ScanQuery,
  type ScanSource,
} from '../../src/store/scan.ts';
import { openTableFile } from '../../src/store/table-file.ts';
import { type InfluxServer, startInfluxServer } from '../helpers/influx-server.ts';
import { buildDevice, buildProfile, buildReading } from '../helpers/readings.ts';

const T0 = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const YEAR = 366 * 86_400_000;
const log = pino({ level: 'silent' });
const profile = buildProfile({ pressure: 'number', open: 'boolean', state: 'string', level: 'number' });
const device = buildDevice(profile);

/** A place that readings are written to and scanned from. */
interface Bench {
  /** False where the receive time of a reading is lost. */
  readonly keepsReceived: boolean;
  save(readings: readonly Reading[]): Promise<void>;
  /** The source of everything saved so far. */
  source(of?: Profile): Promise<ScanSource>;
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
  contract(async () => {
    const store = createInfluxStore({
      settings: { url: server.url, database: `scan${count++}`, username: null, password: null },
      profiles: new Map([[profile.id, profile]]),
      retentionMs: null,
      deadlineMs: 20_000,
      log,
    });
    await store.start();
    return {
      keepsReceived: false,
      save: (readings) => writeAll(store, readings),
      source: async () => store,
      clear: () => store.stop(),
    };
  });
});

describe('DuckDB', () => {
  contract(async () => {
    const { file, clear } = folder();
    const store = await openStore(file);
    return {
      keepsReceived: true,
      save: (readings) => writeAll(store, readings),
      source: async () => store,
      async clear() {
        await store.stop();
        clear();
      },
    };
  });
});

describe('DuckDB without an engine', () => {
  contract(async () => await ofFiles((file) => openDuckDbArchive(file)));
});

describe.each(['parquet', 'csv', 'csv.gz'])('a file .%s', (ending) => {
  contract(async () =>
    ofFiles(async (file, of) => {
      const path = `${file}.${of.id}.${ending}`;
      const instance = await DuckDBInstance.create(file);
      const connection = await instance.connect();
      await connection.run(`COPY (FROM readable."${of.id}") TO '${path}'`);
      connection.disconnectSync();
      instance.closeSync();
      return await openTableFile({ path });
    }),
  );
});

/** Readings are written by a store, which is closed before its file is read in another way. */
async function ofFiles(open: (file: string, of: Profile) => Promise<ReadingArchive>): Promise<Bench> {
  const { file, clear } = folder();
  let archive: ReadingArchive | null = null;
  const close = async () => {
    await archive?.close();
    archive = null;
  };
  return {
    keepsReceived: true,
    async save(readings) {
      await close();
      const store = await openStore(file);
      await writeAll(store, readings);
      await store.stop();
    },
    async source(of = profile) {
      await close();
      archive = await open(file, of);
      return archive;
    },
    async clear() {
      await close();
      clear();
    },
  };
}

function folder() {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-scan-'));
  return {
    file: join(directory, 'readings.duckdb'),
    clear: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function openStore(file: string): Promise<ReadingStore> {
  const profiles = new Map([[profile.id, profile]]);
  const store = createDuckDbStore({ file, profiles, deadlineMs: 20_000, clock: systemClock, log });
  await store.start();
  return store;
}

async function writeAll(store: ReadingStore, readings: readonly Reading[]): Promise<void> {
  for (let first = 0; first < readings.length; first += 10_000)
    await store.write(readings.slice(first, first + 10_000));
}

/** What is left of a reading in the words of a test: `-` is a point that was not named. */
interface Told {
  readonly key: string;
  readonly time: string;
  readonly points: readonly (readonly [Value, Quality] | '-')[];
  readonly marks: string;
  readonly receivedAt: number;
}

function tell(reading: Reading, points: readonly string[], keepsReceived: boolean): Told {
  const { device: of, ts, subMs, values, qualities, historical, clockAhead, status, receivedAt } = reading;
  return {
    key: of.key,
    time: `${ts} ms ${subMs} ns`,
    points: points.map((id) => {
      const index = of.profile.pointIndex.get(id) ?? -1;
      const value = values[index];
      if (value === undefined) return '-';
      return [value, value === null ? 'bad' : (qualities?.[index] ?? 'good')];
    }),
    marks: `${status}${historical ? ' historical' : ''}${clockAhead ? ' clockAhead' : ''}`,
    receivedAt: keepsReceived ? receivedAt : ts,
  };
}

/** What a scan should give, the slow way. */
function expected(readings: readonly Reading[], query: ScanQuery, keepsReceived: boolean): Told[] {
  const points = query.points ?? query.profile.points.map(({ id }) => id);
  return readings
    .filter(({ device: of }) => of.profile === query.profile && (query.devices?.includes(of.key) ?? true))
    .filter(({ ts }) => ts >= query.from && ts < query.to)
    .filter(({ status }) => query.everyStatus === true || status === 'actual')
    .toSorted(
      (a, b) =>
        a.ts - b.ts || (a.device.key < b.device.key ? -1 : 1) * Number(a.device !== b.device) || a.subMs - b.subMs,
    )
    .map((reading) => tell(reading, points, keepsReceived))
    .filter((told) => told.points.some((point) => point !== '-'));
}

async function collect(source: ScanSource, query: ScanQuery): Promise<ScanBatch[]> {
  const batches: ScanBatch[] = [];
  for await (const batch of source.scan(query)) batches.push(batch);
  return batches;
}

function contract(open: () => Promise<Bench>): void {
  let bench: Bench;
  beforeEach(async () => {
    bench = await open();
  });
  afterEach(async () => {
    await bench?.clear();
  });

  const everything = { profile, from: T0 - 10 * YEAR, to: T0 + YEAR };
  const at = (
    ts: number,
    subMs: number,
    parts: Partial<Parameters<typeof buildReading>[1]> = {},
    of: Device = device,
  ) => buildReading(of, { ts, subMs, receivedAt: ts + 30, values: { pressure: subMs }, ...parts });

  async function scan(query: ScanQuery): Promise<Told[]> {
    const devices = new Map<string, Device>();
    const points = query.points ?? query.profile.points.map(({ id }) => id);
    return (await collect(await bench.source(query.profile), query)).flatMap((batch) =>
      Array.from({ length: batch.rows }, (_, row) => {
        const key = batch.devices[batch.device[row] ?? -1] ?? 'unknown';
        const [site, id] = key.split('/');
        const of = devices.get(key) ?? buildDevice(query.profile, id, site);
        devices.set(key, of);
        return tell(readingAt(batch, row, of), points, bench.keepsReceived);
      }),
    );
  }

  async function check(readings: readonly Reading[], query: ScanQuery): Promise<number> {
    const wanted = expected(readings, query, bench.keepsReceived);
    expect(await scan(query)).toEqual(wanted);
    return wanted.length;
  }

  it('gives back what was written: values of every type, no value, quality, marks', async () => {
    const readings = [
      at(T0, 1, { values: { pressure: 2.81, open: true, state: 'run, "fast"', level: -0.5 } }),
      at(T0 + 1, 1, { values: { pressure: null, open: false } }),
      at(T0 + 2, 999_999, { values: { state: '调压柜 🔥' } }),
      at(T0 + 3, 1, {
        values: { pressure: 1, open: true, state: 'x' },
        qualities: { pressure: 'uncertain', open: 'bad' },
      }),
      at(T0 + 4, 1, { values: { open: null, state: null, level: 1e300 }, qualities: { level: 'bad' } }),
      at(T0 + 5, 1, { historical: true, clockAhead: true }),
      at(T0 + 6, 1, { historical: true, receivedAt: T0 + YEAR }),
      at(T0 + 7, 1, { values: { pressure: 5e-324, level: 1.7976931348623157e308 } }),
    ];
    await bench.save(readings);
    expect(await check(readings, everything)).toBe(readings.length);
  });

  it('tells by null that all values are there and good, and nothing sets the readings apart', async () => {
    await bench.save([at(T0, 1), at(T0 + 1, 1)]);
    const [batch] = await collect(await bench.source(), { ...everything, points: ['pressure'] });
    expect(batch).toMatchObject({ rows: 2, quality: [null], marks: null });
    expect(batch?.values[0]).toEqual(Float64Array.of(1, 1));
  });

  it('goes by time, then device key, then nanoseconds, whatever the order of writing', async () => {
    const devices = ['d-2', 'd-10', 'b', 'a.1', 'Z'].map((id) => buildDevice(profile, id));
    devices.push(buildDevice(profile, 'a', 'another-site'));
    const readings = [30, 10, 20].flatMap((offset) =>
      devices.flatMap((of) => [7, 3].map((subMs) => at(T0 + offset, subMs, {}, of))),
    );
    await bench.save(readings);
    expect(await check(readings, everything)).toBe(36);
  });

  it('takes from inclusive to exclusive, and any whole number for them', async () => {
    const readings = [0, 1, 2, 3].map((offset) => at(T0 + offset, 5));
    await bench.save(readings);
    expect(await check(readings, { ...everything, from: T0 + 1, to: T0 + 3 })).toBe(2);
    expect(await check(readings, { ...everything, from: T0 + 3, to: T0 + 3 })).toBe(0);
    expect(await check(readings, { ...everything, from: T0 + 3, to: T0 })).toBe(0);
    expect(await check(readings, { profile, from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER })).toBe(4);
    await expect(scan({ ...everything, from: 0.5 })).rejects.toMatchObject({ code: 'SCAN_RANGE_INVALID' });
  });

  it('leaves out other devices, other points and readings that name none of those wanted', async () => {
    const other = buildDevice(profile, 'cab-002');
    const readings = [
      at(T0, 1, { values: { pressure: 1, level: 2 } }),
      at(T0, 1, { values: { pressure: 3 }, historical: true }, other),
      at(T0 + 1, 1, { values: { state: 'x' }, historical: true }),
      at(T0 + 2, 1, { values: { level: 4 } }, other),
    ];
    await bench.save(readings);
    expect(await check(readings, { ...everything, points: ['level', 'pressure'] })).toBe(3);
    expect(await check(readings, { ...everything, devices: [other.key] })).toBe(2);
    expect(await check(readings, { ...everything, devices: [other.key], points: ['level'] })).toBe(1);
    expect(await check(readings, { ...everything, devices: ['wujin-gas/none'] })).toBe(0);
    expect(await check(readings, { ...everything, devices: [] })).toBe(0);
    expect(await check(readings, { ...everything, points: [] })).toBe(0);
    const many = Array.from({ length: 300 }, (_, i) => `wujin-gas/none-${i}`);
    expect(await check(readings, { ...everything, devices: [...many, device.key] })).toBe(2);
    await expect(scan({ ...everything, points: ['nothing'] })).rejects.toMatchObject({ code: 'SCAN_POINT_UNKNOWN' });
  });

  it('leaves out tests and exercises unless they are asked for', async () => {
    const readings = [
      at(T0, 1),
      at(T0, 2, { status: 'test' }),
      at(T0, 3, { status: 'exercise', historical: true }),
      at(T0 + 1, 1, { status: 'test', clockAhead: true }),
    ];
    await bench.save(readings);
    expect(await check(readings, everything)).toBe(1);
    expect(await check(readings, { ...everything, everyStatus: true })).toBe(4);
  });

  it('leaps over years without readings', async () => {
    const readings = [-9 * YEAR, -9 * YEAR + 1, -4 * YEAR, -1, 0, 3_000_000].map((offset) => at(T0 + offset, 9));
    await bench.save(readings);
    expect(await check(readings, everything)).toBe(6);
  });

  it('gives 100,000 readings in batches, of which more share a millisecond than a batch holds', async () => {
    const devices = Array.from({ length: 100 }, (_, i) => buildDevice(profile, `cab-${(i * 37) % 100}`));
    const readings = devices.flatMap((of, i) => [
      ...Array.from({ length: 270 }, (_, k) => at(T0 + 7, 1 + k * 3, {}, of)),
      ...Array.from({ length: 400 }, (_, k) => at(T0 + k * 1000, 5, {}, of)),
      ...Array.from({ length: 330 }, (_, k) => at(T0 + 500_000 + k * 331 + (i % 5), 5, { values: { level: k } }, of)),
    ]);
    await bench.save(readings);
    const batches = await collect(await bench.source(), everything);
    expect(Math.max(...batches.map(({ rows }) => rows))).toBeLessThanOrEqual(10_000);
    expect(batches.reduce((sum, { rows }) => sum + rows, 0)).toBe(100_000);
    const line = (key: string, ts: number, subMs: number) => `${ts} ${key} ${subMs}`;
    const found = batches.flatMap(({ devices: keys, device: of, ts, subMs }) =>
      Array.from(ts, (time, row) => line(keys[of[row] ?? -1] ?? '', time, subMs[row] ?? -1)),
    );
    const wanted = readings
      .toSorted(
        (a, b) =>
          a.ts - b.ts || (a.device.key < b.device.key ? -1 : a.device === b.device ? 0 : 1) || a.subMs - b.subMs,
      )
      .map(({ device: of, ts, subMs }) => line(of.key, ts, subMs));
    expect(found.findIndex((one, index) => one !== wanted[index])).toBe(-1);
  }, 120_000);

  it('can be cancelled at any time, and says so', async () => {
    const readings = Array.from({ length: 30_000 }, (_, i) => at(T0 + i, 5));
    await bench.save(readings);
    const source = await bench.source();
    await expect(collect(source, { ...everything, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'SCAN_CANCELLED',
    });
    const abort = new AbortController();
    let batches = 0;
    const half = (async () => {
      for await (const _ of source.scan({ ...everything, signal: abort.signal })) {
        if (++batches === 2) abort.abort();
      }
    })();
    await expect(half).rejects.toMatchObject({ code: 'SCAN_CANCELLED' });
    expect(batches).toBe(2);
    const early = new AbortController();
    const begun = collect(source, { ...everything, signal: early.signal });
    setImmediate(() => early.abort());
    await expect(begun).rejects.toMatchObject({ code: 'SCAN_CANCELLED' });
    expect((await collect(source, everything)).reduce((sum, { rows }) => sum + rows, 0)).toBe(30_000);
  });

  it('can be left early, again and again', async () => {
    await bench.save(Array.from({ length: 12_000 }, (_, i) => at(T0 + i, 5)));
    const source = await bench.source();
    for (let round = 0; round < 6; round++) {
      for await (const batch of source.scan(everything)) {
        expect(batch.ts[0]).toBe(T0);
        break;
      }
    }
  });

  it('has nothing of what was never written, and takes a point that is new', async () => {
    await bench.save([at(T0, 1)]);
    const grown = buildProfile({
      added: 'string',
      pressure: 'number',
      open: 'boolean',
      state: 'string',
      level: 'number',
    });
    const reading = buildReading(buildDevice(grown), {
      ts: T0,
      subMs: 1,
      receivedAt: T0 + 30,
      values: { pressure: 1 },
    });
    expect(await check([reading], { ...everything, profile: grown })).toBe(1);
    expect(await check([], { ...everything, profile: grown, points: ['added'] })).toBe(0);
  });

  it('gives what a slow search in memory gives, for any readings and any question', async () => {
    const ids = ['a', 'b', 'b.1', 'c'];
    let run = 0;
    const value = <T extends Value>(arbitrary: fc.Arbitrary<T>) => fc.option(fc.option(arbitrary), { nil: undefined });
    // Line protocol knows no minus zero.
    const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0);
    const quality = fc.constantFrom<Quality>('good', 'uncertain', 'bad');
    const reading = fc.record({
      of: fc.nat({ max: ids.length - 1 }),
      offset: fc.integer({ min: 0, max: 6 }),
      subMs: fc.constantFrom(1, 2, 999_999),
      values: fc.tuple(value(number), value(fc.boolean()), value(fc.constantFrom('x', 'y z'))),
      qualities: fc.option(fc.tuple(quality, quality, quality)),
      historical: fc.boolean(),
      status: fc.constantFrom<Reading['status']>('actual', 'actual', 'actual', 'test', 'exercise'),
    });
    const question = fc.record({
      points: fc.subarray(['pressure', 'open', 'state'], { minLength: 1 }),
      devices: fc.option(fc.subarray(ids), { nil: undefined }),
      from: fc.integer({ min: -1, max: 7 }),
      to: fc.integer({ min: 0, max: 8 }),
      everyStatus: fc.boolean(),
    });
    const readings = fc
      .uniqueArray(reading, {
        maxLength: 40,
        selector: ({ of, offset, subMs, status }) => `${of} ${offset} ${subMs} ${status}`,
      })
      .map((all) => all.filter(({ values }) => values.some((one) => one !== undefined)))
      // One identity of a store, whatever its status.
      .map((all) => [...new Map(all.map((one) => [`${one.of} ${one.offset} ${one.subMs}`, one])).values()]);
    await fc.assert(
      fc.asyncProperty(readings, fc.array(question, { minLength: 1, maxLength: 4 }), async (all, questions) => {
        const fresh = buildProfile({ pressure: 'number', open: 'boolean', state: 'string' }, `any-${run++}`);
        const devices = ids.map((id) => buildDevice(fresh, id));
        const written = all.map(({ of, offset, values, qualities, ...rest }): Reading => {
          const graded =
            qualities && values.map((one, i): Quality => (one === null ? 'bad' : (qualities[i] ?? 'good')));
          const ts = T0 + offset;
          return { ...at(ts, 1), ...rest, ts, device: devices[of] ?? device, values, qualities: graded };
        });
        if (written.length === 0) return;
        await bench.save(written);
        for (const { devices: some, from, to, ...rest } of questions) {
          const of = some === undefined ? {} : { devices: some.map((id) => `wujin-gas/${id}`) };
          await check(written, { ...rest, ...of, profile: fresh, from: T0 + from, to: T0 + to });
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);
}
