import type { AedesPublishPacket, Client, PublishPacket, Subscription } from 'aedes';
import { AppError } from '../model/error.ts';
import { readOversizedMarker } from './byte-limit.ts';
import type { Connection, Session } from './connection.ts';
import type { Refusal, Tally } from './counters.ts';
import type { Load } from './load.ts';
import type { RefusalLog } from './refusals.ts';
import { publishRefusal, type RightsRefusal, subscribeRefusal } from './rights.ts';
import { followsTelemetry } from './session-store.ts';
import { isTelemetryTopic, type TopicUse, topicUse } from './topic.ts';

/** A message for the journal. */
export interface Envelope {
  readonly topic: string;
  /**
   * For an oversized message its first bytes only. A view of what one read of the socket gave, up to 64 KiB: it stays
   * valid, but to keep it is to keep all of that.
   */
  readonly payload: Uint8Array;
  /** The username it was published under, or `anonymous:<clientId>`. */
  readonly client: string;
  /** Length the packet declared, when it was longer than `packetBytes`; it is to become a dead letter. */
  readonly oversized: number | null;
}

/**
 * Takes an envelope and calls back, in the order of the calls, once it is durable; with an error when it cannot be made
 * so, and then the message is not acknowledged and its connection is closed.
 */
export type OnEnvelope = (envelope: Envelope, done: (error?: Error) => void) => void;

/** Filters one session may be subscribed to. */
export const MOST_FILTERS = 256;
/** Answers kept for one client; one that uses more topics than that is asked again. */
const MOST_ANSWERS = 64;
/** A subscriber with this much unsent gets no more telemetry until it has read some. */
const UNSENT_BYTES = 1024 * 1024;
/** Stands for the payload of a message that must not be forwarded. */
export const NOT_FORWARDED = Buffer.alloc(0);

type Done = (error?: Error | null) => void;

/** Decides who may publish, subscribe and receive what. */
export type Admission = ReturnType<typeof createAdmission>;

/** Makes the hooks that Aedes asks for each message and subscription. */
export function createAdmission(deps: {
  connectionOf: (client: Client) => Connection | undefined;
  load: Load;
  tally: Tally;
  refusals: RefusalLog;
  onEnvelope: OnEnvelope;
  awaitsRelease: (clientId: string, messageId: number) => boolean;
  forgetSubscription: (client: Client, filter: string) => void;
  stopping: () => boolean;
}) {
  const { connectionOf, load, tally, refusals, onEnvelope } = deps;
  let liveFollowers = 0;

  /** Runs for each message, and for a will when its connection has ended. */
  function authorizePublish(client: Client | null, packet: PublishPacket, callback: Done): void {
    const connection = client === null ? undefined : connectionOf(client);
    const session = connection?.session;
    if (!client || !connection || !session) {
      callback(new AppError('MQTT_NOT_LOGGED_IN', 'publish without a login'));
      return;
    }
    // A closed client publishes nothing but its will: when the broker goes, its devices have not gone.
    if (client.closed && deps.stopping()) {
      callback(new AppError('MQTT_STOPPING', 'wills are not published while the broker stops'));
      return;
    }
    const answer = publishAnswer(session, packet.topic);
    if (answer !== 'ingest' && answer !== 'deliver') {
      refusePublish(answer, connection, session, packet, callback);
      return;
    }
    if (!client.closed) load.spend(connection);
    const payload = packet.payload as Buffer;
    const marker = readOversizedMarker(payload);
    if (answer === 'deliver') {
      if (marker === null) callback();
      else refusePublish('oversizedNotIngested', connection, session, packet, callback);
      return;
    }
    // Nothing is retained from telemetry: a late subscriber must not take an old value for a new one.
    packet.retain = false;
    if (packet.qos === 2 && packet.messageId !== undefined && deps.awaitsRelease(session.clientId, packet.messageId)) {
      callback();
      return;
    }
    const envelope: Envelope =
      marker === null
        ? { topic: packet.topic, payload, client: session.label, oversized: null }
        : { topic: packet.topic, payload: marker.head, client: session.label, oversized: marker.declaredBytes };
    const bytes = payload.length;
    if (marker !== null) {
      tally.oversized++;
      packet.payload = NOT_FORWARDED;
    }
    tally.messages++;
    tally.messageBytes += bytes;
    load.begin(connection, bytes);
    onEnvelope(envelope, (error) => {
      load.end(connection, bytes);
      if (error === undefined) {
        callback();
        return;
      }
      refusals.refused('notDurable', session.label, { code: (error as Partial<AppError>).code, topic: packet.topic });
      callback(error);
    });
  }

  function refusePublish(
    refusal: Refusal,
    connection: Connection,
    session: Session,
    packet: PublishPacket,
    callback: Done,
  ): void {
    const topic = packet.topic.slice(0, 256);
    refusals.refused(refusal, session.label, { topic, address: connection.address });
    // MQTT 3.1.1 has no negative acknowledgement: Aedes closes the connection [MQTT-3.3.5-2].
    callback(new AppError('MQTT_PUBLISH_REFUSED', 'publish refused', { details: { refusal } }));
  }

  function authorizeSubscribe(
    client: Client,
    subscription: Subscription,
    callback: (error: Error | null, subscription?: Subscription | null) => void,
  ): void {
    const filter = subscription.topic;
    const session = connectionOf(client)?.session;
    const refusal = session ? filterRefusal(session, filter) : 'filterNotAllowed';
    if (!session || refusal !== null) {
      refusals.refused(refusal ?? 'filterNotAllowed', session?.label ?? client.id, { filter: filter.slice(0, 256) });
      // Granted once and withdrawn since: what is stored must not go on filling its queue.
      deps.forgetSubscription(client, filter);
      callback(null, null);
      return;
    }
    if (!session.filters.has(filter)) {
      session.filters.add(filter);
      if (followsTelemetry(filter)) liveFollowers++;
    }
    callback(null, subscription);
  }

  /** Asked for each message and subscriber: rights may have been withdrawn since a message was stored for a client. */
  function authorizeForward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    const connection = connectionOf(client);
    const session = connection?.session;
    if (!connection || !session) return null;
    const { topic } = packet;
    let allowed = session.receiveAnswers.get(topic);
    if (allowed === undefined) {
      allowed = subscribeRefusal(session.rights, topic) === null;
      remember(session.receiveAnswers, topic, allowed);
    }
    if (!allowed) return null;
    if (connection.socket.writableLength > UNSENT_BYTES && isTelemetryTopic(topic)) {
      tally.forwardsDropped++;
      return null;
    }
    return packet;
  }

  function unfollow(session: Session, filter: string): void {
    if (session.filters.delete(filter) && followsTelemetry(filter)) liveFollowers--;
  }

  return {
    authorizePublish,
    authorizeSubscribe,
    authorizeForward,
    /** Its connection is closed. */
    ended(session: Session): void {
      for (const filter of session.filters) unfollow(session, filter);
    },
    unsubscribed(client: Client, filters: readonly string[]): void {
      const session = connectionOf(client)?.session;
      if (session) for (const filter of filters) unfollow(session, filter);
    },
    /** True when the topic goes to the journal, for a client that has just published to it. */
    ingests: (client: Client, topic: string) => connectionOf(client)?.session?.publishAnswers.get(topic) === 'ingest',
    /** True when a connected subscriber could receive telemetry. */
    followsTelemetry: () => liveFollowers > 0,
    /** True when the client may have this subscription. */
    permits(client: Client, filter: string): boolean {
      const session = connectionOf(client)?.session;
      return session?.filters.has(filter) ?? false;
    },
  };
}

function publishAnswer(session: Session, topic: string): TopicUse | RightsRefusal {
  const known = session.publishAnswers.get(topic);
  if (known !== undefined) return known;
  const answer = publishRefusal(session.rights, topic) ?? topicUse(topic);
  remember(session.publishAnswers, topic, answer);
  return answer;
}

function remember<V>(answers: Map<string, V>, topic: string, answer: V): void {
  if (answers.size >= MOST_ANSWERS) answers.clear();
  answers.set(topic, answer);
}

function filterRefusal(session: Session, filter: string): Refusal | null {
  const refusal = subscribeRefusal(session.rights, filter);
  if (refusal !== null) return refusal;
  return session.filters.size >= MOST_FILTERS && !session.filters.has(filter) ? 'tooManyFilters' : null;
}
