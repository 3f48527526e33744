import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../model/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import { createBacklog } from './backlog.ts';
import { createDelivery } from './delivery.ts';
import type { ReadingStore } from './port.ts';
import { refusedReading } from './refused.ts';
import type { FiledRejection, ReadingSource, SourceSlice, WriterCheckpoint } from './source.ts';
import { withinRetention } from './too-old.ts';

/** How much is held and sent at once. */
export interface WriterLimits {
  /** Readings and rejections held in memory; beyond it they are read from the journal again. */
  readonly queued: number;
  /** Readings of one write. */
  readonly batch: number;
  /** How long a small batch waits for more. */
  readonly lingerMs: number;
  /** Readings decoded from the journal in one go: so long nothing else runs. */
  readonly reread: number;
  /** How long `stop` goes on writing what is queued. */
  readonly flushMs: number;
  readonly backoffMs: { readonly min: number; readonly max: number };
}

export const WRITER_LIMITS: Readonly<Record<ReadingStore['kind'], WriterLimits>> = {
  duckdb: limits(20_000),
  influxdb: limits(5000),
};

function limits(batch: number): WriterLimits {
  return { queued: 50_000, batch, lingerMs: 100, reread: 1000, flushMs: 5000, backoffMs: { min: 100, max: 10_000 } };
}

export interface WriterOptions {
  readonly store: ReadingStore;
  readonly source: ReadingSource;
  readonly checkpoint: WriterCheckpoint;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1. */
  readonly random: () => number;
  readonly limits?: Partial<WriterLimits>;
  /** Source time before which the store keeps nothing: such readings are refused without asking it. */
  readonly oldest?: () => number;
  readonly onOutage?: (error: AppError) => void;
  readonly onRecovered?: (outage: { readonly downMs: number }) => void;
  /** `WRITER_FAILED`: a commit of the checkpoint failed, or the journal could not be read. The process has to end. */
  readonly onFailure: (error: AppError) => void;
}

/** How far the store is behind the journal. */
export interface WriterLag {
  /** Journal records that are not known to be stored. */
  readonly sequences: number;
  /** Readings waiting in memory. */
  readonly queued: number;
  /** Journal records that will be read again. */
  readonly backlog: number;
  readonly storeAvailable: boolean;
  readonly lastWriteAt: number | null;
}

/** Moves readings from the journal into the store. */
export interface Writer {
  /** Begins where the checkpoint stands; what the journal holds beyond it is the first backlog. */
  start(): void;
  /** Takes the next records of the journal, in their order, once they are durable. Never waits, never fails. */
  offer(slice: SourceSlice): void;
  lag(): WriterLag;
  /** Writes what is queued for at most `flushMs`; the rest stays in the journal. */
  stop(): Promise<void>;
}

const IDLE_MS = 60_000;

/** A batch under way: slices and the place they came from. */
interface Batch {
  readonly firstSeq: number;
  readonly slices: readonly SourceSlice[];
}

/**
 * The queue is bounded and never blocks the journal: when it is full it is dropped, and its records are read from disk
 * later. Live batches and batches of the backlog take turns, so catching up never starves what is new. The checkpoint
 * stands before the oldest record that is queued, in the backlog or under way; a crash repeats what lies behind it,
 * which the store and the dead letters take once.
 */
export function createWriter(options: WriterOptions): Writer {
  const { store, source, checkpoint, clock, log } = options;
  const limit = { ...WRITER_LIMITS[store.kind], ...options.limits };
  const delivery = createDelivery({ ...options, backoffMs: limit.backoffMs });
  const backlog = createBacklog();
  const stopped = new AbortController();
  let queue: SourceSlice[] = [];
  let queued = 0;
  let inHand: Batch | null = null;
  let seen = checkpoint.position();
  let liveTurn = true;
  let waiting: { readonly for: 'work' | 'more'; readonly end: AbortController } | null = null;
  let letters: FiledRejection[] = [];
  let committed = seen;
  let committing: Promise<void> | null = null;
  let running: Promise<void> | null = null;
  let stopping = false;

  function position(): number {
    const outstanding = [inHand?.firstSeq, queue[0]?.firstSeq, backlog.first];
    return outstanding.reduce<number>((least, seq) => (seq == null ? least : Math.min(least, seq - 1)), seen);
  }

  async function run(): Promise<void> {
    for (;;) {
      if (queue.length === 0 && (stopping || backlog.size === 0)) {
        if (stopping) return;
        await pause('work', IDLE_MS);
        continue;
      }
      await linger();
      inHand = takeLive() ?? (await takeBacklog());
      if (!inHand) continue;
      const delivered = await deliver(inHand);
      if (!delivered) return;
      inHand = null;
      commit();
    }
  }

  /** A small batch waits for more, unless there is a backlog to use the time for. */
  async function linger(): Promise<void> {
    if (stopping || backlog.size > 0 || queued >= limit.batch || limit.lingerMs === 0) return;
    await pause('more', limit.lingerMs);
  }

  async function pause(reason: 'work' | 'more', ms: number): Promise<void> {
    const end = new AbortController();
    waiting = { for: reason, end };
    await clock.sleep(ms, end.signal);
    waiting = null;
  }

  function takeLive(): Batch | null {
    const turn = liveTurn;
    liveTurn = true;
    const first = queue[0];
    if (!first || (!turn && backlog.size > 0 && !stopping)) return null;
    liveTurn = false;
    let end = 0;
    let size = 0;
    while (end < queue.length && size < limit.batch) size += weight(queue[end++]);
    const slices = queue.slice(0, end);
    queue = queue.slice(end);
    queued -= size;
    return { firstSeq: first.firstSeq, slices };
  }

  /** Decodes a little at a time: the rules share this thread. */
  async function takeBacklog(): Promise<Batch | null> {
    const start = backlog.first;
    if (start === null) return null;
    const slices: SourceSlice[] = [];
    let size = 0;
    while (size < limit.batch) {
      const range = backlog.next();
      // The checkpoint stands before the oldest record in hand; what it covers must be one run.
      if (!range || range.firstSeq !== (slices.at(-1)?.lastSeq ?? start - 1) + 1) break;
      const slice = source.read(range.firstSeq - 1, range.lastSeq, limit.reread);
      if (!slice) {
        log.warn(
          { firstSeq: range.firstSeq, lastSeq: range.lastSeq },
          'the journal does not hold these records any more',
        );
        backlog.taken(range.lastSeq);
        break;
      }
      // In hand before it leaves the backlog: the position must not run ahead while other work has its turn.
      inHand = { firstSeq: start, slices };
      slices.push(slice);
      backlog.taken(slice.lastSeq);
      size += weight(slice);
      await nextTurn();
    }
    return slices.length === 0 ? null : { firstSeq: start, slices };
  }

  async function deliver({ slices }: Batch): Promise<boolean> {
    const readings = slices.length === 1 ? (slices[0]?.readings ?? []) : slices.flatMap((slice) => slice.readings);
    const seqs = slices.length === 1 ? (slices[0]?.seqs ?? []) : slices.flatMap((slice) => slice.seqs);
    const refused: FiledRejection[] = [];
    for (let start = 0; start < readings.length; start += limit.batch) {
      const refuse = (position: number, words: string) => refused.push(refusedReading(readings, seqs, position, words));
      const end = Math.min(start + limit.batch, readings.length);
      const { part, positions } = withinRetention(
        readings.slice(start, end),
        start,
        options.oldest?.() ?? Number.NEGATIVE_INFINITY,
        refuse,
      );
      const ofPart = (offset: number, words: string) => refuse(positions?.[offset] ?? start + offset, words);
      if (part.length > 0 && !(await delivery.deliver(part, ofPart, stopped.signal))) return false;
    }
    letters = letters.concat(...slices.map((slice) => slice.rejections), refused);
    if (refused.length > 0) log.warn({ count: refused.length }, 'readings refused by the store are dead letters');
    return true;
  }

  /** One commit at a time; whatever comes while it runs goes into the next. */
  function commit(): void {
    if (committing || !hasUncommitted()) return;
    committing = commitAll().catch(fail);
  }

  function hasUncommitted(): boolean {
    return letters.length > 0 || position() > committed;
  }

  async function commitAll(): Promise<void> {
    while (hasUncommitted()) {
      const through = position();
      const deadLetters = letters;
      letters = [];
      await checkpoint.commit({ through, deadLetters });
      committed = through;
    }
    committing = null;
  }

  function fail(cause: unknown): void {
    const words = cause instanceof Error ? cause.message : String(cause);
    options.onFailure(new AppError('WRITER_FAILED', `the way from journal to store failed: ${words}`, { cause }));
  }

  function overflow(slice: SourceSlice): void {
    const firstSeq = queue[0]?.firstSeq ?? slice.firstSeq;
    log.warn(
      { firstSeq, lastSeq: slice.lastSeq },
      'the queue of the store is full: these will be read from the journal',
    );
    backlog.add(firstSeq, slice.lastSeq);
    queue = [];
    queued = 0;
  }

  return {
    start() {
      if (running) return;
      seen = Math.max(committed, source.head());
      backlog.add(committed + 1, seen);
      running = delivery.open(stopped.signal).then(run).catch(fail);
    },
    offer(slice) {
      // What was there at the start is in the backlog already.
      if (!running || slice.lastSeq <= seen) return;
      seen = slice.lastSeq;
      const size = weight(slice);
      if (queued + size > limit.queued) {
        overflow(slice);
      } else {
        queue.push(slice);
        queued += size;
      }
      if (waiting?.for === 'work' || queued >= limit.batch) waiting?.end.abort();
    },
    lag: () => ({
      sequences: seen - position(),
      queued: queue.reduce((sum, slice) => sum + slice.readings.length, 0),
      backlog: backlog.size,
      storeAvailable: delivery.available,
      lastWriteAt: delivery.lastWriteAt,
    }),
    async stop() {
      if (!running || stopping) return await (running ?? undefined);
      stopping = true;
      waiting?.end.abort();
      // What is down will hardly come back within these seconds, and everything is in the journal.
      if (!delivery.available) stopped.abort();
      const flushed = new AbortController();
      const deadline = clock.sleep(limit.flushMs, flushed.signal).then(() => stopped.abort());
      await running;
      flushed.abort();
      await deadline;
      await committing;
    },
  };
}

function weight(slice: SourceSlice | undefined): number {
  return slice ? slice.readings.length + slice.rejections.length : 0;
}
