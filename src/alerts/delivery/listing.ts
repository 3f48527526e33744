import { AppError } from '../../model/error.ts';
import type { Table } from '../../runtime/database.ts';
import type { Carried } from './carried.ts';
import { type MissedPage, type MissedQuery, missedPage } from './missed.ts';
import type { DeliveryState, Notification } from './notification.ts';
import type { Shelf } from './shelf.ts';

const MAX_PAGE = 1000;

/** One page, newest first within a receiver. */
export interface DeliveryPage {
  readonly items: readonly Notification[];
  /** Where to go on; null = that was all. */
  readonly next: string | null;
}

export interface DeliveryQuery {
  readonly receiver?: string | undefined;
  readonly state?: DeliveryState | undefined;
  readonly cursor?: string | undefined;
  /** 1 to 1000, default 100. */
  readonly limit?: number | undefined;
}

/** What can be asked of the outbox. */
export interface OutboxLists {
  /** The notifications of one event that are kept, by receiver. */
  ofEvent(eventId: string): readonly Notification[];
  /** The digests that are kept and carry the event at this place in the log, by receiver. */
  digestsOf(event: number): readonly Notification[];
  /** A range of what a receiver was or will be sent, for one that has missed something. */
  missed(query: MissedQuery): MissedPage;
  /** @throws AppError `CURSOR_INVALID` */
  list(query: DeliveryQuery): DeliveryPage;
}

/** Where the outbox keeps everything. */
export interface OutboxTables {
  readonly notifications: Table<Notification>;
  readonly bodies: Table<Buffer>;
  /** Sequence of an event for a receiver. */
  readonly byEvent: Table<number>;
  /** The newest sequence of each receiver. */
  readonly sequences: Table<number>;
  readonly carried: Carried;
}

/** The {@link OutboxLists} over the tables and shelves of an outbox. */
export function createLists(tables: OutboxTables, shelves: ReadonlyMap<string, Shelf>): OutboxLists {
  const { notifications, byEvent, carried } = tables;
  const receivers = () => [...shelves.keys()].sort();
  const kept = (receiver: string, sequence: number | undefined) => {
    return sequence === undefined ? undefined : notifications.get([receiver, sequence]);
  };
  return {
    ofEvent: (eventId) => receivers().flatMap((receiver) => kept(receiver, byEvent.get([receiver, eventId])) ?? []),
    digestsOf: (event) =>
      receivers().flatMap((receiver) =>
        carried.digestsOf(receiver, event).flatMap((sequence) => kept(receiver, sequence) ?? []),
      ),
    missed: (query) => missedPage(tables, query),
    list: (query) => listNotifications(notifications, shelves, query),
  };
}

function listNotifications(
  notifications: Table<Notification>,
  shelves: ReadonlyMap<string, Shelf>,
  query: DeliveryQuery,
): DeliveryPage {
  const limit = Math.min(Math.max(Math.trunc(query.limit ?? 100), 1), MAX_PAGE);
  const items: Notification[] = [];
  for (const notification of found(notifications, shelves, query)) {
    const last = items.at(-1);
    if (items.length === limit && last) return { items, next: `${last.receiver}:${last.sequence}` };
    items.push(notification);
  }
  return { items, next: null };
}

function* found(
  notifications: Table<Notification>,
  shelves: ReadonlyMap<string, Shelf>,
  query: DeliveryQuery,
): Generator<Notification> {
  const from = query.cursor === undefined ? null : parseCursor(query.cursor);
  for (const [receiver, shelf] of [...shelves].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (query.receiver !== undefined && receiver !== query.receiver) continue;
    if (from && receiver < from.receiver) continue;
    const before = from?.receiver === receiver ? from.sequence : Number.MAX_SAFE_INTEGER;
    if (query.state === undefined) {
      const range = { start: [receiver, before - 1], end: [receiver, 0], reverse: true };
      for (const { value } of notifications.getRange(range)) yield value;
      continue;
    }
    for (const sequence of shelf.newest(query.state, before, MAX_PAGE + 1)) {
      const stored = notifications.get([receiver, sequence]);
      if (stored) yield stored;
    }
  }
}

function parseCursor(cursor: string): { receiver: string; sequence: number } {
  const match = /^(.+):([0-9]{1,15})$/.exec(cursor);
  if (!match) throw new AppError('CURSOR_INVALID', 'the cursor is not one that a list returned');
  return { receiver: match[1] ?? '', sequence: Number(match[2]) };
}
