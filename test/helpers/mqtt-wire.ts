import { scryptSync } from 'node:crypto';
import net from 'node:net';
import { formatHash } from '../../src/broker/accounts.ts';
import type { Envelope, OnEnvelope } from '../../src/broker/admission.ts';
import { type Broker, createBroker } from '../../src/broker/broker.ts';
import type { Account, Configuration, MqttLimits, MqttListener } from '../../src/model/configuration.ts';
import { systemClock } from '../../src/runtime/clock.ts';
import { createLogger } from '../../src/runtime/log.ts';

/** MQTT 3.1.1 packets built and read byte by byte: a stranger to the library that the broker is built on. */
export const TYPE = { connack: 2, publish: 3, puback: 4, pubrec: 5, pubcomp: 7, suback: 9, pingresp: 13 } as const;

export interface ConnectOptions {
  clientId?: string | Buffer;
  clean?: boolean;
  username?: string;
  password?: string;
  keepalive?: number;
  version?: number;
  will?: { topic: string; payload: string | Buffer; qos?: number; retain?: boolean };
}

export function connectPacket(options: ConnectOptions = {}): Buffer {
  const { clientId = '', clean = true, username, password, keepalive = 60, version = 4, will } = options;
  const flags =
    (username === undefined ? 0 : 0x80) |
    (password === undefined ? 0 : 0x40) |
    (will ? 0x04 | ((will.qos ?? 0) << 3) | (will.retain ? 0x20 : 0) : 0) |
    (clean ? 0x02 : 0);
  const parts = [text('MQTT'), Buffer.from([version, flags, keepalive >> 8, keepalive & 255])];
  if (version === 5) parts.push(Buffer.from([0]));
  parts.push(text(clientId));
  if (will) parts.push(text(will.topic), text(will.payload));
  if (username !== undefined) parts.push(text(username));
  if (password !== undefined) parts.push(text(password));
  return packet(0x10, Buffer.concat(parts));
}

export function publishPacket(
  topic: string | Buffer,
  payload: string | Buffer,
  options: { qos?: number; id?: number; retain?: boolean; dup?: boolean } = {},
): Buffer {
  const { qos = 0, id = 1, retain = false, dup = false } = options;
  const first = 0x30 | (qos << 1) | (retain ? 1 : 0) | (dup ? 8 : 0);
  return packet(first, Buffer.concat([text(topic), qos > 0 ? uint16(id) : Buffer.alloc(0), Buffer.from(payload)]));
}

export function subscribePacket(filters: readonly string[], qos = 0, id = 1): Buffer {
  const subscriptions = filters.flatMap((filter) => [text(filter), Buffer.from([qos])]);
  return packet(0x82, Buffer.concat([uint16(id), ...subscriptions]));
}

export const pubrelPacket = (id: number): Buffer => packet(0x62, uint16(id));
export const pingPacket = Buffer.from([0xc0, 0]);
export const disconnectPacket = Buffer.from([0xe0, 0]);

export function packet(first: number, body: Buffer): Buffer {
  return Buffer.concat([header(first, body.length), body]);
}

/** A fixed header that declares `length` bytes to come. */
export function header(first: number, length: number): Buffer {
  const bytes = [first];
  let left = length;
  do {
    bytes.push((left & 127) | (left > 127 ? 128 : 0));
    left >>= 7;
  } while (left > 0);
  return Buffer.from(bytes);
}

export function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

export function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

export interface Received {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

/** One raw connection. */
export class Probe {
  readonly socket: net.Socket;
  readonly received: Received[] = [];
  readonly closed: Promise<void>;
  isClosed = false;
  #bytes = Buffer.alloc(0);
  #wake = new Set<() => void>();

  constructor(port: number, host = '127.0.0.1') {
    this.socket = net.connect({ port, host, noDelay: true });
    this.socket.on('error', () => {});
    this.socket.on('data', (data) => this.#take(data));
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.isClosed = true;
        resolve();
        this.#awaken();
      });
    });
  }

  write(...packets: Buffer[]): this {
    this.socket.write(Buffer.concat(packets));
    return this;
  }

  /** Logs in and gives the CONNACK return code, or `closed`. */
  async connect(options: ConnectOptions = {}): Promise<number | 'closed'> {
    this.write(connectPacket(options));
    const connack = await this.next(TYPE.connack);
    return connack === 'closed' ? 'closed' : (connack.body[1] ?? -1);
  }

  /** Subscribes and gives the return codes. */
  async subscribe(filters: readonly string[], qos = 0): Promise<number[] | 'closed'> {
    this.write(subscribePacket(filters, qos));
    const suback = await this.next(TYPE.suback);
    return suback === 'closed' ? 'closed' : [...suback.body.subarray(2)];
  }

  /** Publishes with QoS 1 and waits for the PUBACK. */
  async publish(topic: string | Buffer, payload: string | Buffer, id = 1): Promise<'acked' | 'closed'> {
    this.write(publishPacket(topic, payload, { qos: 1, id }));
    const puback = await this.next(TYPE.puback);
    return puback === 'closed' ? 'closed' : 'acked';
  }

  /** Topics and payloads that were delivered so far. */
  deliveries(): { topic: string; payload: string; retain: boolean }[] {
    return this.received
      .filter(({ type }) => type === TYPE.publish)
      .map(({ flags, body }) => {
        const topicEnd = 2 + body.readUInt16BE(0);
        const payloadAt = topicEnd + ((flags >> 1) & 3 ? 2 : 0);
        return {
          topic: body.toString('utf8', 2, topicEnd),
          payload: body.toString('utf8', payloadAt),
          retain: (flags & 1) === 1,
        };
      });
  }

  count(type: number): number {
    return this.received.filter((one) => one.type === type).length;
  }

  /** Takes the next packet of a type out of those received; waits for it. */
  async next(type: number): Promise<Received | 'closed'> {
    await this.until(() => this.received.some((one) => one.type === type) || this.isClosed);
    const index = this.received.findIndex((one) => one.type === type);
    return this.received.splice(index, index === -1 ? 0 : 1)[0] ?? 'closed';
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wake.add(resolve));
  }

  /** True when the broker has answered a PINGREQ: everything sent before it has been read. */
  async isAlive(): Promise<boolean> {
    if (this.isClosed) return false;
    this.write(pingPacket);
    return (await this.next(TYPE.pingresp)) !== 'closed';
  }

  async end(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }

  #take(data: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, data]);
    while (this.#takeOne());
    this.#awaken();
  }

  #takeOne(): boolean {
    let length = 0;
    let at = 1;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[at++];
      if (byte === undefined) return false;
      length += (byte & 127) * factor;
      if (byte < 128) break;
    }
    if (this.#bytes.length < at + length) return false;
    const first = this.#bytes[0] ?? 0;
    this.received.push({ type: first >> 4, flags: first & 15, body: this.#bytes.subarray(at, at + length) });
    this.#bytes = this.#bytes.subarray(at + length);
    return true;
  }

  #awaken(): void {
    const waiting = [...this.#wake];
    this.#wake.clear();
    for (const wake of waiting) wake();
  }
}

/** A hash of little cost: tests log in often. */
export function quickHash(password: string, N = 1024): string {
  const salt = Buffer.from('0123456789abcdef');
  return formatHash({ N, r: 8, p: 1, salt, hash: scryptSync(password, salt, 32, { N, r: 8, p: 1, maxmem: 2 ** 28 }) });
}

export function buildAccount(username: string, account: Partial<Account> = {}): Account {
  const role = username.includes('/') ? 'device' : 'gateway';
  return { username, role, hash: quickHash(`${username}-password`), publish: [], subscribe: [], ...account };
}

export const loopback: MqttListener = { host: '127.0.0.1', port: 0, anonymous: true, insecure: false, tls: null };

export interface TestBroker {
  readonly broker: Broker;
  readonly port: number;
  readonly envelopes: Envelope[];
  probe(): Probe;
  /** A probe that has logged in; `username` has the password `{username}-password`. */
  login(options?: ConnectOptions): Promise<Probe>;
  stop(): Promise<void>;
}

/** Starts a broker on a free loopback port that records its envelopes; `onEnvelope` acknowledges at once by default. */
export async function startBroker(
  options: {
    accounts?: readonly Account[];
    limits?: Partial<MqttLimits>;
    listeners?: Configuration['mqtt']['listeners'];
    onEnvelope?: OnEnvelope;
  } & Pick<Parameters<typeof createBroker>[0], 'storeCaps' | 'sessionCaps'> = {},
): Promise<TestBroker> {
  const { accounts = [], limits, listeners = [loopback], onEnvelope, ...caps } = options;
  const envelopes: Envelope[] = [];
  const broker = createBroker({
    ...caps,
    settings: {
      listeners,
      limits: { packetBytes: 262_144, connections: 20_000, messagesPerSecondPerClient: 0, ...limits },
    },
    accounts: new Map(accounts.map((account) => [account.username, account])),
    clock: systemClock,
    log: createLogger({ level: 'silent' }),
    onEnvelope(envelope, done) {
      envelopes.push({ ...envelope, payload: Buffer.from(envelope.payload) });
      if (onEnvelope) onEnvelope(envelope, done);
      else done();
    },
  });
  await broker.start();
  const port = broker.addresses()[0]?.port ?? 0;
  const probes: Probe[] = [];
  const probe = () => {
    const made = new Probe(port);
    probes.push(made);
    return made;
  };
  return {
    broker,
    port,
    envelopes,
    probe,
    async login(connect = {}) {
      const made = probe();
      const { username } = connect;
      const code = await made.connect({ ...(username ? { password: `${username}-password` } : {}), ...connect });
      if (code !== 0) throw new Error(`login failed: ${code}`);
      return made;
    },
    async stop() {
      await broker.stop();
      await Promise.all(probes.map((made) => made.end()));
    },
  };
}
