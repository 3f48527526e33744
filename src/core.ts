import { join } from 'node:path';
import type { LoggedEvent } from './alerts/alarm-log.ts';
import type { EscalationOf } from './alerts/follow-ups.ts';
import type { Notifier, Position } from './alerts/ledger.ts';
import { JOURNAL_FULL, JOURNAL_HAS_ROOM, type Notice, STORE_UNAVAILABLE, storeRecovered } from './alerts/notice.ts';
import { Register } from './alerts/register.ts';
import { type Filed, openDeadLetters } from './ingest/dead-letter.ts';
import { createDecoders, type DecoderSettings } from './ingest/decoders.ts';
import type { Envelope } from './ingest/envelope.ts';
import { type Durable, type JournalGroup, openJournal } from './ingest/journal.ts';
import { createJournalSource, decodeGroupOf, type Observer, resumedEnvelope } from './ingest/pipeline.ts';
import { openRaisingMessages } from './ingest/raising-messages.ts';
import { createJudging } from './judging.ts';
import type { Metrics } from './metrics.ts';
import type { Configuration } from './model/configuration.ts';
import { SAVE_EVERY_MS } from './recovery.ts';
import { createArrivalClock, type Interruption } from './runtime/arrival.ts';
import type { Clock } from './runtime/clock.ts';
import type { Environment } from './runtime/database.ts';
import type { Logger } from './runtime/log.ts';
import type { ReadingStore } from './store/port.ts';
import { createWriter } from './store/writer.ts';

/** How often delays and silences are looked at. */
const TICK_MS = 50;
const TRIM_MS = 1_000;
const PRUNE_MS = 60_000;
/** A store that is back sooner is nobody's business: nothing was lost and no alarm was late. */
const OUTAGE_MS = 3_000;
const POSITION_STORE = 'store';

export interface CoreDeps {
  readonly configuration: Configuration;
  readonly dataDirectory: string;
  readonly environment: Environment;
  readonly notifier: Notifier;
  readonly escalationOf: EscalationOf;
  /** The clockwork has reached engine time `at`. */
  readonly onTick: (at: number) => void;
  readonly store: ReadingStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly onEvent: (event: LoggedEvent) => void;
  readonly onFatal: (error: unknown) => void;
  readonly faultPoint: (name: string) => void;
}

const monotonic = () => performance.now();

export type Core = ReturnType<typeof createCore>;

/**
 * From a message to its consequences: journal, decoding, the two consumers (store writer and rule engine), the alarm
 * register, and the clockwork that lets delays run out. Everything that is told to it goes through {@link append}.
 */
export function createCore(deps: CoreDeps) {
  const { configuration, environment, log, metrics, clock } = deps;
  let { tiers, governor } = configuration;
  const decoders = createDecoders(decoding(configuration));
  const deadLetters = openDeadLetters(environment, configuration.deadLetters.maxCount, log);
  const storePositions = environment.table<number>('storePosition', 'json');
  const presence = new Map<string, boolean>();
  const lastSeen = new Map<string, number>();
  let stored = storePositions.get(POSITION_STORE) ?? 0;
  let timers: NodeJS.Timeout[] = [];
  /** Interruptions on their way through the journal: until they are judged, the time that passed is not the devices'. */
  let interruptions = 0;

  const raisingMessages = openRaisingMessages(environment, { read: (from) => journal.read(from) }, log);
  const register = new Register({
    environment,
    evidence: raisingMessages,
    notifier: deps.notifier,
    terms: () => ({ tiers, governor }),
    escalationOf: deps.escalationOf,
    onFatal: deps.onFatal,
    faultPoint: deps.faultPoint,
    onEvent(event) {
      if ('alarm' in event)
        metrics.alarmEvents.inc({ type: event.type.slice('davylamp.alarm.'.length), tier: event.alarm.tier });
      deps.onEvent(event);
    },
  });
  const judging = createJudging({ configuration, environment, register, log, metrics, announce });
  let outage: NodeJS.Timeout | null = null;
  const journal = openJournal(
    {
      directory: join(deps.dataDirectory, 'journal'),
      maxBytes: configuration.journal.maxBytes,
      log: log.child({ component: 'journal' }),
      onCommitted: take,
      onFatal: deps.onFatal,
      onFull: (full) => announce(full ? JOURNAL_FULL : JOURNAL_HAS_ROOM),
      now: () => arrival.now(),
      faultPoint: deps.faultPoint,
    },
    Math.max(register.position().seq, stored),
  );
  let arrival = createArrivalClock(clock, monotonic, announceInterruption);
  const observer: Observer = {
    reading(reading, seq) {
      judging.judge(reading, seq);
      lastSeen.set(reading.device.key, reading.receivedAt);
    },
    presence: (device, online) => presence.set(device.key, online),
    resumed(resumed, at, seq) {
      interruptions = Math.max(0, interruptions - 1);
      judging.resumed(resumed, at, seq);
    },
  };
  const counted: Observer = {
    ...observer,
    rejection: ({ reason }) => metrics.rejections.inc({ reason }),
  };
  const writer = createWriter({
    store: deps.store,
    source: createJournalSource(journal, decoders.at),
    checkpoint: { position: () => stored, commit: commitStored },
    clock,
    random: deps.random,
    log: log.child({ component: 'store' }),
    oldest: () => (configuration.store.retentionMs === null ? 0 : clock.now() - configuration.store.retentionMs),
    onOutage() {
      outage = setTimeout(() => {
        outage = null;
        announce(STORE_UNAVAILABLE);
      }, OUTAGE_MS);
    },
    onRecovered({ downMs }) {
      if (outage) clearTimeout(outage);
      else announce(storeRecovered(downMs));
      outage = null;
    },
    onFailure: deps.onFatal,
  });

  function announceInterruption(interruption: Interruption, at: number): void {
    log.warn(interruption, 'process was stopped or the clock was set: deadlines are moved accordingly');
    interruptions++;
    journal.append(resumedEnvelope(interruption, at), (error) => {
      if (!error) return;
      interruptions--;
      log.error({ code: error.code }, error.message);
    });
  }

  /** A group is on disk and acknowledged: judge it, then hand it to the store. */
  function take(group: JournalGroup): void {
    raisingMessages.see(group);
    const decoded = decodeGroupOf(group, decoders.decode, counted);
    metrics.messages.inc(group.envelopes.length);
    metrics.readings.inc(decoded.readings.length);
    judging.reached(decoded.lastSeq);
    writer.offer(decoded);
  }

  function tick(): void {
    const now = arrival.now();
    if (interruptions > 0) return;
    const at = Math.min(now, journal.oldestWaiting());
    judging.tick(at);
    deps.onTick(at);
  }

  function trim(): void {
    journal.trim(Math.min(stored, judging.floor() - 1)).catch(deps.onFatal);
  }

  /** The alarm log is kept as long as the readings it speaks of. */
  function prune(): void {
    const { retentionMs } = configuration.store;
    if (retentionMs !== null) register.prune(clock.now() - retentionMs).catch(() => {});
  }

  async function commitStored(position: { readonly through: number; readonly deadLetters: readonly Filed[] }) {
    deps.faultPoint('store-after-write');
    for (const { rejection } of position.deadLetters) {
      if (rejection.reason === 'refusedByStore') metrics.rejections.inc({ reason: rejection.reason });
    }
    await environment.commit((batch) => {
      deadLetters.file(batch, position.deadLetters);
      batch.put(storePositions, POSITION_STORE, position.through);
    });
    stored = position.through;
    decoders.release(stored);
  }

  function announce(notice: Notice): void {
    register.announce(notice, arrival.now()).catch(() => {});
  }

  return {
    register,
    raisingMessages,
    journal,
    deadLetters,
    writer,
    /** Receive time for what arrives now. */
    now: () => arrival.now(),
    /** Takes a message; `done` once it is durable, in the order of the calls. */
    append: (envelope: Envelope, done: Durable) => journal.append(envelope, done),
    deviceStatus: (key: string) => ({ lastSeenAt: lastSeen.get(key) ?? null, online: presence.get(key) ?? null }),
    decode: decoders.decode,
    /** The rules of one device as they stand; null = nothing was ever judged for it. */
    ruleState: judging.state,
    /** Journal record up to which the store has everything. */
    storedUpTo: () => stored,
    lag: () => ({ engine: journal.head() - judging.position().seq, store: journal.head() - stored }),
    /** Tells the receivers something about Davylamp itself. */
    announce,

    /** Reads and judges by another configuration from the next message on. A failure leaves everything as it was. */
    reconfigure(next: Configuration): void {
      judging.replace(next);
      ({ tiers, governor } = next);
      register.reconfigured();
      decoders.change(decoding(next), judging.position().seq);
      for (const known of [presence, lastSeen]) {
        for (const key of known.keys()) if (!next.devices.has(key)) known.delete(key);
      }
    },

    /** Resolves when the state of the rules is on disk as it is now. */
    saveState: () => judging.saveAll(),

    /** Brings the rules to where they stood; resolves with the position that {@link start} begins at. */
    recover: (): Promise<Position> => judging.recover(journal, decoders.decode, observer),

    /** Begins to watch, and to hand readings to the store. */
    async start(reached: Position): Promise<void> {
      writer.start();
      // Only now: what the start itself took is part of the time in which nobody watched.
      arrival = createArrivalClock(clock, monotonic, announceInterruption);
      const at = arrival.now();
      const gap = reached.at === 0 ? 0 : at - reached.at;
      const resumed = gap >= 0 ? { downMs: gap, shiftMs: 0 } : { downMs: 0, shiftMs: gap };
      await new Promise<void>((resolve, reject) => {
        journal.append(resumedEnvelope(resumed, at), (error) => (error ? reject(error) : resolve()));
      });
      timers = [
        setInterval(tick, TICK_MS),
        setInterval(judging.save, SAVE_EVERY_MS),
        setInterval(trim, TRIM_MS),
        setInterval(prune, PRUNE_MS),
      ];
    },

    /** Finishes what arrived: journal, engine, its state, the store within its time. */
    async stop(): Promise<void> {
      for (const timer of timers) clearInterval(timer);
      timers = [];
      await journal.drain();
      await judging.saveAll();
      await writer.stop();
      // The last writes may have begun an outage.
      if (outage) clearTimeout(outage);
      await journal.close();
    },
  };
}

function decoding({ devices, time }: Configuration): DecoderSettings {
  return { devices, futureToleranceMs: time.futureToleranceMs, liveWindowMs: time.liveWindowMs };
}
