import { setMaxListeners } from 'node:events';
import type { Receiver } from '../../model/routing.ts';
import type { Tier } from '../../model/tier.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Batch, Environment } from '../../runtime/database.ts';
import type { ChannelDeps } from './connect.ts';
import type { DeadLetterReport } from './dead-letter.ts';
import { createDestination, type Destination } from './destination.ts';
import type { Notification, Outcome, RetryOutcome } from './notification.ts';
import type { Outbox } from './outbox.ts';
import { attempted } from './receipt.ts';
import { createSettlement } from './settlement.ts';

/** One successful delivery, for the metrics. */
export interface Delivered {
  readonly receiver: string;
  readonly notification: Notification;
  readonly tier: Tier;
  /** From the event to the receiver's 2xx. */
  readonly latencyMs: number;
  readonly attempts: number;
}

/** One failed attempt, for the metrics. */
export interface DeliveryFailure {
  readonly receiver: string;
  readonly notification: Notification;
  readonly code: RetryOutcome['code'];
  readonly reason: string;
  readonly attempts: number;
}

export interface DispatcherDeps extends ChannelDeps {
  readonly outbox: Outbox;
  readonly environment: Environment;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
  readonly onDelivered: (delivered: Delivered) => void;
  readonly onFailed: (failure: DeliveryFailure) => void;
  /** A receiver has an event of this alarm. Comes for every delivery: only the first one counts. */
  readonly onNotified: (alarmId: string, at: number) => void;
  /**
   * Notifications became dead letters. Runs inside the commit that says so: `outbox.enqueue(batch,
   * deliveryFailedEvent(id, report), others)`; the dispatcher calls `outbox.committed()` itself.
   */
  readonly onDeadLetter: (report: DeadLetterReport, batch: Batch) => void;
  /** The database refused a commit (see {@link Environment.commit}). */
  readonly onFault: (error: unknown) => void;
}

/** Sends what the outbox holds, to every receiver on its own. */
export interface Dispatcher {
  start(): void;
  /** Begins nothing new, gives what is under way 2 s, and returns when every outcome is on disk. */
  stop(): Promise<void>;
  /** Takes another set of receivers; what waits for one that is gone stays pending until it is back. */
  update(receivers: readonly Receiver[]): void;
  /** By receiver: is it only being probed because it fails? */
  failing(): ReadonlyMap<string, boolean>;
}

const STOP_GRACE_MS = 2000;
/** Nothing sleeps longer, so that expiry and overdue reports are looked at. */
const SWEEP_MS = 30_000;
/** Of so many, newest first, the attempts before a restart count for the rate of a receiver. */
const ATTEMPTS_READ = 1000;
/** A wall clock that went back by more would leave retries waiting for as long. */
const CLOCK_STEP_MS = 1000;

const UNEXPECTED: RetryOutcome = {
  kind: 'retry',
  code: 'refused',
  reason: 'internal error',
  status: null,
  retryAfterMs: null,
};

/** A dispatcher at rest. */
export function createDispatcher(receivers: readonly Receiver[], deps: DispatcherDeps): Dispatcher {
  const { outbox, clock, log } = deps;
  const destinations = new Map<string, Destination>();
  const settlement = createSettlement({ ...deps, now: () => clock.now() });
  const attempts = new Set<Promise<void>>();
  let configured = receivers;
  let stopping = new AbortController();
  let running = false;

  async function run(destination: Destination): Promise<void> {
    while (running && !destination.removed) {
      const at = clock.now();
      if (at < destination.lastAt - CLOCK_STEP_MS) {
        destination.sweepAt = at;
        destination.lane.hurry();
      }
      destination.lastAt = at;
      if (at >= destination.sweepAt) sweep(destination, at);
      destination.sleepsUntil = Number.NEGATIVE_INFINITY;
      const wakeAt = pump(destination, at);
      // Set before the wait: whatever shortens it from here on ends it.
      destination.wake = new AbortController();
      destination.sleepsUntil = wakeAt;
      await clock.sleep(Math.max(wakeAt - at, 0), destination.wake.signal);
    }
  }

  /** Begins whatever may go, and says when to look again. Wakes the loop only if it would sleep too long. */
  function pump(destination: Destination, at: number): number {
    const { lane } = destination;
    if (running && !destination.removed) {
      for (let next = lane.take(at); next !== null; next = lane.take(at)) begin(destination, next);
    }
    const wakeAt = Math.min(lane.wakeAt(at), destination.sweepAt);
    // A clock that jumped, either way, makes the length of its sleep meaningless.
    const jumped = at >= destination.sleepsUntil || at < destination.lastAt;
    if (jumped || wakeAt < destination.sleepsUntil) destination.wake.abort();
    return wakeAt;
  }

  function open(receiver: Receiver): Destination {
    return createDestination(receiver, deps, () => {
      if (receiver.rate === null) return [];
      // Of many that wait only some were tried, and most of those that were delivered came before them.
      const tried = (['delivered', 'pending'] as const).flatMap(
        (state) => outbox.list({ receiver: receiver.id, state, limit: ATTEMPTS_READ }).items,
      );
      return tried.flatMap(({ lastAttemptAt }) => (lastAttemptAt === null ? [] : [lastAttemptAt]));
    });
  }

  function begin(destination: Destination, notification: Notification): void {
    const attempt = send(destination, notification)
      .catch((error: unknown) => {
        log.error({ err: error, receiver: destination.id }, 'a delivery attempt failed in an unexpected way');
        destination.lane.retry(notification, UNEXPECTED, Number.POSITIVE_INFINITY, clock.now(), 0);
      })
      .finally(() => {
        attempts.delete(attempt);
        pump(destination, clock.now());
      });
    attempts.add(attempt);
  }

  async function send(destination: Destination, notification: Notification): Promise<void> {
    const { eventId, sequence } = notification;
    const body = outbox.body(notification);
    if (!body) {
      log.error({ receiver: destination.id, event: eventId }, 'body of a notification is missing');
      giveUp(destination, { ...notification, lastError: 'body missing in the database' });
      return;
    }
    const began = clock.now();
    const outcome = await destination.channel.send({ eventId, sequence, body }, stopping.signal);
    conclude(destination, notification, outcome, began);
  }

  function conclude(destination: Destination, before: Notification, outcome: Outcome, began: number): void {
    const { lane } = destination;
    if (outcome.kind === 'aborted') {
      lane.putBack(before);
      return;
    }
    const at = clock.now();
    const tried = attempted(before, outcome, began, at);
    if (outcome.kind === 'delivered') {
      settlement.record({ ...tried, state: 'delivered', settledAt: at, lastError: null });
      if (lane.open) log.info({ receiver: destination.id }, 'receiver answers again');
      lane.reached(at);
      lane.settled(tried);
      announceDelivered(tried, at);
      return;
    }
    const failed: Notification = { ...tried, lastError: outcome.reason };
    countFailure(destination, failed, outcome, at);
    const deadline = failed.pendingSince + destination.settings.giveUpAfterMs;
    if (lane.dropped(failed)) lane.settled(failed);
    else if (at >= deadline) giveUp(destination, failed);
    else {
      settlement.record(failed);
      lane.retry(failed, outcome, deadline, at, deps.random());
    }
    const { receiver, attempts: count } = failed;
    deps.onFailed({ receiver, notification: failed, code: outcome.code, reason: outcome.reason, attempts: count });
  }

  function announceDelivered(notification: Notification, at: number): void {
    const { receiver, tier, attempts: count, alarmId } = notification;
    deps.onDelivered({ receiver, notification, tier, latencyMs: at - notification.at, attempts: count });
    if (alarmId !== null) deps.onNotified(alarmId, at);
  }

  function countFailure({ id, lane }: Destination, failed: Notification, outcome: RetryOutcome, at: number): void {
    const wasOpen = lane.open;
    lane.failed(failed, outcome, at);
    if (lane.open && !wasOpen) log.warn({ receiver: id, reason: outcome.reason }, 'receiver fails; probing it');
  }

  function giveUp(destination: Destination, notification: Notification): void {
    settlement.record({ ...notification, state: 'dead', settledAt: clock.now() });
    destination.lane.settled(notification);
    destination.lane.drop(notification);
  }

  function sweep(destination: Destination, at: number): void {
    destination.sweepAt = at + SWEEP_MS;
    const { giveUpAfterMs } = destination.settings;
    for (const old of destination.lane.expired(at, giveUpAfterMs)) {
      giveUp(destination, { ...old, lastError: old.lastError ?? 'receiver did not answer in time' });
    }
    void settlement.flush();
  }

  function launch(destination: Destination): void {
    run(destination).catch((error: unknown) => {
      // A loop that ended would be a receiver that hears nothing any more.
      log.error({ err: error, receiver: destination.id }, 'delivery loop failed; it goes on');
      if (running && !destination.removed) setTimeout(() => launch(destination), 1000).unref();
    });
  }

  function follow(): void {
    outbox.follow({
      added(notification) {
        const destination = destinations.get(notification.receiver);
        destination?.lane.add(notification, clock.now());
        destination?.wake.abort();
      },
      overflowed(notification) {
        destinations.get(notification.receiver)?.lane.drop(notification);
        settlement.report(notification);
      },
    });
  }

  return {
    start() {
      if (running) return;
      running = true;
      stopping = new AbortController();
      // Every attempt under way listens to it; their number is bounded by the slots.
      setMaxListeners(0, stopping.signal);
      for (const settings of configured) destinations.set(settings.id, open(settings));
      follow();
      warnOfOrphans();
      for (const destination of destinations.values()) launch(destination);
    },
    async stop() {
      if (!running) return;
      running = false;
      outbox.follow(null);
      for (const { wake } of destinations.values()) wake.abort();
      const graceOver = new AbortController();
      await Promise.race([Promise.all(attempts), systemClock.sleep(STOP_GRACE_MS, graceOver.signal)]);
      graceOver.abort();
      stopping.abort();
      await Promise.all(attempts);
      destinations.clear();
      await settlement.close();
    },
    update(next) {
      configured = next;
      if (!running) return;
      // `follow` offers everything pending again; a lane leaves out what it has.
      const ids = new Set(next.map(({ id }) => id));
      for (const destination of destinations.values()) {
        if (ids.has(destination.id)) continue;
        destination.removed = true;
        destination.wake.abort();
        destinations.delete(destination.id);
      }
      const added: Destination[] = [];
      for (const settings of next) {
        const known = destinations.get(settings.id);
        if (known) {
          known.reconnect(settings);
          continue;
        }
        const destination = open(settings);
        destinations.set(settings.id, destination);
        added.push(destination);
      }
      follow();
      warnOfOrphans();
      for (const destination of added) launch(destination);
    },
    failing: () => new Map([...destinations.values()].map(({ id, lane }) => [id, lane.open])),
  };

  function warnOfOrphans(): void {
    for (const { receiver, pending } of outbox.counts()) {
      if (pending > 0 && !destinations.has(receiver)) {
        log.warn({ receiver, pending }, 'notifications wait for a receiver that is not configured');
      }
    }
  }
}
