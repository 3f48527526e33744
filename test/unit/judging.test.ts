import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Notice } from '../../src/alerts/notice.ts';
import { Register } from '../../src/alerts/register.ts';
import { createJudging } from '../../src/judging.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { OutboundEvent } from '../../src/model/alarm.ts';
import type { Device } from '../../src/model/device.ts';
import type { RuleSpec } from '../../src/model/rule.ts';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';
import { buildReading, NOON } from '../helpers/readings.ts';
import { buildTerms } from '../helpers/terms.ts';
import { buildRule, ruledDevice } from '../helpers/watched.ts';
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

const onFatal = (error: unknown) => {
  throw error;
};

/** The rules over some devices, and what they send. */
function judgingOf(devices: readonly Device[], told: Notice[] = []) {
  const sent: OutboundEvent[] = [];
  const notifier = { enqueue: (_: unknown, event: OutboundEvent) => void sent.push(event), committed: () => {} };
  const register = new Register({
    environment,
    notifier,
    onFatal,
    onEvent: () => {},
    terms: () => buildTerms(),
    escalationOf: () => [],
  });
  const announce = (notice: Notice) => told.push(notice);
  const { configuration } = fakePorts().ports;
  const withDevices = (list: readonly Device[]) => ({
    ...configuration,
    devices: new Map(list.map((device) => [device.key, device])),
  });
  const log = pino({ level: 'silent' });
  const deps = { environment, register, log, metrics: createMetrics(), announce };
  const judging = createJudging({ ...deps, configuration: withDevices(devices) });
  return { judging, register, sent, replace: (...list: Device[]) => judging.replace(withDevices(list)) };
}

it("tells people once that this machine's clock was set, and not that it only stood still", async () => {
  const told: Notice[] = [];
  const { judging } = judgingOf([], told);
  judging.resumed({ downMs: 5_000, shiftMs: 0 }, NOON, 1);
  judging.resumed({ downMs: 0, shiftMs: 3_600_000 }, NOON + 3_600_000, 2);
  judging.resumed({ downMs: 0, shiftMs: -1_500 }, NOON + 3_598_500, 3);
  await new Promise((resolve) => setImmediate(resolve));
  expect(told.map(({ code, message }) => [code, message.en.split(':')[0]])).toEqual([
    ['CLOCK_SET', 'the clock of this machine was set forward by 3600000 ms'],
    ['CLOCK_SET', 'the clock of this machine was set back by 1500 ms'],
  ]);
});

it('goes on with the alarm of a rule that becomes one of another kind, in another unit, in a reload', async () => {
  const deviation = { kind: 'deviation', point: 0, from: { value: 2 }, side: 'high' } as const;
  const distance = { kind: 'discrepancy', between: [0, 1] } as const;
  const withRule = (spec: RuleSpec, unit: string): Device => {
    const device = ruledDevice({ p: 'number', q: 'number' }, [buildRule('odd', spec, {}, { unit })]);
    return { ...device, points: device.points.map((point) => ({ ...point, unit })) };
  };
  const before = withRule(deviation, 'kPa');
  const { judging, register, sent, replace } = judgingOf([before]);
  judging.resumed({ downMs: 0, shiftMs: 0 }, NOON, 1);
  judging.judge(buildReading(before, { values: { p: 9, q: 1 } }), 2);
  judging.reached(2);
  const after = withRule(distance, 'mbar');
  replace(after);
  expect([...register.openAlarms()]).toMatchObject([
    { direction: 'discrepancy', unit: 'mbar', state: 'unacknowledged' },
  ]);
  const later = { ts: NOON + 1000, receivedAt: NOON + 1000 };
  judging.judge(buildReading(after, { values: { p: 1, q: 1 }, ...later }), 3);
  judging.reached(3);
  await judging.saveAll();
  expect(sent.map(({ type }) => type)).toEqual(['davylamp.alarm.raised', 'davylamp.alarm.returned']);
});
