import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type InfluxServer, startInfluxServer } from '../helpers/influx-server.ts';
import { until } from './condition.ts';
import { breaches, figures, type Rig, startRig } from './rig.ts';
import { seededRandom } from './waveform.ts';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const FROZEN_MS = 12_000;
const KILLS = 3;
/** What a dead database may cost in memory: the bounded queue of the writer, and what the collector leaves lying. */
const RISE_MEGABYTES = 200;
/** Devices must not feel that the database is gone; a shared machine has its own pauses. */
const LONGEST_SILENCE_MS = 4500;

let influx: InfluxServer;
let rig: Rig | null = null;

beforeAll(async () => {
  influx = await startInfluxServer();
});
afterEach(async () => {
  await rig?.dispose();
  rig = null;
});
afterAll(async () => {
  await influx?.stop();
});

/** What happened between two moments of an outage. */
interface Outage {
  readonly acked: number;
  readonly alarms: number;
  readonly riseMegabytes: number;
}

/** Runs `fault` and watches that devices and receivers do not feel it. */
async function watch(running: Rig, fault: () => Promise<void>): Promise<Outage> {
  const before = running.publisher.progress.acked;
  const alarmsBefore = running.receivers.get('duty-room')?.accepted ?? 0;
  const start = running.engine.residentMegabytes();
  let highest = start;
  const watching = setInterval(() => {
    highest = Math.max(highest, running.engine.residentMegabytes());
  }, 200);
  try {
    await fault();
  } finally {
    clearInterval(watching);
  }
  return {
    acked: running.publisher.progress.acked - before,
    alarms: (running.receivers.get('duty-room')?.accepted ?? 0) - alarmsBefore,
    riseMegabytes: Math.round(highest - start),
  };
}

function storeIs(running: Rig, available: 0 | 1): Promise<void> {
  return until(`the engine finds the store ${available ? 'back' : 'gone'}`, 30_000, async () => {
    return (await running.engine.metric('davylamp_store_available')) === available;
  });
}

function longestGap(times: readonly number[]): number {
  return times.reduce((longest, at, i) => Math.max(longest, at - (times[i - 1] ?? at)), 0);
}

describe('InfluxDB in trouble under load', () => {
  test('frozen: acknowledgements and alarms go on, memory stays bounded, nothing is lost (F16)', {
    timeout: 120_000,
  }, async () => {
    rig = await startRig({ seed: SEED, store: { kind: 'influxdb', url: influx.url, database: 'frozen' } });
    const running = rig;
    await running.publisher.acknowledged(2000);
    await influx.freeze();
    const outage = await watch(running, async () => {
      const frozen = delay(FROZEN_MS);
      await storeIs(running, 0);
      await frozen;
    }).finally(() => influx.thaw());
    await storeIs(running, 1);
    const verdict = await running.settle(60_000);
    const longestSilenceMs = longestGap((await running.ledger()).ackTimes);
    console.log(
      figures('F16 influxd SIGSTOP', verdict, { seed: SEED, frozenMs: FROZEN_MS, longestSilenceMs, ...outage }),
    );
    expect(breaches(verdict)).toEqual([]);
    expect(outage.acked).toBeGreaterThan(1000);
    expect(outage.alarms).toBeGreaterThan(20);
    expect(outage.riseMegabytes).toBeLessThan(RISE_MEGABYTES);
    expect(longestSilenceMs).toBeLessThan(LONGEST_SILENCE_MS);
    expect(verdict.events['duty-room']?.system).toBeGreaterThanOrEqual(2);
  });

  test('killed and started again: everything that was acknowledged gets there (F15)', {
    timeout: 120_000,
  }, async () => {
    const random = seededRandom(SEED);
    rig = await startRig({ seed: SEED, store: { kind: 'influxdb', url: influx.url, database: 'killed' } });
    const running = rig;
    const outages: Outage[] = [];
    for (let kills = 0; kills < KILLS; kills++) {
      await running.publisher.acknowledged(500);
      const outage = await watch(running, async () => {
        await influx.kill();
        await storeIs(running, 0);
        await delay(random() * 4000);
        await influx.restart();
      });
      outages.push(outage);
      await storeIs(running, 1);
    }
    const verdict = await running.settle(60_000);
    console.log(figures('F15 influxd SIGKILL', verdict, { seed: SEED, kills: outages.length, outages }));
    expect(breaches(verdict)).toEqual([]);
    expect(outages).toHaveLength(KILLS);
    for (const { acked } of outages) expect(acked).toBeGreaterThan(0);
    expect(verdict.readings.acked).toBe(verdict.readings.sent);
  });
});
