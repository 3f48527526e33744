import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Register } from '../../src/alerts/register.ts';
import { createNativeDecoder } from '../../src/ingest/decode/native.ts';
import type { Envelope } from '../../src/ingest/envelope.ts';
import { type Journal, openJournal } from '../../src/ingest/journal.ts';
import { resumedEnvelope } from '../../src/ingest/pipeline.ts';
import { createJudging } from '../../src/judging.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { OutboundEvent } from '../../src/model/alarm.ts';
import type { Device } from '../../src/model/device.ts';
import type { Quality } from '../../src/model/quality.ts';
import type { Value } from '../../src/model/reading.ts';
import type { Suppression } from '../../src/model/suppression.ts';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';
import { buildDevice, buildProfile, NOON } from '../helpers/readings.ts';
import { buildTerms } from '../helpers/terms.ts';
import { buildLimit } from '../helpers/watched.ts';
import { fakePorts } from './api/fake-ports.ts';

const STOPPED: Suppression = {
  id: 'stopped',
  title: null,
  when: { text: '!pump', timezone: 'UTC', intervalMs: 60_000 },
  upTo: 'yellow',
  hides: [{ point: null, rule: null }],
  onDelayMs: 0,
  offDelayMs: 0,
  maxMs: null,
  reason: 'no flow while the pump is stopped',
  owner: 'Li Wei',
  approvedBy: null,
};

const CLOCK = { futureToleranceMs: 60_000, latenessMs: 10_000, liveWindowMs: 300_000 };

let directory: string;
let environment: Environment;
let journal: Journal;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-suppression-'));
});
afterEach(async () => {
  await journal.close();
  await environment.close();
  rmSync(directory, { recursive: true });
});

const fatal = (error: unknown) => {
  throw error;
};

/** A pump whose pressure `p` is L (yellow) at 2 and LL (orange) at 1, reporting every minute; silence counts after 10 min. */
function pumpWith(...suppressions: Partial<Suppression>[]): Device {
  const profile = buildProfile({ p: 'number', pump: 'boolean' });
  const points = profile.points.map((point) => ({
    ...point,
    staleAfterMs: 180_000,
    limits: point.id === 'p' ? [buildLimit('LL', 1), buildLimit('L', 2)] : [],
  }));
  const absent = { afterMs: 600_000, tier: 'blue' as const };
  const built = suppressions.map((one) => ({ ...STOPPED, ...one }));
  return { ...buildDevice({ ...profile, points, absent, suppressions: built }), points };
}

/** The engine, the alarms and the journal of one device, on disk; times are seconds since noon. */
async function open(first: Device) {
  const device = { current: first };
  const sent: string[] = [];
  let seq = 0;
  const start = async () => {
    environment = openEnvironment(join(directory, 'state'));
    journal = openJournal(
      {
        directory: join(directory, 'journal'),
        maxBytes: 100_000_000,
        log: pino({ level: 'silent' }),
        onCommitted: () => {},
        onFatal: fatal,
        onFull: () => {},
        now: () => NOON,
      },
      0,
    );
    const register = new Register({
      environment,
      notifier: {
        enqueue: (_: unknown, event: OutboundEvent, reach) => {
          if ('alarm' in event && reach === 'all') sent.push(`${event.type.slice(15)} ${event.alarm.condition}`);
        },
        committed: () => {},
      },
      onFatal: fatal,
      onEvent: () => {},
      terms: () => buildTerms(),
      escalationOf: () => [],
    });
    const judging = createJudging({
      configuration: configurationOf(device.current),
      environment,
      register,
      log: pino({ level: 'silent' }),
      metrics: createMetrics(),
      announce: () => {},
    });
    await judging.recover(journal, decoder(), { reading: judging.judge, resumed: judging.resumed });
    return { register, judging };
  };
  const { configuration } = fakePorts().ports;
  const configurationOf = (one: Device) => ({ ...configuration, time: CLOCK, devices: new Map([[one.key, one]]) });
  const decoder = () => createNativeDecoder(configurationOf(device.current).devices, CLOCK);
  const keep = (envelope: Envelope) =>
    new Promise<void>((resolve, reject) => journal.append(envelope, (error) => (error ? reject(error) : resolve())));
  let running = await start();
  const take = async (envelope: Envelope) => {
    await keep(envelope);
    seq++;
  };
  const site = {
    sent,
    get register() {
      return running.register;
    },
    async begin() {
      await take(resumedEnvelope({ downMs: 0, shiftMs: 0 }, NOON));
      running.judging.resumed({ downMs: 0, shiftMs: 0 }, NOON, seq);
      running.judging.reached(seq);
    },
    async read(
      second: number,
      values: Readonly<Record<string, Value>>,
      quality: Readonly<Record<string, Quality>> = {},
    ) {
      const at = NOON + second * 1000;
      const { key } = device.current;
      const payload = Buffer.from(JSON.stringify({ ts: at, values, quality }));
      const envelope = { topic: `v1/${key}/telemetry`, client: key, receivedAt: at, oversized: null, payload };
      await take(envelope);
      for (const reading of decoder()(envelope).readings) running.judging.judge(reading, seq);
      running.judging.reached(seq);
    },
    tick: (second: number) => running.judging.tick(NOON + second * 1000),
    /** All but what is on disk is lost; with `saved` the state of the rules is there too. */
    async restart(saved = false) {
      if (saved) await running.judging.saveAll();
      await running.register.commit(null);
      await journal.close();
      await environment.close();
      running = await start();
      await running.register.commit(null);
    },
    reload(next: Device) {
      device.current = next;
      running.judging.replace(configurationOf(next));
    },
    states: () => [...running.register.openAlarms()].map(({ condition, state }) => `${condition} ${state}`),
    bypasses: (state?: 'active' | 'over') =>
      running.register
        .listBypasses({ ...(state ? { state } : {}), limit: 50 })
        .items.map(({ scope, end, upTo }) => [scope.point, upTo, end].join(' ')),
  };
  await site.begin();
  return site;
}

describe('a suppression by design', () => {
  test('hides what is raised in the very reading that begins it, and shows what holds when it ends', async () => {
    const site = await open(pumpWith({}));
    await site.read(0, { p: 5, pump: true });
    await site.read(60, { p: 1.5, pump: false });
    expect(site.states()).toEqual(['p.L suppressed']);
    expect(site.bypasses('active')).toEqual([' yellow ']);
    expect(site.sent).toEqual([]);
    await site.read(120, { p: 1.5, pump: true });
    expect(site.states()).toEqual(['p.L unacknowledged']);
    await site.register.commit(null);
    expect(site.sent).toEqual(['unsuppressed p.L', 'raised p.L']);
    expect(site.bypasses('over')).toEqual([' yellow conditionOver']);
  });

  test('announces nothing of what is over in the reading that ends it', async () => {
    const site = await open(pumpWith({}));
    await site.read(0, { p: 1.5, pump: false });
    await site.read(60, { p: 5, pump: true });
    await site.register.commit(null);
    expect(site.states()).toEqual([]);
    expect(site.sent.filter((event) => event.startsWith('raised'))).toEqual([]);
  });

  test('lets through what is more urgent', async () => {
    const site = await open(pumpWith({}));
    await site.read(0, { p: 1.5, pump: false });
    await site.read(60, { p: 0.5, pump: false });
    expect(site.states()).toEqual(['p.LL unacknowledged']);
  });

  test.each<[string, Readonly<Record<string, Value>>, Readonly<Record<string, Quality>>]>([
    ['bad', { p: 1.5, pump: false }, { pump: 'bad' }],
    ['uncertain', { p: 1.5, pump: false }, { pump: 'uncertain' }],
    ['null', { p: 1.5, pump: null }, {}],
  ])('ends at once when its input is %s, whatever its off-delay', async (_, values, quality) => {
    const site = await open(pumpWith({ offDelayMs: 3_600_000 }));
    await site.read(0, { p: 1.5, pump: false });
    expect(site.states()).toEqual(['p.L suppressed']);
    await site.read(60, values, quality);
    expect(site.states()).toEqual(['p.L unacknowledged']);
  });

  test('ends when its input is stale though the device goes on, and when the device is silent', async () => {
    const site = await open(pumpWith({ hides: [{ point: 'p', rule: null }] }));
    await site.read(0, { p: 1.5, pump: false });
    await site.read(100, { p: 1.5 });
    site.tick(180);
    expect(site.states()).toEqual(['p.L suppressed']);
    site.tick(180.001);
    expect(site.states()).toEqual(['p.L unacknowledged']);
    await site.read(200, { pump: false });
    expect(site.states()).toEqual(['p.L suppressed']);
    site.tick(900);
    expect(site.states()).toEqual(['p.L unacknowledged', 'absent unacknowledged']);
  });

  test('waits for its delays by the clock', async () => {
    const site = await open(pumpWith({ onDelayMs: 30_000, offDelayMs: 60_000 }));
    await site.read(0, { p: 1.5, pump: false });
    expect(site.states()).toEqual(['p.L unacknowledged']);
    site.tick(30);
    expect(site.states()).toEqual(['p.L suppressed']);
    await site.read(60, { pump: true });
    site.tick(119);
    expect(site.states()).toEqual(['p.L suppressed']);
    site.tick(120);
    expect(site.states()).toEqual(['p.L unacknowledged']);
  });

  test('ends after its longest time, until its condition was false', async () => {
    const site = await open(pumpWith({ maxMs: 120_000 }));
    await site.read(0, { p: 1.5, pump: false });
    await site.read(60, { p: 1.5, pump: false });
    site.tick(120);
    expect(site.states()).toEqual(['p.L unacknowledged']);
    await site.read(150, { p: 1.5, pump: false });
    await site.restart();
    expect(site.states()).toEqual(['p.L unacknowledged']);
    await site.read(160, { p: 1.5, pump: true });
    await site.read(170, { p: 1.5, pump: false });
    expect(site.states()).toEqual(['p.L suppressed']);
  });

  test('hides only the points that it names', async () => {
    const site = await open(pumpWith({ hides: [{ point: 'pump', rule: null }] }));
    await site.read(0, { p: 1.5, pump: false });
    expect(site.states()).toEqual(['p.L unacknowledged']);
    expect(site.bypasses('active')).toEqual(['pump yellow ']);
  });
});

describe('a suppression over a restart and a reload', () => {
  test.each([true, false])('goes on without a gap and is not begun twice (rules saved: %s)', async (saved) => {
    const site = await open(pumpWith({}));
    await site.read(0, { p: 1.5, pump: false });
    await site.restart(saved);
    expect(site.states()).toEqual(['p.L suppressed']);
    expect(site.bypasses()).toEqual([' yellow ']);
    expect(site.sent).toEqual([]);
    await site.read(60, { p: 1.5, pump: true });
    expect(site.states()).toEqual(['p.L unacknowledged']);
  });

  test('that a person has lifted stays lifted until its condition was false', async () => {
    const site = await open(pumpWith({}));
    await site.read(0, { p: 1.5, pump: false });
    const [bypass] = site.register.listBypasses({ limit: 1 }).items;
    await site.register.lift(bypass?.id ?? '', { by: 'Wang Fang', comment: null }, NOON + 1_000);
    expect(site.states()).toEqual(['p.L unacknowledged']);
    await site.restart();
    site.reload(pumpWith({}));
    await site.read(60, { p: 1.5, pump: false });
    expect(site.states()).toEqual(['p.L unacknowledged']);
    await site.read(120, { pump: true });
    await site.read(180, { pump: false });
    expect(site.states()).toEqual(['p.L suppressed']);
  });

  test('ends when it is taken out, and changes its terms without a gap', async () => {
    const site = await open(pumpWith({}));
    await site.read(0, { p: 0.5, pump: false });
    expect(site.states()).toEqual(['p.LL unacknowledged']);
    site.reload(pumpWith({ upTo: 'orange' }));
    expect(site.states()).toEqual(['p.LL suppressed']);
    site.reload(pumpWith({ upTo: 'orange', reason: 'said otherwise' }));
    await site.register.commit(null);
    expect(site.sent.filter((event) => event.startsWith('raised'))).toEqual(['raised p.LL']);
    site.reload(pumpWith());
    expect(site.states()).toEqual(['p.LL unacknowledged']);
    expect(site.bypasses('active')).toEqual([]);
  });

  test('that the governor refuses hides nothing', async () => {
    const site = await open(pumpWith({ upTo: 'red' }));
    await site.read(0, { p: 1.5, pump: false });
    expect(site.states()).toEqual(['p.L unacknowledged']);
  });
});
