import type { Device } from './device.ts';
import type { Quality } from './quality.ts';

/** CAP 1.2 / GB/T 35965.1 status: an exercise or a test must never look like the real thing. */
export type Status = 'actual' | 'exercise' | 'test';

/** A value of a point; null is "no value" (bad quality), never 0. */
export type Value = number | boolean | string | null;

/** One validated set of values of one device at one time. Already true: nothing downstream checks it again. */
export interface Reading {
  readonly device: Device;
  /** Source time, epoch milliseconds (receive time where the source gave none or a future one). */
  readonly ts: number;
  /** What the source gave as its time, where that is not believed: its clock was ahead. Null or absent = `ts` is. */
  readonly sourceTs?: number | null;
  readonly receivedAt: number;
  readonly seq: number | null;
  /**
   * 0 to 999,999 nanoseconds below `ts`. With the device it is the identity of
   * the reading in every store: a repeat has the same one, another reading of
   * the same millisecond another one.
   */
  readonly subMs: number;
  /** By point index; undefined = the message did not name the point. */
  readonly values: readonly (Value | undefined)[];
  /** By point index; null = every value present is good. */
  readonly qualities: readonly Quality[] | null;
  /** The source said that it is backfill: never judged. */
  readonly historical: boolean;
  /** It came later than the live window: recorded as historical, never judged but by the check of the clock. */
  readonly late?: boolean;
  /** The source's clock was ahead by more than the tolerance: `ts` is the receive time. */
  readonly clockAhead: boolean;
  readonly status: Status;
}

/** Why something that arrived was not taken; each one is a counter and a dead letter. */
export const REJECTION_REASONS = [
  'notJson',
  'notUtf8',
  'oversized',
  'tooDeep',
  'tooMany',
  'wrongShape',
  'unknownTopic',
  'unknownDevice',
  'unknownPoint',
  'unknownKey',
  'wrongType',
  'notFinite',
  'tooLong',
  'noValues',
  'badQuality',
  'badSeq',
  'badStatus',
  'badTimestamp',
  'timestampInSeconds',
  'timestampInMicroseconds',
  'timestampInNanoseconds',
  'timestampOutOfRange',
  'refusedByStore',
  'corrupt',
  'undecodable',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** A dead letter before it is filed. */
export interface Rejection {
  readonly reason: RejectionReason;
  /** What exactly was wrong and what would be right, for a person. */
  readonly message: string;
  readonly topic: string;
  readonly client: string;
  readonly receivedAt: number;
  /** The part that was refused (the message, one object of a batch, one value), cut to 4 KiB. */
  readonly payload: string;
}
