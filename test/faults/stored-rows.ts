import { copyFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { PROFILE } from './site-plan.ts';

/** A reading as the database has it, read past the engine. */
export interface StoredRow {
  readonly device: string;
  /** Nanoseconds: source time in milliseconds, and the part below that tells readings of one millisecond apart. */
  readonly time: bigint;
  readonly outletPressure: number | null;
  readonly pressureQuality: string | null;
  readonly gasLevel: number | null;
}

/**
 * All rows of the DuckDB file of a stopped engine. A copy with its log is opened, so that looking changes nothing.
 */
export async function rowsInDuckDb(dataDirectory: string): Promise<StoredRow[]> {
  const copy = await mkdtemp(join(tmpdir(), 'davylamp-rows-'));
  try {
    const file = join(dataDirectory, 'readings.duckdb');
    await copyFile(file, join(copy, 'readings.duckdb'));
    if (await exists(`${file}.wal`)) await copyFile(`${file}.wal`, join(copy, 'readings.duckdb.wal'));
    const instance = await DuckDBInstance.create(join(copy, 'readings.duckdb'));
    const connection = await instance.connect();
    try {
      const reader = await connection.runAndReadAll(
        `SELECT d.device, r.time, r."outletPressure", r."outletPressure_quality", r."gasLevel"
         FROM main."${PROFILE}" r JOIN main.devices d ON d.id = r.device`,
      );
      return reader.getRows().map(([device, time, pressure, quality, gas]) => ({
        device: String(device),
        time: time as bigint,
        outletPressure: pressure as number | null,
        pressureQuality: quality as string | null,
        gasLevel: gas as number | null,
      }));
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** All rows of an InfluxDB, asked over HTTP as CSV: JSON numbers would round the nanoseconds. */
export async function rowsInInflux(url: string, database: string): Promise<StoredRow[]> {
  const query = new URLSearchParams({ db: database, epoch: 'ns', q: `SELECT * FROM "${PROFILE}"` });
  const answer = await fetch(`${url}/query?${query}`, { headers: { accept: 'application/csv' } });
  const [header = '', ...lines] = (await answer.text()).trim().split('\n');
  if (answer.status !== 200) throw new Error(`InfluxDB answered ${answer.status}: ${header}`);
  const columns = header.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string): string => cells[columns.indexOf(name)] ?? '';
    const pressure = cell('outletPressure') || cell('outletPressure_bad');
    return {
      device: cell('device'),
      time: BigInt(cell('time')),
      outletPressure: pressure === '' ? null : Number(pressure),
      pressureQuality: cell('outletPressure_quality') || null,
      gasLevel: cell('gasLevel') === '' ? null : Number(cell('gasLevel')),
    };
  });
}

async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
}
