/** Why something was refused; each is a counter, and a log line at most once a minute for each client. */
export const REFUSALS = [
  // connections
  'tooManyConnections',
  'tooManyFromAddress',
  'firstPacketNotConnect',
  'connectOversized',
  'lengthMalformed',
  'packetOversized',
  'publishMalformed',
  // logins
  'clientIdMalformed',
  'clientIdTaken',
  'tooManySessions',
  'anonymous',
  'wrongPassword',
  'backOff',
  'busy',
  'willOversized',
  'willNotAllowed',
  // publishes and subscriptions
  'topicMalformed',
  'topicReserved',
  'topicNotAllowed',
  'oversizedNotIngested',
  'filterMalformed',
  'filterReserved',
  'filterNotAllowed',
  'tooManyFilters',
  'notDurable',
] as const;

export type Refusal = (typeof REFUSALS)[number];

/** What the broker has counted since it was created. */
export interface BrokerCounters {
  /** Open now. */
  readonly connections: number;
  readonly connectionsTotal: number;
  readonly logins: number;
  /** Messages handed to `onEnvelope`, and their payload bytes. */
  readonly messages: number;
  readonly messageBytes: number;
  /** Of those, longer than `packetBytes`. */
  readonly oversized: number;
  /** Handed over and not durable yet. */
  readonly inFlight: number;
  readonly inFlightBytes: number;
  /** Times a client was slowed down to its message rate. */
  readonly rateHolds: number;
  /** Telemetry not forwarded, as its subscriber reads too slowly. */
  readonly forwardsDropped: number;
  readonly retainedRefused: number;
  readonly offlineDropped: number;
  /** Waiting now for subscribers that are away, or have not acknowledged yet. */
  readonly offlineMessages: number;
  readonly sessionsEvicted: number;
  /** Connections that ended in a protocol or network error. */
  readonly connectionErrors: number;
  readonly tlsErrors: number;
  readonly refusals: Readonly<Record<Refusal, number>>;
}

/** The counters while they count. */
export type Tally = { -readonly [Name in keyof BrokerCounters]: BrokerCounters[Name] } & {
  refusals: Record<Refusal, number>;
};

export function createTally(): Tally {
  return {
    connections: 0,
    connectionsTotal: 0,
    logins: 0,
    messages: 0,
    messageBytes: 0,
    oversized: 0,
    inFlight: 0,
    inFlightBytes: 0,
    rateHolds: 0,
    forwardsDropped: 0,
    retainedRefused: 0,
    offlineDropped: 0,
    offlineMessages: 0,
    sessionsEvicted: 0,
    connectionErrors: 0,
    tlsErrors: 0,
    refusals: Object.fromEntries(REFUSALS.map((refusal) => [refusal, 0])) as Record<Refusal, number>,
  };
}
