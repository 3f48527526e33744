import type { Socket } from 'node:net';
import { Aedes, type Client } from 'aedes';
import type { Account, Configuration, MqttListener } from '../model/configuration.ts';
import { AppError } from '../model/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { createAdmission, NOT_FORWARDED, type OnEnvelope } from './admission.ts';
import { ClientIds, type SessionCaps } from './client-ids.ts';
import { Connection, HOLD } from './connection.ts';
import { type BrokerCounters, createTally } from './counters.ts';
import { createEntry } from './entry.ts';
import { type Address, HANDSHAKE_MS, isLoopback, type OpenListener, openListener } from './listeners.ts';
import { createLoad } from './load.ts';
import { createLogin } from './login.ts';
import { createRefusalLog } from './refusals.ts';
import { createSessionStore, STORE_CAPS, type StoreCaps } from './session-store.ts';
import { isAlarmTopic } from './topic.ts';

/** The embedded MQTT 3.1.1 broker. */
export interface Broker {
  /**
   * Opens the listeners.
   *
   * @throws AppError `MQTT_ANONYMOUS_NOT_LOOPBACK`, `MQTT_TLS_FILES`, `MQTT_PORT_IN_USE`, `MQTT_LISTEN_FAILED`
   */
  start(): Promise<void>;
  /** Stops listening and reading, waits up to 2 s for messages under way to be acknowledged, closes every connection. */
  stop(): Promise<void>;
  /** Where it listens, in the order of the configuration. */
  addresses(): readonly Address[];
  counters(): BrokerCounters;
  /**
   * Publishes to whoever may read the topic and follows it, QoS 1, not retained. Resolves when every session that
   * follows it has it in its queue.
   *
   * @throws AppError `MQTT_NOT_LISTENING`
   */
  publish(topic: string, payload: Buffer): Promise<void>;
  /** Takes new accounts; connections of those that were removed or changed are closed. */
  setAccounts(accounts: ReadonlyMap<string, Account>): void;
  /** Reads the certificate files again: new connections get the new certificate, old ones stay. */
  renewCertificates(): void;
}

/** Stored sessions that a device, gateway or reader needs; developers' tools make up an id each time. */
const SESSION_CAPS: SessionCaps = { named: 10, anonymous: 1000 };
/** Share of the connections that one address other than loopback may take. */
const ADDRESS_SHARE = 4;
/** A frozen subscriber is closed after this; default of Aedes 60 s. */
const DRAIN_MS = 5000;
const STOP_MS = 2000;
/** Fan-outs of telemetry that may be under way; more are not begun. */
const MOST_FAN_OUTS = 10_000;

/**
 * Makes the broker; nothing runs until `start`.
 *
 * A PUBLISH to an ingested topic is acknowledged once `onEnvelope` has called back: the hook is Aedes'
 * `authorizePublish`, the only one that PUBACK and PUBREC wait for.
 */
export function createBroker(deps: {
  settings: Configuration['mqtt'];
  accounts: ReadonlyMap<string, Account>;
  onEnvelope: OnEnvelope;
  clock: Clock;
  log: Logger;
  storeCaps?: Partial<StoreCaps>;
  sessionCaps?: Partial<SessionCaps>;
}): Broker {
  const { settings, onEnvelope, clock, log } = deps;
  const { limits } = settings;
  const addressCap = Math.max(1, Math.ceil(limits.connections / ADDRESS_SHARE));
  let accounts = deps.accounts;
  let stopping = false;
  let started: Promise<void> | null = null;
  let stopped: Promise<void> | null = null;
  let fanOuts = 0;
  const listeners: OpenListener[] = [];
  const sockets = new Set<Socket>();
  const socketsByAddress = new Map<string, number>();
  const connections = new WeakMap<object, Connection>();
  const live = new Map<Connection, Client>();

  const tally = createTally();
  const refusals = createRefusalLog({ tally, clock, log });
  const login = createLogin({ accounts, clock });
  const load = createLoad({ messagesPerSecond: limits.messagesPerSecondPerClient, tally, clock });
  const clientIds = new ClientIds({ ...SESSION_CAPS, ...deps.sessionCaps }, (clientId) => {
    tally.sessionsEvicted++;
    void store.dropSession(clientId);
  });
  const admission = createAdmission({
    connectionOf: (client) => connections.get(client.conn),
    load,
    tally,
    refusals,
    onEnvelope,
    awaitsRelease: (clientId, messageId) => store.awaitsRelease(clientId, messageId),
    forgetSubscription: (client, filter) => void store.removeSubscriptions(client, [filter]),
    stopping: () => stopping,
  });
  const entry = createEntry({
    connectionOf: (client) => connections.get(client.conn),
    accounts: () => accounts,
    login,
    clientIds,
    tally,
    refusals,
    ended: admission.ended,
  });
  const store = createSessionStore({ caps: { ...STORE_CAPS, ...deps.storeCaps }, permits: admission.permits });
  const aedes = new Aedes({
    persistence: store,
    // No cap on deliveries under way: with one, a single frozen subscriber holds up everybody's.
    concurrency: 0,
    connectTimeout: HANDSHAKE_MS,
    drainTimeout: DRAIN_MS,
    maxInflightInbound: STORE_CAPS.incoming,
    preConnect: entry.preConnect,
    authenticate: entry.authenticate,
    authorizePublish: admission.authorizePublish,
    authorizeSubscribe: admission.authorizeSubscribe,
    authorizeForward: admission.authorizeForward,
  });
  aedes.on('clientReady', (client) => connections.get(client.conn)?.release(HOLD.login));
  aedes.on('unsubscribe', (filters, client) => admission.unsubscribed(client, filters));
  aedes.on('clientError', countError);
  aedes.on('connectionError', countError);
  const events: NodeJS.EventEmitter = aedes;
  events.on('error', (error: Error) => log.error({ err: error }, 'mqtt broker error'));
  fanOutBesideTheAcknowledgement();

  function countError(_client: Client, error: Error): void {
    tally.connectionErrors++;
    log.debug({ err: error }, 'mqtt connection ended in an error');
  }

  /**
   * Telemetry reaches its subscribers, if there are any, without its publisher waiting for them: a frozen one would hold
   * up every publisher until `drainTimeout`. By then the message is durable, so whoever needs all of it has it there.
   */
  function fanOutBesideTheAcknowledgement(): void {
    const broker: { publish(packet: object, client: unknown, done?: () => void): void } = aedes;
    const publish = broker.publish.bind(aedes);
    broker.publish = (packet, client, done) => {
      const { topic, payload, qos } = packet as { topic: string; payload: unknown; qos: number };
      if (!isClient(client) || !admission.ingests(client, topic)) {
        publish(packet, client, done);
        return;
      }
      const followed = admission.followsTelemetry() || store.followsTelemetry();
      // Only the engine says alarms: who publishes as if it did ends in the journal, as a dead letter.
      if (followed && payload !== NOT_FORWARDED && !isAlarmTopic(topic)) {
        if (fanOuts < MOST_FAN_OUTS) {
          fanOuts++;
          publish(packet, client, () => {
            fanOuts--;
          });
        } else {
          tally.forwardsDropped++;
        }
      }
      // QoS 0 is still within the parser's call stack here.
      if (qos === 0 && done) setImmediate(done);
      else done?.();
    };
  }

  function accept(socket: Socket): boolean {
    const address = socket.remoteAddress ?? 'unknown';
    const fromAddress = socketsByAddress.get(address) ?? 0;
    if (stopping) return false;
    if (limits.connections > 0) {
      const full = sockets.size >= limits.connections;
      if (full || (fromAddress >= addressCap && !isLoopback(address))) {
        refusals.refused(full ? 'tooManyConnections' : 'tooManyFromAddress', address, {});
        return false;
      }
    }
    sockets.add(socket);
    socketsByAddress.set(address, fromAddress + 1);
    tally.connectionsTotal++;
    socket.once('close', () => {
      sockets.delete(socket);
      const left = (socketsByAddress.get(address) ?? 1) - 1;
      if (left > 0) socketsByAddress.set(address, left);
      else socketsByAddress.delete(address);
    });
    return true;
  }

  function connected(socket: Socket, listener: MqttListener): void {
    const connection = new Connection({
      socket,
      listener,
      packetBytes: limits.packetBytes,
      tokens: limits.messagesPerSecondPerClient,
      onViolation: (at, violation) => {
        refusals.refused(violation, at.session?.label ?? at.address, { address: at.address });
      },
    });
    connections.set(socket, connection);
    live.set(connection, aedes.handle(socket));
    socket.once('close', () => live.delete(connection));
  }

  async function open(): Promise<void> {
    await aedes.listen();
    try {
      for (const listener of settings.listeners) {
        const opened = await openListener(listener, {
          accept,
          connected: (socket) => connected(socket, listener),
          tlsFailed(error) {
            tally.tlsErrors++;
            log.debug({ err: error }, 'mqtt listener error');
          },
        });
        listeners.push(opened);
        log.info(opened.address, 'mqtt listening');
      }
    } catch (error) {
      await close();
      throw error;
    }
  }

  async function close(): Promise<void> {
    stopping = true;
    const closed = listeners.map((listener) => listener.close());
    for (const connection of live.keys()) connection.hold(HOLD.stopping);
    const patience = new AbortController();
    await Promise.race([load.drained(), clock.sleep(STOP_MS, patience.signal)]);
    patience.abort();
    // Acknowledgements are corked until the next tick.
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise<void>((resolve) => aedes.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await Promise.all(closed);
  }

  return {
    start: () => {
      started ??= open();
      return started;
    },
    stop: async () => {
      if (started === null) return;
      await started.catch(() => {});
      stopped ??= close();
      await stopped;
    },
    addresses: () => listeners.map((listener) => listener.address),
    counters: () => ({
      ...tally,
      ...store.counters,
      refusals: { ...tally.refusals },
      connections: sockets.size,
      offlineMessages: store.queued(),
    }),
    publish(topic, payload) {
      if (listeners.length === 0 || stopping) {
        return Promise.reject(new AppError('MQTT_NOT_LISTENING', 'the broker does not listen'));
      }
      return new Promise((resolve, reject) => {
        const packet = { cmd: 'publish', topic, payload, qos: 1, dup: false, retain: false } as const;
        aedes.publish(packet, (error) => (error ? reject(error) : resolve()));
      });
    },
    setAccounts(next) {
      accounts = next;
      login.setAccounts(next);
      for (const [connection, client] of live) {
        const before = connection.session?.account;
        if (before && JSON.stringify(next.get(before.username)) !== JSON.stringify(before)) client.close();
      }
    },
    renewCertificates() {
      for (const listener of listeners) listener.renewCertificate();
    },
  };
}

function isClient(value: unknown): value is Client {
  return typeof value === 'object' && value !== null && 'conn' in value;
}
