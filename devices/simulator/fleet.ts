import { setTimeout as delay } from 'node:timers/promises';
import { statusTopic, telemetryTopic } from '../../src/ingest/wire.ts';
import { createFeed, type Feed, type TelemetryMessage } from './feed.ts';
import type { Sample } from './instrument.ts';
import type { Ledger } from './ledger.ts';
import { createLink, type Link, type LinkSettings, type Outgoing } from './link.ts';
import { createRandom } from './random.ts';
import type { CastMember } from './story.ts';

/** How the devices reach the broker. */
export interface FleetOptions {
  /** `mqtt://host:port` or `mqtts://host:port`. */
  readonly broker: string;
  /** `{site}` and `{device}` stand for the device's own; null connects without. */
  readonly username: string | null;
  readonly password: string | null;
  /** PEM text. */
  readonly ca: string | null;
  /** Gateway connections shared by all devices; null = one connection a device. */
  readonly connections: number | null;
  /** Messages without PUBACK a connection. */
  readonly window: number;
  /** Readings a device keeps while it cannot send. */
  readonly backlog: number;
  readonly seed: number;
}

/** A device as the broker knows it. */
export interface Station {
  readonly key: string;
  readonly feed: Feed;
  readonly line: Line;
  /** Where the story has the device's link. */
  link: Sample['link'];
}

/** A connection with what waits for it. */
interface Line {
  readonly link: Link;
  readonly stations: Station[];
  readonly statuses: Outgoing[];
  /** Stations with something to send, served in turn. */
  readonly ready: Set<Station>;
  /** Devices do not exist for the broker before their first connection. */
  everUp: boolean;
}

/** Readings, except where a name says otherwise. */
export interface Traffic {
  readonly connections: number;
  readonly connected: number;
  /** Connections that never came up: what their devices had to say was not sent. */
  readonly refused: number;
  readonly sent: number;
  readonly acked: number;
  readonly inFlight: number;
  /** Kept in the devices, not sent yet. */
  readonly waiting: number;
  /** Lost to a full backlog. */
  readonly dropped: number;
  /** Not acknowledged when the run ended. */
  readonly failed: number;
  readonly messagesAcked: number;
  readonly messagesRepeated: number;
  /** Connections lost, or not made. */
  readonly connectionFailures: number;
}

export interface FleetEvents {
  /** The first connection is up. */
  connected(): void;
  /** A connection could not be made or was lost; the same reason is told once until a connection comes up. */
  trouble(reason: string): void;
}

/** The network side of a run: connections, statuses, store-and-forward, counting. */
export interface Fleet {
  /** Adds a device; all are added before {@link Fleet.connect}. */
  join(member: CastMember): Station;
  connect(signal: AbortSignal): Promise<void>;
  /** Takes over a device's sample: moves its link, keeps or sends the reading. `at` is epoch milliseconds. */
  report(station: Station, sample: Sample, at: number): void;
  traffic(): Traffic;
  /** Gives what is in flight two seconds, says `offline`, disconnects. */
  leave(): Promise<void>;
}

const CONNECTING_AT_ONCE = 50;
const GRACE_MS = 2000;
const GOODBYE_MS = 500;
const CUT = 'cut by the story';

/** A fleet without devices yet; nothing connects before `connect`. */
export function createFleet(options: FleetOptions, ledger: Ledger, events: FleetEvents): Fleet {
  const random = createRandom(`${options.seed}/reconnect`);
  const lines: Line[] = [];
  const tally = { sent: 0, acked: 0, inFlight: 0, dropped: 0, failed: 0, messages: 0, repeated: 0, failures: 0 };
  let joined = 0;
  let anyUp = false;
  let lastTrouble = '';

  function lineFor(member: CastMember): Line {
    const shared = options.connections === null ? undefined : lines[joined % options.connections];
    if (shared) return shared;
    const line = createLine(linkSettings(options, member, lines.length + 1));
    lines.push(line);
    return line;
  }

  function createLine(settings: LinkSettings): Line {
    const link = createLink(settings, {
      next: () => nextStatus(line) ?? nextReading(line),
      up: () => cameUp(line),
      down: wentDown,
      uniform: () => random.uniform(),
    });
    const line: Line = { link, stations: [], statuses: [], ready: new Set(), everUp: false };
    return line;
  }

  function cameUp(line: Line): void {
    line.everUp = true;
    lastTrouble = '';
    line.statuses.length = 0;
    for (const station of line.stations) {
      announce(station, isCut(station) ? 'offline' : 'online');
      if (!station.feed.empty) line.ready.add(station);
    }
    if (!anyUp) events.connected();
    anyUp = true;
  }

  function wentDown(reason: string): void {
    if (reason === CUT) return;
    tally.failures += 1;
    if (reason === lastTrouble) return;
    lastTrouble = reason;
    events.trouble(reason);
  }

  function announce(station: Station, status: 'online' | 'offline'): void {
    // A status that got lost is said again after the next connection.
    station.line.statuses.push({ topic: statusTopic(station.key), payload: status, retain: true, settle() {} });
  }

  function nextReading(line: Line): Outgoing | null {
    for (const station of line.ready) {
      line.ready.delete(station);
      const taken = isCut(station) ? null : station.feed.take();
      if (!taken) continue;
      // To the end of the set: the stations of a line take turns.
      if (!station.feed.empty) line.ready.add(station);
      return outgoing(station, taken.message, taken.repeat);
    }
    return null;
  }

  function outgoing(station: Station, message: TelemetryMessage, repeat: boolean): Outgoing {
    const count = message.readings.length;
    tally.inFlight += count;
    if (repeat) {
      tally.repeated += 1;
    } else {
      tally.sent += count;
      ledger.sent(station.key, message.readings);
    }
    return {
      topic: telemetryTopic(station.key),
      payload: message.payload,
      retain: false,
      settle(acked) {
        tally.inFlight -= count;
        if (!acked) {
          station.feed.giveBack(message);
          return;
        }
        tally.acked += count;
        tally.messages += 1;
        ledger.acked(station.key, message.readings);
      },
    };
  }

  function moveLink(station: Station, to: Sample['link']): void {
    const before = isCut(station);
    station.link = to;
    const after = isCut(station);
    if (before === after) return;
    const { line } = station;
    if (options.connections !== null) {
      // The story cuts the field link behind the gateway, whose own connection stays.
      announce(station, after ? 'offline' : 'online');
      if (!after && !station.feed.empty) line.ready.add(station);
      line.link.wake();
    } else if (after) {
      line.link.cut(CUT);
    } else {
      line.link.open();
    }
  }

  function waiting(of: (station: Station) => boolean): number {
    let sum = 0;
    for (const line of lines) for (const station of line.stations) if (of(station)) sum += station.feed.waiting;
    return sum;
  }

  function isBusy({ link, ready, statuses }: Line): boolean {
    return link.up && (link.inFlight > 0 || ready.size > 0 || statuses.length > 0);
  }

  return {
    join(member) {
      const line = lineFor(member);
      const key = `${member.site}/${member.id}`;
      const station: Station = { key, feed: createFeed(options.backlog), line, link: 'up' };
      line.stations.push(station);
      joined += 1;
      return station;
    },
    async connect(signal) {
      for (const [i, line] of lines.entries()) {
        // A storm of logins would make the broker, or our own timeouts, drop the later ones.
        if (i % CONNECTING_AT_ONCE === 0) {
          while (!signal.aborted && lines.some((other) => other.link.connecting)) await delay(5);
        }
        if (signal.aborted) return;
        if (options.connections !== null || !line.stations.some(isCut)) line.link.open();
      }
    },
    report(station, sample, at) {
      if (sample.link !== station.link) moveLink(station, sample.link);
      const { line } = station;
      if (sample.link === 'silence' || sample.link === 'offline' || !line.everUp) return;
      const { values, quality } = sample;
      const historical = sample.link === 'outage' || !line.link.up;
      tally.dropped += station.feed.add({ ts: Math.floor(at), values, quality, historical });
      line.ready.add(station);
      line.link.wake();
    },
    traffic: () => ({
      connections: lines.length,
      connected: lines.filter((line) => line.link.up).length,
      refused: lines.filter((line) => !line.everUp).length,
      sent: tally.sent,
      acked: tally.acked,
      inFlight: tally.inFlight,
      waiting: waiting(() => true),
      dropped: tally.dropped,
      failed: tally.failed,
      messagesAcked: tally.messages,
      messagesRepeated: tally.repeated,
      connectionFailures: tally.failures,
    }),
    async leave() {
      await until(() => !lines.some(isBusy), GRACE_MS);
      for (const line of lines) {
        for (const station of line.stations) announce(station, 'offline');
        line.link.wake();
      }
      await until(() => !lines.some(isBusy), GOODBYE_MS);
      // What the story itself keeps behind a cut link is no failure.
      tally.failed = tally.inFlight + waiting((station) => !isCut(station));
      await Promise.all(lines.map((line) => line.link.close(GOODBYE_MS)));
    },
  };
}

function linkSettings(options: FleetOptions, member: CastMember, number: number): LinkSettings {
  const { site, id } = member;
  const gateway = options.connections !== null;
  return {
    url: options.broker,
    clientId: gateway ? `davylamp-simulator-${process.pid}-${number}` : `${site}/${id}`,
    username: options.username?.replaceAll('{site}', site).replaceAll('{device}', id) ?? null,
    password: options.password,
    ca: options.ca,
    // A will speaks for one device; a gateway carries many and reports them itself.
    will: gateway ? null : { topic: statusTopic(`${site}/${id}`), payload: 'offline' },
    window: options.window,
  };
}

function nextStatus(line: Line): Outgoing | null {
  return line.statuses.shift() ?? null;
}

function isCut(station: Station): boolean {
  return station.link === 'offline' || station.link === 'outage';
}

async function until(done: () => boolean, patienceMs: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!done() && Date.now() < deadline) await delay(5);
}
