import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Receiver, WebhookSettings } from '../../src/model/routing.ts';

export const TEST_SECRET = `whsec_${Buffer.from('davylamp-test-secret-0123456789').toString('base64')}`;

/** How the receiver treats one request. */
export type Behaviour =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** `status {status}` without it. */
      readonly body?: string;
    }
  /** Answers after `ms`. */
  | { readonly kind: 'delay'; readonly ms: number; readonly status: number }
  /** Takes the request and never answers. */
  | { readonly kind: 'hang' }
  /** Takes the request and resets the connection. */
  | { readonly kind: 'reset' }
  /** Answers 200 and then one byte at a time, without end. */
  | { readonly kind: 'drip'; readonly status: number }
  /** Answers and sends bytes as fast as they are taken, without end. */
  | { readonly kind: 'flood'; readonly status: number };

/** One request as it came in. */
export interface ReceivedRequest {
  readonly id: string;
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Epoch milliseconds of this machine. */
  readonly at: number;
  /** null = the signature is right. */
  readonly signatureFault: string | null;
  readonly event: ReceivedEvent;
  /** Decided when it came in; `accepted` = a 2xx was sent. */
  readonly behaviour: Behaviour;
  readonly accepted: boolean;
}

/** The parts of the CloudEvent that tests look at; `{}`-like where the body is not JSON. */
export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly data: {
    readonly sequence: number;
    readonly status: string;
    readonly alarm?: {
      readonly id: string;
      readonly tier: string;
      readonly revision: number;
      readonly condition: string;
    };
    readonly code?: string;
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

export type Behave = (request: Omit<ReceivedRequest, 'behaviour' | 'accepted'>) => Behaviour;

export interface TestReceiverOptions {
  readonly secret?: string;
  /** 0 = any free one. */
  readonly port?: number;
  readonly behave?: Behave;
  /** `any`: the sender has a simulated clock, so only the signature is checked, not that its time is near ours. */
  readonly timestamps?: 'fresh' | 'any';
  readonly onRequest?: (request: ReceivedRequest) => void;
}

/** A webhook with its times, as a receiver has them. */
export type WebhookParts = WebhookSettings & Pick<Receiver, 'allowHttp' | 'timeoutMs' | 'giveUpAfterMs'>;

/** A webhook receiver over real HTTP that remembers everything. */
export interface TestReceiver {
  readonly url: string;
  readonly port: number;
  /** Every request, in the order they came in. */
  readonly requests: readonly ReceivedRequest[];
  /** Accepted ones, repeats of an id left out: what a receiver works with. */
  accepted(): readonly ReceivedRequest[];
  /** Changes the behaviour from the next request on. */
  behave(behave: Behave): void;
  settings(overrides?: Partial<WebhookParts>): WebhookParts;
  /** @throws Error with what did arrive, if `predicate` is not true in time. */
  waitFor(predicate: (receiver: TestReceiver) => boolean, timeoutMs?: number): Promise<void>;
  /** Everything that breaks the webhook contract; [] = nothing. */
  faults(options?: { sequencesFrom?: number }): readonly string[];
  close(): Promise<void>;
}

export const ACCEPT: Behaviour = { kind: 'answer', status: 200 };

/** Starts a {@link TestReceiver} on 127.0.0.1. */
export async function startReceiver(options: TestReceiverOptions = {}): Promise<TestReceiver> {
  const secret = options.secret ?? TEST_SECRET;
  const verifier = new Webhook(secret);
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  const watchers = new Set<() => void>();
  let behave: Behave = options.behave ?? (() => ACCEPT);

  const server = createServer((request, response) => {
    // A connection that the sender gave up is its business, and no crash of the test.
    request.on('error', () => {});
    response.on('error', () => {});
    void take(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
    } catch {
      return;
    }
    const bytes = Buffer.concat(chunks);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
    const partial = {
      id: headers['webhook-id'] ?? '',
      method: request.method ?? '',
      path: request.url ?? '',
      body: bytes.toString('utf8'),
      headers,
      at: Date.now(),
      signatureFault: signatureFault(verifier, bytes, headers, options.timestamps ?? 'fresh'),
      event: parseEvent(bytes),
    };
    const behaviour = behave(partial);
    const status = 'status' in behaviour ? behaviour.status : 0;
    const received = { ...partial, behaviour, accepted: status >= 200 && status < 300 };
    requests.push(received);
    options.onRequest?.(received);
    respond(response, behaviour);
    for (const watcher of watchers) watcher();
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  const receiver: TestReceiver = {
    url: `http://127.0.0.1:${port}/alarms`,
    port,
    requests,
    accepted: () => firstOfEachId(requests),
    behave(next) {
      behave = next;
    },
    settings: (overrides = {}) => ({
      url: receiver.url,
      secret,
      allowHttp: false,
      timeoutMs: 10_000,
      giveUpAfterMs: 86_400_000,
      ...overrides,
    }),
    waitFor(predicate, timeoutMs = 5000) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (!predicate(receiver)) return;
          end();
          resolve();
        };
        const timer = setTimeout(() => {
          end();
          const seen = requests.slice(-20).map((each) => `${each.id} ${each.event.type} ${each.behaviour.kind}`);
          reject(new Error(`not so within ${timeoutMs} ms; ${requests.length} requests:\n${seen.join('\n')}`));
        }, timeoutMs);
        const end = () => {
          clearTimeout(timer);
          watchers.delete(look);
        };
        watchers.add(look);
        look();
      });
    },
    faults: ({ sequencesFrom = 1 } = {}) => contractFaults(requests, sequencesFrom),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return receiver;
}

/** What of a ledger breaks the contract: signatures, one body an id, sequences without gap, order per alarm. */
export function contractFaults(requests: readonly ReceivedRequest[], sequencesFrom = 1): readonly string[] {
  const faults: string[] = [];
  const bodies = new Map<string, string>();
  for (const { id, body, event, headers, signatureFault: fault } of requests) {
    if (fault !== null) faults.push(`${id}: ${fault}`);
    if (id !== event.id) faults.push(`webhook-id ${id} is not the event id ${event.id}`);
    if (headers['content-type'] !== 'application/cloudevents+json') faults.push(`${id}: ${headers['content-type']}`);
    const before = bodies.get(id);
    if (before !== undefined && before !== body) faults.push(`${id} came with two bodies`);
    bodies.set(id, body);
  }
  const accepted = firstOfEachId(requests);
  const sequences = accepted.map(({ event }) => event.data.sequence).sort((a, b) => a - b);
  sequences.forEach((sequence, index) => {
    const expected = sequencesFrom + index;
    if (sequence !== expected) faults.push(`sequence ${sequence} where ${expected} was expected`);
  });
  const revisions = new Map<string, number>();
  for (const { event } of accepted) {
    const { alarm } = event.data;
    if (!alarm) continue;
    if (alarm.revision <= (revisions.get(alarm.id) ?? 0)) {
      faults.push(`${alarm.id}: revision ${alarm.revision} after ${revisions.get(alarm.id)}`);
    }
    revisions.set(alarm.id, alarm.revision);
  }
  return faults;
}

function firstOfEachId(requests: readonly ReceivedRequest[]): readonly ReceivedRequest[] {
  const seen = new Set<string>();
  return requests.filter(({ id, accepted }) => accepted && !seen.has(id) && seen.add(id));
}

function signatureFault(
  verifier: Webhook,
  bytes: Buffer,
  headers: Readonly<Record<string, string>>,
  timestamps: 'fresh' | 'any',
): string | null {
  try {
    if (timestamps === 'fresh') {
      verifier.verify(bytes, headers, { jsonParse: false });
      return null;
    }
    const at = new Date(Number(headers['webhook-timestamp']) * 1000);
    const expected = verifier.sign(headers['webhook-id'] ?? '', at, bytes);
    return (headers['webhook-signature'] ?? '').split(' ').includes(expected) ? null : 'no matching signature';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function parseEvent(bytes: Buffer): ReceivedEvent {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return { id: '', type: 'not JSON', time: '', subject: '', data: { sequence: 0, status: '' } };
  }
}

function respond(response: ServerResponse, behaviour: Behaviour): void {
  switch (behaviour.kind) {
    case 'answer':
      response.writeHead(behaviour.status, behaviour.headers).end(behaviour.body ?? `status ${behaviour.status}`);
      return;
    case 'delay':
      setTimeout(() => response.writeHead(behaviour.status).end(), behaviour.ms);
      return;
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'drip': {
      response.writeHead(behaviour.status);
      const timer = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(timer));
      return;
    }
    case 'flood': {
      response.writeHead(behaviour.status);
      const chunk = Buffer.alloc(64 * 1024, 46);
      const pour = () => {
        while (!response.destroyed && response.write(chunk)) {
          // Until its buffer is full.
        }
      };
      response.on('drain', pour);
      pour();
      return;
    }
  }
}
