import type { Quality } from '../../src/model/quality.ts';
import type { Values } from './plant.ts';

/** A reading that waits in the device. */
export interface WaitingReading {
  readonly ts: number;
  readonly values: Values;
  readonly quality: Readonly<Record<string, Quality>> | null;
  /** Taken while the link was down: it goes out as backfill. */
  readonly historical: boolean;
}

/** A reading that has left, or is leaving, with its number. */
export interface NumberedReading extends WaitingReading {
  readonly seq: number;
}

/** One MQTT message: a single live reading, or a batch of backfill. */
export interface TelemetryMessage {
  readonly payload: string;
  readonly readings: readonly NumberedReading[];
}

/** Backfill readings a message; eight points each make about 25 KB. */
const BATCH = 100;

/**
 * The store-and-forward memory of one device: first in, first out, bounded.
 *
 * A reading gets its number when it is first sent, so the numbers a broker sees
 * have no gap even when the memory overflowed: what was dropped was never sent.
 */
export interface Feed {
  /** Returns how many old readings had to be dropped to make room (0 or 1). */
  add(reading: WaitingReading): number;
  /** The next message to send, or null; what came back by {@link Feed.giveBack} goes first, unchanged. */
  take(): { readonly message: TelemetryMessage; readonly repeat: boolean } | null;
  /** Returns messages whose acknowledgement never came. Call it in the order they were sent. */
  giveBack(message: TelemetryMessage): void;
  /** Readings not yet on their way. */
  readonly waiting: number;
  readonly empty: boolean;
}

/** @param capacity readings kept while they cannot be sent */
export function createFeed(capacity: number): Feed {
  let backlog: WaitingReading[] = [];
  let head = 0;
  let seq = 0;
  const returned: TelemetryMessage[] = [];

  const numbered = (reading: WaitingReading): NumberedReading => {
    seq += 1;
    return { ...reading, seq };
  };
  function shift(): WaitingReading | undefined {
    const reading = backlog[head];
    if (reading === undefined) return undefined;
    head += 1;
    // Cutting the front off now and then keeps both this and the array short.
    if (head === backlog.length || head > 1024) {
      backlog = backlog.slice(head);
      head = 0;
    }
    return reading;
  }

  return {
    add(reading) {
      const full = backlog.length - head >= capacity;
      if (full) shift();
      backlog.push(reading);
      return full ? 1 : 0;
    },
    take() {
      const again = returned.shift();
      if (again) return { message: again, repeat: true };
      const first = shift();
      if (!first) return null;
      const readings = [numbered(first)];
      while (first.historical && readings.length < BATCH && backlog[head]?.historical) {
        const next = shift();
        if (next) readings.push(numbered(next));
      }
      const objects = readings.map(payloadObject);
      return {
        message: { payload: JSON.stringify(first.historical ? objects : objects[0]), readings },
        repeat: false,
      };
    },
    giveBack(message) {
      returned.push(message);
    },
    get waiting() {
      return backlog.length - head + returned.reduce((sum, message) => sum + message.readings.length, 0);
    },
    get empty() {
      return backlog.length === head && returned.length === 0;
    },
  };
}

function payloadObject({ ts, seq, values, quality, historical }: NumberedReading): object {
  return { ts, seq, values, ...(quality ? { quality } : {}), ...(historical ? { historical: true } : {}) };
}
