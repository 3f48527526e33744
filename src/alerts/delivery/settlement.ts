import type { Batch, Environment } from '../../runtime/database.ts';
import type { Logger } from '../../runtime/log.ts';
import { createDeadLetterTally, type DeadLetterReport, type DeadLetterTally } from './dead-letter.ts';
import type { Notification } from './notification.ts';
import type { Outbox } from './outbox.ts';

/** A receiver's dead letters are reported at once, then at most once in this time. */
const REPORT_GAP_MS = 60_000;

export interface SettlementDeps {
  readonly environment: Environment;
  readonly outbox: Outbox;
  readonly log: Logger;
  readonly now: () => number;
  /** Runs inside the commit that writes the dead letters: enqueue the system event with this batch. */
  readonly onDeadLetter: (report: DeadLetterReport, batch: Batch) => void;
  /** The database refused a commit. What it held is kept and written again, so nothing is lost while we run. */
  readonly onFault: (error: unknown) => void;
}

/** Writes what became of the notifications, many in one commit. */
export interface Settlement {
  /** Takes the new state of a notification; the latest counts. */
  record(notification: Notification): void;
  /** Takes a dead letter that is on disk already. */
  report(notification: Notification): void;
  /** Resolves when everything taken so far is on disk, or the database refused it. */
  flush(): Promise<void>;
  /** Flushes, and reports what dead letters there are without waiting for their time. */
  close(): Promise<void>;
}

/** An idle {@link Settlement}. */
export function createSettlement(deps: SettlementDeps): Settlement {
  const { environment, outbox, log } = deps;
  let records = new Map<string, Notification>();
  const tallies = new Map<string, { readonly tally: DeadLetterTally; reportedAt: number }>();
  let running: Promise<void> | null = null;
  let closing = false;

  function report(notification: Notification): void {
    const known = tallies.get(notification.receiver);
    if (known) {
      known.tally.add(notification);
      return;
    }
    const tally = createDeadLetterTally(notification.receiver);
    tally.add(notification);
    tallies.set(notification.receiver, { tally, reportedAt: Number.NEGATIVE_INFINITY });
  }

  function dueReports(): DeadLetterReport[] {
    const at = deps.now();
    const due: DeadLetterReport[] = [];
    for (const entry of tallies.values()) {
      const since = at - entry.reportedAt;
      // Negative: the clock was set back.
      if (since >= 0 && since < REPORT_GAP_MS && !closing) continue;
      const found = entry.tally.take(at);
      if (!found) continue;
      entry.reportedAt = at;
      due.push(found);
    }
    return due;
  }

  function announce(due: DeadLetterReport, batch: Batch): void {
    try {
      deps.onDeadLetter(due, batch);
    } catch (error) {
      // A throw here would leave the batch half written, and the marks matter more.
      log.error({ err: error, receiver: due.receiver }, 'cannot report dead letters');
    }
  }

  /** A full outbox may have made it a dead letter, or removed it, since: the count of its attempts must not undo that. */
  function holds(notification: Notification): boolean {
    const state = outbox.state(notification);
    return state !== undefined && (notification.state !== 'pending' || state === 'pending');
  }

  async function writeAll(): Promise<void> {
    // One turn later, so that outcomes of the same moment share a commit.
    await new Promise((resolve) => setImmediate(resolve));
    for (;;) {
      const due = dueReports();
      if (records.size === 0 && due.length === 0) {
        // Here and not when the promise settles: a record taken in between would find nobody to write it.
        running = null;
        return;
      }
      const batchRecords = records;
      records = new Map();
      try {
        await environment.commit((batch) => {
          for (const notification of batchRecords.values()) if (holds(notification)) outbox.update(batch, notification);
          for (const each of due) announce(each, batch);
        });
      } catch (error) {
        records = new Map([...batchRecords, ...records]);
        running = null;
        deps.onFault(error);
        return;
      }
      outbox.committed();
    }
  }

  function flush(): Promise<void> {
    running ??= writeAll();
    return running;
  }

  function start(): void {
    if (running === null) void flush();
  }

  return {
    record(notification) {
      records.set(`${notification.receiver} ${notification.sequence}`, notification);
      if (notification.state === 'dead') report(notification);
      start();
    },
    report(notification) {
      report(notification);
      start();
    },
    flush,
    async close() {
      closing = true;
      await flush();
      await flush();
      closing = false;
    },
  };
}
