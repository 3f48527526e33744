import { AppError } from '../../model/error.ts';
import type { Table } from '../../runtime/database.ts';
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

/**
 * One page of what the outbox keeps.
 *
 * @throws AppError `CURSOR_INVALID`
 */
export function listNotifications(
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
