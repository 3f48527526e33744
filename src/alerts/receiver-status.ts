import type { Channel, Receiver } from '../model/routing.ts';

/** How it stands with one receiver. */
export interface ReceiverStatus {
  readonly id: string;
  /** null = it is not configured any more; what waits for it stays until it is back. */
  readonly channel: Channel['kind'] | null;
  /** Its newest sequence; 0 = it was never told anything. */
  readonly last: number;
  readonly pending: number;
  readonly dead: number;
  /** It does not answer, and is only being probed. */
  readonly failing: boolean;
  /** Since when it is in an alarm flood; null = it is not. */
  readonly floodSince: number | null;
  /** Events that wait for a digest. */
  readonly held: number;
}

/** What the parts of the delivery know of the receivers. */
export interface ReceiverSources {
  readonly configured: readonly Receiver[];
  readonly counts: readonly { receiver: string; last: number; pending: number; dead: number }[];
  readonly failing: ReadonlyMap<string, boolean>;
  readonly desks: readonly { receiver: string; floodSince: number | null; waiting: number }[];
}

/** Every receiver that is configured, and every other for which something is kept, by id. */
export function receiverStatuses({ configured, counts, failing, desks }: ReceiverSources): ReceiverStatus[] {
  const channels = new Map(configured.map(({ id, channel }) => [id, channel.kind]));
  const countOf = new Map(counts.map((count) => [count.receiver, count]));
  const deskOf = new Map(desks.map((desk) => [desk.receiver, desk]));
  return [...new Set([...channels.keys(), ...countOf.keys()])].sort().map((id) => {
    const { last = 0, pending = 0, dead = 0 } = countOf.get(id) ?? {};
    const { floodSince = null, waiting: held = 0 } = deskOf.get(id) ?? {};
    return {
      id,
      channel: channels.get(id) ?? null,
      last,
      pending,
      dead,
      failing: failing.get(id) ?? false,
      floodSince,
      held,
    };
  });
}
