import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { QUALITIES } from '../../../src/model/quality.ts';
import type { Value } from '../../../src/model/reading.ts';
import { type ScanQuery, valueAt } from '../../../src/store/scan.ts';
import { openTableFile, type TableFileOptions } from '../../../src/store/table-file.ts';
import { buildProfile } from '../../helpers/readings.ts';

const T0 = Date.UTC(2026, 10, 21, 14, 3, 11);
const profile = buildProfile({ pressure: 'number', open: 'boolean', state: 'string' });
const query: ScanQuery = { profile, from: 0, to: T0 + 86_400_000 };
const points = ['pressure', 'open', 'state'];

describe('a table of readings', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'davylamp-table-test-'));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(directory, { recursive: true, force: true });
  });

  function csv(lines: readonly string[], name = 'table.csv'): string {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${lines.join('\n')}\n`);
    return path;
  }

  async function parquet(select: string): Promise<string> {
    const path = join(directory, 'table.parquet');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (${select}) TO '${path}'`);
    connection.disconnectSync();
    instance.closeSync();
    return path;
  }

  /** Readings as `[offset from T0, device, { point: value, or [value, quality] if it is not good }]`. */
  async function read(
    path: string,
    parts: Partial<ScanQuery> = {},
    ignore: readonly string[] = [],
    rest: Pick<TableFileOptions, 'profiles' | 'timezone'> = {},
  ) {
    const table = await openTableFile({ path, ignore, ...rest });
    const found: [number, string, Record<string, unknown>][] = [];
    try {
      for await (const batch of table.scan({ ...query, ...parts })) {
        for (let row = 0; row < batch.rows; row++) {
          const values = batch.points.flatMap(({ id }, column): [string, Value | [Value, string]][] => {
            const value = valueAt(batch, column, row);
            if (value === undefined) return [];
            const quality = batch.quality[column]?.[row] ?? 0;
            return [[id, quality === 0 ? value : [value, QUALITIES[quality] ?? 'unknown']]];
          });
          const device = batch.devices[batch.device[row] ?? -1] ?? 'unknown';
          found.push([(batch.ts[row] ?? 0) - T0, device, Object.fromEntries(values)]);
        }
      }
    } finally {
      await table.close();
    }
    return found;
  }

  it('has a column for each point, an empty cell of which says nothing', async () => {
    const path = csv([
      'ts,site,device,pressure,open,state,pressure_quality',
      `${T0 + 2},site,b,2.5,true,run,`,
      `${T0 + 1},site,b,,false,"a, ""b""",`,
      `${T0 + 1},site,a,7,,,uncertain`,
      `${T0 + 3},site,a,,,,bad`,
      `${T0 + 4},site,a,8,,,good`,
      `${T0 + 5},site,a,,1,,good`,
      `${T0 + 6},site,a,,,,`,
    ]);
    expect(await read(path)).toEqual([
      [1, 'site/a', { pressure: [7, 'uncertain'] }],
      [1, 'site/b', { open: false, state: 'a, "b"' }],
      [2, 'site/b', { pressure: 2.5, open: true, state: 'run' }],
      [3, 'site/a', { pressure: [null, 'bad'] }],
      [4, 'site/a', { pressure: 8 }],
      [5, 'site/a', { pressure: [null, 'bad'], open: true }],
    ]);
  });

  it('has a row for each value, joined where device and time are the same', async () => {
    const path = csv([
      'ts,device,point,value,quality',
      `${T0 + 1},site/a,state,run,`,
      `${T0},site/a,pressure,1.5,`,
      `${T0},site/a,open,true,uncertain`,
      `${T0},site/b,pressure,,`,
      `${T0 + 1},site/a,pressure,2,bad`,
      `${T0 + 1},site/a,pressure,3,`,
      `${T0 + 1},site/a,pressure,3,`,
    ]);
    const found = await read(path);
    expect(found.slice(0, 2)).toEqual([
      [0, 'site/a', { pressure: 1.5, open: [true, 'uncertain'] }],
      [0, 'site/b', { pressure: [null, 'bad'] }],
    ]);
    // One reading says one thing about a point: two values at once are two readings, and the repeat is none.
    const last = [
      [1, 'site/a', { pressure: [2, 'bad'], state: 'run' }],
      [1, 'site/a', { pressure: 3 }],
    ];
    expect(found).toHaveLength(4);
    expect(found.slice(2)).toEqual(expect.arrayContaining(last));
  });

  it('takes what is not finite for bad, never for a limit', async () => {
    const path = csv(['ts,device,pressure', `${T0},s/a,nan`, `${T0 + 1},s/a,inf`, `${T0 + 2},s/a,-Infinity`]);
    const bad = { pressure: [null, 'bad'] };
    expect(await read(path)).toEqual([0, 1, 2].map((offset) => [offset, 's/a', bad]));
  });

  it.each([
    ['epoch milliseconds', `${T0 + 250}`],
    ['ISO 8601 in UTC', '2026-11-21T14:03:11.250Z'],
    ['ISO 8601 with an offset', '2026-11-21T22:03:11.25+08:00'],
    ['nanoseconds', '2026-11-21T14:03:11.250000007Z'],
    ['a time without zone, which is UTC', '2026-11-21 14:03:11.25'],
  ])('reads %s', async (_, ts) => {
    expect(await read(csv(['ts,device,pressure', `${ts},s/a,1`]))).toEqual([[250, 's/a', { pressure: 1 }]]);
  });

  it.each([
    ['BIGINT', `${T0}::BIGINT`],
    ['DOUBLE', `${T0}::DOUBLE`],
    ['TIMESTAMP', `epoch_ms(${T0})`],
    ['TIMESTAMP_NS', `make_timestamp_ns(${T0} * 1000000)`],
    ['TIMESTAMPTZ', `to_timestamp(${T0 / 1000})`],
    ['VARCHAR', `'2026-11-21T14:03:11Z'`],
  ])('reads %s of Parquet', async (_, ts) => {
    const path = await parquet(
      `SELECT ${ts} AS ts, 's' AS site, 7 AS device, 1::INTEGER AS pressure, 1::TINYINT AS open`,
    );
    expect(await read(path)).toEqual([[0, 's/7', { pressure: 1, open: true }]]);
  });

  const SHANGHAI = { timezone: 'Asia/Shanghai' };

  it.each([
    ['2026-11-21 22:03:11.25', 250],
    ['2026-11-21T22:03:11.250000007', 250],
    ['2026-11-21T14:03:11.25Z', 250],
    ['2026-11-21 14:03:11.25 UTC', 250],
    ['2026-11-21T16:03:11.25+0200', 250],
    ['2026-11-21 09:03:11.25-05', 250],
    [`${T0 + 250}`, 250],
    ['2026-11-22', Date.UTC(2026, 10, 21, 16) - T0],
  ])('takes %s, where it names no zone, for the time of the site', async (ts, offset) => {
    const path = csv(['ts,device,pressure', `${ts},s/a,1`]);
    expect(await read(path, {}, [], SHANGHAI)).toEqual([[offset, 's/a', { pressure: 1 }]]);
  });

  it('takes a timestamp without zone for the time of the site, but for an export of the store', async () => {
    const cells = `make_timestamp_ns(${T0} * 1000000) AS time, 's/a' AS device, 1.0 AS pressure`;
    const local = await parquet(`SELECT ${cells}`);
    expect(await read(local, {}, [], SHANGHAI)).toEqual([[-8 * 3_600_000, 's/a', { pressure: 1 }]]);
    const exported = await parquet(`SELECT ${cells}, epoch_ms(${T0}) AS received, 'live' AS mark`);
    expect(await read(exported, {}, [], SHANGHAI)).toEqual([[0, 's/a', { pressure: 1 }]]);
    const zoned = await parquet(`SELECT to_timestamp(${T0 / 1000}) AS time, 's/a' AS device, 1.0 AS pressure`);
    expect(await read(zoned, {}, [], SHANGHAI)).toEqual([[0, 's/a', { pressure: 1 }]]);
  });

  describe('of two device classes', () => {
    const gas = buildProfile({ concentration: 'number' });
    const both = { profiles: [profile, gas] };
    const ofCabinet = { devices: ['s/a'] };
    const ofDetector = { profile: gas, devices: ['s/g'] };
    const wide = ['ts,device,pressure,concentration', `${T0},s/a,1,`, `${T0 + 1},s/g,,20`, `${T0 + 2},s/a,2,NaN`];
    const long = [
      'ts,device,point,value',
      `${T0},s/a,pressure,1`,
      `${T0 + 1},s/g,concentration,20`,
      `${T0 + 2},s/a,pressure,2`,
    ];

    it.each([
      ['columns', wide],
      ['rows', long],
    ])('gives each class its own, by %s', async (_, lines) => {
      const path = csv(lines);
      expect(await read(path, ofCabinet, [], both)).toEqual([
        [0, 's/a', { pressure: 1 }],
        [2, 's/a', { pressure: 2 }],
      ]);
      expect(await read(path, ofDetector, [], both)).toEqual([[1, 's/g', { concentration: 20 }]]);
    });

    it.each([
      ['columns', [...wide, `${T0 + 3},s/a,,7`]],
      ['rows', [...long, `${T0 + 3},s/a,concentration,7`]],
    ])('refuses a value of a point that the class of the device does not have, by %s', async (_, lines) => {
      const path = csv(lines);
      await expect(read(path, ofCabinet, [], both)).rejects.toMatchObject({
        code: 'TABLE_INVALID',
        message: expect.stringMatching(/device s\/a has a value of concentration/),
      });
      expect(await read(path, ofDetector, [], both)).toHaveLength(1);
      expect(await read(path, ofCabinet, ['concentration'], both)).toHaveLength(2);
    });

    it('names only what no class knows', async () => {
      const [header = '', ...rows] = wide;
      const path = csv([`${header},flow`, ...rows.map((row) => `${row},1`)]);
      await expect(read(path, ofCabinet, [], both)).rejects.toMatchObject({
        code: 'TABLE_COLUMN_UNKNOWN',
        details: { unknown: ['flow'] },
      });
      await expect(read(csv([...long, `${T0},s/a,flow,1`]), ofCabinet, [], both)).rejects.toMatchObject({
        message: expect.stringMatching(/unknown point flow/),
      });
    });
  });

  it.each([
    ['seconds', `${T0 / 1000}`, /no time between 2000 and 2262 in epoch milliseconds/],
    ['nanoseconds', `${T0}000000`, /no time between 2000 and 2262/],
    ['nothing', '', /a row has no ts/],
    ['a word', 'yesterday', /yesterday/],
  ])('refuses %s as time', async (_, ts, message) => {
    const path = csv(['ts,device,pressure', `${T0},s/a,1`, `${ts},s/a,2`]);
    await expect(read(path)).rejects.toMatchObject({ code: 'TABLE_INVALID', message: expect.stringMatching(message) });
  });

  it.each([
    ['a word for a number', 'ts,device,pressure', `${T0},s/a,high`, /high.*DOUBLE/],
    ['a word for a boolean', 'ts,device,open', `${T0},s/a,perhaps`, /perhaps.*BOOL/],
    [
      'an unknown quality',
      'ts,device,pressure,pressure_quality',
      `${T0},s/a,1,fine`,
      /fine.*give good, uncertain or bad/,
    ],
    ['a row without device', 'ts,site,device,pressure', `${T0},s,,1`, /no device/],
    ['a row without site', 'ts,site,device,pressure', `${T0},,a,1`, /no site/],
    ['a device without site', 'ts,device,pressure', `${T0},a,1`, /device a has no site/],
    ['a point that the profile does not know', 'ts,device,point,value', `${T0},s/a,flow,1`, /unknown point flow/],
  ])('refuses %s', async (_, header, row, message) => {
    await expect(read(csv([header, row]))).rejects.toMatchObject({
      code: 'TABLE_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('names unknown and missing columns, and what is accepted', async () => {
    await expect(read(csv(['ts,device,presure,flow', `${T0},s/a,1,2`]))).rejects.toMatchObject({
      code: 'TABLE_COLUMN_UNKNOWN',
      message: expect.stringMatching(/presure, flow.*pressure, open, state/),
    });
    await expect(read(csv(['pressure', '1']))).rejects.toMatchObject({
      code: 'TABLE_COLUMN_MISSING',
      details: { missing: ['ts', 'device'] },
    });
    await expect(read(csv(['ts,device', `${T0},s/a`]))).rejects.toMatchObject({ code: 'TABLE_COLUMN_MISSING' });
  });

  it('passes over what it is told to, and what is calculated anyway', async () => {
    const [calculated] = buildProfile({ sum: 'number' }).points;
    const wider = { ...profile, calculated: calculated ? [calculated] : [] };
    const wide = csv(['ts,device,pressure,sum,operator', `${T0},s/a,1,2,Li`]);
    expect(await read(wide, { profile: wider }, ['operator'])).toEqual([[0, 's/a', { pressure: 1 }]]);
    const long = csv(['ts,device,point,value', `${T0},s/a,sum,2`, `${T0},s/a,it's,3`, `${T0},s/a,pressure,1`]);
    expect(await read(long, { profile: wider }, ["it's"])).toEqual([[0, 's/a', { pressure: 1 }]]);
  });

  it('keeps two readings of one millisecond apart, and takes a repeat for one', async () => {
    const path = csv(['ts,device,pressure', `${T0},s/a,1`, `${T0},s/a,2`, `${T0},s/a,2`]);
    const table = await openTableFile({ path });
    const identities = new Set<number>();
    for await (const { subMs } of table.scan(query)) for (const one of subMs) identities.add(one);
    await table.close();
    expect(identities.size).toBe(2);
  });

  it.each(['a[1]*.csv', 'with space & "quote".csv', "it's.csv", 'site=x/device=y/z.csv', '调压柜.csv', 'UPPER.CSV'])(
    'reads a file called %s, and no other',
    async (name) => {
      csv(['ts,device,pressure', `${T0},s/other,9`], 'a1b.csv');
      expect(await read(csv(['ts,device,pressure', `${T0},s/a,1`], name))).toEqual([[0, 's/a', { pressure: 1 }]]);
    },
  );

  it('reads semicolons too, and CRLF', async () => {
    expect(await read(csv(['ts;device;pressure\r', `${T0};s/a;1.5\r`]))).toEqual([[0, 's/a', { pressure: 1.5 }]]);
  });

  it('refuses what is no table', async () => {
    await expect(openTableFile({ path: join(directory, 'none.csv') })).rejects.toMatchObject({
      code: 'TABLE_UNREADABLE',
    });
    await expect(openTableFile({ path: directory })).rejects.toMatchObject({ code: 'TABLE_UNREADABLE' });
    await expect(openTableFile({ path: csv(['x'], 'table.xlsx') })).rejects.toMatchObject({ code: 'TABLE_UNREADABLE' });
    await expect(read(csv(['not parquet'], 'no.parquet'))).rejects.toMatchObject({
      code: expect.stringMatching(/^TABLE_/),
    });
  });

  it('leaves nothing behind on the disk', async () => {
    const path = csv(['ts,device,pressure', `${T0},s/a,1`]);
    vi.stubEnv('TMPDIR', directory);
    const table = await openTableFile({ path });
    expect(readdirSync(directory)).toHaveLength(2);
    await table.close();
    expect(readdirSync(directory)).toEqual(['table.csv']);
  });

  it('says the same by columns and by rows, for any readings', async () => {
    const cell = fc.option(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.constantFrom('', 'uncertain', 'bad')), {
      freq: 3,
    });
    const reading = fc.record({
      offset: fc.nat({ max: 5 }),
      device: fc.constantFrom('s/a', 's/b'),
      cells: fc.tuple(cell, cell),
    });
    const readings = fc.uniqueArray(reading, {
      minLength: 1,
      maxLength: 20,
      selector: ({ offset, device }) => `${offset} ${device}`,
    });
    const two = buildProfile({ pressure: 'number', level: 'number' });
    const ids = ['pressure', 'level'];
    await fc.assert(
      fc.asyncProperty(readings, async (all) => {
        const wide = all.map(({ offset, device, cells }) =>
          [T0 + offset, device, ...cells.flatMap((one): (number | string)[] => one ?? ['', ''])].join(),
        );
        const long = all.flatMap(({ offset, device, cells }) =>
          cells.flatMap((one, i) => (one ? [[T0 + offset, device, ids[i], one[0], one[1]].join()] : [])),
        );
        const byColumns = await read(csv(['ts,device,pressure,pressure_quality,level,level_quality', ...wide]), {
          profile: two,
        });
        expect(await read(csv(['ts,device,point,value,quality', ...long]), { profile: two })).toEqual(byColumns);
      }),
      { numRuns: 15 },
    );
  });

  it('can be closed in the middle of a scan', async () => {
    const path = await parquet(
      `SELECT ${T0} + i AS ts, 's/a' AS device, i::DOUBLE AS pressure FROM range(300000) r(i) ORDER BY hash(i)`,
    );
    const table = await openTableFile({ path });
    const scan = table.scan({ ...query, points })[Symbol.asyncIterator]();
    expect((await scan.next()).value).toMatchObject({ points: { length: 3 } });
    await scan.return?.();
    const pending = table.scan(query)[Symbol.asyncIterator]().next();
    await Promise.allSettled([table.close(), pending]);
    await expect(pending).rejects.toMatchObject({ code: expect.stringMatching(/^TABLE_/) });
  });
});
