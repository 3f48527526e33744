import { setTimeout as delay } from 'node:timers/promises';
import { createFleet, type FleetEvents, type FleetOptions, type Station, type Traffic } from './fleet.ts';
import { createInstrument, type Instrument } from './instrument.ts';
import { createLedger, noLedger } from './ledger.ts';
import { castOf, createTimeline, type Scenario } from './story.ts';

/** How to play a scenario. */
export interface PlayOptions extends FleetOptions {
  readonly scenario: Scenario;
  /** Devices in all, in the scenario's proportions; null = as the scenario says. */
  readonly devices: number | null;
  readonly site: string | null;
  readonly prefix: string | null;
  /** Wall time between two samples of a device. */
  readonly intervalMs: number;
  /** Story time a second of wall time; timestamps stay wall time. */
  readonly speed: number;
  /** Wall time; null = to the end of the story. */
  readonly durationMs: number | null;
  /** File of the ledger. */
  readonly ledger: string | null;
}

/** Readings, except where a name says otherwise. */
export interface Counters extends Traffic {
  readonly devices: number;
  /** Never taken, because this process could not keep the pace. */
  readonly skipped: number;
  readonly storyMs: number;
}

export interface PlayResult {
  readonly counters: Counters;
  /** A connection came up, nothing was dropped, and every reading was acknowledged. */
  readonly complete: boolean;
}

/** What happens while a scenario plays. */
export interface PlayEvents extends Pick<FleetEvents, 'trouble'> {
  note(text: string, storyMs: number): void;
}

export interface Player {
  counters(): Counters;
  /**
   * Plays until the story or the duration ends or `signal` aborts, then gives
   * what is in flight two seconds, says `offline` and disconnects. To be called once.
   */
  run(signal: AbortSignal): Promise<PlayResult>;
}

/** Devices of one group take their samples evenly spread over the interval. */
interface Ring {
  readonly places: readonly { readonly station: Station; readonly instrument: Instrument }[];
  /** Samples taken so far; the next one is due `slot * interval / places` after the start. */
  slot: number;
}

/** Further behind than this, samples are skipped instead of taken late. */
const LAG_LIMIT_MS = 2000;

/**
 * Prepares a scenario for playing. Nothing connects before `run`, and the story starts with the first connection.
 *
 * @throws AppError `LEDGER_UNWRITABLE`
 */
export function createPlayer(options: PlayOptions, events: PlayEvents): Player {
  const { scenario } = options;
  const ledger = options.ledger === null ? noLedger : createLedger(options.ledger);
  let startedAt: number | null = null;
  let storyMs = 0;
  let skipped = 0;
  const fleet = createFleet(options, ledger, {
    connected() {
      startedAt = Date.now();
    },
    trouble: (reason) => events.trouble(reason),
  });
  const cast = castOf(scenario, options).filter((members) => members.length > 0);
  const rings = cast.map((members): Ring => {
    const places = members.map((member) => ({
      station: fleet.join(member),
      instrument: createInstrument(scenario, member, options.seed),
    }));
    return { places, slot: 0 };
  });
  const narrator = createTimeline(scenario, scenario.steps);

  function playUpTo(now: number, startMs: number): void {
    storyMs = (now - startMs) * options.speed;
    for (let due = narrator.next(storyMs); due; due = narrator.next(storyMs)) {
      if (due.step.note !== null) events.note(due.step.note, due.atMs);
    }
    for (const ring of rings) sampleRing(ring, now, startMs);
  }

  function sampleRing(ring: Ring, now: number, startMs: number): void {
    const count = ring.places.length;
    const spacingMs = options.intervalMs / count;
    const last = Math.floor((now - startMs) / spacingMs);
    const behind = last - ring.slot;
    if (behind > count && behind * spacingMs > LAG_LIMIT_MS) {
      // Whole rounds, so that all devices miss the same.
      const missed = Math.floor(behind / count) * count;
      ring.slot += missed;
      skipped += missed;
    }
    for (; ring.slot <= last; ring.slot += 1) {
      const place = ring.places[ring.slot % count];
      const sinceStart = ring.slot * spacingMs;
      if (place)
        fleet.report(place.station, place.instrument.sampleAt(sinceStart * options.speed), startMs + sinceStart);
    }
  }

  function isOver(wallMs: number): boolean {
    if (options.durationMs !== null && wallMs >= options.durationMs) return true;
    return startedAt !== null && scenario.loopFromMs === null && wallMs * options.speed >= scenario.durationMs;
  }

  async function play(signal: AbortSignal): Promise<void> {
    const calledAt = Date.now();
    // Until about the next sample, but never so long that a stop would be felt.
    const busiest = Math.max(...rings.map((ring) => ring.places.length));
    const sleepMs = Math.max(2, Math.min(50, options.intervalMs / busiest));
    while (!signal.aborted) {
      const now = Date.now();
      if (isOver(now - (startedAt ?? calledAt))) return;
      if (startedAt !== null) playUpTo(now, startedAt);
      // An aborted wait is an early return: the loop looks at the signal.
      await delay(sleepMs, undefined, { signal }).catch(() => {});
    }
  }

  const counters = (): Counters => ({
    ...fleet.traffic(),
    devices: rings.reduce((sum, ring) => sum + ring.places.length, 0),
    skipped,
    storyMs: Math.max(0, storyMs),
  });

  return {
    counters,
    async run(signal) {
      const over = new AbortController();
      const connecting = fleet.connect(AbortSignal.any([signal, over.signal]));
      try {
        await play(signal);
        over.abort();
        await connecting;
        await fleet.leave();
      } finally {
        ledger.close();
      }
      const result = counters();
      return {
        counters: result,
        complete: startedAt !== null && result.failed === 0 && result.dropped === 0 && result.refused === 0,
      };
    },
  };
}
