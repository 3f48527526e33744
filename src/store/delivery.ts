import { AppError, hasCode } from '../model/error.ts';
import type { Reading } from '../model/reading.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/log.ts';
import type { ReadingStore } from './port.ts';

/** What a delivery needs. */
export interface DeliveryOptions {
  readonly store: ReadingStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1. */
  readonly random: () => number;
  readonly backoffMs: { readonly min: number; readonly max: number };
  readonly onOutage?: (error: AppError) => void;
  readonly onRecovered?: (outage: { readonly downMs: number }) => void;
}

/** Brings readings into a store, however long it takes. */
export interface Delivery {
  /** False until the store is open, and from the first failure until it works again. */
  readonly available: boolean;
  readonly lastWriteAt: number | null;
  /** Opens the store, trying for as long as it takes: without traffic too it is known whether it works. */
  open(signal: AbortSignal): Promise<void>;
  /**
   * Stores readings, trying again for as long as the store is unavailable; `refuse` gets each one that the store will
   * not take, by its position, with the database's words. False when `signal` ended it before all was done.
   */
  deliver(
    readings: readonly Reading[],
    refuse: (position: number, words: string) => void,
    signal: AbortSignal,
  ): Promise<boolean>;
}

type Outcome = 'stored' | 'aborted' | AppError;

/** One write at a time; an outage is logged when it begins and when it ends, not at each try. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { store, clock, log, random, backoffMs } = options;
  let started = false;
  let downSince: number | null = null;
  let lastWriteAt: number | null = null;

  async function attempt(readings: readonly Reading[]): Promise<'stored' | AppError> {
    try {
      if (!started) await store.start();
      started = true;
    } catch (error) {
      // Refused or not, nothing was looked at: a store that does not start is an outage.
      return new AppError('STORE_UNAVAILABLE', words(error), { cause: error });
    }
    try {
      await store.write(readings);
      return 'stored';
    } catch (error) {
      return hasCode(error, 'STORE_REFUSED')
        ? error
        : new AppError('STORE_UNAVAILABLE', words(error), { cause: error });
    }
  }

  /** Until the store has taken or refused them. */
  async function settle(readings: readonly Reading[], signal: AbortSignal): Promise<Outcome> {
    for (let failures = 0; ; failures++) {
      const outcome = await attempt(readings);
      if (outcome === 'stored' || outcome.code === 'STORE_REFUSED') {
        recovered();
        if (outcome === 'stored') lastWriteAt = clock.now();
        return outcome;
      }
      started = false;
      broken(outcome);
      if (signal.aborted) return 'aborted';
      await backOff(failures, signal);
      if (signal.aborted) return 'aborted';
    }
  }

  async function open(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await store.start();
        started = true;
        recovered();
        return;
      } catch (error) {
        broken(new AppError('STORE_UNAVAILABLE', words(error), { cause: error }));
        await backOff(failures, signal);
      }
    }
  }

  async function backOff(failures: number, signal: AbortSignal): Promise<void> {
    const ceiling = Math.min(backoffMs.max, backoffMs.min * 2 ** Math.min(failures, 20));
    await clock.sleep(ceiling * (0.5 + random() / 2), signal);
  }

  function broken(error: AppError): void {
    if (downSince !== null) return;
    downSince = clock.now();
    log.error(
      { store: store.kind, code: error.code, reason: error.message },
      'store unavailable: readings wait in the journal',
    );
    options.onOutage?.(error);
  }

  function recovered(): void {
    if (downSince === null) return;
    const downMs = clock.now() - downSince;
    downSince = null;
    log.info({ store: store.kind, downMs }, 'store available again');
    options.onRecovered?.({ downMs });
  }

  /** Halves what was refused until single readings are left: InfluxDB's 400 does not tell which one it meant. */
  async function bisect(
    readings: readonly Reading[],
    offset: number,
    refuse: (position: number, words: string) => void,
    signal: AbortSignal,
  ): Promise<boolean> {
    const outcome = await settle(readings, signal);
    if (outcome === 'aborted') return false;
    if (outcome === 'stored') return true;
    if (readings.length === 1) {
      refuse(offset, outcome.message);
      return true;
    }
    const half = Math.ceil(readings.length / 2);
    return (
      (await bisect(readings.slice(0, half), offset, refuse, signal)) &&
      (await bisect(readings.slice(half), offset + half, refuse, signal))
    );
  }

  return {
    get available() {
      return started && downSince === null;
    },
    get lastWriteAt() {
      return lastWriteAt;
    },
    open,
    deliver: (readings, refuse, signal) => bisect(readings, 0, refuse, signal),
  };
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
