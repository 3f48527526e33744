import type { Clock } from '../runtime/clock.ts';
import { type Connection, HOLD } from './connection.ts';
import type { Tally } from './counters.ts';

/** Most that one connection, and all together, may have handed over and not yet durable. */
export const LOAD_CAPS = { messages: 1000, bytes: 4 * 1024 * 1024, totalBytes: 64 * 1024 * 1024 };

/** Back-pressure: holds connections that have too much under way, or that send faster than their rate. */
export interface Load {
  /** A message goes to the journal. */
  begin(connection: Connection, bytes: number): void;
  /** It is durable, or refused. */
  end(connection: Connection, bytes: number): void;
  /** Counts one message against the rate of the connection. */
  spend(connection: Connection): void;
  /** Resolves when nothing is under way. */
  drained(): Promise<void>;
}

/** Makes the back-pressure of a broker; `messagesPerSecond` 0 = no limit. */
export function createLoad(deps: { messagesPerSecond: number; tally: Tally; clock: Clock }): Load {
  const { messagesPerSecond, tally, clock } = deps;
  const heldForAll = new Set<Connection>();
  const waiting: (() => void)[] = [];

  function hasRoom(connection: Connection): boolean {
    return connection.inFlight < LOAD_CAPS.messages && connection.inFlightBytes < LOAD_CAPS.bytes;
  }

  async function refill(connection: Connection): Promise<void> {
    tally.rateHolds++;
    while (connection.tokens < 0 && !connection.socket.destroyed) {
      await clock.sleep(Math.ceil((-connection.tokens / messagesPerSecond) * 1000));
      earn(connection);
    }
    connection.release(HOLD.rate);
  }

  function earn(connection: Connection): void {
    const now = clock.now();
    const earned = (Math.max(0, now - connection.tokensAt) * messagesPerSecond) / 1000;
    connection.tokens = Math.min(messagesPerSecond, connection.tokens + earned);
    connection.tokensAt = now;
  }

  return {
    begin(connection, bytes) {
      connection.inFlight++;
      connection.inFlightBytes += bytes;
      tally.inFlight++;
      tally.inFlightBytes += bytes;
      if (tally.inFlightBytes >= LOAD_CAPS.totalBytes) heldForAll.add(connection);
      else if (hasRoom(connection)) return;
      connection.hold(HOLD.load);
    },

    end(connection, bytes) {
      connection.inFlight--;
      connection.inFlightBytes -= bytes;
      tally.inFlight--;
      tally.inFlightBytes -= bytes;
      if (!heldForAll.has(connection) && hasRoom(connection)) connection.release(HOLD.load);
      if (heldForAll.size > 0 && tally.inFlightBytes < LOAD_CAPS.totalBytes) {
        const held = [...heldForAll].filter(hasRoom);
        for (const other of held) {
          heldForAll.delete(other);
          other.release(HOLD.load);
        }
      }
      if (tally.inFlight === 0) for (const resolve of waiting.splice(0)) resolve();
    },

    spend(connection) {
      if (messagesPerSecond === 0) return;
      const waits = connection.tokens < 0;
      earn(connection);
      connection.tokens--;
      if (waits || connection.tokens >= 0) return;
      connection.hold(HOLD.rate);
      void refill(connection);
    },

    drained: () => (tally.inFlight === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
