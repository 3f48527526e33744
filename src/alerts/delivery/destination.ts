import type { Receiver } from '../../model/configuration.ts';
import { AppError } from '../../model/error.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/log.ts';
import { createLane, type Lane } from './lane.ts';
import { createWebhook, type Webhook } from './webhook.ts';

/** One receiver while the dispatcher runs. */
export interface Destination {
  readonly id: string;
  readonly lane: Lane;
  readonly settings: Receiver;
  readonly webhook: Webhook;
  /** Takes new settings; whatever waited is due, since they may be the cure. */
  reconnect(settings: Receiver): void;
  removed: boolean;
  /** Interrupts the loop's wait. */
  wake: AbortController;
  /** When the loop looks again by itself. */
  sleepsUntil: number;
  /** When to look for what is too old. */
  sweepAt: number;
  /** The time at the last turn of the loop. */
  lastAt: number;
}

/** A destination with nothing to send. */
export function createDestination(
  receiver: Receiver,
  deps: { clock: Clock; version: string; log: Logger },
): Destination {
  let settings = receiver;
  let webhook = connect(receiver);
  const lane = createLane();

  /** One unusable receiver must not keep the others from starting: its notifications fail, visibly. */
  function connect(next: Receiver): Webhook {
    try {
      return createWebhook(next.webhook, deps);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      deps.log.error({ receiver: next.id, code: error.code }, error.message);
      const reason = error.message;
      return { send: async () => ({ kind: 'retry', code: 'refused', reason, status: null, retryAfterMs: null }) };
    }
  }

  return {
    id: receiver.id,
    lane,
    get settings() {
      return settings;
    },
    get webhook() {
      return webhook;
    },
    reconnect(next) {
      settings = next;
      webhook = connect(next);
      lane.hurry();
    },
    removed: false,
    wake: new AbortController(),
    sleepsUntil: Number.NEGATIVE_INFINITY,
    sweepAt: deps.clock.now(),
    lastAt: deps.clock.now(),
  };
}
