import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Notice } from '../../src/alerts/notice.ts';
import { Register } from '../../src/alerts/register.ts';
import { createJudging } from '../../src/judging.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';
import { NOON } from '../helpers/readings.ts';
import { fakePorts } from './api/fake-ports.ts';

let directory: string;
let environment: Environment;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-judging-'));
  environment = openEnvironment(directory);
});
afterEach(async () => {
  await environment.close();
  rmSync(directory, { recursive: true });
});

it("tells people once that this machine's clock was set, and not that it only stood still", async () => {
  const told: Notice[] = [];
  const log = pino({ level: 'silent' });
  const onFatal = (error: unknown) => {
    throw error;
  };
  const notifier = { enqueue: () => {}, committed: () => {} };
  const register = new Register({ environment, notifier, onFatal, onEvent: () => {} });
  const { configuration } = fakePorts().ports;
  const announce = (notice: Notice) => told.push(notice);
  const judging = createJudging({ configuration, environment, register, log, metrics: createMetrics(), announce });
  judging.resumed({ downMs: 5_000, shiftMs: 0 }, NOON, 1);
  judging.resumed({ downMs: 0, shiftMs: 3_600_000 }, NOON + 3_600_000, 2);
  judging.resumed({ downMs: 0, shiftMs: -1_500 }, NOON + 3_598_500, 3);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told.map(({ code, message }) => [code, message.en.split(':')[0]])).toEqual([
    ['CLOCK_SET', 'the clock of this machine was set forward by 3600000 ms'],
    ['CLOCK_SET', 'the clock of this machine was set back by 1500 ms'],
  ]);
});
