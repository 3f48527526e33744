import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endForgotten, type MaintenanceDeps, maintenanceJobs } from '../../src/maintenance.ts';
import type { MaintenanceWindow } from '../../src/model/routing.ts';
import { NOON } from '../helpers/readings.ts';
import { openRegisterRig, type RegisterRig } from '../helpers/register-rig.ts';

const HOUR = 3_600_000;
const window: MaintenanceWindow = {
  id: 'calibration',
  schedule: '0 12 * * 1',
  lengthMs: 2 * HOUR,
  site: 'wujin-gas',
  device: null,
  profile: null,
  upTo: 'yellow',
  reason: 'monthly calibration, order 4711',
  owner: 'Chen',
  approvedBy: null,
};

let rig: RegisterRig;
let now: number;

beforeEach(() => {
  rig = openRegisterRig();
  now = NOON;
});
afterEach(() => rig.close());

const deps = (): MaintenanceDeps => ({
  bypasses: rig.register.bypasses,
  commit: () => rig.register.commit(null),
  now: () => now,
});
const run = (planned: number, ...windows: MaintenanceWindow[]) =>
  Promise.all(maintenanceJobs(windows, deps()).map((job) => job.run(planned, new AbortController().signal)));
const active = () => rig.register.listBypasses({ limit: 10 }).items;

describe('a maintenance window', () => {
  test('suppresses what the site raises up to its tier, and ends by itself', async () => {
    await run(NOON, window);
    expect(active()).toMatchObject([{ kind: 'suppression', owner: 'Chen', until: NOON + 2 * HOUR, state: 'active' }]);
    await rig.change(NOON + 1000, 'yellow');
    expect(rig.open()).toMatchObject({ state: 'suppressed' });
    await rig.tick(NOON + 2 * HOUR);
    expect(active()).toEqual([]);
    expect(rig.open()).toMatchObject({ state: 'unacknowledged' });
  });

  test('that is made up late lasts only for what remains of it', async () => {
    now = NOON + 1.5 * HOUR;
    await run(NOON, window);
    expect(active()).toMatchObject([{ until: NOON + 2 * HOUR }]);
    now = NOON + 3 * HOUR;
    await rig.tick(now);
    await run(NOON, window);
    expect(active()).toEqual([]);
  });

  test('begins once, also when a crash has it begin again', async () => {
    await run(NOON, window);
    await rig.restart();
    await run(NOON, window);
    expect(active()).toHaveLength(1);
  });

  test('is never longer than it was approved for, should the clock of the engine be behind', async () => {
    now = NOON - 5_000;
    await run(NOON, window);
    expect(active()).toMatchObject([{ lengthMs: 2 * HOUR }]);
  });

  test('ends when it is not configured any more, or hides something else now', async () => {
    await run(NOON, window);
    await endForgotten([window], deps());
    expect(active()).toHaveLength(1);
    await endForgotten([{ ...window, upTo: 'blue' }], deps());
    expect(active()).toEqual([]);
  });
});
