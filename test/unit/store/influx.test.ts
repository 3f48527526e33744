import { createServer, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createInfluxStore } from '../../../src/store/influx.ts';
import type { ReadingStore } from '../../../src/store/port.ts';
import { type InfluxServer, startInfluxServer } from '../../helpers/influx-server.ts';
import { buildDevice, buildProfile, buildReading } from '../../helpers/readings.ts';

const profile = buildProfile();
const device = buildDevice(profile);
/** Short where nothing ever answers; long enough for a real server on a busy machine. */
const DEADLINE = 300;
const REAL_DEADLINE = 2000;
const NOW = Math.floor(Date.now() / 1000) * 1000;

function open(url: string, parts: { database?: string; retentionMs?: number } = {}): ReadingStore {
  return createInfluxStore({
    settings: { url, database: parts.database ?? 'readings', username: null, password: null },
    profiles: new Map([[profile.id, profile]]),
    retentionMs: parts.retentionMs ?? null,
    deadlineMs: parts.database === undefined ? DEADLINE : REAL_DEADLINE,
    scanDeadlineMs: parts.database === undefined ? DEADLINE : REAL_DEADLINE,
    log: pino({ level: 'silent' }),
  });
}

const reading = (offset = 0) => buildReading(device, { ts: NOW + offset, values: { pressure: offset } });
const question = {
  device,
  point: 'pressure',
  from: 0,
  to: NOW + 1e6,
  stepMs: null,
  aggregate: 'mean',
  limit: 1000,
} as const;

/** Number of readings that a scan gives. */
async function scanned(store: ReadingStore): Promise<number> {
  let rows = 0;
  for await (const batch of store.scan({ profile, from: 0, to: NOW + 1e6 })) rows += batch.rows;
  return rows;
}

/** Code of what a call ends with, and that it ends in time. */
async function ending(call: Promise<unknown>, deadline = REAL_DEADLINE): Promise<string> {
  const before = performance.now();
  const code = await call.then(
    () => 'fulfilled',
    (error: { code?: string; message: string }) => error.code ?? `no code: ${error.message}`,
  );
  expect(performance.now() - before).toBeLessThan(deadline + 1000);
  return code;
}

describe('an InfluxDB that misbehaves', () => {
  let server: Server;
  const sockets = new Set<Socket>();
  let most = 0;

  async function behave(answer: (socket: Socket) => void): Promise<string> {
    server = createServer((socket) => {
      sockets.add(socket);
      most = Math.max(most, sockets.size);
      socket.on('error', () => {});
      socket.on('close', () => sockets.delete(socket));
      socket.once('data', () => answer(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    return `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  }

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    sockets.clear();
    most = 0;
  });

  const full =
    (status: string, body = '', headers = '') =>
    (socket: Socket) =>
      socket.end(`HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n${headers}\r\n${body}`);
  const drip = (socket: Socket) => {
    const text = 'HTTP/1.1 204 No Content\r\nx-long: ';
    let sent = 0;
    const timer = setInterval(() => socket.write(text[sent++] ?? 'a'), 20);
    socket.on('close', () => clearInterval(timer));
  };

  const cases: [name: string, answer: (socket: Socket) => void, code: string][] = [
    ['says nothing', () => {}, 'STORE_UNAVAILABLE'],
    [
      'sends headers, then nothing',
      (s) => s.write('HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n'),
      'STORE_UNAVAILABLE',
    ],
    ['drips', drip, 'STORE_UNAVAILABLE'],
    ['resets', (s) => s.resetAndDestroy(), 'STORE_UNAVAILABLE'],
    ['hangs up', (s) => s.end(), 'STORE_UNAVAILABLE'],
    ['hangs up after the headers', (s) => s.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'), 'STORE_UNAVAILABLE'],
    ['sends garbage', (s) => s.end('\u0001\u0002 this is no HTTP\r\n\r\n'), 'STORE_UNAVAILABLE'],
    ['answers 503', full('503 Service Unavailable', 'later'), 'STORE_UNAVAILABLE'],
    ['answers 500', full('500 Internal Server Error', '{"error":"engine: disk full"}'), 'STORE_UNAVAILABLE'],
    ['answers 429', full('429 Too Many Requests', '', 'retry-after: 60\r\n'), 'STORE_UNAVAILABLE'],
    ['answers 401', full('401 Unauthorized', '{"error":"unable to parse credentials"}'), 'STORE_UNAVAILABLE'],
    ['answers 403', full('403 Forbidden', '{"error":"not authorized"}'), 'STORE_UNAVAILABLE'],
    ['answers 404', full('404 Not Found', '{"error":"database not found"}'), 'STORE_UNAVAILABLE'],
    ['redirects', full('307 Temporary Redirect', '', 'location: http://127.0.0.1:9/\r\n'), 'STORE_UNAVAILABLE'],
    ['answers 200 with an error page', full('200 OK', '<html>log in</html>'), 'STORE_UNAVAILABLE'],
    ['answers 400', full('400 Bad Request', '{"error":"partial write"}'), 'STORE_REFUSED'],
    [
      'is a proxy that answers 400',
      full('400 Bad Request', '<html>plain HTTP to HTTPS port</html>'),
      'STORE_UNAVAILABLE',
    ],
    ['answers 413', full('413 Request Entity Too Large', '{"error":"too large"}'), 'STORE_REFUSED'],
    ['begins a 400', (s) => s.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 99\r\n\r\n{"er'), 'STORE_UNAVAILABLE'],
    ['begins a 500', (s) => s.write('HTTP/1.1 500 Oh\r\ncontent-length: 99\r\n\r\n{"er'), 'STORE_UNAVAILABLE'],
  ];

  it.each(cases)('%s: every call settles in time, and the writer learns the right thing', async (_, answer, code) => {
    const store = open(await behave(answer));
    expect(await ending(store.write([reading()]), DEADLINE)).toBe(code);
    expect(await ending(store.start(), DEADLINE)).toBe('STORE_UNAVAILABLE');
    expect(await ending(store.history(question), DEADLINE)).toBe('STORE_UNAVAILABLE');
    expect(await ending(scanned(store), DEADLINE)).toBe('STORE_UNAVAILABLE');
    await store.stop();
  });

  it('is not there at all', async () => {
    const url = await behave(() => {});
    await new Promise((resolve) => server.close(resolve));
    const store = open(url);
    expect(await ending(store.write([reading()]), DEADLINE)).toBe('STORE_UNAVAILABLE');
    expect(await ending(store.start(), DEADLINE)).toBe('STORE_UNAVAILABLE');
    server.listen(0, '127.0.0.1');
  });

  it('holds a handful of sockets, however often it is asked', async () => {
    const store = open(await behave(() => {}));
    for (let round = 0; round < 4; round++) {
      const calls = [store.write([reading()]), store.write([reading()])];
      for (let i = 0; i < 20; i++) calls.push(store.history(question).then(() => {}));
      for (const result of await Promise.allSettled(calls))
        expect(result).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE' } });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    // Four queries, one write, and the spare ones that fetch connects after an abort.
    expect(most).toBeLessThanOrEqual(8);
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it('ends a scan when it is stopped, and refuses a third one at once', async () => {
    const store = open(await behave(() => {}), { database: 'patient' });
    const begun = performance.now();
    const scans = Promise.allSettled([scanned(store), scanned(store)]);
    await expect(scanned(store)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('2 scans'),
    });
    await store.stop();
    for (const scan of await scans) expect(scan).toMatchObject({ reason: { code: 'STORE_UNAVAILABLE' } });
    expect(performance.now() - begun).toBeLessThan(REAL_DEADLINE / 2);
  });

  it('refuses what is beyond four queries and one write at once', async () => {
    const store = open(await behave(() => {}));
    const calls = [store.write([reading()]), ...Array.from({ length: 4 }, () => store.history(question))];
    const before = performance.now();
    await expect(store.history(question)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.write([reading()])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(performance.now() - before).toBeLessThan(DEADLINE / 2);
    await Promise.allSettled(calls);
  });
});

describe('a real InfluxDB', () => {
  let server: InfluxServer;
  beforeAll(async () => {
    server = await startInfluxServer();
  });
  afterAll(async () => {
    await server?.stop();
  });

  async function ask(database: string, statement: string): Promise<unknown[][]> {
    const parameters = new URLSearchParams({ db: database, epoch: 'ns', q: statement });
    const answer = await fetch(`${server.url}/query?${parameters}`);
    const body = (await answer.json()) as { results: { series?: { values: unknown[][] }[] }[] };
    return body.results[0]?.series?.[0]?.values ?? [];
  }

  it('settles while it hangs, and works again with the first try after it', async () => {
    const store = open(server.url, { database: 'frozen' });
    await store.start();
    await store.write([reading(1)]);
    await server.freeze();
    try {
      const calls = [store.write([reading(2)]), store.history(question), store.start()];
      expect(new Set(await Promise.all(calls.map((call) => ending(call))))).toEqual(new Set(['STORE_UNAVAILABLE']));
      expect(await ending(store.write([reading(3)]))).toBe('STORE_UNAVAILABLE');
    } finally {
      server.thaw();
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await ending(store.write([reading(2), reading(3), reading(4)]))).toBe('fulfilled');
    expect((await store.history(question)).map((item) => item.value)).toEqual([1, 2, 3, 4]);
    await store.stop();
  });

  it('has everything it acknowledged after being killed, and answers the first try after its return', async () => {
    const store = open(server.url, { database: 'killed' });
    await store.start();
    await store.write([reading(1), reading(2)]);
    await server.kill();
    expect(await ending(store.write([reading(3)]))).toBe('STORE_UNAVAILABLE');
    await server.restart();
    expect(await ending(store.write([reading(3)]))).toBe('fulfilled');
    expect((await store.history(question)).map((item) => item.value)).toEqual([1, 2, 3]);
    await store.stop();
  });

  it('gets its database back when it was dropped', async () => {
    const store = open(server.url, { database: 'dropped' });
    await store.start();
    await fetch(`${server.url}/query`, { method: 'POST', body: new URLSearchParams({ q: 'drop database dropped' }) });
    expect(await ending(store.write([reading(1)]))).toBe('STORE_UNAVAILABLE');
    await store.start();
    expect(await ending(store.write([reading(1)]))).toBe('fulfilled');
    await store.stop();
  });

  it('keeps the retention policy as configured, and refuses what is older than it', async () => {
    const policy = async () => (await ask('retained', 'show retention policies')).find(([name]) => name === 'davylamp');
    const first = open(server.url, { database: 'retained' });
    await first.start();
    expect(await policy()).toMatchObject(['davylamp', '0s', expect.anything(), 1, true]);
    const second = open(server.url, { database: 'retained', retentionMs: 7 * 86_400_000 });
    await second.start();
    await second.start();
    expect(await policy()).toMatchObject(['davylamp', '168h0m0s', expect.anything(), 1, true]);
    expect(await ending(second.write([reading(1)]))).toBe('fulfilled');
    expect(await ending(second.write([reading(-30 * 86_400_000)]))).toBe('STORE_REFUSED');
    await second.stop();
  });

  it('refuses a value of another type than the field has', async () => {
    const store = open(server.url, { database: 'conflict' });
    await store.start();
    await store.write([reading(1)]);
    const changed = buildDevice(buildProfile({ pressure: 'string' }));
    const other = buildReading(changed, { ts: NOW + 5, values: { pressure: 'high' } });
    expect(await ending(store.write([other]))).toBe('STORE_REFUSED');
    await store.stop();
  });

  it('holds a value of bad quality in a field of its own, and marks beside the values', async () => {
    const store = open(server.url, { database: 'fields' });
    await store.start();
    await store.write([
      buildReading(device, { ts: NOW, subMs: 7, values: { pressure: 1 }, qualities: { pressure: 'uncertain' } }),
      buildReading(device, { ts: NOW + 1, values: { pressure: 99 }, qualities: { pressure: 'bad' }, historical: true }),
      buildReading(device, { ts: NOW + 2, values: { pressure: null }, status: 'test', clockAhead: true }),
    ]);
    const fields = 'site, device, pressure, pressure_bad, pressure_quality, mark, _status';
    const rows = await ask('fields', `select ${fields} from "gas-cabinet"`);
    expect(rows.map((row) => row.slice(1))).toEqual([
      ['wujin-gas', 'cab-001', 1, null, 'uncertain', null, null],
      ['wujin-gas', 'cab-001', null, 99, 'bad', 'historical', null],
      ['wujin-gas', 'cab-001', null, null, 'bad', 'clockAhead,test', 'test'],
    ]);
    await store.stop();
  });
});
