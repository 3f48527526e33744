import { TIERS, tierRank } from '../../model/tier.ts';
import type { DeliveryState, Notification } from './notification.ts';

/** What is known in memory of one receiver's notifications: who is where, not the bodies. */
export interface Shelf {
  /** Puts a notification where its state says, wherever it was before. */
  place(notification: Notification): void;
  remove(sequence: number): void;
  pending(sequence: number): Notification | undefined;
  /** All pending ones, by sequence. */
  allPending(): Notification[];
  state(sequence: number): DeliveryState | undefined;
  count(state: DeliveryState): number;
  /** The oldest pending one of the least urgent tier. */
  leastUrgent(): Notification | undefined;
  /** The one that was settled so the longest ago. */
  oldest(state: 'delivered' | 'dead'): number | undefined;
  /** Sequences in this state below `before`, newest first. */
  newest(state: DeliveryState, before: number, limit: number): readonly number[];
}

/** An empty {@link Shelf}. */
export function createShelf(): Shelf {
  // Maps and sets keep the order of insertion, so the first one is the oldest.
  const pendingByRank: readonly Map<number, Notification>[] = TIERS.map(() => new Map());
  const settled = { delivered: new Set<number>(), dead: new Set<number>() };

  const remove = (sequence: number) => {
    for (const pending of pendingByRank) pending.delete(sequence);
    settled.delivered.delete(sequence);
    settled.dead.delete(sequence);
  };
  const pending = (sequence: number) => {
    for (const tier of pendingByRank) {
      const found = tier.get(sequence);
      if (found) return found;
    }
    return undefined;
  };

  return {
    place(notification) {
      const { sequence, state } = notification;
      const tier = pendingByRank[tierRank(notification.tier)];
      // Replaced in its place: an attempt makes it no younger.
      if (state === 'pending' && tier?.has(sequence)) {
        tier.set(sequence, notification);
        return;
      }
      remove(sequence);
      if (state === 'pending') tier?.set(sequence, notification);
      else settled[state].add(sequence);
    },
    remove,
    pending,
    allPending: () => pendingByRank.flatMap((tier) => [...tier.values()]).sort((a, b) => a.sequence - b.sequence),
    state(sequence) {
      if (settled.delivered.has(sequence)) return 'delivered';
      if (settled.dead.has(sequence)) return 'dead';
      return pending(sequence) ? 'pending' : undefined;
    },
    count: (state) =>
      state === 'pending' ? pendingByRank.reduce((sum, tier) => sum + tier.size, 0) : settled[state].size,
    leastUrgent: () =>
      pendingByRank
        .find((tier) => tier.size > 0)
        ?.values()
        .next().value,
    oldest: (state) => settled[state].values().next().value,
    newest(state, before, limit) {
      const sequences = state === 'pending' ? pendingByRank.flatMap((tier) => [...tier.keys()]) : [...settled[state]];
      return sequences
        .filter((sequence) => sequence < before)
        .sort((a, b) => b - a)
        .slice(0, limit);
    },
  };
}
