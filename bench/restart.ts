import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Davylamp, PROGRAM, serveDavylamp, writeConfiguration } from './davylamp.ts';
import { startLoad } from './load.ts';
import { monotonicMs } from './monotonic.ts';
import { connectPacket, publishPacket } from './packet.ts';
import { startProgram } from './program.ts';
import { type Budget, median, printBudgets, printTable } from './report.ts';
import { FIRST_TRIP, POINTS, profileEntry, siteEntry, telemetryTopic } from './site.ts';

export interface RestartOptions {
  readonly directory: string;
  readonly rounds: number;
  readonly progress: (words: string) => void;
}

const DEVICES = 25_000;
const CONNECTIONS = 50;
const STEP_MS = 5000;
/** Readings of each device before its state is saved: its windows are full. */
const WARM_UP = 14;
/** Readings of each device behind its last save: what the site sends within a minute, each device once. */
const UNSAVED = 1;
/** The states are saved half a minute after they changed, 5,000 of them a second. */
const SAVED_MS = 50_000;
/** Of the readings since then, so many have to be read again: a busy machine may still save some devices meanwhile. */
const READ_AGAIN = 0.95 * DEVICES * UNSAVED;
const ALARM_MS = 60_000;
const BUDGET_SECONDS = 5;

/** One start of the real program; seconds since it was spawned. */
interface Start {
  /** Configuration read, states restored, journal repeated. */
  readonly recovered: number;
  readonly ready: number;
  /** A reading beyond a limit, sent when it was ready, is an alarm on disk. */
  readonly alarmed: number;
  /** Devices whose state was restored. */
  readonly devices: number;
  /** Readings judged again, and those judged for the first time. */
  readonly repeated: number;
  readonly late: number;
}

/** Row 6 of the budgets: from the start of the process to its being ready, after a `kill -9`. */
export async function benchRestart({ directory: parent, rounds, progress }: RestartOptions): Promise<Budget[]> {
  const directory = join(parent, 'restart');
  mkdirSync(directory, { recursive: true });
  // Without delay, so that the first alarm shows when the engine can tell one.
  const profiles = [profileEntry({ onDelay: '0s' })];
  writeConfiguration(directory, { store: { kind: 'duckdb' }, profiles, site: siteEntry(DEVICES) });
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) bare.push(await bareStart(directory));
  const killed: Start[] = [];
  for (let round = 0; round < rounds; round++) {
    progress(`restart ${round + 1}/${rounds}: ${DEVICES.toLocaleString('en')} devices report, are saved, report again`);
    await playAndKill(directory, round);
    const start = await timedStart(directory, killed.length);
    if (start.repeated + start.late < READ_AGAIN) {
      throw new Error(`only ${start.repeated + start.late} readings were in the journal; see ${directory}`);
    }
    killed.push(start);
  }
  const stopped: Start[] = [];
  for (let round = 0; round < rounds; round++) stopped.push(await timedStart(directory, rounds + round));
  return report(median(bare), killed, stopped);
}

/** Seconds in which node starts and reads the program. */
async function bareStart(directory: string): Promise<number> {
  const began = monotonicMs();
  const program = await startProgram({
    command: [process.execPath, PROGRAM, '--version'],
    logFile: join(directory, 'version.log'),
    ready: (line) => line,
  });
  await program.stop();
  return (monotonicMs() - began) / 1000;
}

/** Ends with a `kill -9`, when every device has reported once more than its saved state knows. */
async function playAndKill(directory: string, round: number): Promise<void> {
  const engine = await serveDavylamp({ directory });
  const phases = [WARM_UP, UNSAVED].map((readings) => (readings * DEVICES) / CONNECTIONS);
  const firstTs = Date.now() - (WARM_UP + UNSAVED) * STEP_MS;
  const each = { devicesPerConnection: DEVICES / CONNECTIONS, firstTs, stepMs: STEP_MS };
  const plan = { port: engine.mqttPort, connections: CONNECTIONS, window: 128, phases, ...each };
  const load = await startLoad(plan, join(directory, `load-${round}.log`));
  try {
    await load.play();
    await engine.stored();
    await delay(SAVED_MS);
    await load.play();
    await engine.kill();
  } finally {
    await load.stop();
    await engine.stop();
  }
}

/** Starts it, has a device alarm that did not before, and stops it in order. */
async function timedStart(directory: string, device: number): Promise<Start> {
  const began = monotonicMs();
  const seen = new Map<string, { at: number; line: string }>();
  const messages = ['engine state recovered', 'ready', 'davylamp.alarm.raised'];
  const engine = await serveDavylamp({
    directory,
    onLine(line) {
      const message = messages.find((one) => line.includes(`"msg":"${one}"`));
      if (message && !seen.has(message)) seen.set(message, { at: (monotonicMs() - began) / 1000, line });
    },
  });
  try {
    await raiseAlarm(engine, device, () => seen.has('davylamp.alarm.raised'));
  } finally {
    await engine.stop();
  }
  const [recovered = 0, ready = 0, alarmed = 0] = messages.map((message) => seen.get(message)?.at ?? Number.NaN);
  const counts = JSON.parse(seen.get('engine state recovered')?.line ?? '{}') as Start;
  const { devices, repeated, late } = counts;
  return { recovered, ready, alarmed, devices, repeated, late };
}

/** The device reports a value beyond HH. */
async function raiseAlarm(engine: Davylamp, device: number, isRaised: () => boolean): Promise<void> {
  const socket = net.connect({ port: engine.mqttPort, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  socket.write(connectPacket('bench-alarm'));
  await once(socket, 'data');
  const payload = JSON.stringify({ ts: Date.now(), values: { [POINTS[0]?.id ?? '']: FIRST_TRIP } });
  socket.write(publishPacket(telemetryTopic(device), payload, 1));
  const until = Date.now() + ALARM_MS;
  while (!isRaised()) {
    if (Date.now() > until) throw new Error('no alarm was raised');
    await delay(1);
  }
  socket.destroy();
}

function report(node: number, killed: readonly Start[], stopped: readonly Start[]): Budget[] {
  const of = (starts: readonly Start[], pick: (start: Start) => number) => median(starts.map(pick));
  const row = (name: string, starts: readonly Start[]) => [
    name,
    node.toFixed(2),
    (of(starts, ({ recovered }) => recovered) - node).toFixed(2),
    of(starts, ({ recovered, ready }) => ready - recovered).toFixed(2),
    of(starts, ({ ready }) => ready).toFixed(2),
    of(starts, ({ alarmed }) => alarmed).toFixed(2),
    Math.round(of(starts, ({ devices }) => devices)).toLocaleString('en'),
    Math.round(of(starts, ({ repeated, late }) => repeated + late)).toLocaleString('en'),
  ];
  printTable(
    `Seconds of a start with ${(DEVICES * POINTS.length).toLocaleString('en')} points, medians of ${killed.length}`,
    ['', 'node', 'configuration, states, journal', 'store, the rest', 'ready', 'first alarm', 'states', 'read again'],
    [row('after kill -9', killed), row('after a stop', stopped)],
  );
  const ready = killed.map((start) => start.ready);
  const detail = `${ready.map((seconds) => seconds.toFixed(2)).join(', ')}`;
  const name = 'restart with 100,000 points and a minute of journal';
  const budgets: Budget[] = [
    { name, value: median(ready), budget: BUDGET_SECONDS, better: 'less', unit: ' s', detail },
  ];
  printBudgets(budgets);
  return budgets;
}
