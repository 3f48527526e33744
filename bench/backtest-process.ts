/**
 * A backtest as the command runs it, in a process of its own:
 *
 *     node --import tsx bench/backtest-process.ts '{"write":true,"configuration":…,"data":…,"devices":100,…}'
 *
 * `write` fills a DuckDB store through its port. Otherwise it is judged, and a {@link BacktestResult} printed.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BacktestPlan, BacktestResult } from './backtest.ts';
import { built, loadBuiltConfiguration } from './built.ts';
import { monotonicMs } from './monotonic.ts';
import { FIRST_TRIP, ordinaryValues } from './site.ts';

const plan = JSON.parse(process.argv[2] ?? '{}') as BacktestPlan;
const configuration = await loadBuiltConfiguration(plan.configuration);
const devices = [...configuration.devices.values()];
const BATCH_ROUNDS = 100;

if (plan.write) await fill();
else process.stdout.write(`${JSON.stringify(await judge())}\n`, () => process.exit(0));

/** Values within all limits, but for some rounds in which the first point of a device is beyond them. */
async function fill(): Promise<void> {
  const { createDuckDbStore } = await built('src/store/duckdb');
  const { systemClock } = await built('src/runtime/clock');
  const { createLogger } = await built('src/runtime/log');
  mkdirSync(plan.data, { recursive: true });
  const store = createDuckDbStore({
    file: join(plan.data, 'readings.duckdb'),
    profiles: configuration.profiles,
    clock: systemClock,
    log: createLogger({ level: 'silent' }),
  });
  await store.start();
  for (let from = 0; from < plan.rounds; from += BATCH_ROUNDS) {
    const rounds = Array.from({ length: Math.min(BATCH_ROUNDS, plan.rounds - from) }, (_, i) => from + i);
    await store.write(rounds.flatMap((round) => devices.map((device, index) => readingOf(device, index, round))));
  }
  await store.stop();
  process.stdout.write('{}\n', () => process.exit(0));
}

function readingOf(device: (typeof devices)[number], index: number, round: number) {
  const trips = (round + index * 37) % plan.tripEvery < plan.tripFor;
  const values = ordinaryValues(round / 40 + index).slice(0, device.points.length);
  if (trips) values[0] = FIRST_TRIP;
  const ts = plan.firstTs + round * plan.stepMs;
  const marks = {
    seq: null,
    subMs: 0,
    qualities: null,
    historical: false,
    clockAhead: false,
    status: 'actual',
  } as const;
  return { device, ts, receivedAt: ts + 20, values, ...marks };
}

async function judge(): Promise<BacktestResult> {
  const { openPast } = await built('src/backtest/archive');
  const { runBacktest } = await built('src/backtest/run');
  const { profiles, groups, store, time } = configuration;
  const began = monotonicMs();
  const cpu = process.cpuUsage();
  const past = await openPast({ kind: 'store', store, dataDirectory: plan.data }, profiles);
  const { readings, values, alarms } = await runBacktest({
    past,
    rules: { devices: configuration.devices, groups, settings: time, arrival: 'source' },
    from: plan.firstTs,
    to: plan.firstTs + plan.rounds * plan.stepMs,
    end: null,
    onlyDevices: false,
  });
  await past.close();
  const { user, system } = process.cpuUsage(cpu);
  return {
    readings,
    values,
    alarms: alarms.length,
    cpuSeconds: (user + system) / 1e6,
    seconds: (monotonicMs() - began) / 1000,
  };
}
