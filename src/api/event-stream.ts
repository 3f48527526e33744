import type { ServerResponse } from 'node:http';
import { AppError } from '../model/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { ApiPorts } from './ports.ts';
import { eventWire } from './wire.ts';

export interface EventStreams {
  /**
   * Sends every event after a sequence, then each new one as it comes, until either side ends it.
   *
   * @throws AppError `STREAMS_FULL`
   */
  open(response: ServerResponse, after: number): void;
  /** Ends all streams; no more are opened. */
  close(): void;
}

export interface EventStreamsDeps {
  readonly events: ApiPorts['events'];
  readonly clock: Clock;
  readonly log: Logger;
}

const STREAMS = 100;
/** Events read at a time: all that a slow reader makes us hold. */
const PAGE = 100;
const HEARTBEAT_MS = 15_000;
/** A reader that takes nothing for so long is disconnected; it comes back with `Last-Event-ID`. */
const STALL_MS = 30_000;
/** A read may be of the moment before a commit that was announced already. */
const AGAIN_MS = 20;

/** The live streams. Each one reads the event log at its own pace, so there is no queue that could overflow. */
export function createEventStreams({ events, clock, log }: EventStreamsDeps): EventStreams {
  const open = new Set<() => void>();
  let closed = false;

  async function send(response: ServerResponse, after: number): Promise<void> {
    let position = after;
    let announced = 0;
    let ended = false;
    let wait = new AbortController();
    const end = () => {
      ended = true;
      wait.abort();
    };
    const sleep = async (ms: number) => {
      await clock.sleep(ms, wait.signal);
      const woken = wait.signal.aborted;
      wait = new AbortController();
      return woken;
    };
    const taken = async () => {
      if (ended) return true;
      const drained = new AbortController();
      const wake = () => drained.abort();
      response.once('drain', wake).once('close', wake);
      await clock.sleep(STALL_MS, drained.signal);
      response.off('drain', wake).off('close', wake);
      return drained.signal.aborted;
    };
    const unfollow = events.follow((event) => {
      announced = Math.max(announced, event.sequence);
      wait.abort();
    });
    open.add(end);
    response.once('close', end);
    try {
      response.write('retry: 2000\n\n');
      while (!ended) {
        const { items } = events.list({ after: position, limit: PAGE });
        for (const event of items) {
          if (ended) break;
          const flowing = response.write(`id: ${event.sequence}\ndata: ${JSON.stringify(eventWire(event))}\n\n`);
          position = event.sequence;
          if (!flowing && !(await taken())) {
            log.warn({ position }, 'event stream closed: its reader takes nothing');
            response.destroy();
            return;
          }
        }
        if (ended || items.length > 0) continue;
        if (announced > position) await clock.sleep(AGAIN_MS);
        else if (!(await sleep(HEARTBEAT_MS))) response.write(': alive\n\n');
      }
      response.end();
    } finally {
      unfollow();
      open.delete(end);
    }
  }

  return {
    open(response, after) {
      if (closed || open.size >= STREAMS) throw new AppError('STREAMS_FULL', `${STREAMS} streams are open`);
      response.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-accel-buffering': 'no',
      });
      send(response, after).catch((error: unknown) => {
        log.error({ err: error }, 'event stream failed');
        response.destroy();
      });
    },
    close() {
      closed = true;
      for (const end of open) end();
    },
  };
}
