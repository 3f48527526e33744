import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Profile } from '../../../src/model/device.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { createDuckDbStore } from '../../../src/store/duckdb.ts';
import { openDuckDbArchive } from '../../../src/store/duckdb-scan.ts';
import type { ReadingStore } from '../../../src/store/port.ts';
import type { ScanQuery, ScanSource } from '../../../src/store/scan.ts';
import { buildDevice, buildProfile, buildReading, NOON } from '../../helpers/readings.ts';

const HOUR = 3_600_000;
const profile = buildProfile({ pressure: 'number', level: 'number' });
const device = buildDevice(profile);
const at = (offset: number, values: Record<string, number> = { pressure: offset }) =>
  buildReading(device, { ts: NOON + offset, values });

const whole: ScanQuery = { profile, from: 0, to: NOON + 1000 * HOUR };

async function count(source: ScanSource, query = whole): Promise<number> {
  let rows = 0;
  for await (const batch of source.scan(query)) rows += batch.rows;
  return rows;
}

describe('DuckDB store', () => {
  let directory: string;
  let file: string;
  let stores: ReadingStore[];

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'davylamp-duckdb-'));
    file = join(directory, 'readings.duckdb');
    stores = [];
  });
  afterEach(async () => {
    for (const store of stores) await store.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function open(profiles: Profile[] = [profile], deadlineMs?: number): Promise<ReadingStore> {
    const store = createDuckDbStore({
      file,
      profiles: new Map(profiles.map((one) => [one.id, one])),
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
      clock: { ...systemClock, now: () => NOON },
      log: pino({ level: 'silent' }),
    });
    stores.push(store);
    await store.start();
    return store;
  }

  /** Rows of a statement, once the stores are closed. */
  async function ask(statement: string): Promise<unknown[][]> {
    for (const store of stores) await store.stop();
    const instance = await DuckDBInstance.create(file);
    const connection = await instance.connect();
    const rows = (await connection.runAndReadAll(statement)).getRowsJson();
    connection.disconnectSync();
    instance.closeSync();
    return rows;
  }

  const values = async (store: ReadingStore, point = 'pressure') =>
    (
      await store.history({
        device,
        point,
        from: 0,
        to: NOON + 1000 * HOUR,
        stepMs: null,
        aggregate: 'mean',
        limit: 100_000,
      })
    ).map((item) => item.value);

  it('has a table a profile and a view for people', async () => {
    const store = await open();
    await store.write([buildReading(device, { ts: NOON, subMs: 1, values: { pressure: 2.5 }, historical: true })]);
    expect(await ask('SELECT site, device, time, received, pressure, mark FROM readable."gas-cabinet"')).toEqual([
      ['wujin-gas', 'cab-001', '2026-11-21 22:19:52.000000001', '2026-11-21 22:19:52.02', 2.5, 'historical'],
    ]);
  });

  it('holds each identity once, however batches overlap', async () => {
    const store = await open();
    const all = Array.from({ length: 5000 }, (_, i) => at(i));
    await store.write(all.slice(0, 3000));
    await store.write(all.slice(1000, 4000));
    await store.write([...all.slice(3500), ...all.slice(3900, 4100)]);
    expect(await ask('SELECT count(*), count(DISTINCT time), sum(pressure) FROM "gas-cabinet"')).toEqual([
      ['5000', '5000', (4999 * 5000) / 2],
    ]);
  });

  it('knows after a restart what it holds, devices long silent included', async () => {
    const silent = buildDevice(profile, 'silent');
    const old = buildReading(silent, { ts: NOON - 5 * HOUR, values: { pressure: 1 } });
    const first = await open();
    await first.write([old, at(0)]);
    await first.stop();
    const second = await open();
    await second.write([old, at(0), at(1)]);
    await second.write([buildReading(silent, { ts: NOON, values: { pressure: 2 } })]);
    expect(await ask('SELECT count(*) FROM "gas-cabinet"')).toEqual([['4']]);
  });

  it('merges points of one identity that come in different batches, far apart in time', async () => {
    const store = await open();
    const hours = [-900, -500, -100, -1];
    await store.write(hours.map((hour) => at(hour * HOUR, { pressure: hour })));
    await store.write([...hours.map((hour) => at(hour * HOUR, { level: hour })), at(-300 * HOUR, { level: 5 })]);
    expect(await values(store)).toEqual(hours);
    expect(await values(store, 'level')).toEqual([-900, -500, 5, -100, -1]);
    expect(await ask('SELECT count(*) FROM "gas-cabinet"')).toEqual([['5']]);
  });

  it('keeps late readings of one millisecond, whatever the order of their nanoseconds', async () => {
    const store = await open();
    const of = (offset: number, subMs: number) =>
      buildReading(device, { ts: NOON + offset, subMs, values: { pressure: offset * 10 + subMs } });
    await store.write([of(9, 1)]);
    await store.write([of(1, 7), of(1, 3), of(2, 8), of(2, 5), of(1, 0)]);
    expect(await values(store)).toEqual([10, 13, 17, 25, 28, 91]);
  });

  it('takes the newer value where one identity names a point again', async () => {
    const store = await open();
    await store.write([at(0, { pressure: 1, level: 1 })]);
    await store.write([at(0, { pressure: 2 }), at(0, { pressure: 3 })]);
    expect([await values(store), await values(store, 'level')]).toEqual([[3], [1]]);
  });

  it('takes 100,000 new devices at once, and knows them all after a restart', async () => {
    const devices = Array.from({ length: 100_000 }, (_, i) => buildDevice(profile, `d${i}`));
    const batch = devices.map((one, i) => buildReading(one, { ts: NOON, values: { pressure: i } }));
    const first = await open([profile], 30_000);
    await first.write(batch);
    await first.stop();
    const second = await open([profile], 30_000);
    await second.write(batch);
    expect(await ask('SELECT count(*), count(DISTINCT device) FROM "gas-cabinet"')).toEqual([['100000', '100000']]);
    expect(await ask('SELECT count(*) FROM devices')).toEqual([['100000']]);
  });

  it('removes what is older, and only that', async () => {
    const store = await open();
    await store.write([-100, -60, -25, -24, -1].map((hour) => at(hour * HOUR, { pressure: hour })));
    const gone = buildDevice(buildProfile({ pressure: 'number' }, 'no-longer-configured'));
    await store.write([buildReading(gone, { ts: NOON - 30 * HOUR, values: { pressure: 1 } })]);
    await store.prune(NOON - 24 * HOUR);
    expect(await values(store)).toEqual([-24, -1]);
    await store.write([at(1)]);
    expect(await values(store)).toEqual([-24, -1, 1]);
    expect(await ask('SELECT count(*) FROM "no-longer-configured"')).toEqual([['0']]);
  });

  it('names table and column when a point has changed its type', async () => {
    await (await open()).stop();
    await expect(open([buildProfile({ pressure: 'string' })])).rejects.toMatchObject({
      code: 'STORE_SCHEMA_CONFLICT',
      message: expect.stringMatching(/"gas-cabinet".*"pressure".*DOUBLE.*VARCHAR/),
    });
  });

  it('refuses readings of a profile that has changed a type, and goes on with the others', async () => {
    const store = await open();
    await store.write([at(0)]);
    const changed = buildDevice(buildProfile({ pressure: 'string' }));
    const refused = store.write([at(1), buildReading(changed, { ts: NOON + 2, values: { pressure: 'x' } })]);
    await expect(refused).rejects.toMatchObject({ code: 'STORE_REFUSED' });
    expect(await values(store)).toEqual([0]);
    await store.write([at(1)]);
    expect(await values(store)).toEqual([0, 1]);
  });

  it('gives up a query at its deadline, and answers the next one', async () => {
    const store = await open();
    const slow = Array.from({ length: 20_000 }, (_, i) => at(i));
    await store.write(slow);
    const tight = createDuckDbStore({
      file,
      profiles: new Map([[profile.id, profile]]),
      deadlineMs: 1,
      clock: systemClock,
      log: pino({ level: 'silent' }),
    });
    stores.push(tight);
    await tight.start();
    await expect(values(tight)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect((await values(store)).length).toBe(20_000);
  });

  it('works again after a write that missed its deadline', async () => {
    const store = await open([profile], 1);
    const batch = Array.from({ length: 40_000 }, (_, i) => at(i));
    await expect(store.write(batch)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.write([at(0)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await store.stop();
    const again = await open();
    await again.write(batch);
    expect((await values(again)).length).toBe(40_000);
  });

  it('refuses calls before it is started', async () => {
    const store = createDuckDbStore({ file, profiles: new Map(), clock: systemClock, log: pino({ level: 'silent' }) });
    await expect(store.write([at(0)])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.prune(0)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('says that another process has the file', async () => {
    const child = writing(file);
    await child.stored(500);
    await expect(open()).rejects.toMatchObject({ code: 'STORE_LOCKED' });
    await child.kill();
  });

  it('is read without an engine only while no engine has it, a killed one included', async () => {
    const child = writing(file);
    await child.stored(1000);
    await expect(openDuckDbArchive(file)).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      message: expect.stringContaining('stop it, or copy'),
    });
    const acknowledged = await child.kill();
    const archive = await openDuckDbArchive(file);
    expect(await count(archive)).toBeGreaterThan(acknowledged);
    await archive.close();
    await open([buildProfile({ pressure: 'number' })]);
    await expect(openDuckDbArchive(file)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
  });

  it('is not taken for what it is not', async () => {
    await expect(openDuckDbArchive(file)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const instance = await DuckDBInstance.create(file);
    instance.closeSync();
    await expect(openDuckDbArchive(file)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('scans while it writes, and refuses more than two scans at once', async () => {
    const store = await open();
    await store.write(Array.from({ length: 5000 }, (_, i) => at(i)));
    const scans = [store.scan(whole), store.scan(whole), store.scan(whole)].map((scan) => scan[Symbol.asyncIterator]());
    const [first, second, third] = scans;
    await first?.next();
    await second?.next();
    await expect(third?.next()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await store.write(Array.from({ length: 5000 }, (_, i) => at(5000 + i)));
    await first?.return?.();
    await second?.return?.();
    expect(await count(store)).toBe(10_000);
  });

  it('gives bursts and a wrong year in order, each reading once', async () => {
    const store = await open([profile], 30_000);
    const burst = Array.from({ length: 70_000 }, (_, i) => at(i % 7, { pressure: i })).map((reading, subMs) => ({
      ...reading,
      subMs,
    }));
    const sparse = [-200_000 * HOUR, -5, 40 * HOUR, 41 * HOUR].map((offset) => at(offset, { pressure: offset }));
    const dense = Array.from({ length: 80_000 }, (_, i) => at(HOUR + i, { pressure: i }));
    for (const part of [burst, sparse, dense]) await store.write(part);
    const found: number[] = [];
    for await (const { ts, subMs } of store.scan(whole))
      for (const [row, time] of ts.entries()) found.push(time - NOON + (subMs[row] ?? 0) / 1e6);
    expect(found).toHaveLength(150_004);
    expect(found.findIndex((time, index) => index > 0 && time <= (found[index - 1] ?? 0))).toBe(-1);
  }, 60_000);

  it('ends a scan when it is stopped', async () => {
    const store = await open([profile], 30_000);
    await store.write(Array.from({ length: 250_000 }, (_, i) => at(i)));
    const scan = store.scan(whole)[Symbol.asyncIterator]();
    await scan.next();
    await store.stop();
    const rest = (async () => {
      while (!(await scan.next()).done);
    })();
    await expect(rest).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  it('refuses to scan a point that it keeps with another type', async () => {
    const store = await open();
    await store.write([at(0)]);
    const changed = buildProfile({ pressure: 'string' });
    await expect(count(store, { ...whole, profile: changed })).rejects.toMatchObject({ code: 'STORE_SCHEMA_CONFLICT' });
  });

  it('has every reading it acknowledged exactly once after being killed in mid-write', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 3; round++) {
      // Goes back behind what is stored, as the journal does after a crash.
      const child = writing(file, Math.max(0, acknowledged - 999));
      await child.stored(acknowledged + 4000);
      acknowledged = Math.max(acknowledged, await child.kill());
    }
    const [row] = await ask(
      'SELECT count(*) - count(DISTINCT time), count(*) FILTER (WHERE pressure <= 12000), max(pressure) FROM "gas-cabinet"',
    );
    expect(row?.slice(0, 2)).toEqual(['0', '12001']);
    expect(Number(row?.[2])).toBeGreaterThanOrEqual(acknowledged);
  }, 60_000);
});

function writing(file: string, from = 0) {
  const script = join(import.meta.dirname, 'duckdb-writing.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script, file, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = 0;
  let heard = () => {};
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = Number(line);
    heard();
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    /** Resolves when the child has acknowledged this value. */
    stored: (value: number) =>
      new Promise<void>((resolve, reject) => {
        void ended.then(() => reject(new Error('the writing process ended')));
        heard = () => {
          if (last >= value) resolve();
        };
        heard();
      }),
    async kill(): Promise<number> {
      child.kill('SIGKILL');
      await ended;
      return last;
    },
  };
}
