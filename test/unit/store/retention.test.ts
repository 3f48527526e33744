import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReadingStore } from '../../../src/store/port.ts';
import { createRetention, type Retention, type RetentionOptions } from '../../../src/store/retention.ts';
import { createManualClock } from '../../helpers/manual-clock.ts';
import { NOON } from '../../helpers/readings.ts';

const DAY = 86_400_000;

describe('retention', () => {
  let directory: string;
  let retention: Retention | undefined;
  let pruned: number[];
  let prune: () => Promise<void>;
  const clock = createManualClock(NOON);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'davylamp-retention-'));
    pruned = [];
    prune = async () => {};
    clock.set(NOON);
  });
  afterEach(async () => {
    await retention?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  async function start(parts: Partial<RetentionOptions> = {}, kind: ReadingStore['kind'] = 'duckdb'): Promise<void> {
    await retention?.stop();
    const store: ReadingStore = {
      kind,
      start: async () => {},
      write: async () => {},
      history: async () => [],
      async *scan() {},
      check: async () => {},
      configure() {},
      stop: async () => {},
      async prune(before) {
        pruned.push(before);
        await prune();
      },
    };
    retention = createRetention({
      store,
      settings: { retentionMs: 30 * DAY, pruneAt: '15 3 * * *' },
      timezone: 'Asia/Shanghai',
      directory,
      clock,
      log: pino({ level: 'silent' }),
      ...parts,
    });
    retention.start();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  it('makes up at start for a run that was missed, and only then', async () => {
    await start();
    expect(pruned).toEqual([NOON - 30 * DAY]);
    clock.set(NOON + DAY - 1);
    await start();
    expect(pruned).toHaveLength(1);
    clock.set(NOON + DAY + 1);
    await start();
    expect(pruned).toEqual([NOON - 30 * DAY, NOON - 29 * DAY + 1]);
  });

  it('tries again at the next start when a prune failed', async () => {
    prune = () => Promise.reject(new Error('disk'));
    await start();
    await start();
    expect(pruned).toHaveLength(2);
  });

  it('runs by its schedule, and goes on after a prune that never ends', async () => {
    prune = () => new Promise(() => {});
    await start({ settings: { retentionMs: DAY, pruneAt: '* * * * * *' }, deadlineMs: 50 });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(pruned.length).toBeGreaterThanOrEqual(3);
  });

  it('leaves InfluxDB and readings that are kept for ever alone', async () => {
    await start({}, 'influxdb');
    await start({ settings: { retentionMs: null, pruneAt: '15 3 * * *' } });
    expect(pruned).toEqual([]);
  });

  it('names a schedule or a time zone that is none', async () => {
    const bad = { code: 'RETENTION_SCHEDULE_INVALID' };
    await expect(start({ settings: { retentionMs: DAY, pruneAt: 'nightly' } })).rejects.toMatchObject(bad);
    await expect(start({ timezone: 'Mars/Base' })).rejects.toMatchObject(bad);
  });
});
