import { Readable } from 'node:stream';
import type { AedesPublishPacket, Client, Subscription } from 'aedes';
import MemoryPersistence from 'aedes-persistence/asyncPersistence.js';
import { filtersOverlap } from './topic.ts';

/** What clients may make the broker keep in memory. */
export interface StoreCaps {
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  readonly offlineMessages: number;
  readonly offlineBytes: number;
  /** Over all sessions. */
  readonly offlineTotalBytes: number;
  /** QoS 2 publishes of one session that await their PUBREL. */
  readonly incoming: number;
}

export const STORE_CAPS: StoreCaps = {
  retainedMessages: 10_000,
  retainedBytes: 64 * 1024 * 1024,
  offlineMessages: 1000,
  offlineBytes: 4 * 1024 * 1024,
  offlineTotalBytes: 64 * 1024 * 1024,
  incoming: 1000,
};

/** Counters of what the caps refused or dropped. */
export interface StoreCounters {
  retainedRefused: number;
  offlineDropped: number;
}

type Packet = AedesPublishPacket;
type ClientRef = Pick<Client, 'id'>;

interface Queue {
  packets: Packet[];
  bytes: number;
}

const NO_PAYLOAD = Buffer.alloc(0);

/** The filter of every topic that readers may follow. */
const TELEMETRY_FILTERS = ['v1/+/+/telemetry', 'v1/+/+/status'];

/** True when a subscription to `filter` could receive telemetry. */
export function followsTelemetry(filter: string): boolean {
  return TELEMETRY_FILTERS.some((telemetry) => filtersOverlap(filter, telemetry));
}

/**
 * Aedes' in-memory persistence within {@link StoreCaps}. Beyond them a retained message is not kept and the oldest
 * message of an offline queue makes room. Payloads are copied on keeping: as they come they are views that would hold
 * on to whole socket reads.
 */
export type SessionStore = ReturnType<typeof createSessionStore>;

/** Makes the store; `permits` says whether a client may still have a subscription. */
export function createSessionStore(deps: { caps: StoreCaps; permits: (client: Client, filter: string) => boolean }) {
  const { caps, permits } = deps;
  const memory = new MemoryPersistence();
  const counters: StoreCounters = { retainedRefused: 0, offlineDropped: 0 };
  const retained = new Map<string, number>();
  let retainedBytes = 0;
  const queues = new Map<string, Queue>();
  let queuedBytes = 0;
  const incoming = new Map<string, Set<number>>();
  const telemetryFollowers = new Map<string, Set<string>>();

  function forget(clientId: string, filters: readonly string[]): void {
    const followed = telemetryFollowers.get(clientId);
    if (followed === undefined) return;
    for (const filter of filters) followed.delete(filter);
    if (followed.size === 0) telemetryFollowers.delete(clientId);
  }

  function enqueue(clientId: string, packet: Packet): void {
    const queue = queues.get(clientId) ?? { packets: [], bytes: 0 };
    queues.set(clientId, queue);
    const kept = keep(packet);
    queue.packets.push(kept);
    grow(queue, size(kept));
    while (
      queue.packets.length > caps.offlineMessages ||
      queue.bytes > caps.offlineBytes ||
      (queuedBytes > caps.offlineTotalBytes && queue.packets.length > 0)
    ) {
      const oldest = queue.packets.shift();
      if (oldest === undefined) break;
      grow(queue, -size(oldest));
      counters.offlineDropped++;
    }
  }

  function grow(queue: Queue, bytes: number): void {
    queue.bytes += bytes;
    queuedBytes += bytes;
  }

  function dropQueue(clientId: string): void {
    const queue = queues.get(clientId);
    if (queue === undefined) return;
    queuedBytes -= queue.bytes;
    queues.delete(clientId);
  }

  async function cleanSubscriptions(client: ClientRef): Promise<void> {
    dropQueue(client.id);
    telemetryFollowers.delete(client.id);
    await memory.cleanSubscriptions(client as Client);
  }

  async function cleanIncoming(client: ClientRef): Promise<void> {
    incoming.delete(client.id);
  }

  return {
    counters,

    /** Messages in all queues. */
    queued: () => [...queues.values()].reduce((sum, queue) => sum + queue.packets.length, 0),

    /** True when a stored session could receive telemetry. */
    followsTelemetry: () => telemetryFollowers.size > 0,

    /** True while the QoS 2 publish with this packet id awaits its PUBREL: a repeat of it is not new [MQTT-4.3.3-2]. */
    awaitsRelease: (clientId: string, messageId: number) => incoming.get(clientId)?.has(messageId) ?? false,

    async dropSession(clientId: string): Promise<void> {
      await cleanSubscriptions({ id: clientId });
      await cleanIncoming({ id: clientId });
    },

    async setup(broker: unknown): Promise<void> {
      await memory.setup(broker);
    },

    async storeRetained(packet: Packet): Promise<void> {
      const before = retained.get(packet.topic);
      const bytes = packet.payload.length === 0 ? 0 : size(packet);
      const count = before === undefined ? retained.size + 1 : retained.size;
      if (bytes > 0 && (count > caps.retainedMessages || retainedBytes - (before ?? 0) + bytes > caps.retainedBytes)) {
        counters.retainedRefused++;
        return;
      }
      retainedBytes += bytes - (before ?? 0);
      if (bytes === 0) retained.delete(packet.topic);
      else retained.set(packet.topic, bytes);
      await memory.storeRetained(keep(packet));
    },

    createRetainedStream: (pattern: string) => memory.createRetainedStream(pattern),
    createRetainedStreamCombi: (patterns: string[]) => memory.createRetainedStreamCombi(patterns),

    /** Aedes hands over every filter of a SUBSCRIBE, the refused ones too: only permitted ones are kept. */
    async addSubscriptions(client: Client, subscriptions: Subscription[]): Promise<void> {
      const permitted = subscriptions.filter((subscription) => permits(client, subscription.topic));
      const followed = permitted.map((subscription) => subscription.topic).filter(followsTelemetry);
      if (followed.length > 0) {
        const known = telemetryFollowers.get(client.id) ?? new Set();
        for (const filter of followed) known.add(filter);
        telemetryFollowers.set(client.id, known);
      }
      await memory.addSubscriptions(client, permitted);
    },

    async removeSubscriptions(client: Client, filters: string[]): Promise<void> {
      forget(client.id, filters);
      await memory.removeSubscriptions(client, filters);
    },

    subscriptionsByClient: (client: Client) => memory.subscriptionsByClient(client),
    subscriptionsByTopic: (topic: string) => memory.subscriptionsByTopic(topic),
    countOffline: () => memory.countOffline(),
    cleanSubscriptions,

    async outgoingEnqueue(subscription: { clientId: string }, packet: Packet): Promise<void> {
      enqueue(subscription.clientId, packet);
    },

    async outgoingEnqueueCombi(subscriptions: { clientId: string }[], packet: Packet): Promise<void> {
      for (const { clientId } of subscriptions) enqueue(clientId, packet);
    },

    /** A packet that has been dropped meanwhile is delivered all the same: no error, as that would end the connection. */
    async outgoingUpdate(client: ClientRef, packet: Packet): Promise<void> {
      const queue = queues.get(client.id);
      if (queue === undefined) return;
      for (const [index, known] of queue.packets.entries()) {
        if (known.brokerId === packet.brokerId) {
          if (known.brokerCounter !== packet.brokerCounter) continue;
          if (packet.messageId !== undefined) known.messageId = packet.messageId;
          return;
        }
        if (known.messageId !== packet.messageId) continue;
        // A PUBREL takes the place of its PUBLISH.
        grow(queue, size(packet) - size(known));
        queue.packets[index] = packet;
        return;
      }
    },

    async outgoingClearMessageId(client: ClientRef, packet: Packet): Promise<Packet | undefined> {
      const queue = queues.get(client.id);
      const index = queue?.packets.findIndex((known) => known.messageId === packet.messageId) ?? -1;
      if (queue === undefined || index === -1) return undefined;
      const [cleared] = queue.packets.splice(index, 1);
      if (cleared !== undefined) grow(queue, -size(cleared));
      if (queue.packets.length === 0) queues.delete(client.id);
      return cleared;
    },

    outgoingStream: (client: ClientRef) => Readable.from([...(queues.get(client.id)?.packets ?? [])]),

    /** Only the packet id is kept, for the repeat: the message itself is in the journal by now. */
    async incomingStorePacket(client: ClientRef, packet: Packet): Promise<void> {
      const ids = incoming.get(client.id) ?? new Set();
      if (ids.size >= caps.incoming) throw new Error('too many QoS 2 publishes await their PUBREL');
      if (packet.messageId !== undefined) ids.add(packet.messageId);
      incoming.set(client.id, ids);
    },

    async incomingGetPacket(client: ClientRef, packet: Packet): Promise<Packet> {
      if (packet.messageId === undefined || !incoming.get(client.id)?.has(packet.messageId)) {
        throw new Error('no such packet');
      }
      return packet;
    },

    async incomingDelPacket(client: ClientRef, packet: Packet): Promise<void> {
      const ids = incoming.get(client.id);
      if (packet.messageId === undefined || !ids?.delete(packet.messageId)) throw new Error('no such packet');
      if (ids.size === 0) incoming.delete(client.id);
    },

    cleanIncoming,

    // A will lives as long as its connection, in the client: one process needs no store for those of dead brokers.
    async putWill(): Promise<void> {},
    async getWill(): Promise<undefined> {},
    async delWill(): Promise<undefined> {},
    streamWill: () => Readable.from([]),

    getClientList: (topic: string) => memory.getClientList(topic),
    destroy: () => memory.destroy(),
  };
}

function keep(packet: Packet): Packet {
  const payload = packet.payload.length === 0 ? NO_PAYLOAD : Buffer.from(packet.payload);
  return { ...packet, payload };
}

/** A message of no bytes still costs an object. */
function size(packet: Packet): number {
  return (packet.payload?.length ?? 0) + (packet.topic?.length ?? 0) + 200;
}
