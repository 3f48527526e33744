import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { STAMP_LIMIT, STAMP_POINT } from './alarm-stamp.ts';
import { startDavylamp } from './davylamp.ts';
import { benchProgram, startProgram } from './program.ts';
import { type Budget, median, percentile, printBudgets, printTable } from './report.ts';
import { POINTS, profileEntry, siteEntry } from './site.ts';

/** What `alarm-load-process.ts` is to do. */
export interface AlarmLoadPlan {
  readonly port: number;
  readonly devices: number;
  readonly messagesPerSecond: number;
  /** So many of the devices alarm. */
  readonly alarming: number;
  /** Messages of one device between two changes of side. */
  readonly changeEvery: number;
}

/** What it did while it was counting. */
export interface AlarmLoadResult {
  readonly messages: number;
  readonly transitions: number;
  readonly acknowledgementMs: readonly number[];
  /** How much later than asked for its own timer ran. */
  readonly latenessMs: readonly number[];
}

/** What `receiver-process.ts` got. */
export interface ReceiverResult {
  readonly latencyMs: readonly number[];
  /** Webhooks that came more than once. */
  readonly repeats: number;
  /** Webhooks about something else. */
  readonly others: number;
}

export interface LatencyOptions {
  readonly directory: string;
  readonly seconds: number;
  readonly progress: (words: string) => void;
}

/** 2,000 messages and 40 changes of alarms a second. */
const LOAD = { devices: 100, messagesPerSecond: 2000, alarming: 40, changeEvery: 20 };
const WARM_UP_MS = 5000;
/** For the last webhooks to come. */
const SETTLE_MS = 1000;
const BUDGET_MS = 25;
const SECRET_VARIABLE = 'BENCH_SECRET';
const SECRET = `whsec_${Buffer.alloc(32, 'bench').toString('base64')}`;

/** Row 3 of the budgets: from the publication of a reading to its webhook in the receiver's hands. */
export async function benchLatency(options: LatencyOptions): Promise<Budget[]> {
  const directory = join(options.directory, 'latency');
  mkdirSync(directory, { recursive: true });
  const receiver = await startProgram({
    command: benchProgram('receiver-process.ts'),
    logFile: join(directory, 'receiver.log'),
    ready: (line) => (JSON.parse(line) as { port?: number }).port ?? null,
  });
  const engine = await startDavylamp({
    directory,
    store: { kind: 'duckdb' },
    profiles: [alarmingProfile()],
    site: siteEntry(LOAD.devices),
    receivers: {
      bench: {
        webhook: { url: `http://127.0.0.1:${receiver.ready}/alarms`, secret: `\${${SECRET_VARIABLE}}` },
        flood: false,
      },
    },
    env: { [SECRET_VARIABLE]: SECRET },
  });
  const load = await startProgram({
    command: benchProgram('alarm-load-process.ts', JSON.stringify({ ...LOAD, port: engine.mqttPort })),
    logFile: join(directory, 'load.log'),
    ready: (line) => (line === '{"ready":true}' ? true : null),
  });
  try {
    load.tell('warm-up');
    await delay(WARM_UP_MS);
    receiver.tell('forget');
    await receiver.nextLine();
    load.tell('count');
    options.progress(`latency: ${options.seconds} s at ${LOAD.messagesPerSecond} msg/s`);
    await delay(options.seconds * 1000);
    load.tell('stop');
    const sent = JSON.parse(await load.nextLine()) as AlarmLoadResult;
    await delay(SETTLE_MS);
    receiver.tell('report');
    return report(sent, JSON.parse(await receiver.nextLine()) as ReceiverResult, options.seconds);
  } finally {
    await load.stop();
    await engine.stop();
    await receiver.stop();
  }
}

/** As the ordinary one, its first point in place of which carries the stamp and has one limit without delays. */
function alarmingProfile(): object {
  const { points, ...profile } = profileEntry() as { points: Record<string, object> };
  const first = POINTS[0]?.id ?? '';
  const { [first]: replaced, ...others } = points;
  const stamped = {
    ...replaced,
    range: [0, 2 * 2 * STAMP_LIMIT],
    limits: { H: { at: STAMP_LIMIT, deadband: 1, onDelay: '0s', offDelay: '0s', tier: 'orange' } },
    rate: {},
  };
  return { ...profile, points: { [STAMP_POINT]: stamped, ...others } };
}

function report(sent: AlarmLoadResult, got: ReceiverResult, seconds: number): Budget[] {
  const { latencyMs } = got;
  const row = (name: string, values: readonly number[]) => [
    name,
    values.length.toLocaleString('en'),
    ...[median(values), percentile(values, 0.9), percentile(values, 0.99), percentile(values, 1)].map((ms) =>
      ms.toFixed(1),
    ),
  ];
  const rate = Math.round(sent.messages / seconds).toLocaleString('en');
  const changes = Math.round(sent.transitions / seconds);
  printTable(
    `Latency in ms at ${rate} msg/s with ${changes} alarm changes/s; ${got.repeats} repeats, ${got.others} other webhooks`,
    ['', 'count', 'p50', 'p90', 'p99', 'max'],
    [
      row("a 2 ms timer's lateness (the machine)", sent.latenessMs),
      row('publish -> acknowledged (durable)', sent.acknowledgementMs),
      row('publish -> webhook received', latencyMs),
    ],
  );
  // A change at the edge of the measured time is counted on one side only.
  if (Math.abs(latencyMs.length - sent.transitions) > LOAD.alarming) {
    throw new Error(`${sent.transitions} alarms changed and ${latencyMs.length} webhooks came`);
  }
  const detail = `${latencyMs.length} webhooks`;
  const value = percentile(latencyMs, 0.99);
  const name = 'publish -> webhook, p99';
  const budgets: Budget[] = [{ name, value, budget: BUDGET_MS, better: 'less', unit: ' ms', detail }];
  printBudgets(budgets);
  return budgets;
}
