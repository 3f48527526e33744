import { connect, type IClientOptions, type MqttClient } from 'mqtt';

/** One MQTT message on its way. */
export interface Outgoing {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  /** Told once: true after PUBACK, false when the connection went before it. */
  settle(acked: boolean): void;
}

export interface LinkSettings {
  readonly url: string;
  readonly clientId: string;
  readonly username: string | null;
  readonly password: string | null;
  /** PEM text of the authority that signed the broker's certificate. */
  readonly ca: string | null;
  readonly will: { readonly topic: string; readonly payload: string } | null;
  /** Messages without PUBACK at a time. */
  readonly window: number;
}

/** Where a link gets its messages and whom it tells. */
export interface LinkParty {
  /** The next message to send, or null. Pulled, never pushed: a stalled broker fills no queue of ours. */
  next(): Outgoing | null;
  up(): void;
  /** Called once a failure: a lost connection or an attempt that did not succeed. */
  down(reason: string): void;
  /** Uniform in [0, 1), to spread reconnections. */
  uniform(): number;
}

/** A connection to the broker that comes back by itself. */
export interface Link {
  readonly up: boolean;
  /** Neither up nor waiting: an attempt is under way. */
  readonly connecting: boolean;
  readonly inFlight: number;
  open(): void;
  /** Pulls the plug: no DISCONNECT, the broker sends the will; stays down until {@link Link.open}. */
  cut(reason: string): void;
  /** Tries to send what there is. */
  wake(): void;
  /** Ends with DISCONNECT, or by force after `patienceMs`. */
  close(patienceMs: number): Promise<void>;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 10_000;

/**
 * A link that owns its redelivery: MQTT.js is never asked to reconnect or to
 * keep unacknowledged messages, since its store would resend them behind the
 * back of the ledger and grow without bound.
 */
export function createLink(settings: LinkSettings, party: LinkParty): Link {
  let client: MqttClient | null = null;
  let isUp = false;
  let wanted = false;
  let failures = 0;
  let retry: NodeJS.Timeout | null = null;
  const pending = new Set<Outgoing>();

  function attempt(): void {
    retry = null;
    const mine = connect(settings.url, clientOptions(settings));
    client = mine;
    mine.on('connect', () => {
      if (client !== mine) return;
      isUp = true;
      failures = 0;
      party.up();
      pull();
    });
    mine.on('error', (error) => lost(mine, reasonOf(error)));
    mine.on('close', () => lost(mine, 'the broker closed the connection'));
  }

  function lost(mine: MqttClient, reason: string): void {
    if (client !== mine) return;
    abandon();
    party.down(reason);
    if (!wanted) return;
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
    failures += 1;
    retry = setTimeout(attempt, wait * (0.5 + party.uniform()));
  }

  /** Drops the socket and gives every unacknowledged message back, oldest first. */
  function abandon(): void {
    const gone = client;
    client = null;
    isUp = false;
    // MQTT.js keeps reporting on the dead socket; nobody listens, but an `error` without a listener would throw.
    gone?.end(true);
    const lostMessages = [...pending];
    pending.clear();
    for (const message of lostMessages) message.settle(false);
  }

  function pull(): void {
    while (isUp && client && pending.size < settings.window) {
      const message = party.next();
      if (!message) return;
      send(client, message);
    }
  }

  function send(through: MqttClient, message: Outgoing): void {
    pending.add(message);
    through.publish(message.topic, message.payload, { qos: 1, retain: message.retain }, (error) => {
      // After `abandon` the message is no longer ours to settle.
      if (error || through !== client || !pending.delete(message)) return;
      message.settle(true);
      pull();
    });
  }

  function stopRetry(): void {
    if (retry) clearTimeout(retry);
    retry = null;
  }

  return {
    get up() {
      return isUp;
    },
    get connecting() {
      return client !== null && !isUp;
    },
    get inFlight() {
      return pending.size;
    },
    open() {
      if (wanted) return;
      wanted = true;
      attempt();
    },
    cut(reason) {
      wanted = false;
      stopRetry();
      if (!client) return;
      abandon();
      party.down(reason);
    },
    wake: pull,
    async close(patienceMs) {
      wanted = false;
      stopRetry();
      const last = client;
      if (last && isUp && pending.size === 0) {
        client = null;
        isUp = false;
        await disconnect(last, patienceMs);
      } else {
        abandon();
      }
    },
  };
}

function disconnect(client: MqttClient, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      client.stream.destroy();
      resolve();
    }, patienceMs);
    client.end(false, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function clientOptions(settings: LinkSettings): IClientOptions {
  return {
    clientId: settings.clientId,
    clean: true,
    reconnectPeriod: 0,
    connectTimeout: 10_000,
    keepalive: 30,
    ...(settings.username === null ? {} : { username: settings.username }),
    ...(settings.password === null ? {} : { password: settings.password }),
    ...(settings.ca === null ? {} : { ca: settings.ca }),
    ...(settings.will === null
      ? {}
      : { will: { topic: settings.will.topic, payload: Buffer.from(settings.will.payload), qos: 1, retain: true } }),
  };
}

/** Node reports a refused connection to a name with two addresses as an error without a message. */
function reasonOf(error: Error & { code?: unknown }): string {
  return error.message || String(error.code ?? error.name);
}
