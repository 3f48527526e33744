import type { Notification } from './notification.ts';

/** So many are looked at for one that is not told for the second time. */
const LOOK_AHEAD = 100;

/** The line an event stands in: those of one alarm keep their order; those about Davylamp itself have none. */
export function keyOf(notification: Notification): string {
  return notification.alarmId ?? notification.eventId;
}

/** The line whose turn it is, or null: what is only repeated makes way for what nobody has heard. */
export function nextInTurn<T extends { readonly queue: readonly Notification[] }>(ready: Iterable<T>): T | null {
  let repeated: T | null = null;
  let looked = 0;
  for (const line of ready) {
    if (line.queue[0]?.type !== 'davylamp.alarm.repeated') return line;
    repeated ??= line;
    if (++looked === LOOK_AHEAD) break;
  }
  return repeated;
}
