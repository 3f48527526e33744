import type { Table } from '../../runtime/database.ts';
import type { Notification } from './notification.ts';

const MAX_PAGE = 1000;
const STANDARD_PAGE = 100;
/** A page ends before it holds more than this, so that digests do not make it endless. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** A range of the sequences of one receiver, both ends included. */
export interface MissedQuery {
  readonly receiver: string;
  readonly from: number;
  /** The newest one without it. */
  readonly to?: number | undefined;
  /** 1 to 1000, default 100. */
  readonly limit?: number | undefined;
}

/** A notification as its receiver gets it. */
export interface MissedItem {
  readonly notification: Notification;
  /** The exact text of every attempt. */
  readonly body: string;
}

/** What is kept of a range, oldest first. */
export interface MissedPage {
  readonly items: readonly MissedItem[];
  /** What is no longer kept of the part of the range that this page covers. */
  readonly expired: readonly { readonly from: number; readonly to: number }[];
  /** The receiver's newest sequence; 0 = none ever. */
  readonly last: number;
  /** Where the range goes on; null = that was all of it. */
  readonly next: number | null;
}

/** A page of what a receiver was or will be sent, for one that has found a gap in its sequences. */
export function missedPage(
  {
    notifications,
    bodies,
    sequences,
  }: { notifications: Table<Notification>; bodies: Table<Buffer>; sequences: Table<number> },
  query: MissedQuery,
): MissedPage {
  const { receiver } = query;
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? STANDARD_PAGE), 1), MAX_PAGE);
  // From the disk, as the rest: what is not committed yet is not missed.
  const last = sequences.get(receiver) ?? 0;
  const to = Math.min(query.to ?? last, last);
  const items: MissedItem[] = [];
  const expired: { from: number; to: number }[] = [];
  let expected = query.from;
  let bytes = 0;
  const lost = (through: number) => {
    if (through >= expected) expired.push({ from: expected, to: through });
  };
  for (const { value } of notifications.getRange({ start: [receiver, query.from], end: [receiver, to + 1] })) {
    const body = bodies.get([receiver, value.sequence]);
    if (!body) continue;
    bytes += body.length;
    if (items.length === limit || (items.length > 0 && bytes > PAGE_BYTES)) {
      return { items, expired, last, next: expected };
    }
    lost(value.sequence - 1);
    items.push({ notification: value, body: body.toString('utf8') });
    expected = value.sequence + 1;
  }
  lost(to);
  return { items, expired, last, next: null };
}
