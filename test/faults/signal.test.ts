import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { EngineProcess } from './engine-process.ts';
import { breaches, figures, type Rig, startRig } from './rig.ts';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const STOPS = 3;
/** Longer than what the engine takes for its own hiccup, and than the silence that makes a device absent. */
const FROZEN_MS = 7000;

let rig: Rig | null = null;
afterEach(async () => {
  await rig?.dispose();
  rig = null;
});

describe('signals under load', () => {
  test('SIGTERM ends it within 10 s and with 0, and nothing acknowledged is lost (F3)', {
    timeout: 90_000,
  }, async () => {
    rig = await startRig({ seed: SEED, store: { kind: 'duckdb' } });
    const stops: number[] = [];
    for (let i = 0; i < STOPS; i++) {
      await rig.publisher.acknowledged(1000);
      const ending = await rig.engine.terminate();
      expect(ending).toMatchObject({ code: 0, signal: null });
      stops.push(ending.tookMs);
      await rig.engine.start();
    }
    const verdict = await rig.settle();
    console.log(figures('F3', verdict, { seed: SEED, stopsMs: stops }));
    expect(breaches(verdict)).toEqual([]);
    expect(Math.max(...stops)).toBeLessThan(10_000);
    expect(verdict.events['duty-room']?.expected).toBeGreaterThan(20);
  });

  test('a process that was stopped for a while calls no device absent (F4)', { timeout: 90_000 }, async () => {
    rig = await startRig({ seed: SEED, store: { kind: 'duckdb' }, absentAfter: '5s' });
    await rig.publisher.acknowledged(500);
    rig.engine.signal('SIGSTOP');
    await delay(FROZEN_MS);
    rig.engine.signal('SIGCONT');
    await rig.publisher.acknowledged(1000);
    const verdict = await rig.settle();
    const longestSilenceMs = longestGap((await rig.ledger()).ackTimes);
    console.log(figures('F4', verdict, { seed: SEED, longestSilenceMs }));
    // An absence alarm would be one that the oracle does not know.
    expect(breaches(verdict)).toEqual([]);
    expect(longestSilenceMs).toBeGreaterThan(FROZEN_MS - 1000);
    expect(verdict.readings.acked).toBe(verdict.readings.sent);
  });

  test('a second process on the same data refuses and harms nobody (F13)', { timeout: 90_000 }, async () => {
    rig = await startRig({ seed: SEED, store: { kind: 'duckdb' } });
    const second = new EngineProcess({
      config: `${rig.directory}/config`,
      data: rig.data,
      environment: rig.secrets,
      logFile: `${rig.directory}/second.log`,
    });
    second.launch();
    const { code } = await second.ending(30_000);
    expect(code).toBe(1);
    expect(second.lastFatal()).toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' });
    await rig.publisher.acknowledged(500);
    const verdict = await rig.settle();
    console.log(figures('F13', verdict, { seed: SEED, refusal: second.lastFatal()?.msg }));
    expect(breaches(verdict)).toEqual([]);
  });
});

function longestGap(times: readonly number[]): number {
  return times.reduce((longest, at, i) => Math.max(longest, at - (times[i - 1] ?? at)), 0);
}
