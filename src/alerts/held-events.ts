import type { AlarmEvent } from '../model/alarm.ts';
import type { Batch, Environment, Table } from '../runtime/database.ts';
import type { LoggedEvent } from './alarm-log.ts';

/** An event about an alarm, with its place in the log. */
export type LoggedAlarmEvent = LoggedEvent & AlarmEvent;

interface Held {
  readonly pile: string;
  readonly event: LoggedAlarmEvent;
}

/** The events of one receiver that wait, in the order of the log, and where those of an alarm do. */
interface Tray {
  readonly bySequence: Map<number, Held>;
  readonly pileOfAlarm: Map<string, string>;
}

/**
 * The events that wait at the desks. The disk has only which event of the log waits for whom and in which pile, so that
 * holding one costs the same however many wait; their number is bounded by the desks.
 */
export class HeldEvents {
  private readonly table: Table<string>;
  private readonly trays = new Map<string, Tray>();

  constructor(environment: Environment) {
    this.table = environment.table('desk-held', 'json');
  }

  /** Reads what waits. What the log does not have any more is left out. */
  load(eventAt: (sequence: number) => LoggedEvent | undefined): void {
    for (const { key, value: pile } of this.table.getRange({})) {
      const [receiver, sequence] = key as [string, number];
      const event = eventAt(sequence);
      if (event && 'alarm' in event) this.keep(receiver, { pile, event });
    }
  }

  add(batch: Batch, receiver: string, pile: string, event: LoggedAlarmEvent): void {
    this.keep(receiver, { pile, event });
    batch.put(this.table, [receiver, event.sequence], pile);
  }

  /** Where events of an alarm wait for this receiver; null = none do. */
  waitingIn(receiver: string, alarm: string): string | null {
    return this.trays.get(receiver)?.pileOfAlarm.get(alarm) ?? null;
  }

  /** Takes the events of some piles away, in the order of the log. */
  take(batch: Batch, receiver: string, piles: readonly string[]): LoggedAlarmEvent[] {
    const tray = this.trays.get(receiver);
    if (!tray) return [];
    const taken: LoggedAlarmEvent[] = [];
    for (const [sequence, { pile, event }] of tray.bySequence) {
      if (!piles.includes(pile)) continue;
      taken.push(event);
      tray.bySequence.delete(sequence);
      if (tray.pileOfAlarm.get(event.alarm.id) === pile) tray.pileOfAlarm.delete(event.alarm.id);
      batch.remove(this.table, [receiver, sequence]);
    }
    return taken.sort((a, b) => a.sequence - b.sequence);
  }

  private keep(receiver: string, held: Held): void {
    const tray = this.trays.get(receiver) ?? { bySequence: new Map(), pileOfAlarm: new Map() };
    this.trays.set(receiver, tray);
    tray.bySequence.set(held.event.sequence, held);
    tray.pileOfAlarm.set(held.event.alarm.id, held.pile);
  }
}
