import { once } from 'node:events';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterEach, describe, expect, test } from 'vitest';
import { createServer, type Server, type ServerSettings } from '../../../src/api/server.ts';
import { createManualClock, type ManualClock } from '../../helpers/manual-clock.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildEvent, type FakePorts, fakePorts } from './fake-ports.ts';

const opened: Server[] = [];

function build(settings: Partial<ServerSettings> = {}): { server: Server; fake: FakePorts; clock: ManualClock } {
  const fake = fakePorts();
  const clock = createManualClock(NOON);
  const log = pino({ level: 'silent' });
  const whole = { host: '127.0.0.1', port: 0, insecure: false, ...settings };
  const server = createServer(fake.ports, whole, { log, version: '1', clock });
  opened.push(server);
  return { server, fake, clock };
}

async function started(settings: Partial<ServerSettings> = {}) {
  const built = build(settings);
  await built.server.start();
  const { port } = built.server.address();
  return { ...built, url: `http://127.0.0.1:${port}` };
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((server) => server.stop()));
});

describe('starting and stopping', () => {
  test('it listens where it says, and no more after stop', async () => {
    const { server, url } = await started();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    await server.stop();
    await server.stop();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  test('a port in use is said plainly', async () => {
    const { server } = await started();
    const second = build({ port: server.address().port });
    await expect(second.server.start()).rejects.toMatchObject({
      code: 'HTTP_PORT_IN_USE',
      message: expect.stringContaining('http.port'),
    });
  });

  test.each(['0.0.0.0', '::', '10.1.2.3', 'example.com'])('%s is refused without insecure', async (host) => {
    await expect(build({ host }).server.start()).rejects.toMatchObject({ code: 'HTTP_NOT_LOOPBACK' });
  });

  test('with insecure it listens for others', async () => {
    const { url } = await started({ host: '0.0.0.0', insecure: true });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  test('an address that is not ours is said plainly', async () => {
    const { server } = build({ host: '203.0.113.7', insecure: true });
    await expect(server.start()).rejects.toMatchObject({ code: 'HTTP_LISTEN_FAILED' });
  });

  test('there is no address before it listens', () => {
    expect(() => build().server.address()).toThrow(expect.objectContaining({ code: 'HTTP_NOT_LISTENING' }));
  });

  test('what is under way is answered before it stops', async () => {
    const { server, fake, url } = await started();
    let durable = () => {};
    Object.assign(fake.ports, {
      ingest: () => new Promise((resolve) => (durable = () => resolve({ readings: [], rejections: [] }))),
    });
    const idle = connect(server.address().port, '127.0.0.1');
    await once(idle, 'connect');
    const body = JSON.stringify({ site: 's', device: 'd', values: { p: 1 } });
    const asked = fetch(`${url}/api/v1/readings`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    await expect.poll(() => String(durable)).toContain('resolve');
    const stopped = server.stop();
    durable();
    expect((await asked).status).toBe(200);
    await stopped;
  });

  test('what does not end is cut off', async () => {
    const { server, fake, url, clock } = await started();
    let asked = false;
    Object.assign(fake.ports, {
      history: () => {
        asked = true;
        return new Promise(() => {});
      },
    });
    const answer = fetch(`${url}/api/v1/devices/wujin-gas/cab-001/points/pressure/history`).catch(() => 'cut off');
    await expect.poll(() => asked).toBe(true);
    const stopped = server.stop();
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(5_000);
    await stopped;
    expect(await answer).toBe('cut off');
  });

  test('slow requests have deadlines', () => {
    const { server } = build().server.app;
    expect(server.requestTimeout).toBeGreaterThan(0);
    expect(server.headersTimeout).toBeGreaterThan(0);
    expect(server.timeout).toBeGreaterThan(0);
    expect(server.maxConnections).toBeGreaterThan(0);
  });

  test('what is not HTTP is answered with a problem and closed', async () => {
    const { server } = await started();
    const socket = connect(server.address().port, '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.write('\u0010\u0000MQTT\r\n\r\n');
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json/);
    expect(answer).toContain('HTTP_MALFORMED');
  });
});

/** Reads a stream of server-sent events. */
async function follow(url: string, headers: Record<string, string> = {}) {
  const end = new AbortController();
  const response = await fetch(url, { headers, signal: end.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const until = async (done: (text: string) => boolean) => {
    while (!done(text)) {
      const { value, done: over } = (await reader?.read()) ?? { value: undefined, done: true };
      if (over) return 'ended';
      text += value;
    }
    return text;
  };
  return {
    response,
    /** Sequences, once there are so many. */
    async events(count: number): Promise<number[]> {
      await until((seen) => (seen.match(/^data: .*\n\n/gm) ?? []).length >= count);
      return [...text.matchAll(/^id: ([0-9]+)\ndata: (.*)\n\n/gm)].map(([, id, data = '']) => {
        expect(JSON.parse(data).sequence).toBe(Number(id));
        return Number(id);
      });
    },
    until,
    leave: () => end.abort(),
  };
}

describe('the live stream', () => {
  const stream = '/api/v1/events/stream';

  test('starts with the log and goes on with what happens', async () => {
    const { url, fake } = await started();
    for (let sequence = 1; sequence <= 250; sequence++) fake.log.push(buildEvent(sequence));
    const { response, events } = await follow(url + stream);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await events(250)).toHaveLength(250);
    fake.publish(buildEvent(251));
    fake.publish(buildEvent(252));
    expect(await events(252)).toEqual(Array.from({ length: 252 }, (_, i) => i + 1));
  });

  test.each([
    ['?after=2', {}, [3, 4]],
    ['', { 'last-event-id': '3' }, [4]],
    ['?after=1', { 'last-event-id': '3' }, [4]],
    ['?after=1', { 'last-event-id': '' }, [2, 3, 4]],
  ])('%s %o starts with the next event', async (query, headers, expected) => {
    const { url, fake } = await started();
    for (const sequence of [1, 2, 3]) fake.log.push(buildEvent(sequence));
    const { events } = await follow(url + stream + query, headers as Record<string, string>);
    fake.publish(buildEvent(4));
    expect(await events(expected.length)).toEqual(expected);
  });

  test('a place that the stream never named is refused', async () => {
    const { url } = await started();
    const response = await fetch(url + stream, { headers: { 'last-event-id': 'evt_1' } });
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'CURSOR_INVALID' }]);
  });

  test('an event that is announced before it can be read is not missed', async () => {
    const { url, fake, clock } = await started();
    const { events, until } = await follow(url + stream);
    await until((text) => text.includes('retry'));
    fake.log.push(buildEvent(1));
    const [late] = fake.log.splice(0);
    if (late) fake.publish(late);
    fake.log.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 30));
    if (late) fake.log.push(late);
    await clock.advance(1000);
    expect(await events(1)).toEqual([1]);
  });

  test('shows that it is alive', async () => {
    const { url, clock } = await started();
    const { until } = await follow(url + stream);
    await until((text) => text.includes('retry'));
    await clock.advance(15_000);
    expect(await until((text) => text.includes(': alive\n\n'))).toContain(': alive');
  });

  test('a reader who leaves is forgotten', async () => {
    const { url, fake } = await started();
    const { until, leave } = await follow(url + stream);
    await until((text) => text.includes('retry'));
    expect(fake.followers()).toBe(1);
    leave();
    await expect.poll(() => fake.followers()).toBe(0);
  });

  test('a reader who takes nothing holds one page and is disconnected', async () => {
    const { server, fake, clock } = await started();
    for (let sequence = 1; sequence <= 20_000; sequence++) fake.log.push(buildEvent(sequence));
    const socket = connect(server.address().port, '127.0.0.1');
    socket.pause();
    socket.write(`GET ${stream} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    await expect.poll(() => fake.followers()).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const read = fake.calls['events']?.length ?? 0;
    expect(read).toBeLessThan(150);
    await clock.advance(30_000);
    await expect.poll(() => fake.followers()).toBe(0);
    socket.destroy();
  });

  test('too many streams are refused with Retry-After', async () => {
    const { url } = await started();
    const streams = await Promise.all(Array.from({ length: 100 }, () => follow(url + stream)));
    const response = await fetch(url + stream);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '10']);
    for (const { leave } of streams) leave();
  });

  test('ends when the server stops', async () => {
    const { url, server } = await started();
    const { until } = await follow(url + stream);
    await until((text) => text.includes('retry'));
    await server.stop();
    expect(await until(() => false)).toBe('ended');
  });
});
