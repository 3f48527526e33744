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
  /** A connection for the many queries of one scan, so that it can fail at its begin only; refuses when all are lent. */
  lend(): Loan;
  /** Interrupts what is running, waits until it has ended, and gives the file back. */
  close(): Promise<void>;
}

/** A connection lent to one scan. */
export interface Loan {
  call<T>(deadlineMs: number, run: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /** Ends the call under way, which rejects then. */
  interrupt(): void;
  giveBack(): void;
}

const QUERIES_AT_ONCE = 4;
const SCANS_AT_ONCE = 2;

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
 * Any number of processes can read a file together, but none of them while another one has it open to write.
 *
 * @throws AppError `STORE_LOCKED` (`readOnly`: `STORE_IN_USE`), `STORE_UNAVAILABLE`
 */
export async function openSession(file: string, access: 'readWrite' | 'readOnly' = 'readWrite'): Promise<Session> {
  const instance = await openInstance(file, access);
  const connections: DuckDBConnection[] = [];
  const running = new Set<Promise<unknown>>();
  const connect = async () => {
    const connection = await instance.connect();
    connections.push(connection);
    return connection;
  };
  let closed = false;
  /** DuckDB must not lose a connection under a call. */
  const track: Track = async (begin) => {
    if (closed) throw new AppError('STORE_UNAVAILABLE', 'the DuckDB store was closed');
    const call = begin();
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
  const scanners = await Promise.all(Array.from({ length: SCANS_AT_ONCE }, async () => lane(await connect(), track)));
  const lent = new Set<Lane>();
  let writing = false;

  return {
    writer,
    get writing() {
      return writing;
    },
    async exclusively(run) {
      writing = true;
      try {
        return await track(run);
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
    lend() {
      const scanner = scanners.find((one) => !one.busy && !lent.has(one));
      if (!scanner) throw new AppError('STORE_UNAVAILABLE', `${SCANS_AT_ONCE} scans are running; try again`);
      lent.add(scanner);
      return { call: scanner.call, interrupt: scanner.interrupt, giveBack: () => void lent.delete(scanner) };
    },
    async close() {
      closed = true;
      for (const connection of connections) connection.interrupt();
      await Promise.allSettled(running);
      for (const connection of connections) connection.disconnectSync();
      instance.closeSync();
    },
  };
}

async function openInstance(file: string, access: 'readWrite' | 'readOnly'): Promise<DuckDBInstance> {
  const readOnly = access === 'readOnly';
  try {
    return await DuckDBInstance.fromCache(file, readOnly ? { ...OPTIONS, access_mode: 'READ_ONLY' } : OPTIONS);
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    // DuckDB has no codes; these words have been the same since version 0.8.
    const locked = words.includes('Could not set lock on file');
    if (readOnly && (locked || words.includes('different configuration'))) {
      const message = `the engine has ${file} open: stop it, or copy readings.duckdb together with its .wal and give the directory of the copy with --data`;
      throw new AppError('STORE_IN_USE', message, { cause });
    }
    if (locked) {
      throw new AppError('STORE_LOCKED', `${file} is in use by another process`, { cause });
    }
    throw new AppError('STORE_UNAVAILABLE', `cannot open ${file}: ${words}`, { cause });
  }
}

interface Lane {
  readonly busy: boolean;
  interrupt(): void;
  call<T>(deadlineMs: number, run: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
}

type Track = <T>(begin: () => Promise<T>) => Promise<T>;

/** A connection for one call at a time; it stays busy until an interrupted call has really ended. */
function lane(connection: DuckDBConnection, track: Track): Lane {
  let busy = false;
  return {
    get busy() {
      return busy;
    },
    interrupt() {
      if (busy) connection.interrupt();
    },
    async call(deadlineMs, run) {
      busy = true;
      const call = track(() => run(connection)).finally(() => {
        busy = false;
      });
      return await withDeadline(call, deadlineMs, 'query', () => connection.interrupt());
    },
  };
}

/** Wraps what DuckDB threw. */
export function unavailable(what: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const words = cause instanceof Error ? cause.message : String(cause);
  return new AppError('STORE_UNAVAILABLE', `${what}: ${words.slice(0, 500)}`, { cause });
}
