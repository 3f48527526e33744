import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { seeded } from '../../src/trial/random.ts';

/**
 * What the proxy does to a request:
 *
 * - `pass`: hands it on, and the answer back;
 * - `loseRequest`: cuts the connection, and nobody gets it;
 * - `loseAnswer`: hands it on, and cuts the connection before the answer;
 * - `swallow`: says 200, and nobody gets it: a proxy that takes requests into a queue and loses it;
 * - `repeat`: hands it on again once or twice, later;
 * - `reorder`: says 200, and hands it on only after others.
 */
export const TREATMENTS = ['pass', 'loseRequest', 'loseAnswer', 'swallow', 'repeat', 'reorder'] as const;

export type Treatment = (typeof TREATMENTS)[number];

export interface BadProxyOptions {
  /** Where requests are handed on to. */
  readonly target: string;
  readonly seed: number;
  /** Share of the requests that are treated badly, in equal parts. */
  readonly share: number;
}

/** An HTTP proxy that drops, repeats and reorders requests, the same way for the same seed and requests. */
export interface BadProxy {
  readonly url: string;
  /** How many requests got which treatment. */
  readonly treated: Readonly<Record<Treatment, number>>;
  /** Resolves when everything that was held back has been handed on. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const LONGEST_DELAY_MS = 900;

/** Starts a {@link BadProxy} on 127.0.0.1, with the path of its target. */
export async function startBadProxy({ target, seed, share }: BadProxyOptions): Promise<BadProxy> {
  const random = seeded(seed);
  const treated: Record<Treatment, number> = {
    pass: 0,
    loseRequest: 0,
    loseAnswer: 0,
    swallow: 0,
    repeat: 0,
    reorder: 0,
  };
  const sockets = new Set<Socket>();
  const held = new Set<Promise<unknown>>();

  function choose(): Treatment {
    const bad = TREATMENTS.slice(1);
    const drawn = random();
    return drawn >= share ? 'pass' : (bad[Math.floor((drawn / share) * bad.length)] ?? 'pass');
  }

  function later(ms: number, request: Forwarded): void {
    const handed = delay(ms).then(() => forward(target, request));
    held.add(handed);
    void handed.finally(() => held.delete(handed));
  }

  async function treat(request: Forwarded, response: ServerResponse): Promise<void> {
    const treatment = choose();
    treated[treatment]++;
    switch (treatment) {
      case 'loseRequest':
        response.socket?.destroy();
        return;
      case 'loseAnswer':
        await forward(target, request);
        response.socket?.destroy();
        return;
      case 'swallow':
        response.writeHead(200).end();
        return;
      case 'reorder':
        response.writeHead(200).end();
        later(random() * LONGEST_DELAY_MS, request);
        return;
      case 'repeat':
        for (let more = random() < 0.5 ? 1 : 2; more > 0; more--) later(random() * LONGEST_DELAY_MS, request);
        break;
      case 'pass':
        break;
    }
    response.writeHead(await forward(target, request)).end();
  }

  const server = createServer((incoming, response) => {
    incoming.on('error', () => {});
    response.on('error', () => {});
    void read(incoming).then((request) => request && treat(request, response));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${new URL(target).pathname}`,
    treated,
    async idle() {
      while (held.size > 0) await Promise.all(held);
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
      await Promise.all(held);
    },
  };
}

interface Forwarded {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** null = the sender gave up. */
async function read(incoming: IncomingMessage): Promise<Forwarded | null> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  } catch {
    return null;
  }
  const { 'content-type': type = '', ...rest } = incoming.headers;
  const signed = Object.entries(rest).filter(([key]) => key.startsWith('webhook-'));
  const headers = Object.fromEntries(signed.map(([key, value]) => [key, String(value)]));
  return { headers: { ...headers, 'content-type': type }, body: Buffer.concat(chunks) };
}

/** The status of the answer; 502 where there was none. */
async function forward(target: string, { headers, body }: Forwarded): Promise<number> {
  try {
    const answer = await fetch(target, { method: 'POST', headers, body: new Uint8Array(body) });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 502;
  }
}
