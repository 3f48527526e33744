import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { InfluxDB } from 'influx';
import type { InfluxSettings } from '../model/configuration.ts';
import { AppError } from '../model/error.ts';
import { withDeadline } from './deadline.ts';

/** Answers of the 1.x API to several statements. */
export interface QueryAnswer {
  readonly results: readonly {
    readonly error?: string;
    readonly series?: readonly {
      readonly name?: string;
      /** True = the server left out what is beyond its own limit of rows. */
      readonly partial?: boolean;
      readonly columns: readonly string[];
      readonly values: readonly (readonly unknown[])[];
    }[];
  }[];
}

/** One connection of the `influx` client: one call at a time, which always settles. */
export interface InfluxConnection {
  readonly busy: boolean;
  call<T>(what: string, run: (client: InfluxDB) => Promise<T>): Promise<T>;
  /** Ends the call under way, which rejects at once; the next one connects again. */
  close(): void;
}

/** The client takes its only host out of service after a failure ("No host available"), unless the delay is 0. */
const neverOut = { getDelay: () => 0, next: () => neverOut, reset: () => neverOut };

/**
 * A client with a socket of its own. The client's promise may never settle and keeps its socket then, so after any
 * failure the socket is destroyed and the client replaced: nothing piles up, and the next call really tries.
 */
export function createInfluxConnection(settings: InfluxSettings, deadlineMs: number): InfluxConnection {
  const url = new URL(settings.url);
  const secure = url.protocol === 'https:';
  let agent: HttpAgent | null = null;
  let client: InfluxDB | null = null;
  let busy = false;
  let giveUp: (reason: AppError) => void = () => {};

  function connect(): InfluxDB {
    agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: 1 });
    return new InfluxDB({
      protocol: secure ? 'https' : 'http',
      host: url.hostname,
      port: Number(url.port || (secure ? 443 : 80)),
      path: url.pathname === '/' ? '' : url.pathname.replace(/\/$/, ''),
      database: settings.database,
      ...(settings.username === null ? {} : { username: settings.username, password: settings.password ?? '' }),
      options: { agent },
      pool: { maxRetries: 0, requestTimeout: deadlineMs, backoff: neverOut },
    });
  }

  function close(): void {
    giveUp(new AppError('STORE_UNAVAILABLE', 'the connection was closed'));
    agent?.destroy();
    agent = null;
    client = null;
  }

  return {
    get busy() {
      return busy;
    },
    async call(what, run) {
      busy = true;
      client ??= connect();
      const closed = new Promise<never>((_, reject) => {
        giveUp = reject;
      });
      try {
        return await withDeadline(Promise.race([run(client), closed]), deadlineMs, what);
      } catch (error) {
        close();
        throw unavailable(what, error);
      } finally {
        busy = false;
      }
    },
    close,
  };
}

/**
 * Answer of one statement in rows, empty where nothing matched.
 *
 * @throws AppError `STORE_UNAVAILABLE` when the statement failed or the answer is not one of InfluxDB
 */
export function rowsOf(answer: QueryAnswer, statement: number): readonly (readonly unknown[])[] {
  const result = Array.isArray(answer?.results) ? answer.results[statement] : undefined;
  if (!result) throw new AppError('STORE_UNAVAILABLE', 'the answer is not one of InfluxDB; check store.influxdb.url');
  if (result.error !== undefined) throw new AppError('STORE_UNAVAILABLE', `InfluxDB: ${result.error}`);
  return result.series?.[0]?.values ?? [];
}

/** Wraps what the client or fetch threw. */
export function unavailable(what: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  const words = cause instanceof Error ? reason(cause) : String(cause);
  return new AppError('STORE_UNAVAILABLE', `${what}: ${words.slice(0, 500)}`, { cause });
}

/** fetch says only "fetch failed"; why stands in its cause. */
function reason(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
