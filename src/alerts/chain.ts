import { createHash } from 'node:crypto';

/** A place in the event log, and the hash that ties it to everything before it. */
export interface ChainLink {
  readonly sequence: number;
  /** SHA-256 as 64 hexadecimal digits. */
  readonly hash: string;
}

/** A row of the event log as it lies on disk, whoever wrote it. */
export interface LogRow {
  readonly key: unknown;
  readonly value: unknown;
}

/** What the first event of all follows. */
export const GENESIS_HASH = '0'.repeat(64);

/**
 * - `changed`: what the event says is not what was chained;
 * - `unhashed`: it has no hash, and was written by something that does not chain;
 * - `moved`: it stands where another event stood;
 * - `removed`: it is missing;
 * - `inserted`: it was never chained here;
 * - `headMissing`, `anchorMissing`: the record of the last event, or of where the chain begins, is gone;
 * - `headDiffers`: the chain ends with another hash than the one kept apart: it was written anew.
 */
export type ChainFaultKind =
  | 'changed'
  | 'unhashed'
  | 'moved'
  | 'removed'
  | 'inserted'
  | 'headMissing'
  | 'anchorMissing'
  | 'headDiffers';

/** Where the chain first breaks. */
export interface ChainFault {
  readonly sequence: number;
  readonly kind: ChainFaultKind;
}

/** What the chain says of some events. */
export interface ChainReport {
  /** Events that follow from one another. */
  readonly events: number;
  readonly first: number | null;
  readonly last: number | null;
  /** null = all of them are as they were written, and none is missing. */
  readonly fault: ChainFault | null;
}

/**
 * JSON with sorted keys and nothing between them: the same for every object that says the same (RFC 8785, whose numbers
 * are those of `JSON.stringify`). What JSON leaves out is left out, so that it is the same before and after the disk.
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let text = '';
  const members = value as Readonly<Record<string, unknown>>;
  // The standard order of sort is that of UTF-16 units, which RFC 8785 asks for.
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** Hash of an event: SHA-256 of the hash before it, as text, and its canonical JSON, which holds its sequence. */
export function hashAfter(previous: string, event: object): string {
  return createHash('sha256').update(previous).update(canonicalJson(event)).digest('hex');
}

/** The event with its place in the log and its hash. */
export function chained<E extends object>(previous: ChainLink, event: E): E & ChainLink {
  const placed = { ...event, sequence: previous.sequence + 1 };
  return { ...placed, hash: hashAfter(previous.hash, placed) };
}

/**
 * Follows the chain over `rows`, which lie in the order of their keys and follow `start`, up to `head`, the last event
 * as it is kept apart from them. Stops where it breaks. Rows of another range: give the end of that range as `until`,
 * and what comes after is not looked at.
 */
export function followChain(
  rows: Iterable<LogRow>,
  start: ChainLink,
  head: ChainLink,
  until: number = Number.POSITIVE_INFINITY,
): ChainReport {
  let previous = start;
  const report = (fault: ChainFault | null): ChainReport => {
    const events = previous.sequence - start.sequence;
    return {
      events,
      first: events === 0 ? null : start.sequence + 1,
      last: events === 0 ? null : previous.sequence,
      fault,
    };
  };
  for (const { key, value } of rows) {
    const sequence = previous.sequence + 1;
    if (sequence > until) return report(null);
    const kind = breakAt(key, value, previous, head.sequence);
    if (kind !== null) return report({ sequence, kind });
    previous = { sequence, hash: (value as ChainLink).hash };
  }
  if (previous.sequence < Math.min(head.sequence, until)) {
    return report({ sequence: previous.sequence + 1, kind: 'removed' });
  }
  const differs = previous.sequence === head.sequence && previous.hash !== head.hash;
  return report(differs ? { sequence: head.sequence, kind: 'headDiffers' } : null);
}

/** Why a row does not follow `previous`; null = it does. */
function breakAt(key: unknown, value: unknown, previous: ChainLink, last: number): ChainFaultKind | null {
  const sequence = previous.sequence + 1;
  if (sequence > last || typeof key !== 'number' || key < sequence || !Number.isInteger(key)) return 'inserted';
  if (key > sequence) return 'removed';
  if (typeof value !== 'object' || value === null) return 'changed';
  if (!('hash' in value)) return 'unhashed';
  const { hash, ...event } = value;
  if ('sequence' in event && event.sequence !== sequence) return 'moved';
  return hash === hashAfter(previous.hash, event) ? null : 'changed';
}
