import type { MessageRate } from '../../model/routing.ts';
import { TIERS, tierRank } from '../../model/tier.ts';
import type { Notification, RetryOutcome } from './notification.ts';
import { createPace } from './pace.ts';
import { cappedRetryAfter, retryAt, URGENT_RANK } from './schedule.ts';
import { keyOf, nextInTurn } from './turn.ts';

/** So many requests of each tier (blue, yellow, orange, red) may be under way: a tier that hangs hinders no other. */
const SLOTS = [4, 8, 8, 12];

/** A receiver that did not even answer this often in a row, or answered badly that often, is only probed. */
const UNREACHABLE_IN_A_ROW = 2;
const FAILURES_IN_A_ROW = 10;

/** Probing: at most one request a second begins, and so many are under way. */
const PROBE_GAP_MS = 1000;
const PROBES = { lower: 1, urgent: 2 };

type Urgency = keyof typeof PROBES;

const RED_RANK = tierRank('red');

/** The notifications of one alarm, oldest first: only the head may be sent. */
interface Line {
  readonly key: string;
  readonly queue: Notification[];
  /** The most urgent of the queue: an urgent event pulls the earlier ones of its alarm with it. */
  rank: number;
  state: 'ready' | 'waiting' | 'sending';
  sendingRank: number;
  dueAt: number;
  /** The receiver asked to wait until then. */
  notBefore: number;
}

/** What waits for one receiver, and what is to be sent next. No effects: times and random numbers are arguments. */
export interface Lane {
  add(notification: Notification, at: number): void;
  /** It is a dead letter now; if it is being sent, the outcome still counts. */
  drop(notification: Notification): void;
  /** The next one to send, or null; it then counts as under way until one of the calls below. */
  take(at: number): Notification | null;
  /** Delivered or dead: the next one of its alarm may go. */
  settled(notification: Notification): void;
  /** The receiver took one: if it was only being probed, all that wait are due. */
  reached(at: number): void;
  /** Forgets every wait: the receiver's settings are new, or the clock was set back and no due time means anything. */
  hurry(): void;
  /** Takes another rate. `begun`: when earlier requests began, as far as that is known. */
  pace(rate: MessageRate | null, begun: readonly number[]): void;
  /** Counts a failed attempt against the receiver. */
  failed(notification: Notification, outcome: RetryOutcome, at: number): void;
  /** Puts it back (with its attempts) until the schedule says so. */
  retry(notification: Notification, outcome: RetryOutcome, deadline: number, at: number, random: number): void;
  /** Puts it back as if it had not been tried. */
  putBack(notification: Notification): void;
  /** True if it was dropped while being sent. */
  dropped(notification: Notification): boolean;
  /** Those older than `giveUpAfterMs` and not under way, if the receiver is failing. */
  expired(at: number, giveUpAfterMs: number): readonly Notification[];
  /** When `take` may have something without anything else happening; Infinity = never. */
  wakeAt(at: number): number;
  readonly open: boolean;
  readonly sending: number;
}

/** An empty {@link Lane}, as fast as its receiver answers until it is given a pace. */
export function createLane(): Lane {
  const lines = new Map<string, Line>();
  const ready: readonly Set<Line>[] = TIERS.map(() => new Set());
  const waiting = new Set<Line>();
  const sending = TIERS.map(() => 0);
  const droppedSequences = new Set<number>();
  const lastStart: Record<Urgency, number> = { lower: Number.NEGATIVE_INFINITY, urgent: Number.NEGATIVE_INFINITY };
  let pace = createPace(null);
  let nextDue = Number.POSITIVE_INFINITY;
  let unreachable = 0;
  let failures = 0;
  /** A 429 or 503 with Retry-After speaks for the whole receiver, but only the lower tiers obey it as a whole. */
  let heldUntil = 0;

  const isOpen = () => unreachable >= UNREACHABLE_IN_A_ROW || failures >= FAILURES_IN_A_ROW;
  const sumSending = (from: number, to: number) => sending.slice(from, to).reduce((sum, count) => sum + count, 0);

  function makeReady(line: Line): void {
    waiting.delete(line);
    line.state = 'ready';
    ready[line.rank]?.add(line);
  }

  function makeWaiting(line: Line, dueAt: number): void {
    line.state = 'waiting';
    line.dueAt = dueAt;
    waiting.add(line);
    nextDue = Math.min(nextDue, dueAt);
  }

  function promote(at: number): void {
    if (at < nextDue) return;
    nextDue = Number.POSITIVE_INFINITY;
    for (const line of waiting) {
      if (line.dueAt <= at) makeReady(line);
      else nextDue = Math.min(nextDue, line.dueAt);
    }
  }

  function rerank(line: Line): void {
    const rank = line.queue.reduce((most, { tier }) => Math.max(most, tierRank(tier)), 0);
    if (rank === line.rank) return;
    const wasReady = ready[line.rank]?.delete(line) === true;
    line.rank = rank;
    if (wasReady) ready[rank]?.add(line);
  }

  function mayStart(rank: number, at: number): boolean {
    if ((sending[rank] ?? 0) >= (SLOTS[rank] ?? 0) || pace.freeAt(rank === RED_RANK, at) > at) return false;
    const urgency = urgencyOf(rank);
    if (urgency === 'lower' && at < heldUntil) return false;
    if (!isOpen()) return true;
    const underWay = urgency === 'urgent' ? sumSending(URGENT_RANK, TIERS.length) : sumSending(0, URGENT_RANK);
    return underWay < PROBES[urgency] && at >= lastStart[urgency] + PROBE_GAP_MS;
  }

  /** Ends the sending of a line's head and says which line it was. */
  function finish(notification: Notification): Line | undefined {
    const line = lines.get(keyOf(notification));
    if (line?.state !== 'sending' || line.queue[0]?.sequence !== notification.sequence) return undefined;
    sending[line.sendingRank] = (sending[line.sendingRank] ?? 1) - 1;
    return line;
  }

  function advance(line: Line): void {
    if (line.queue.length === 0) {
      lines.delete(line.key);
      waiting.delete(line);
      ready[line.rank]?.delete(line);
      return;
    }
    rerank(line);
    line.notBefore = 0;
    makeReady(line);
  }

  return {
    add(notification, at) {
      const key = keyOf(notification);
      const rank = tierRank(notification.tier);
      const line = lines.get(key);
      if (!line) {
        const created: Line = {
          key,
          queue: [notification],
          rank,
          state: 'ready',
          sendingRank: 0,
          dueAt: 0,
          notBefore: 0,
        };
        lines.set(key, created);
        makeReady(created);
        return;
      }
      if (droppedSequences.delete(notification.sequence)) return;
      insert(line, notification);
      rerank(line);
      // News of higher urgency does not wait for the retry of an older, less urgent event.
      if (line.state === 'waiting' && (rank >= URGENT_RANK || line.queue[0] === notification)) {
        if (line.notBefore <= at) makeReady(line);
        else makeWaiting(line, Math.min(line.dueAt, line.notBefore));
      }
    },
    drop(notification) {
      const line = lines.get(keyOf(notification));
      const index = line?.queue.findIndex((queued) => queued.sequence === notification.sequence) ?? -1;
      if (!line || index < 0) return;
      if (index === 0 && line.state === 'sending') {
        droppedSequences.add(notification.sequence);
        return;
      }
      line.queue.splice(index, 1);
      if (index === 0 || line.queue.length === 0) advance(line);
      else rerank(line);
    },
    take(at) {
      promote(at);
      for (let rank = TIERS.length - 1; rank >= 0; rank--) {
        const line = nextInTurn(ready[rank] ?? []);
        const head = line?.queue[0];
        if (!line || !head) continue;
        if (!mayStart(rank, at)) {
          // Lower tiers do not compete with an urgent one that waits for its next slot, while the receiver takes them.
          if (rank >= URGENT_RANK && !isOpen()) return null;
          continue;
        }
        ready[rank]?.delete(line);
        line.state = 'sending';
        line.sendingRank = rank;
        sending[rank] = (sending[rank] ?? 0) + 1;
        lastStart[urgencyOf(rank)] = at;
        pace.begin(at);
        return head;
      }
      return null;
    },
    settled(notification) {
      const line = finish(notification);
      if (!line) return;
      droppedSequences.delete(notification.sequence);
      line.queue.shift();
      advance(line);
    },
    reached(at) {
      const wasOpen = isOpen();
      unreachable = 0;
      failures = 0;
      if (!wasOpen) return;
      for (const line of waiting) {
        if (line.notBefore <= at) makeReady(line);
        else makeWaiting(line, line.notBefore);
      }
    },
    pace(next, begun) {
      pace = createPace(next, begun);
    },
    hurry() {
      heldUntil = 0;
      lastStart.lower = Number.NEGATIVE_INFINITY;
      lastStart.urgent = Number.NEGATIVE_INFINITY;
      for (const line of waiting) makeReady(line);
    },
    failed(notification, outcome, at) {
      failures++;
      unreachable = outcome.code === 'connection' || outcome.code === 'timeout' ? unreachable + 1 : 0;
      const isHeld = outcome.code === 'throttled' || outcome.status === 429 || outcome.status === 503;
      if (outcome.retryAfterMs !== null && isHeld) {
        const rank = Math.min(tierRank(notification.tier), URGENT_RANK - 1);
        heldUntil = Math.max(heldUntil, at + cappedRetryAfter(rank, outcome.retryAfterMs));
      }
    },
    retry(notification, outcome, deadline, at, random) {
      const line = finish(notification);
      if (!line) return;
      line.queue[0] = notification;
      line.notBefore = outcome.retryAfterMs === null ? 0 : at + cappedRetryAfter(line.rank, outcome.retryAfterMs);
      const { attempts } = notification;
      const { rank } = line;
      makeWaiting(line, retryAt({ rank, attempts, at, retryAfterMs: outcome.retryAfterMs, deadline, random }));
    },
    putBack(notification) {
      const line = finish(notification);
      if (line) makeReady(line);
    },
    dropped: (notification) => droppedSequences.has(notification.sequence),
    expired(at, giveUpAfterMs) {
      // Never given up untried: only a receiver that is failing uses up its time.
      if (!isOpen()) return [];
      const old: Notification[] = [];
      for (const line of lines.values()) {
        for (const notification of line.state === 'sending' ? line.queue.slice(1) : line.queue) {
          if (at - notification.pendingSince >= giveUpAfterMs) old.push(notification);
        }
      }
      return old;
    },
    wakeAt(at) {
      let wake = nextDue;
      for (let rank = 0; rank < TIERS.length; rank++) {
        if (ready[rank]?.size === 0) continue;
        const urgency = urgencyOf(rank);
        const gap = isOpen() ? lastStart[urgency] + PROBE_GAP_MS : 0;
        const hold = urgency === 'lower' ? heldUntil : 0;
        const earliest = Math.max(gap, hold, pace.freeAt(rank === RED_RANK, at));
        if (earliest > at) wake = Math.min(wake, earliest);
      }
      return wake;
    },
    get open() {
      return isOpen();
    },
    get sending() {
      return sumSending(0, TIERS.length);
    },
  };
}

function urgencyOf(rank: number): Urgency {
  return rank >= URGENT_RANK ? 'urgent' : 'lower';
}

/** By sequence, but never before one that is being sent. */
function insert(line: Line, notification: Notification): void {
  if (line.queue.some((queued) => queued.sequence === notification.sequence)) return;
  const from = line.state === 'sending' ? 1 : 0;
  const index = line.queue.findIndex((queued, at) => at >= from && queued.sequence > notification.sequence);
  line.queue.splice(index < 0 ? line.queue.length : index, 0, notification);
}
