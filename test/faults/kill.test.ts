import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type InfluxServer, startInfluxServer } from '../helpers/influx-server.ts';
import { breaches, figures, type Rig, startRig } from './rig.ts';
import type { PlannedStore } from './site-plan.ts';
import { seededRandom } from './waveform.ts';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const KILLS = 12;
/** Every so many kills strike while the engine is still recovering from the last one. */
const EARLY_EVERY = 4;
/** Named points of the engine (design of the fault hook): where a crash would hurt most. */
const POINTS: readonly (readonly [name: string, pass: number])[] = [
  ['journal-before-fsync', 40],
  ['journal-after-fsync', 40],
  ['store-after-write', 3],
  ['alarm-before-commit', 20],
  ['alarm-after-commit', 20],
  ['delivery-after-response', 20],
];

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

const stores: Record<string, (name: string) => PlannedStore> = {
  duckdb: () => ({ kind: 'duckdb' }),
  influxdb: (database) => ({ kind: 'influxdb', url: influx.url, database }),
};

describe.each(Object.entries(stores))('killed engine with %s', (kind, store) => {
  test(`loses, repeats and invents nothing in ${KILLS} kills at random (F1)`, { timeout: 120_000 }, async () => {
    const random = seededRandom(SEED);
    rig = await startRig({ seed: SEED, store: store('kills'), receivers: ['duty-room', 'command-centre'] });
    let kills = 0;
    let productive = 0;
    while (kills < KILLS) {
      const before = rig.publisher.progress.acked;
      // The time of the blow is the test, so it is drawn and not awaited.
      await delay(300 + random() * 1200);
      await rig.engine.kill();
      kills++;
      if (rig.publisher.progress.acked > before) productive++;
      if (kills % EARLY_EVERY === 0 && kills < KILLS) {
        rig.engine.launch();
        await delay(random() * (rig.engine.startTimes.at(-1) ?? 1000));
        await rig.engine.kill();
        kills++;
      }
      await rig.engine.start();
    }
    const starts = rig.engine.startTimes;
    const verdict = await rig.settle();
    const times = { slowestStartMs: Math.max(...starts), startsMs: Math.round(sum(starts) / starts.length) };
    console.log(figures(`F1 ${kind}`, verdict, { seed: SEED, kills, productive, ...times }));
    expect(breaches(verdict)).toEqual([]);
    expect(kills).toBe(KILLS);
    expect(productive).toBeGreaterThan(KILLS / 2);
    expect(verdict.readings.acked).toBe(verdict.readings.sent);
    expect(verdict.events['duty-room']?.expected).toBeGreaterThan(100);
  });

  test('loses, repeats and invents nothing when it dies at any named point (F2)', { timeout: 120_000 }, async () => {
    rig = await startRig({ seed: SEED + 1, store: store('points') });
    const died: string[] = [];
    for (const [name, pass] of POINTS) {
      await rig.engine.kill();
      rig.engine.launch({ DAVYLAMP_FAULT_POINT: `${name}:${pass}` });
      const { signal } = await rig.engine.ending(20_000);
      expect(signal, name).toBe('SIGKILL');
      died.push(name);
      await rig.engine.start();
      await rig.publisher.acknowledged(200);
    }
    const verdict = await rig.settle();
    console.log(figures(`F2 ${kind}`, verdict, { seed: SEED + 1, died }));
    expect(breaches(verdict)).toEqual([]);
    expect(died).toHaveLength(POINTS.length);
    expect(verdict.readings.acked).toBe(verdict.readings.sent);
    expect(verdict.events['duty-room']?.expected).toBeGreaterThan(50);
  });
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
