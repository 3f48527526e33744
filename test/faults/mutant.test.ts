/**
 * Who guards the guards: engines with one deliberate mistake each, which the counting rule must catch. Without it
 * nobody knows whether "0 lost" means that nothing was lost or that nothing was looked at.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { ACKNOWLEDGES_BEFORE_FSYNC, createMutant, type Mutant, NOTIFIES_IN_A_SECOND_COMMIT } from './mutant.ts';
import { breaches, figures, type Rig, startRig } from './rig.ts';
import { seededRandom } from './waveform.ts';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const KILLS = 5;

let rig: Rig | null = null;
let mutant: Mutant | null = null;
afterEach(async () => {
  await rig?.dispose();
  await mutant?.dispose();
  rig = null;
  mutant = null;
});

describe('counting rule', () => {
  test('catches an engine that acknowledges before the fsync', { timeout: 90_000 }, async () => {
    mutant = await createMutant(ACKNOWLEDGES_BEFORE_FSYNC);
    const random = seededRandom(SEED);
    rig = await startRig({ seed: SEED, store: { kind: 'duckdb' }, program: mutant.program });
    for (let kills = 0; kills < KILLS; kills++) {
      await delay(300 + random() * 700);
      await rig.engine.kill();
      await rig.engine.start();
    }
    // And once where the mistake hurts for certain: acknowledged, and not yet written.
    await rig.engine.kill();
    rig.engine.launch({ DAVYLAMP_FAULT_POINT: 'journal-before-fsync:40' });
    expect(await rig.engine.ending(20_000)).toMatchObject({ signal: 'SIGKILL' });
    await rig.engine.start();
    const verdict = await rig.settle();
    console.log(figures('mutant: ack before fsync', verdict, { seed: SEED, kills: KILLS }));
    expect(verdict.readings.lost.length).toBeGreaterThan(0);
    expect(breaches(verdict)).not.toEqual([]);
  });

  test('catches an engine that commits alarms and their notifications one after the other', {
    timeout: 90_000,
  }, async () => {
    mutant = await createMutant(NOTIFIES_IN_A_SECOND_COMMIT);
    rig = await startRig({ seed: SEED, store: { kind: 'duckdb' }, program: mutant.program });
    await rig.engine.kill();
    rig.engine.launch({ DAVYLAMP_FAULT_POINT: 'alarm-after-commit:10' });
    expect(await rig.engine.ending(20_000)).toMatchObject({ signal: 'SIGKILL' });
    await rig.engine.start();
    await rig.publisher.acknowledged(500);
    const verdict = await rig.settle();
    console.log(figures('mutant: alarm, then notification', verdict, { seed: SEED }));
    expect(verdict.readings.lost).toEqual([]);
    expect(verdict.events['duty-room']?.faults).not.toEqual([]);
  });
});
