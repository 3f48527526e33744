import type { Rejection, RejectionReason } from '../model/reading.ts';
import type { Batch, Environment, Table } from '../runtime/database.ts';
import type { Logger } from '../runtime/log.ts';

/** A dead letter on file: which journal record it came from, and why it was not taken. */
export interface DeadLetter extends Rejection {
  readonly id: string;
}

/** A rejection with its place in the journal: the same one is filed once, however often it is worked out. */
export interface Filed {
  readonly seq: number;
  readonly index: number;
  readonly rejection: Rejection;
}

export interface DeadLetterFilter {
  readonly reason?: RejectionReason;
  /** Only letters older than this id: the cursor of a list. */
  readonly before?: string;
  readonly limit: number;
}

export interface DeadLetters {
  /** Adds letters to a commit. */
  file(batch: Batch, letters: readonly Filed[]): void;
  /** Newest first. */
  list(filter: DeadLetterFilter): { items: DeadLetter[]; next: string | null };
  count(): number;
  /** Letters that had to make room since the start. */
  evicted(): number;
}

/**
 * What was acknowledged but could not be taken, kept for a person to look at. At most `maxCount`: beyond that the
 * oldest make room, which is logged and counted, so that a chattering device cannot fill the disk.
 */
export function openDeadLetters(environment: Environment, maxCount: number, log: Logger): DeadLetters {
  const table: Table<Rejection> = environment.table('deadLetters', 'json');
  let count = table.getCount();
  let overflowed = false;
  let evicted = 0;
  return {
    file(batch, letters) {
      for (const { seq, index, rejection } of letters) {
        if (!table.doesExist([seq, index])) count++;
        batch.put(table, [seq, index], rejection);
      }
      if (count <= maxCount) return;
      if (!overflowed) log.warn({ maxCount }, 'dead letters full: the oldest make room for new ones');
      overflowed = true;
      const filed = [...table.getKeys({ limit: count - maxCount })];
      // More at once than there may be in all: the oldest of these make room too.
      const surplus = letters.slice(0, count - maxCount - filed.length).map(({ seq, index }) => [seq, index]);
      for (const key of [...filed, ...surplus]) batch.remove(table, key);
      count -= filed.length + surplus.length;
      evicted += filed.length + surplus.length;
    },
    list({ reason, before, limit }) {
      const items: DeadLetter[] = [];
      const start = before === undefined ? undefined : parseId(before);
      const range = table.getRange({ reverse: true, ...(start ? { start, exclusiveStart: true } : {}) });
      for (const { key, value } of range) {
        if (reason !== undefined && value.reason !== reason) continue;
        if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
        items.push({ id: (key as number[]).join('-'), ...value });
      }
      return { items, next: null };
    },
    count: () => count,
    evicted: () => evicted,
  };
}

function parseId(id: string): number[] {
  return id.split('-').map((part) => Number(part) || 0);
}
