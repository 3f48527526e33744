import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { startInfluxServer } from '../test/helpers/influx-server.ts';
import { type Davylamp, startDavylamp } from './davylamp.ts';
import { influxCount } from './influx-database.ts';
import { startNodeRed } from './node-red.ts';
import { benchProgram, type CpuSeconds, startProgram } from './program.ts';
import { POINTS, PROFILE, profileEntry, siteEntry } from './site.ts';

/** A running program that takes the load. */
export interface UnderTest {
  readonly mqttPort: number;
  /** Resolves when all of the first `count` messages are handled fully. */
  handled(count: number): Promise<void>;
  cpu(): CpuSeconds;
  stop(): Promise<void>;
  /** Rows that its store holds after the stop; null = it has none. */
  rows(): Promise<number | null>;
  /** Ends what it needed beside it. */
  close(): Promise<void>;
}

export interface Contestant {
  readonly name: string;
  /** What its figure counts. */
  readonly counts: string;
  /** Messages on each connection: enough for some seconds, without waiting long for a slow one. */
  readonly warmUp: number;
  readonly measured: number;
  start(directory: string): Promise<UnderTest>;
}

export const CONNECTIONS = 100;

const nothing = async () => {};
const FIRST_POINT = POINTS[0]?.id ?? '';
const PORT_LINE = /^\{"port":(\d+)\}$/;

async function startAedes(directory: string, ...args: readonly string[]): Promise<UnderTest> {
  const program = await startProgram({
    command: benchProgram('aedes-process.ts', ...args),
    logFile: join(directory, 'aedes.log'),
    ready: (line) => Number(PORT_LINE.exec(line)?.[1] ?? 0) || null,
  });
  return {
    mqttPort: program.ready,
    handled: nothing,
    cpu: () => program.cpu(),
    stop: () => program.stop(),
    rows: async () => null,
    close: nothing,
  };
}

/** Davylamp with the devices of the load, on a given store. */
export function startDavylampFor(
  directory: string,
  store: object,
  nodeOptions: readonly string[] = [],
): Promise<Davylamp> {
  return startDavylamp({ directory, store, profiles: [profileEntry()], site: siteEntry(CONNECTIONS), nodeOptions });
}

async function rowsInDuckDb(data: string): Promise<number> {
  const instance = await DuckDBInstance.create(join(data, 'readings.duckdb'), { access_mode: 'READ_ONLY' });
  const connection = await instance.connect();
  const rows = (await connection.runAndReadAll(`select count(*)::integer from main."${PROFILE}"`)).getRows();
  connection.disconnectSync();
  instance.closeSync();
  return Number(rows[0]?.[0] ?? 0);
}

/** Everybody who takes part, in the order in which a round lets them run. */
export const CONTESTANTS = {
  bare: {
    name: 'Aedes, bare',
    counts: 'acknowledged, kept nowhere',
    warmUp: 1500,
    measured: 8000,
    start: (directory) => startAedes(directory, 'bare'),
  },
  durable: {
    name: 'least durable',
    counts: 'Aedes + JSON.parse + one fdatasync a group',
    warmUp: 1500,
    measured: 6000,
    start: (directory) => startAedes(directory, 'durable', join(directory, 'journal')),
  },
  davylamp: {
    name: 'Davylamp',
    counts: 'fsynced, validated, judged, in DuckDB',
    warmUp: 1500,
    measured: 4000,
    async start(directory) {
      const engine = await startDavylampFor(directory, { kind: 'duckdb' });
      return { ...engine, handled: () => engine.stored(), rows: () => rowsInDuckDb(engine.data), close: nothing };
    },
  },
  davylampInflux: {
    name: 'Davylamp + InfluxDB',
    counts: 'the same, in InfluxDB',
    warmUp: 1000,
    measured: 2500,
    async start(directory) {
      const influx = await startInfluxServer();
      const store = { kind: 'influxdb', influxdb: { url: influx.url, database: 'davylamp' } };
      const engine = await startDavylampFor(directory, store);
      return {
        ...engine,
        handled: () => engine.stored(),
        rows: () => influxCount(influx.url, 'davylamp', PROFILE, FIRST_POINT),
        close: () => influx.stop(),
      };
    },
  },
  nodeRed: {
    name: 'Node-RED 4 + InfluxDB',
    counts: 'limits judged, in InfluxDB, nothing durable',
    warmUp: 300,
    measured: 1000,
    async start(directory) {
      const influx = await startInfluxServer();
      const flow = await startNodeRed(directory, influx.url);
      // Reaching the count is the proof of the rows.
      return { ...flow, handled: flow.stored, rows: async () => null, close: () => influx.stop() };
    },
  },
} as const satisfies Record<string, Contestant>;

export type ContestantId = keyof typeof CONTESTANTS;
