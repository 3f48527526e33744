import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';
import { createSchedules, type Job, type Schedules } from '../../src/schedule.ts';

const MINUTE = 60_000;
/** 08:00 in Shanghai. */
const EIGHT = Date.UTC(2026, 10, 22, 0, 0);
const ZONE = 'Asia/Shanghai';

let directory: string;
let environment: Environment;
let opened: Schedules[];
let runs: string[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-schedule-'));
  environment = openEnvironment(directory);
  opened = [];
  runs = [];
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: EIGHT - 10 * MINUTE });
});
afterEach(async () => {
  vi.useRealTimers();
  for (const schedules of opened) await schedules.stop();
  await environment.close();
  rmSync(directory, { recursive: true, force: true });
});

const clock = {
  now: () => Date.now(),
  sleep: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

function job(parts: Partial<Job> = {}): Job {
  return {
    id: 'report',
    cron: '0 8 * * *',
    makeUpMs: 24 * 60 * MINUTE,
    deadlineMs: MINUTE,
    run: async (planned) => void runs.push(new Date(planned).toISOString()),
    ...parts,
  };
}

function open(...jobs: Job[]): Schedules {
  const schedules = createSchedules({ environment, clock, log: pino({ level: 'silent' }) });
  opened.push(schedules);
  schedules.set(jobs, ZONE);
  schedules.start();
  return schedules;
}

/** Lets time pass, and what is on its way to the disk arrive. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  await environment.commit(() => {});
}

const at = (ms: number) => new Date(EIGHT + ms).toISOString();
const DAY = 24 * 60 * MINUTE;

describe('schedules', () => {
  test('run in the configured time zone, and not for what was before they were asked for', async () => {
    open(job());
    await pass(5 * MINUTE);
    expect(runs).toEqual([]);
    await pass(6 * MINUTE);
    expect(runs).toEqual([at(0)]);
  });

  test('a missed run is made up once after a restart, of several only the last', async () => {
    const first = open(job());
    await pass(MINUTE);
    await first.stop();
    vi.setSystemTime(EIGHT + 2 * DAY + 3 * 60 * MINUTE);
    const second = open(job());
    await pass(0);
    expect(runs).toEqual([at(2 * DAY)]);
    await second.stop();
    open(job());
    await pass(0);
    expect(runs).toEqual([at(2 * DAY)]);
  });

  test('what is too old to be of use is not made up', async () => {
    const first = open(job({ makeUpMs: 60 * MINUTE }));
    await pass(MINUTE);
    await first.stop();
    vi.setSystemTime(EIGHT + 61 * MINUTE);
    open(job({ makeUpMs: 60 * MINUTE }));
    await pass(0);
    expect(runs).toEqual([]);
  });

  test('a run that never settles is given up, and the next one comes', async () => {
    const stuck = job({
      cron: '*/5 * * * *',
      run: (planned) => {
        runs.push(new Date(planned).toISOString());
        return new Promise(() => {});
      },
    });
    open(stuck);
    await pass(5 * MINUTE + 1000);
    await pass(5 * MINUTE);
    expect(runs).toEqual([at(-5 * MINUTE), at(0)]);
  });

  test('a run that failed is made up at the next start', async () => {
    const first = open(job({ run: () => Promise.reject(new Error('no')) }));
    await pass(11 * MINUTE);
    await first.stop();
    open(job());
    await pass(0);
    expect(runs).toEqual([at(0)]);
  });

  test('a reload in the middle of a run does not run it again', async () => {
    let finish = () => {};
    const slow = job({
      run: async (planned) => {
        runs.push(new Date(planned).toISOString());
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
      },
    });
    const schedules = open(slow);
    await pass(10 * MINUTE + 1000);
    schedules.set([slow], ZONE);
    await pass(1000);
    finish();
    await pass(1000);
    expect(runs).toEqual([at(0)]);
  });

  test('another schedule is another job: its past is not made up', async () => {
    const first = open(job());
    await pass(MINUTE);
    await first.stop();
    vi.setSystemTime(EIGHT + 3 * 60 * MINUTE);
    open(job({ cron: '0 9 * * *' }));
    await pass(0);
    expect(runs).toEqual([]);
  });
});
