/**
 * Who guards the guards: engines with one deliberate mistake each, which the counting rule must catch. Without it
 * nobody knows whether "0 lost" means that nothing was lost or that nothing was looked at.
 */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { PROGRAM } from './engine-process.ts';
import { breaches, figures, type Rig, startRig } from './rig.ts';
import { seededRandom } from './waveform.ts';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
const KILLS = 5;
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let rig: Rig | null = null;
let folder: string | null = null;
afterEach(async () => {
  await rig?.dispose();
  if (folder !== null) await rm(folder, { recursive: true, force: true });
  rig = null;
});

interface Edit {
  readonly from: string;
  readonly to: string;
}

/** Copies the built program with one of its files changed; gives its entry. */
async function mutate(file: string, edits: readonly Edit[]): Promise<string> {
  folder = await mkdtemp(join(tmpdir(), 'davylamp-mutant-'));
  await cp(dirname(PROGRAM), join(folder, 'dist'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const path = join(folder, 'dist', file);
  let source = await readFile(path, 'utf8');
  for (const { from, to } of edits) {
    if (source.split(from).length !== 2) throw new Error(`${file} does not hold exactly once: ${from}`);
    source = source.replace(from, () => to);
  }
  await writeFile(path, source);
  return join(folder, 'dist', 'main.js');
}

describe('counting rule', () => {
  test('catches an engine that acknowledges before the fsync', { timeout: 90_000 }, async () => {
    const program = await mutate('src/ingest/journal.js', [
      { from: 'waiting.push({ envelope, done });', to: 'waiting.push({ envelope, done: () => {} }); done();' },
    ]);
    const random = seededRandom(SEED);
    rig = await startRig({ seed: SEED, store: { kind: 'duckdb' }, program });
    for (let kills = 0; kills < KILLS; kills++) {
      await delay(300 + random() * 700);
      await rig.engine.kill();
      await rig.engine.start();
    }
    const verdict = await rig.settle();
    console.log(figures('mutant: ack before fsync', verdict, { seed: SEED, kills: KILLS }));
    expect(verdict.readings.lost.length).toBeGreaterThan(0);
    expect(breaches(verdict)).not.toEqual([]);
  });

  test('catches an engine that commits alarms and their notifications one after the other', {
    timeout: 90_000,
  }, async () => {
    const program = await mutate('src/alerts/register.js', [
      { from: 'this.deps.notifier.enqueue(batch, event);', to: '' },
      {
        from: 'this.deps.notifier.committed();',
        to: `await this.deps.environment.commit((batch) => {
          for (const event of events) this.deps.notifier.enqueue(batch, event);
        });
        this.deps.notifier.committed();`,
      },
    ]);
    rig = await startRig({ seed: SEED, store: { kind: 'duckdb' }, program });
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
