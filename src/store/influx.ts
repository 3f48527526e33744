import type { InfluxSettings } from '../model/configuration.ts';
import type { Profile } from '../model/device.ts';
import { AppError } from '../model/error.ts';
import type { Reading } from '../model/reading.ts';
import type { Logger } from '../runtime/log.ts';
import { withDeadline } from './deadline.ts';
import { assertQuery } from './history-query.ts';
import {
  createInfluxConnection,
  type InfluxConnection,
  type QueryAnswer,
  rowsOf,
  unavailable,
} from './influx-connection.ts';
import { fieldConflict } from './influx-fields.ts';
import { historyItems, historyStatement } from './influx-history.ts';
import { type InfluxAsk, scanInflux } from './influx-scan.ts';
import { encodeLines } from './line-protocol.ts';
import { assertName, assertSchema } from './naming.ts';
import type { HistoryItem, HistoryQuery, ReadingStore } from './port.ts';
import { assertStorable } from './sample.ts';
import { type ScanBatch, type ScanQuery, unlessCancelled } from './scan.ts';

/** What an InfluxDB store needs. */
export interface InfluxStoreOptions {
  readonly settings: InfluxSettings;
  readonly profiles: ReadonlyMap<string, Profile>;
  /** null = kept for ever. InfluxDB knows no policy below one hour. */
  readonly retentionMs: number | null;
  /** Every other call settles within it; 5000 by default. */
  readonly deadlineMs?: number;
  /** A scan settles within it between two batches; 60,000 by default. */
  readonly scanDeadlineMs?: number;
  readonly log: Logger;
}

/** Name of the retention policy, which is the default one of the database. */
export const RETENTION_POLICY = 'davylamp';

const QUERIES_AT_ONCE = 4;
const SCANS_AT_ONCE = 2;
/** InfluxDB's own words for data it will not take; any other 400 comes from something that is not a healthy InfluxDB. */
const REFUSAL =
  /^\{"error":"(partial write|unable to parse|field type conflict|invalid|missing|bad timestamp|time outside|max-)/;
const MAX_ANSWER_TEXT = 4096;

/**
 * Readings in InfluxDB 1.x: measurement = profile, tags `site` and `device` (and `_status` for tests and exercises), a
 * field for each point. Fields of one identity are only ever added or replaced, as InfluxDB does.
 *
 * Statements go through the `influx` client. Writes do not: it reports 200 with an error page as success, while only
 * 204 says that the points are in the write-ahead log.
 *
 * @throws AppError `STORE_SCHEMA_CONFLICT` when profiles need names that the store keeps for itself
 */
export function createInfluxStore(options: InfluxStoreOptions): ReadingStore {
  const { settings, retentionMs, log, deadlineMs = 5000, scanDeadlineMs = 60_000 } = options;
  const database = assertName('database', settings.database);
  let { profiles } = options;
  assertSchema(profiles);

  const writeUrl = writeAddress(settings);
  const headers = authorization(settings);
  const administration = createInfluxConnection(settings, deadlineMs);
  const queries = Array.from({ length: QUERIES_AT_ONCE }, () => createInfluxConnection(settings, deadlineMs));
  const scanners = Array.from({ length: SCANS_AT_ONCE }, () => createInfluxConnection(settings, scanDeadlineMs));
  const lent = new Set<InfluxConnection>();
  let writing = false;

  async function query(statements: string, placeholders: Record<string, string>): Promise<QueryAnswer> {
    const connection = queries.find((one) => !one.busy);
    if (!connection) throw new AppError('STORE_UNAVAILABLE', `${QUERIES_AT_ONCE} queries are running; try again`);
    return await connection.call('query', (client) =>
      client.queryRaw(statements, { precision: 'ms', placeholders, retentionPolicy: RETENTION_POLICY }),
    );
  }

  /** One connection for the whole scan, so that it can be refused at its begin only. */
  async function* scan(request: ScanQuery): AsyncGenerator<ScanBatch, void> {
    const connection = scanners.find((one) => !one.busy && !lent.has(one));
    if (!connection) throw new AppError('STORE_UNAVAILABLE', `${SCANS_AT_ONCE} scans are running; try again`);
    lent.add(connection);
    try {
      const ask: InfluxAsk = (statement, placeholders) => {
        const call = connection.call('scan', (client) =>
          // By POST: the names of a hundred devices are too long for an address.
          client.queryRaw(statement, { method: 'POST', placeholders, retentionPolicy: RETENTION_POLICY }),
        );
        return unlessCancelled(request.signal, call, connection.close);
      };
      yield* scanInflux(ask, request);
    } finally {
      lent.delete(connection);
    }
  }

  async function post(lines: string): Promise<void> {
    const abort = new AbortController();
    const exchange = send(writeUrl, headers, lines, abort.signal);
    // The race is lost before the abort is heard, and a rejection nobody waits for would end the process.
    exchange.catch(() => {});
    const { status, text } = await withDeadline(exchange, deadlineMs, 'write', () => abort.abort());
    if (status === 204) return;
    const refused = status === 413 || (status === 400 && REFUSAL.test(text));
    const code = refused ? 'STORE_REFUSED' : 'STORE_UNAVAILABLE';
    throw new AppError(code, `InfluxDB answered ${status}: ${text}`, { details: { status } });
  }

  return {
    kind: 'influxdb',
    async start() {
      if (administration.busy) throw new AppError('STORE_UNAVAILABLE', 'InfluxDB is still being prepared');
      await administration.call('preparing the database', async (client) => {
        const policies = await client.queryRaw(`show retention policies on "${database}"`);
        assertFields(await client.queryRaw(`show field keys on "${database}"`), profiles);
        const wanted = retentionMs === null ? 'INF' : `${Math.max(3600, Math.ceil(retentionMs / 1000))}s`;
        const found = policyIn(policies);
        if (found === 'missingDatabase') {
          await client.createDatabase(database);
          log.info({ database }, 'InfluxDB database created');
        }
        if (typeof found === 'object' && found.isDefault && found.seconds === secondsOf(wanted)) return;
        const policy = { database, duration: wanted, replication: 1, isDefault: true };
        if (typeof found === 'object') await client.alterRetentionPolicy(RETENTION_POLICY, policy);
        else await client.createRetentionPolicy(RETENTION_POLICY, policy);
        log.info({ database, duration: wanted }, 'InfluxDB retention policy set');
      });
    },
    async write(readings: readonly Reading[]) {
      if (readings.length === 0) return;
      if (writing) throw new AppError('STORE_UNAVAILABLE', 'the last write is still running');
      assertStorable(readings);
      const lines = encodeLines(readings);
      writing = true;
      try {
        await post(lines);
      } catch (error) {
        throw unavailable('write', error);
      } finally {
        writing = false;
      }
    },
    async history(request: HistoryQuery): Promise<HistoryItem[]> {
      assertQuery(request);
      if (request.limit === 0 || request.from >= request.to) return [];
      const { site, id } = request.device;
      const placeholders = { site: assertName('site', site), device: assertName('device', id) };
      return historyItems(request, await query(historyStatement(request), placeholders));
    },
    scan,
    async check(wanted) {
      assertSchema(wanted);
      assertFields(await query(`show field keys on "${database}"`, {}), wanted);
    },
    configure(next) {
      profiles = next;
    },
    async prune() {
      // The retention policy does it.
    },
    async stop() {
      administration.close();
      for (const connection of [...queries, ...scanners]) connection.close();
    },
  };
}

/** @throws AppError `STORE_SCHEMA_CONFLICT` */
function assertFields(answer: QueryAnswer, profiles: ReadonlyMap<string, Profile>): void {
  const conflict = fieldConflict(answer, profiles);
  if (conflict !== null) throw new AppError('STORE_SCHEMA_CONFLICT', conflict);
}

function writeAddress(settings: InfluxSettings): URL {
  const base = new URL(settings.url);
  base.pathname = `${base.pathname.replace(/\/$/, '')}/write`;
  base.search = new URLSearchParams({ db: settings.database, rp: RETENTION_POLICY, precision: 'ns' }).toString();
  return base;
}

function authorization({ username, password }: InfluxSettings): Record<string, string> {
  const type = { 'content-type': 'text/plain; charset=utf-8' };
  if (username === null) return type;
  return { ...type, authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` };
}

/** The exchange counts as over when the body has ended too: until then its connection is in use. */
async function send(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal) {
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
  let text = '';
  const decoder = new TextDecoder();
  for await (const part of response.body ?? []) {
    if (text.length < MAX_ANSWER_TEXT) text += decoder.decode(part, { stream: true });
  }
  return { status: response.status, text: text.slice(0, MAX_ANSWER_TEXT).trim() };
}

type Policy = { readonly seconds: number; readonly isDefault: boolean };

/** The one place that must tell a missing database from other errors; InfluxDB has no code for it. */
function policyIn(answer: QueryAnswer): Policy | 'missingPolicy' | 'missingDatabase' {
  if (answer?.results?.[0]?.error?.startsWith('database not found')) return 'missingDatabase';
  const row = rowsOf(answer, 0).find(([name]) => name === RETENTION_POLICY);
  return row ? { seconds: secondsOf(String(row[1])), isDefault: row[4] === true } : 'missingPolicy';
}

/** Seconds of `168h0m0s`, `3600s` or `INF`; 0 = for ever, as InfluxDB says itself. */
function secondsOf(duration: string): number {
  const unit: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };
  const parts = duration.matchAll(/(\d+)([hms])/g);
  return [...parts].reduce((sum, [, count, letter]) => sum + Number(count) * (unit[letter ?? ''] ?? 0), 0);
}
