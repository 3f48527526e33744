import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './condition.ts';
import { type DeviceLedger, readDeviceLedger } from './device-ledger.ts';
import { EngineProcess } from './engine-process.ts';
import { countEvents, countReadings, type DeadLetter, type EventCount, type ReadingCount } from './ledger.ts';
import { type Publisher, type PublisherPlan, startPublisher } from './publisher.ts';
import { ReceiverSite } from './receiver-site.ts';
import { type PlannedStore, SITE, type SitePlan, secretsEnvironment, writeConfiguration } from './site-plan.ts';
import { rowsInDuckDb, rowsInInflux, type StoredRow } from './stored-rows.ts';

export interface RigOptions {
  /** Printed with the figures: the same seed gives the same measurements and the same schedule of faults. */
  readonly seed: number;
  readonly store: PlannedStore;
  readonly devices?: number;
  readonly intervalMs?: number;
  readonly window?: number;
  readonly receivers?: readonly string[];
  readonly journalMaxBytes?: string;
  readonly absentAfter?: string;
  /** Another built program, as a mutant. */
  readonly program?: string;
  /** Another place for the engine's data, as a small disk. */
  readonly data?: string;
}

/** What a run came to, after everything had drained. */
export interface Verdict {
  readonly readings: ReadingCount;
  /** By receiver. */
  readonly events: Readonly<Record<string, EventCount>>;
}

/** A site under test: engine, devices, receivers and a store, each a stranger to the others. */
export interface Rig {
  readonly engine: EngineProcess;
  readonly publisher: Publisher;
  readonly receivers: ReadonlyMap<string, ReceiverSite>;
  readonly directory: string;
  readonly data: string;
  /** What the configuration wants of the environment. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What the devices wrote down so far. */
  ledger(): Promise<DeviceLedger>;
  /**
   * Lets everything drain, stops the engine and counts. `deadlineMs` bounds each of the waits.
   */
  settle(deadlineMs?: number): Promise<Verdict>;
  /** Ends every process and removes what was written. */
  dispose(): Promise<void>;
}

/** Starts the receivers, the engine and the devices; resolves when the first reading is acknowledged. */
export async function startRig(options: RigOptions): Promise<Rig> {
  const directory = await mkdtemp(join(tmpdir(), 'davylamp-fault-'));
  const data = options.data ?? join(directory, 'data');
  const config = join(directory, 'config');
  const receivers = new Map<string, ReceiverSite>();
  for (const id of options.receivers ?? ['duty-room']) {
    const receiver = new ReceiverSite(id);
    await receiver.up();
    receivers.set(id, receiver);
  }
  const mqttPort = await quietPort();
  const plan: SitePlan = {
    directory: config,
    devices: Array.from({ length: options.devices ?? 12 }, (_, i) => `cab-${String(i + 1).padStart(3, '0')}`),
    mqttPort,
    receivers: [...receivers.values()].map((receiver) => receiver.plan),
    store: options.store,
    ...(options.journalMaxBytes === undefined ? {} : { journalMaxBytes: options.journalMaxBytes }),
    ...(options.absentAfter === undefined ? {} : { absentAfter: options.absentAfter }),
  };
  await writeConfiguration(plan);
  const secrets = secretsEnvironment(plan.receivers);
  const engine = new EngineProcess({
    config,
    data,
    environment: secrets,
    logFile: join(directory, 'engine.log'),
    ...(options.program === undefined ? {} : { program: options.program }),
  });
  const publisherPlan: PublisherPlan = {
    port: mqttPort,
    site: SITE,
    devices: plan.devices,
    seed: options.seed,
    intervalMs: options.intervalMs ?? 10,
    window: options.window ?? 40,
    keepaliveSeconds: 60,
    ledger: join(directory, 'devices.jsonl'),
  };
  async function shutDown(): Promise<void> {
    await engine.kill();
    for (const receiver of receivers.values()) await receiver.down();
    if (process.env['KEEP_FAULT_FILES'] === undefined) await rm(directory, { recursive: true, force: true });
  }
  let publisher: Publisher;
  try {
    await engine.start();
    publisher = await startPublisher(publisherPlan);
  } catch (error) {
    await shutDown();
    throw error;
  }

  return {
    engine,
    publisher,
    receivers,
    directory,
    data,
    secrets,
    ledger: () => readDeviceLedger(publisherPlan.ledger),
    async settle(deadlineMs = 30_000) {
      await publisher.drain(deadlineMs);
      await untilIdle(engine, deadlineMs);
      const deadLetters = await listDeadLetters(engine);
      const ending = await engine.terminate();
      if (ending.code !== 0) throw new Error(`the engine ended with ${ending.code} ${ending.signal} on SIGTERM`);
      const ledger = await readDeviceLedger(publisherPlan.ledger);
      const rows = await storedRows(options.store, data);
      const events = [...receivers].map(([id, { requests }]) => [id, countEvents(ledger, requests)] as const);
      return { readings: countReadings(ledger, rows, deadLetters), events: Object.fromEntries(events) };
    },
    async dispose() {
      publisher.kill();
      await shutDown();
    },
  };
}

/** The rows of a store whose engine has ended. */
export function storedRows(store: PlannedStore, data: string): Promise<StoredRow[]> {
  return store.kind === 'duckdb' ? rowsInDuckDb(data) : rowsInInflux(store.url, store.database);
}

/** Waits until the engine has judged and stored everything and no notification waits. */
export async function untilIdle(engine: EngineProcess, deadlineMs: number): Promise<void> {
  const state: Record<string, number> = {};
  await until(
    'the engine is idle',
    deadlineMs,
    async () => {
      state['lag'] = await engine.metric('davylamp_consumer_lag_messages{');
      state['pending'] = await engine.metric('davylamp_deliveries_pending');
      return state['lag'] === 0 && state['pending'] === 0;
    },
    () => state,
  );
}

/** All dead letters, page by page. */
export async function listDeadLetters(engine: EngineProcess): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '500', ...(cursor === null ? {} : { cursor }) });
    const answer = await fetch(`${engine.api}/api/v1/rejections?${query}`, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`rejections: ${answer.status} ${await answer.text()}`);
    const page = (await answer.json()) as { items: DeadLetter[]; next: string | null };
    letters.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return letters;
}

/**
 * A free port below those the system gives to outgoing connections: while the engine is down nobody else can get it,
 * and a device that knocks in vain cannot meet itself there.
 */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 18_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

/** Everything that breaks the counting rule, as text; [] = nothing was lost, invented, repeated or out of order. */
export function breaches({ readings, events }: Verdict): string[] {
  return [
    ...readings.lost.map((key) => `lost: ${key}`),
    ...readings.wrong.map((text) => `wrong: ${text}`),
    ...readings.duplicates.map((key) => `stored twice: ${key}`),
    ...Object.entries(events).flatMap(([id, { faults }]) => faults.map((fault) => `${id}: ${fault}`)),
  ].slice(0, 50);
}

/** The figures of a run, for the log. */
export function figures(title: string, verdict: Verdict, more: Readonly<Record<string, unknown>>): string {
  const { sent, acked, rows, deadLetters, lost, duplicates, wrong } = verdict.readings;
  const counts = {
    sent,
    acked,
    rows,
    deadLetters,
    lost: lost.length,
    duplicates: duplicates.length,
    wrong: wrong.length,
  };
  const events = Object.fromEntries(
    Object.entries(verdict.events).map(([id, { faults, ...rest }]) => [id, { ...rest, faults: faults.length }]),
  );
  return `${title}: ${JSON.stringify({ ...more, ...counts, events })}`;
}
