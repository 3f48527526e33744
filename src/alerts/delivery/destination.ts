import { AppError } from '../../model/error.ts';
import type { Receiver } from '../../model/routing.ts';
import { type Channel, failure } from './channel.ts';
import { type ChannelDeps, connectChannel } from './connect.ts';
import { createLane, type Lane } from './lane.ts';

/** One receiver while the dispatcher runs. */
export interface Destination {
  readonly id: string;
  readonly lane: Lane;
  readonly settings: Receiver;
  readonly channel: Channel;
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

/** A destination with nothing to send. `attempts`: when the newest ones to this receiver began, over restarts too. */
export function createDestination(
  receiver: Receiver,
  deps: ChannelDeps,
  attempts: () => readonly number[],
): Destination {
  let settings = receiver;
  let channel = connect(receiver);
  const lane = createLane();
  lane.pace(receiver.rate, attempts());

  /** One unusable receiver must not keep the others from starting: its notifications fail, visibly. */
  function connect(next: Receiver): Channel {
    try {
      return connectChannel(next, deps);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      deps.log.error({ receiver: next.id, code: error.code }, error.message);
      const reason = error.message;
      return { send: async () => failure('refused', reason) };
    }
  }

  return {
    id: receiver.id,
    lane,
    get settings() {
      return settings;
    },
    get channel() {
      return channel;
    },
    reconnect(next) {
      settings = next;
      channel = connect(next);
      lane.pace(next.rate, attempts());
      lane.hurry();
    },
    removed: false,
    wake: new AbortController(),
    sleepsUntil: Number.NEGATIVE_INFINITY,
    sweepAt: deps.clock.now(),
    lastAt: deps.clock.now(),
  };
}
