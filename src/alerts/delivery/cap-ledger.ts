import type { Environment, Table } from '../../runtime/database.ts';

/** A CAP message as others refer to it. */
export interface CapMessage {
  readonly eventId: string;
  /** Tenths of a second since 1970, the last digit being the sequence in its second: each is used once a receiver. */
  readonly slot: number;
  /** Time of the event, epoch milliseconds: `sent`. */
  readonly at: number;
}

/** One message with the earlier ones of the same alarm, oldest first. */
export interface CapEntry {
  readonly message: CapMessage;
  readonly earlier: readonly CapMessage[];
}

/** Which CAP messages each receiver got: identifiers are unique and stay the same on a retry, and updates refer back. */
export interface CapLedger {
  /**
   * The message for this event: the same one every time. Resolves when it is on disk, so that no crash can give its
   * identifier to another one. `alarm`: null for events without an alarm, which nothing refers to.
   */
  enter(
    receiver: string,
    event: { readonly id: string; readonly alarm: string | null; readonly at: number },
  ): Promise<CapEntry>;
}

/** Alarms remembered for each receiver; the one that was silent the longest is forgotten first. */
const MOST_ALARMS = 10_000;
/** Messages remembered for each alarm: the first, and the newest ones. */
const MOST_MESSAGES = 20;

interface Book {
  lastSlot: number;
  readonly alarms: Map<string, readonly CapMessage[]>;
}

/** Opens the ledger in `environment`. */
export function openCapLedger(environment: Environment): CapLedger {
  const slots = environment.table<number>('cap-slots', 'json');
  const messages = environment.table<readonly CapMessage[]>('cap-messages', 'json');
  const books = readBooks(slots, messages);

  function bookOf(receiver: string): Book {
    const known = books.get(receiver);
    if (known) return known;
    const created: Book = { lastSlot: 0, alarms: new Map() };
    books.set(receiver, created);
    return created;
  }

  return {
    async enter(receiver, { id, alarm, at }) {
      const book = bookOf(receiver);
      // Without an alarm it is remembered all the same, under its own name, for its retries.
      const key = alarm ?? id;
      const before = book.alarms.get(key) ?? [];
      const index = before.findIndex(({ eventId }) => eventId === id);
      const known = before[index];
      if (known) {
        // It may still be on its way to the disk.
        await environment.commit((batch) => batch.put(slots, receiver, book.lastSlot));
        return { message: known, earlier: before.slice(0, index) };
      }
      const message: CapMessage = { eventId: id, slot: nextSlot(book.lastSlot, at), at };
      const after = [...before, message];
      if (after.length > MOST_MESSAGES) after.splice(1, 1);
      book.lastSlot = message.slot;
      book.alarms.delete(key);
      book.alarms.set(key, after);
      const forgotten = book.alarms.size > MOST_ALARMS ? book.alarms.keys().next().value : undefined;
      if (forgotten !== undefined) book.alarms.delete(forgotten);
      await environment.commit((batch) => {
        batch.put(slots, receiver, book.lastSlot);
        batch.put(messages, [receiver, key], after);
        if (forgotten !== undefined) batch.remove(messages, [receiver, forgotten]);
      });
      return { message, earlier: before };
    },
  };
}

/** The next free place in the second of `at`, or after the last one: more than ten in a second go into the next. */
function nextSlot(last: number, at: number): number {
  return Math.max(last + 1, Math.floor(at / 1000) * 10);
}

function readBooks(slots: Table<number>, messages: Table<readonly CapMessage[]>): Map<string, Book> {
  const books = new Map<string, Book>();
  for (const { key, value } of slots.getRange()) books.set(String(key), { lastSlot: value, alarms: new Map() });
  const lists = [...messages.getRange()].sort((a, b) => (a.value.at(-1)?.slot ?? 0) - (b.value.at(-1)?.slot ?? 0));
  for (const { key, value } of lists) {
    const [receiver, alarm] = Array.isArray(key) ? key.map(String) : [];
    if (receiver !== undefined && alarm !== undefined) books.get(receiver)?.alarms.set(alarm, value);
  }
  return books;
}
