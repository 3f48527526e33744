import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { AppError } from '../model/error.ts';
import { withDeadline } from './deadline.ts';

/** One opened database file and its connections. */
export interface Session {
  readonly writer: DuckDBConnection;
  readonly writing: boolean;
  /** Runs the one write that may be under way. */
  exclusively<T>(run: () => Promise<T>): Promise<T>;
  /** Runs a query on a connection of its own; refuses when all are in use, interrupts at the deadline. */
  read<T>(deadlineMs: number, run: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /** As `read`, on the connection of maintenance. */
  maintain<T>(deadlineMs: number, run: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /** Interrupts what is running, waits until it has ended, and gives the file back. */
  close(): Promise<void>;
}

const QUERIES_AT_ONCE = 4;

/** Nothing is fetched from the network, and the memory of a query has a bound. */
const OPTIONS = {
  threads: '1',
  memory_limit: '512MB',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
};

/**
 * Opens the file. One thread for queries: the other core belongs to the rules. The instance comes from the cache of
 * the process, so a file can never be opened twice over in it (the lock on it is by process).
 *
 * @throws AppError `STORE_LOCKED`, `STORE_UNAVAILABLE`
 */
export async function openSession(file: string): Promise<Session> {
  const instance = await openInstance(file);
  const connections: DuckDBConnection[] = [];
  const running = new Set<Promise<unknown>>();
  const connect = async () => {
    const connection = await instance.connect();
    connections.push(connection);
    return connection;
  };
  const track = async <T>(call: Promise<T>): Promise<T> => {
    running.add(call);
    try {
      return await call;
    } finally {
      running.delete(call);
    }
  };
  const writer = await connect();
  const readers = await Promise.all(Array.from({ length: QUERIES_AT_ONCE }, async () => lane(await connect(), track)));
  const maintenance = lane(await connect(), track);
  let writing = false;

  return {
    writer,
    get writing() {
      return writing;
    },
    async exclusively(run) {
      writing = true;
      try {
        return await track(run());
      } finally {
        writing = false;
      }
    },
    async read(deadlineMs, run) {
      const reader = readers.find((one) => !one.busy);
      if (!reader) throw new AppError('STORE_UNAVAILABLE', `${QUERIES_AT_ONCE} queries are running; try again`);
      return await reader.call(deadlineMs, run);
    },
    async maintain(deadlineMs, run) {
      if (maintenance.busy) throw new AppError('STORE_UNAVAILABLE', 'maintenance is still running');
      return await maintenance.call(deadlineMs, run);
    },
    async close() {
      for (const connection of connections) connection.interrupt();
      await Promise.allSettled(running);
      for (const connection of connections) connection.disconnectSync();
      instance.closeSync();
    },
  };
}

async function openInstance(file: string): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.fromCache(file, OPTIONS);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    // DuckDB has no codes; these words have been the same since version 0.8.
    if (words.includes('Could not set lock on file')) {
      throw new AppError('STORE_LOCKED', `${file} is in use by another process`, { cause });
    }
    throw new AppError('STORE_UNAVAILABLE', `cannot open ${file}: ${words}`, { cause });
  }
}

interface Lane {
  readonly busy: boolean;
  call<T>(deadlineMs: number, run: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
}

/** A connection for one call at a time; it stays busy until an interrupted call has really ended. */
function lane(connection: DuckDBConnection, track: <T>(call: Promise<T>) => Promise<T>): Lane {
  let busy = false;
  return {
    get busy() {
      return busy;
    },
    async call(deadlineMs, run) {
      busy = true;
      const call = track(run(connection)).finally(() => {
        busy = false;
      });
      return await withDeadline(call, deadlineMs, 'query', () => connection.interrupt());
    },
  };
}
