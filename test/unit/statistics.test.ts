import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LoggedEvent } from '../../src/alerts/alarm-log.ts';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';
import { createStatistics } from '../../src/statistics.ts';
import { buildAlarm } from '../helpers/alarm.ts';
import { NOON } from '../helpers/readings.ts';
import { buildTerms } from '../helpers/terms.ts';

const HOUR = 3_600_000;
const START = Math.floor(NOON / HOUR) * HOUR;

let directory: string;
let environment: Environment;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-statistics-'));
  environment = openEnvironment(directory);
});
afterEach(async () => {
  await environment.close();
  rmSync(directory, { recursive: true, force: true });
});

/** One alarm a minute, each another one. */
const log: LoggedEvent[] = Array.from({ length: 1200 }, (_, i) => ({
  id: `evt_${i}`,
  type: 'davylamp.alarm.raised',
  at: START + i * 60_000,
  alarm: buildAlarm({ id: `alm_${i}`, key: `k${i}`, annunciatedAt: START + i * 60_000 }),
  by: null,
  comment: null,
  details: null,
  sequence: i + 1,
  hash: null,
}));

function open(events: readonly LoggedEvent[]) {
  return createStatistics({
    environment,
    events: ({ after = 0, limit }) => {
      const found = events.filter(({ sequence }) => sequence > after);
      const items = found.slice(0, limit);
      return { items, next: found.length > limit ? (items.at(-1)?.sequence ?? null) : null };
    },
    promises: () => buildTerms().tiers,
    now: () => START + 30 * HOUR,
    log: pino({ level: 'silent' }),
  });
}

const all = { from: START, to: START + 24 * HOUR, operators: 1, by: null };

test('counts each event once, over restarts', async () => {
  await open(log.slice(0, 700)).catchUp();
  await open(log.slice(0, 700)).catchUp();
  const statistics = open(log);
  const { all: figures } = await statistics.ask(all);
  expect(figures).toMatchObject({ alarms: 1200, calls: 1200, peakTenMinutes: 10, peakHour: 60, perHour: 50 });
});

test('a part of the time has the calls of that part, to the minute', async () => {
  const statistics = open(log);
  const from = START + 2 * HOUR + 30 * 60_000;
  const { all: figures } = await statistics.ask({ ...all, from, to: from + HOUR });
  expect(figures).toMatchObject({ calls: 60, perHour: 60 });
});

test('questions while it counts see whole commits', async () => {
  const statistics = open(log);
  const answers = await Promise.all([statistics.ask(all), statistics.ask({ ...all, by: 'site' })]);
  expect(answers.map((answer) => answer.all.alarms)).toEqual([1200, 1200]);
  expect(answers[1]?.groups.map(({ name }) => name)).toEqual(['wujin-gas']);
});
