import type { Alarm } from '../model/alarm.ts';
import type { Batch, Environment } from '../runtime/database.ts';
import type { Logger } from '../runtime/log.ts';
import type { Envelope } from './envelope.ts';
import type { Journal, JournalGroup } from './journal.ts';

/** Of a long message, such as a batch, only the beginning is kept. */
const MOST_BYTES = 16_384;
/** Groups of the journal that are read for one commit. A group takes up to a millisecond, and alarms must not wait. */
const MOST_READS = 100;

/** The message behind an alarm, as a device sent it. */
export interface RaisingMessage {
  readonly topic: string;
  readonly client: string;
  readonly receivedAt: number;
  /** Length of the whole message. */
  readonly bytes: number;
  /** As UTF-8, its first 16 KB. */
  readonly payload: string;
}

/** The messages that raised alarms. The journal is freed behind the store; they stay as long as their alarms. */
export interface RaisingMessages {
  /** To be told of every group before it is judged: mostly an alarm is raised by what has just arrived. */
  see(group: JournalGroup): void;
  /** Keeps the messages that raised these alarms, as part of the commit that raises them. Never throws. */
  keep(batch: Batch, alarms: readonly Alarm[]): void;
  remove(batch: Batch, alarm: string): void;
  /** null = it was not kept. */
  of(alarm: string): RaisingMessage | null;
}

/** Opens the table in `environment`. */
export function openRaisingMessages(
  environment: Environment,
  journal: Pick<Journal, 'read'>,
  log: Logger,
): RaisingMessages {
  const table = environment.table<RaisingMessage>('raisingMessages', 'json');
  let current: JournalGroup | null = null;

  function keepAll(batch: Batch, alarms: readonly Alarm[]): void {
    let group = current;
    let reads = 0;
    // In the order of the journal, so that no group is read twice.
    for (const { id, journalSeq } of [...alarms].sort((a, b) => a.journalSeq - b.journalSeq)) {
      let found = messageIn(group, journalSeq) ?? messageIn(current, journalSeq);
      if (!found && journalSeq > 0 && reads < MOST_READS) {
        reads++;
        group = firstOf(journal.read(journalSeq));
        found = messageIn(group, journalSeq);
      }
      if (found) batch.put(table, id, messageOf(found));
    }
  }

  return {
    see(group) {
      current = group;
    },
    keep(batch, alarms) {
      try {
        keepAll(batch, alarms);
      } catch (error) {
        // The alarms count for more than where they came from.
        log.error({ err: error }, 'messages that raised alarms cannot be kept');
      }
    },
    remove: (batch, alarm) => batch.remove(table, alarm),
    of: (alarm) => table.get(alarm) ?? null,
  };
}

function firstOf<T>(items: Iterable<T>): T | null {
  for (const item of items) return item;
  return null;
}

function messageIn(group: JournalGroup | null, seq: number): Envelope | null {
  return group === null || seq < group.firstSeq ? null : (group.envelopes[seq - group.firstSeq] ?? null);
}

function messageOf({ topic, client, receivedAt, payload }: Envelope): RaisingMessage {
  const text = Buffer.from(payload.subarray(0, MOST_BYTES)).toString('utf8');
  return { topic, client, receivedAt, bytes: payload.length, payload: text };
}
