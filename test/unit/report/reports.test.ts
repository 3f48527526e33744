import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Notice } from '../../../src/alerts/notice.ts';
import { createReports } from '../../../src/report/reports.ts';
import { type Environment, openEnvironment } from '../../../src/runtime/database.ts';
import { buildAssessment } from '../../helpers/figures.ts';
import { NOON } from '../../helpers/readings.ts';

const DAY = 86_400_000;
let directory: string;
let environment: Environment;
let told: Notice[];
let now: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-reports-'));
  environment = openEnvironment(directory);
  told = [];
  now = NOON;
});
afterEach(async () => {
  await environment.close();
  rmSync(directory, { recursive: true, force: true });
});

const open = () =>
  createReports({
    environment,
    assess: async (at) => buildAssessment({ madeAt: at, date: new Date(at).toISOString().slice(0, 10) }),
    async announce(notice, _, also) {
      await environment.commit(also);
      told.push(notice);
    },
    now: () => now,
  });
const make = (planned: number) =>
  open()
    .jobs({ schedule: '0 8 * * *', to: ['manager'] })[0]
    ?.run(planned, new AbortController().signal);

test('a report is kept, and told to those who are named', async () => {
  await make(NOON);
  const [{ date } = { date: '' }] = open().list();
  expect(open().get(date)).toMatchObject({ madeAt: NOON });
  expect(told).toMatchObject([
    { name: 'daily-assessment', to: ['manager'], details: { report: `/api/v1/reports/daily/${date}` } },
  ]);
});

test('made again for the same time, it is told once', async () => {
  await make(NOON - 1000);
  now += 5_000;
  await make(NOON - 1000);
  expect(told).toHaveLength(1);
});

test('ninety are kept', async () => {
  for (let day = 0; day < 93; day++) {
    now = NOON + day * DAY;
    await make(now);
  }
  expect(open().list()).toHaveLength(90);
  expect(open().list()[0]?.madeAt).toBe(NOON + 92 * DAY);
});
