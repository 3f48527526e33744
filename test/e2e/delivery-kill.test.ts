import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { openRig } from '../helpers/delivery-rig.ts';
import { contractFaults, type ReceivedRequest, TEST_SECRET } from '../helpers/receiver.ts';

const KILLS = 6;

function run(script: string, args: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', `test/helpers/${script}`, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

function lines(child: ChildProcess, take: (line: string) => void): void {
  if (child.stdout) createInterface({ input: child.stdout }).on('line', take);
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.once('close', () => resolve()));
}

test('whatever was committed is delivered, in order and without a gap, though the engine is killed again and again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-kill-'));
  const ledgerFile = join(directory, 'ledger.jsonl');
  const receiver = run('receiver-process.ts', [ledgerFile, '0', '0.1']);
  try {
    const url = await new Promise<string>((resolve) => lines(receiver, (line) => resolve(JSON.parse(line).url)));
    const committed: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const engine = run('delivery-process.ts', [join(directory, 'data'), url, String(kill)]);
      const first = new Promise<void>((resolve) =>
        lines(engine, (line) => {
          // The last line may be cut off by the kill.
          if (/^evt_[0-9]+-[0-9]+_[12]$/.test(line)) committed.push(line);
          resolve();
        }),
      );
      await first;
      await systemClock.sleep(100 + 130 * kill);
      engine.kill('SIGKILL');
      await ended(engine);
    }
    expect(committed.length).toBeGreaterThan(KILLS * 2);

    const webhook = { url, secret: TEST_SECRET, allowHttp: false, timeoutMs: 1000, giveUpAfterMs: 86_400_000 };
    const rig = openRig({ directory: join(directory, 'data'), webhooks: { a: webhook } });
    // The receiver fails one time in ten: four failures in a row put a retry off by some twenty seconds.
    await expect.poll(() => rig.outbox.counts()[0]?.pending, { timeout: 75_000 }).toBe(0);
    await rig.close();

    const ledger = readLedger(ledgerFile);
    expect(contractFaults(ledger)).toEqual([]);
    const accepted = new Set(ledger.filter((request) => request.accepted).map(({ id }) => id));
    expect(committed.filter((id) => !accepted.has(id))).toEqual([]);
  } finally {
    receiver.stdin?.end();
    await ended(receiver);
    rmSync(directory, { recursive: true, force: true });
  }
}, 120_000);

function readLedger(file: string): ReceivedRequest[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8').trim();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line));
}
