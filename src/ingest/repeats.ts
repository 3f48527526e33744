import type { Device } from '../model/device.ts';
import type { Reading, Value } from '../model/reading.ts';

/** Readings of one device that are remembered; the oldest is forgotten when there are more. */
const REMEMBERED = 64;

/**
 * Recognises repeats of readings whose source clock was ahead. Their `ts` is when they came, so each repeat would have
 * another one and count as new: an old value would become the newest. A repeat becomes the first reading once more, which
 * the stores and the rules know by its `ts`.
 *
 * A repeat says all that the first said, in time, `seq` and values. Where the device has meanwhile said something else of
 * one of the points, with the same time and `seq`, these tell nothing (its clock stands still) and the reading is new.
 */
export class Repeats {
  /** Oldest first, of the devices whose clock was ahead. No two that a device said at once name the same point. */
  private readonly remembered = new WeakMap<Device, Reading[]>();

  /** The reading to be judged and stored for `reading`; to be called in the order of arrival. */
  settle(reading: Reading): Reading {
    let known = this.remembered.get(reading.device);
    const ahead = typeof reading.sourceTs === 'number';
    if (!known && !ahead) return reading;
    for (let i = (known?.length ?? 0) - 1; known && i >= 0; i--) {
      const one = known[i];
      if (!one || !saidAtOnce(one, reading)) continue;
      if (saysTheSame(one, reading)) return { ...one, receivedAt: reading.receivedAt };
      if (nameOnePoint(one.values, reading.values)) known.splice(i, 1);
    }
    // A message may come again when its time is no longer too far ahead, but not one that never was.
    if (!ahead) return reading;
    if (!known) {
      known = [];
      this.remembered.set(reading.device, known);
    }
    known.push(reading);
    if (known.length > REMEMBERED) known.shift();
    return reading;
  }
}

/** What the source gave as its time; the receive time where it gave none. */
export function saidTs({ sourceTs, ts }: Reading): number {
  return sourceTs ?? ts;
}

function saidAtOnce(one: Reading, other: Reading): boolean {
  return saidTs(one) === saidTs(other) && one.seq === other.seq && one.status === other.status;
}

function saysTheSame(one: Reading, other: Reading): boolean {
  if (one.historical !== other.historical) return false;
  for (let i = 0; i < one.values.length; i++) {
    if (one.values[i] !== other.values[i]) return false;
    if ((one.qualities?.[i] ?? 'good') !== (other.qualities?.[i] ?? 'good')) return false;
  }
  return true;
}

function nameOnePoint(some: readonly (Value | undefined)[], others: readonly (Value | undefined)[]): boolean {
  return some.some((value, i) => value !== undefined && others[i] !== undefined);
}
