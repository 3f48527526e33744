import type { RejectionReason } from '../model/reading.ts';
import { MAX_TS, MIN_TS } from './wire.ts';

const ISO_8601 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:[.,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/;

export type SourceTime = { readonly ts: number } | { readonly reason: RejectionReason; readonly message: string };

/** Epoch milliseconds of a `ts` of the wire contract, or why it is none. Units are recognised, never guessed. */
export function sourceTime(value: unknown): SourceTime {
  if (typeof value === 'number') return fromNumber(value);
  if (typeof value === 'string') return fromText(value);
  return { reason: 'badTimestamp', message: 'ts must be epoch milliseconds or ISO 8601 with zone' };
}

function fromNumber(value: number): SourceTime {
  if (value >= MIN_TS && value <= MAX_TS && Number.isInteger(value)) return { ts: value };
  if (!Number.isFinite(value)) return { reason: 'notFinite', message: 'ts is not a finite number' };
  if (value >= 1e17) return { reason: 'timestampInNanoseconds', message: 'ts is in nanoseconds; send milliseconds' };
  if (value >= 1e14) return { reason: 'timestampInMicroseconds', message: 'ts is in microseconds; send milliseconds' };
  if (value >= MIN_TS / 1000 && value < MIN_TS / 10) {
    return { reason: 'timestampInSeconds', message: 'ts is in seconds; send milliseconds' };
  }
  if (!Number.isInteger(value)) return { reason: 'badTimestamp', message: 'ts must be whole milliseconds' };
  return { reason: 'timestampOutOfRange', message: 'ts is before 2000 or after 2262: set the clock of the device' };
}

function fromText(value: string): SourceTime {
  const match = value.length <= 40 ? ISO_8601.exec(value) : null;
  if (!match) {
    return { reason: 'badTimestamp', message: 'ts must be ISO 8601 with zone, as 2026-11-21T14:03:11.204Z' };
  }
  const [, year, month, day] = match;
  const ts = Date.parse(value.replace(',', '.'));
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (!Number.isFinite(ts) || Number(day) > lastDay) {
    return { reason: 'badTimestamp', message: 'ts names a day or time that does not exist' };
  }
  return fromNumber(ts);
}
