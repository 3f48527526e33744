import type { OutboundEvent } from '../../model/alarm.ts';
import { AppError } from '../../model/error.ts';
import type { Batch, Environment } from '../../runtime/database.ts';
import { openCarried } from './carried.ts';
import { cloudEvent, isAlarmEvent, type Told } from './cloud-event.ts';
import { createLists, type OutboxLists } from './listing.ts';
import { createNotification, type DeliveryState, type Notification } from './notification.ts';
import { createShelf, type Shelf } from './shelf.ts';

/** The bounds of the outbox, each per receiver. */
export interface OutboxLimits {
  /** Beyond it the oldest of the least urgent tier becomes a dead letter. */
  readonly maxPending: number;
  /** Delivered ones kept to be listed and sent again. */
  readonly maxDelivered: number;
  /** Beyond it the oldest dead letter is removed for good, and counted. */
  readonly maxDead: number;
}

export const OUTBOX_LIMITS: OutboxLimits = { maxPending: 200_000, maxDelivered: 10_000, maxDead: 100_000 };

/** Who sends what the outbox holds. */
export interface Follower {
  /** A pending notification that is on disk. */
  added(notification: Notification): void;
  /** It did not fit any more and is a dead letter now. */
  overflowed(notification: Notification): void;
}

export interface DeliveryCounts {
  readonly receiver: string;
  /** The newest sequence. */
  readonly last: number;
  readonly pending: number;
  readonly delivered: number;
  readonly dead: number;
  /** Dead letters removed for good since the start. */
  readonly evicted: number;
}

export interface EnqueueOptions {
  /** Who is told of the alarm, now or in a digest. Default: `receivers`. */
  readonly told?: readonly string[];
  /** When it is told, if that is later than the event: the receiver's time counts from here. */
  readonly at?: number;
  /** Of a digest: the places in the log of the events in it, ascending. */
  readonly carries?: readonly number[];
}

/** The notifications of every receiver, on disk. */
export interface Outbox extends OutboxLists {
  /**
   * Writes one notification for each receiver, with the next sequence and its body fixed for ever, as part of `batch`:
   * the commit that also holds the alarm and the event record. Nothing is sent before {@link Outbox.committed}. An
   * event already there for a receiver is left alone, so that replaying it does no harm.
   */
  enqueue(batch: Batch, event: Told, receivers: readonly string[], options?: EnqueueOptions): void;
  /** To be called after the commit resolved: hands what is on disk to the follower. Too often does no harm. */
  committed(): void;
  /**
   * To be called after a commit with `enqueue` failed and the process goes on: takes sequences and told receivers from
   * disk again, so that no gap arises. No other commit with `enqueue` may be under way.
   */
  discard(): void;
  /** Receivers that were told of this alarm; forgotten when the alarm is normal again. */
  told(alarmId: string): readonly string[];
  /** Hands over everything that is pending, then all that is added. One follower at a time; null = nobody. */
  follow(follower: Follower | null): void;
  /** undefined only if the database lost it. */
  body(notification: Notification): Buffer | undefined;
  /** Writes the state of a notification, and trims what the limits no longer allow. */
  update(batch: Batch, notification: Notification): void;
  /** undefined = not kept (any more). */
  state(notification: Notification): DeliveryState | undefined;
  /**
   * Sends a delivered or dead notification again, same id and body. `reference`: sequence or event id.
   *
   * @throws AppError `DELIVERY_UNKNOWN`, `DELIVERY_PENDING`, `OUTBOX_FULL`
   */
  redeliver(receiver: string, reference: number | string, at: number): Promise<Notification>;
  counts(): readonly DeliveryCounts[];
}

interface Staged {
  readonly kind: 'added' | 'overflowed';
  readonly notification: Notification;
}

const RECHECK_MS = 1000;

/** Opens the outbox in `environment` and reads what is pending. */
export function openOutbox(environment: Environment, limits: OutboxLimits = OUTBOX_LIMITS): Outbox {
  const notifications = environment.table<Notification>('outbox-notifications', 'json');
  const bodies = environment.table<Buffer>('outbox-bodies', 'binary');
  const byEvent = environment.table<number>('outbox-events', 'json');
  const sequenceTable = environment.table<number>('outbox-sequences', 'json');
  const toldTable = environment.table<readonly string[]>('outbox-told', 'json');
  const carried = openCarried(environment);

  const shelves = new Map<string, Shelf>();
  const sequences = new Map<string, number>();
  const toldReceivers = new Map<string, readonly string[]>();
  const evicted = new Map<string, number>();
  let staged: Staged[] = [];
  let stagedEvents = new Set<string>();
  let follower: Follower | null = null;
  let recheck: NodeJS.Timeout | null = null;

  function load(): void {
    shelves.clear();
    sequences.clear();
    toldReceivers.clear();
    staged = [];
    stagedEvents = new Set();
    for (const { value } of notifications.getRange()) shelf(value.receiver).place(value);
    for (const { key, value } of sequenceTable.getRange()) sequences.set(String(key), value);
    for (const { key, value } of toldTable.getRange()) toldReceivers.set(String(key), value);
  }

  function shelf(receiver: string): Shelf {
    const known = shelves.get(receiver);
    if (known) return known;
    const created = createShelf();
    shelves.set(receiver, created);
    return created;
  }

  function enqueueFor(batch: Batch, event: Told, receiver: string, { at = event.at, carries }: EnqueueOptions): void {
    const stagedKey = `${receiver} ${event.id}`;
    if (stagedEvents.has(stagedKey) || byEvent.doesExist([receiver, event.id])) return;
    const sequence = (sequences.get(receiver) ?? 0) + 1;
    const notification = createNotification(event, receiver, sequence, at);
    // First what can throw: lmdb keeps the earlier writes of a batch whose callback throws.
    const body = cloudEvent(event, sequence);
    sequences.set(receiver, sequence);
    stagedEvents.add(stagedKey);
    batch.put(sequenceTable, receiver, sequence);
    batch.put(bodies, [receiver, sequence], body);
    batch.put(byEvent, [receiver, event.id], sequence);
    if (carries) carried.put(batch, receiver, sequence, carries);
    update(batch, notification);
    staged.push({ kind: 'added', notification });
    makeRoom(batch, receiver, at);
  }

  function makeRoom(batch: Batch, receiver: string, at: number): void {
    const held = shelf(receiver);
    while (held.count('pending') > limits.maxPending) {
      const victim = held.leastUrgent();
      if (!victim) return;
      const dead: Notification = { ...victim, state: 'dead', settledAt: at, lastError: 'outbox full' };
      update(batch, dead);
      staged.push({ kind: 'overflowed', notification: dead });
    }
  }

  function remember(batch: Batch, event: OutboundEvent, receivers: readonly string[]): void {
    if (!isAlarmEvent(event)) return;
    const { id, state } = event.alarm;
    if (state === 'normal') {
      if (toldReceivers.delete(id)) batch.remove(toldTable, id);
      return;
    }
    const before = toldReceivers.get(id) ?? [];
    const after = [...new Set([...before, ...receivers])];
    if (after.length === before.length) return;
    toldReceivers.set(id, after);
    batch.put(toldTable, id, after);
  }

  function update(batch: Batch, notification: Notification): void {
    const { receiver, sequence } = notification;
    const held = shelf(receiver);
    held.place(notification);
    batch.put(notifications, [receiver, sequence], notification);
    trim(batch, receiver, held, 'delivered', limits.maxDelivered);
    const lost = trim(batch, receiver, held, 'dead', limits.maxDead);
    if (lost > 0) evicted.set(receiver, (evicted.get(receiver) ?? 0) + lost);
  }

  function trim(batch: Batch, receiver: string, held: Shelf, state: 'delivered' | 'dead', max: number): number {
    let removed = 0;
    while (held.count(state) > max) {
      const sequence = held.oldest(state);
      if (sequence === undefined) break;
      held.remove(sequence);
      const old = notifications.get([receiver, sequence]);
      if (old) batch.remove(byEvent, [receiver, old.eventId]);
      batch.remove(notifications, [receiver, sequence]);
      batch.remove(bodies, [receiver, sequence]);
      carried.remove(batch, receiver, sequence);
      removed++;
    }
    return removed;
  }

  function committed(): void {
    if (staged.length === 0) return;
    const waiting: Staged[] = [];
    for (const item of staged) {
      // A read sees only what is committed, and a commit is synced before it can be seen: what is not there yet
      // belongs to a later commit, however often this is called.
      const { receiver, sequence, eventId } = item.notification;
      // Pushed out for good by later ones.
      if (shelf(receiver).state(sequence) === undefined) continue;
      const stored = notifications.get([receiver, sequence]);
      if (!stored || (item.kind === 'overflowed' && stored.state !== 'dead')) {
        waiting.push(item);
        continue;
      }
      if (item.kind === 'overflowed') follower?.overflowed(item.notification);
      else {
        stagedEvents.delete(`${receiver} ${eventId}`);
        if (stored.state === 'pending') follower?.added(item.notification);
      }
    }
    staged = waiting;
    // A last resort against an alarm that waits in memory: should a read have been stale, it is seen a second later.
    if (staged.length > 0 && recheck === null && follower) {
      recheck = setTimeout(() => {
        recheck = null;
        committed();
      }, RECHECK_MS).unref();
    }
  }

  load();
  return {
    enqueue(batch, event, receivers, options = {}) {
      for (const receiver of new Set(receivers)) enqueueFor(batch, event, receiver, options);
      remember(batch, event, options.told ?? receivers);
    },
    committed,
    discard: load,
    told: (alarmId) => toldReceivers.get(alarmId) ?? [],
    follow(next) {
      follower = next;
      if (!next) {
        if (recheck) clearTimeout(recheck);
        recheck = null;
        return;
      }
      const hidden = new Set(staged.map((item) => item.notification));
      for (const held of shelves.values()) {
        for (const notification of held.allPending()) if (!hidden.has(notification)) next.added(notification);
      }
    },
    body: ({ receiver, sequence }) => bodies.get([receiver, sequence]),
    update,
    state: ({ receiver, sequence }) => shelves.get(receiver)?.state(sequence),
    ...createLists({ notifications, bodies, byEvent, sequences: sequenceTable, carried }, shelves),
    async redeliver(receiver, reference, at) {
      const sequence = typeof reference === 'number' ? reference : byEvent.get([receiver, reference]);
      const stored = sequence === undefined ? undefined : notifications.get([receiver, sequence]);
      if (!stored) {
        throw new AppError('DELIVERY_UNKNOWN', `no notification ${reference} is kept for receiver ${receiver}`);
      }
      const held = shelf(receiver);
      if (held.state(stored.sequence) === 'pending') {
        throw new AppError('DELIVERY_PENDING', `notification ${reference} to ${receiver} is still being delivered`);
      }
      if (held.count('pending') >= limits.maxPending) {
        throw new AppError(
          'OUTBOX_FULL',
          `${receiver} has ${limits.maxPending} notifications waiting: try again later`,
        );
      }
      const again: Notification = {
        ...stored,
        state: 'pending',
        pendingSince: at,
        attempts: 0,
        lastError: null,
        settledAt: null,
      };
      await environment.commit((batch) => update(batch, again));
      follower?.added(again);
      return again;
    },
    counts: () =>
      [...shelves].map(([receiver, held]) => ({
        receiver,
        last: sequences.get(receiver) ?? 0,
        pending: held.count('pending'),
        delivered: held.count('delivered'),
        dead: held.count('dead'),
        evicted: evicted.get(receiver) ?? 0,
      })),
  };
}
