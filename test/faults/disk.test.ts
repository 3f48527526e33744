import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type InfluxServer, startInfluxServer } from '../helpers/influx-server.ts';
import { until } from './condition.ts';
import { breaches, figures, type Rig, startRig } from './rig.ts';
import { createSmallDisk, type SmallDisk } from './small-disk.ts';
import { straced, traceOf } from './trace.ts';

const SEED = Number(process.env['FAULT_SEED'] ?? Date.now() % 1_000_000);
/** EX_IOERR of sysexits.h: what the engine promises when the disk fails. */
const EXIT_DISK = 74;
const FATAL_CODES = ['JOURNAL_FAILED', 'STATE_FAILED'];
const MAX_BYTES = 1024 * 1024;
/** What was acknowledged just before the failure may still be on its way through the sockets. */
const IN_FLIGHT_MS = 500;

let rig: Rig | null = null;
let disk: SmallDisk | null = null;
let influx: InfluxServer;

beforeAll(async () => {
  influx = await startInfluxServer();
});
afterEach(async () => {
  await rig?.dispose();
  await disk?.dispose();
  rig = null;
  disk = null;
});
afterAll(async () => {
  await influx?.stop();
});

describe('disk in trouble under load', () => {
  test('full: it stops acknowledging, ends loudly, and has lost nothing when there is room again (F7)', {
    timeout: 90_000,
  }, async () => {
    disk = await createSmallDisk();
    rig = await startRig({ seed: SEED, store: { kind: 'duckdb' }, data: join(disk.directory, 'data') });
    await rig.publisher.acknowledged(500);
    await disk.fill(rig.engine, disk.how === 'tmpfs' ? 400_000 : 600_000);
    const ending = await rig.engine.ending(60_000);
    expect(ending, rig.engine.lastWords()).toMatchObject({ code: EXIT_DISK });
    expect(FATAL_CODES).toContain(rig.engine.lastFatal()?.code);
    const { code } = rig.engine.lastFatal() ?? {};
    await disk.clear();
    await rig.engine.start();
    await rig.publisher.acknowledged(500);
    const verdict = await rig.settle();
    console.log(figures('F7 disk full', verdict, { seed: SEED, how: disk.how, exit: ending.code, code }));
    expect(breaches(verdict)).toEqual([]);
    expect(verdict.readings.acked).toBe(verdict.readings.sent);
  });

  test.each([
    ['journal', 'JOURNAL_FAILED'],
    ['state', 'STATE_FAILED'],
  ])(
    'fsync of the %s fails: no acknowledgement for what failed, exit 74, clean recovery (F8)',
    {
      timeout: 90_000,
    },
    async (part, code) => {
      rig = await startRig({ seed: SEED, store: { kind: 'duckdb' } });
      await rig.engine.kill();
      const trace = join(rig.directory, 'strace.txt');
      // `when` counts in each thread; whichever of the pool's threads meets it first ends the engine.
      const inject = ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=25'];
      rig.engine.launch({}, straced(trace, ['-ttt', '-P', join(rig.data, part, 'data.mdb'), ...inject]));
      const { pid } = rig.engine;
      const ending = await rig.engine.ending(60_000);
      const [injectedAt] = injections(await traceOf(trace, pid));
      expect(ending, rig.engine.lastWords()).toMatchObject({ code: EXIT_DISK });
      expect(rig.engine.lastFatal()?.code).toBe(code);
      expect(injectedAt, 'an fsync that failed').toBeDefined();
      const restartedAt = Date.now();
      const late = (await rig.ledger()).ackTimes.filter(
        (at) => at > (injectedAt ?? 0) + IN_FLIGHT_MS && at < restartedAt,
      );
      await rig.engine.start();
      await rig.publisher.acknowledged(500);
      const verdict = await rig.settle();
      const figure = { seed: SEED, exit: ending.code, code, ackedAfterFailure: late.length };
      console.log(figures(`F8 fdatasync EIO of the ${part}`, verdict, figure));
      expect(breaches(verdict)).toEqual([]);
      expect(late).toEqual([]);
    },
  );

  test('journal at its bound while the store is down: no acknowledgement, no disconnection, then all of it', {
    timeout: 90_000,
  }, async () => {
    rig = await startRig({
      seed: SEED,
      store: { kind: 'influxdb', url: influx.url, database: 'bound' },
      journalMaxBytes: `${MAX_BYTES}B`,
    });
    const { publisher, engine } = rig;
    await influx.kill();
    const stored = publisher.plan.window * publisher.plan.devices.length;
    await until('every device waits for the journal', 60_000, () => publisher.progress.unacked === stored);
    await until('readiness says so', 10_000, async () => (await fetch(`${engine.api}/readyz`)).status === 503);
    const atBound = publisher.progress.acked;
    const connections = (await rig.ledger()).connections;
    const bytes = await engine.metric('davylamp_journal_bytes');
    // The time itself is the claim: nothing is acknowledged in it.
    await delay(3000);
    expect(publisher.progress.acked).toBe(atBound);
    expect(bytes).toBeLessThanOrEqual(MAX_BYTES * 1.01);
    await influx.restart();
    await publisher.acknowledged(1000, 60_000);
    const verdict = await rig.settle(60_000);
    const figure = { seed: SEED, bytes, atBound, connections, connectionsAfter: (await rig.ledger()).connections };
    console.log(figures('journal.maxBytes', verdict, figure));
    expect(breaches(verdict)).toEqual([]);
    expect(figure.connectionsAfter).toBe(connections);
    expect(verdict.events['duty-room']?.system).toBeGreaterThanOrEqual(2);
    expect(verdict.readings.acked).toBe(verdict.readings.sent);
  });
});

/** Times (epoch milliseconds) at which strace made an fsync fail. */
function injections(trace: readonly string[]): number[] {
  const lines = trace.filter((line) => line.includes('INJECTED'));
  return lines.map((line) => Number(/\d+\.\d+/.exec(line)?.[0]) * 1000);
}
