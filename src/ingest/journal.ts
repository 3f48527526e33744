import { AppError } from '../model/error.ts';
import { openEnvironment, type Table } from '../runtime/database.ts';
import type { Logger } from '../runtime/log.ts';
import { CONTROL_TOPIC, CORRUPT_TOPIC, type Envelope } from './envelope.ts';
import { decodeGroup, encodeGroup, recordSize } from './journal-record.ts';

/** Largest value in LMDB: bigger groups are split, so that freed pages are found again. */
const GROUP_BYTES = 256 * 1024;
/** What may wait in memory for the disk or for room; above it a publisher is refused and keeps its message. */
const WAITING_BYTES = 128 * 1024 * 1024;
/** Room beyond `maxBytes` for the engine's own records. */
const CONTROL_RESERVE = 1024 * 1024;
const TRIM_KEYS = 2_000;
/** A full journal counts as full until this part of it is left, so that it is not told anew with every trim. */
const FULL_UNTIL = 0.9;

/** Called when the message is on disk, or with the reason why it is not and will not be. */
export type Durable = (error?: AppError) => void;

/** Envelopes that became durable together; `firstSeq` is the sequence of the first. */
export interface JournalGroup {
  readonly firstSeq: number;
  readonly envelopes: readonly Envelope[];
}

export interface JournalDeps {
  readonly directory: string;
  readonly maxBytes: number;
  readonly log: Logger;
  /** Called after the acknowledgements of a group, in order of sequence. */
  readonly onCommitted: (group: JournalGroup) => void;
  /** The disk failed: nothing more is acknowledged, the process must end. */
  readonly onFatal: (error: AppError) => void;
  readonly onFull: (full: boolean) => void;
  /** Receive time of what had to wait for room. */
  readonly now: () => number;
  /** Test hook: named points at which a fault test ends the process. */
  readonly faultPoint?: (name: string) => void;
}

export interface Journal {
  /** Takes a message; `done` is called in the order of the calls. */
  append(envelope: Envelope, done: Durable): void;
  /** Last durable sequence; 0 = none ever. */
  head(): number;
  /** Receive time of the oldest message that is not handed over yet, or Infinity. */
  oldestWaiting(): number;
  /** Groups from the one that holds `fromSeq` on, oldest first. */
  read(fromSeq: number): Iterable<JournalGroup>;
  /** Frees the groups that lie wholly at or below `seq`. */
  trim(seq: number): Promise<void>;
  bytes(): number;
  isFull(): boolean;
  /** Waits until everything appended is durable and handed over, or cannot be. */
  drain(): Promise<void>;
  /** Refuses what still waits, and closes. */
  close(): Promise<void>;
}

/**
 * The journal: raw messages in LMDB, appended in the order of arrival by one committer. While a commit is on its way to
 * the disk, arrivals gather; the next commit takes them all (group commit).
 *
 * @param minSeq sequences up to this one are taken already, whatever the journal holds: a consumer has seen them
 * @throws AppError `DATABASE_OPEN_FAILED`
 */
export function openJournal(deps: JournalDeps, minSeq: number): Journal {
  const { log } = deps;
  const environment = openEnvironment(deps.directory);
  const groups = environment.table<Buffer>('groups', 'binary');
  let bytes = 0;
  let lastKey = 0;
  for (const key of groups.getKeys({})) {
    bytes += sizeOf(Number(key));
    lastKey = Number(key);
  }
  let durable = Math.max(minSeq, lastKey === 0 ? 0 : lastKey + lengthOf(lastKey) - 1);
  let assigned = durable;
  /** Envelopes that wait, and beside each its callback: two lists, as one object less for each message counts. */
  let waiting: Envelope[] = [];
  let waitingDone: Durable[] = [];
  let taken: readonly Envelope[] = [];
  let waitingBytes = 0;
  let committing = false;
  let scheduled = false;
  let failed: AppError | null = null;
  let full = false;
  let held = false;
  let trimming = false;
  let idle: (() => void) | null = null;

  /** Bytes of a group, without copying it. */
  function sizeOf(firstSeq: number): number {
    return groups.getBinaryFast(firstSeq)?.length ?? 0;
  }

  /** Envelopes of a group; what cannot be read counts as one. */
  function lengthOf(firstSeq: number): number {
    const value = groups.get(firstSeq);
    return value ? intact(firstSeq, value).length : 0;
  }

  function setFull(now: boolean): void {
    if (now === full) return;
    full = now;
    if (now) log.error({ bytes, maxBytes: deps.maxBytes }, 'journal full: nothing is acknowledged until there is room');
    else log.info({ bytes }, 'journal has room again');
    deps.onFull(now);
  }

  function schedule(): void {
    if (scheduled || committing || failed || waiting.length === 0) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      void commitWaiting();
    });
  }

  /**
   * How many of the waiting there is room for. An empty journal takes one however large, or it would wait for ever;
   * the engine's own records have a reserve, since it has to know of an interruption before it judges again.
   */
  function fitting(): number {
    if (bytes + waitingBytes <= deps.maxBytes) return waiting.length;
    let room = deps.maxBytes - bytes;
    const beyond = waiting.findIndex((envelope) => {
      room -= recordSize(envelope);
      return room < (envelope.topic === CONTROL_TOPIC ? -CONTROL_RESERVE : 0);
    });
    if (beyond === -1) return waiting.length;
    return beyond === 0 && bytes === 0 ? 1 : beyond;
  }

  async function commitWaiting(): Promise<void> {
    if (committing || failed || waiting.length === 0) return;
    const count = fitting();
    if (count < waiting.length) setFull(true);
    if (count === 0) {
      held = true;
      idle?.();
      return;
    }
    committing = true;
    const all = count === waiting.length;
    taken = all ? waiting : waiting.slice(0, count);
    const done = all ? waitingDone : waitingDone.slice(0, count);
    waiting = all ? [] : waiting.slice(count);
    waitingDone = all ? [] : waitingDone.slice(count);
    if (all) waitingBytes = 0;
    else for (const envelope of taken) waitingBytes -= recordSize(envelope);
    if (held) taken = receivedNow(taken);
    held = !all;
    const written = split(taken, assigned + 1);
    assigned += taken.length;
    let size = 0;
    try {
      await environment.commit((batch) => {
        for (const { firstSeq, envelopes } of written) {
          const value = encodeGroup(envelopes);
          size += value.length;
          batch.put(groups, firstSeq, value);
        }
        deps.faultPoint?.('journal-before-fsync');
      });
    } catch (cause) {
      fail(unwritable(cause));
      return;
    }
    deps.faultPoint?.('journal-after-fsync');
    bytes += size;
    durable = assigned;
    for (const call of done) call();
    for (const group of written) deps.onCommitted(group);
    taken = [];
    committing = false;
    if (waiting.length === 0) idle?.();
    else void commitWaiting();
  }

  /** What had to wait for room is received only now: the engine's time did not stand still meanwhile. */
  function receivedNow(envelopes: readonly Envelope[]): Envelope[] {
    const receivedAt = deps.now();
    return envelopes.map((envelope) => ({ ...envelope, receivedAt }));
  }

  function fail(error: AppError): void {
    failed = error;
    idle?.();
    deps.onFatal(error);
  }

  /** A damaged group is kept for a person to look at, and the rest is read on. */
  function intact(firstSeq: number, value: Buffer): Envelope[] {
    try {
      return decodeGroup(value);
    } catch (error) {
      log.error({ firstSeq, code: 'JOURNAL_CORRUPT' }, (error as Error).message);
      return [{ topic: CORRUPT_TOPIC, client: 'davylamp', receivedAt: 0, oversized: null, payload: value }];
    }
  }

  return {
    append(envelope, done) {
      const size = recordSize(envelope);
      if (failed) return done(failed);
      const own = envelope.topic === CONTROL_TOPIC;
      if (!own && waitingBytes + size > WAITING_BYTES) {
        return done(new AppError('JOURNAL_BUSY', 'too much waits for the disk: send it again later'));
      }
      if (own && held) {
        // Past what waits for room: that is received only when there is some.
        waiting.unshift(envelope);
        waitingDone.unshift(done);
      } else {
        waiting.push(envelope);
        waitingDone.push(done);
      }
      waitingBytes += size;
      schedule();
    },
    head: () => durable,
    oldestWaiting: () => (taken[0] ?? (held ? undefined : waiting[0]))?.receivedAt ?? Number.POSITIVE_INFINITY,
    *read(fromSeq) {
      const first = firstGroup(groups, fromSeq);
      for (const { key, value } of groups.getRange({ start: first })) {
        yield { firstSeq: Number(key), envelopes: intact(Number(key), Buffer.from(value)) };
      }
    },
    async trim(seq) {
      if (trimming) return;
      // A group ends where the next one begins; the last one is left until then, or until all of it may go.
      const keys = [...groups.getKeys({ limit: TRIM_KEYS })].map(Number);
      const gone = keys.filter(
        (_, i) => (keys[i + 1] ?? (keys.length < TRIM_KEYS ? durable + 1 : Infinity)) - 1 <= seq,
      );
      if (gone.length === 0) return;
      const freed = gone.reduce((sum, key) => sum + sizeOf(key), 0);
      trimming = true;
      try {
        await environment.commit((batch) => {
          for (const key of gone) batch.remove(groups, key);
        });
      } catch (cause) {
        fail(unwritable(cause));
        return;
      } finally {
        trimming = false;
      }
      bytes -= freed;
      if (bytes <= FULL_UNTIL * deps.maxBytes) setFull(false);
      schedule();
    },
    bytes: () => bytes,
    isFull: () => full,
    async drain() {
      if (failed || (!committing && fitting() === 0)) return;
      await new Promise<void>((resolve) => {
        idle = resolve;
      });
    },
    async close() {
      failed ??= new AppError('JOURNAL_CLOSED', 'the engine is stopping: send it again later');
      for (const call of waitingDone) call(failed);
      waiting = [];
      waitingDone = [];
      await environment.close();
    },
  };
}

function unwritable(cause: unknown): AppError {
  return new AppError('JOURNAL_FAILED', 'the journal cannot be written: check the disk, then start again', { cause });
}

/** Cuts a run of envelopes into groups of at most {@link GROUP_BYTES} (or one envelope). */
function split(envelopes: readonly Envelope[], firstSeq: number): JournalGroup[] {
  const groups: JournalGroup[] = [];
  let start = 0;
  let size = 0;
  envelopes.forEach((envelope, i) => {
    const own = recordSize(envelope);
    if (i > start && size + own > GROUP_BYTES) {
      groups.push({ firstSeq: firstSeq + start, envelopes: envelopes.slice(start, i) });
      start = i;
      size = 0;
    }
    size += own;
  });
  groups.push({ firstSeq: firstSeq + start, envelopes: start === 0 ? envelopes : envelopes.slice(start) });
  return groups;
}

/** Key of the group that holds `seq`, or of the first after it. */
function firstGroup(groups: Table<Buffer>, seq: number): number {
  for (const key of groups.getKeys({ start: seq, reverse: true, limit: 1 })) return Number(key);
  return seq;
}
