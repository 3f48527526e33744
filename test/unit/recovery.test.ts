import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Register } from '../../src/alerts/register.ts';
import type { Device } from '../../src/model/device.ts';
import { RuleStates } from '../../src/recovery.ts';
import { Engine } from '../../src/rules/engine.ts';
import { type Environment, openEnvironment } from '../../src/runtime/database.ts';
import { buildReading, NOON } from '../helpers/readings.ts';
import { buildTerms } from '../helpers/terms.ts';
import { buildLimit, watchedDevice } from '../helpers/watched.ts';

const device = (id: string) => watchedDevice({ id, limits: [buildLimit('H', 6)] });
const engineOf = (...devices: Device[]) =>
  new Engine(new Map(devices.map((one) => [one.key, one])), { liveWindowMs: 300_000, latenessMs: 10_000 }, () => {});

describe('saved states of the rules', () => {
  let directory: string;
  let environment: Environment;
  let register: Register;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'davylamp-states-'));
    environment = openEnvironment(directory);
    const notifier = { enqueue: () => {}, committed: () => {} };
    const onFatal = (error: unknown) => {
      throw error;
    };
    register = new Register({
      environment,
      notifier,
      terms: () => buildTerms(),
      escalationOf: () => [],
      onFatal,
      onEvent: () => {},
    });
  });
  afterEach(async () => {
    await environment.close();
    rmSync(directory, { recursive: true });
  });

  const keys = () => [...environment.table<unknown>('ruleStates', 'json').getKeys({})];
  const position = { seq: 9, at: NOON };

  it('are all on disk after a change of configuration, those of devices that are gone are not', async () => {
    const [a, b] = [device('a'), device('b')];
    const before = engineOf(a, b);
    const states = new RuleStates(environment);
    before.resume(NOON, 0, 0, 1);
    before.step(buildReading(a, { values: { p: 7 } }), 2);
    await states.saveAll(before, register, () => ({ seq: 2, at: NOON }));
    expect([keys(), states.floor]).toEqual([['wujin-gas/a|actual', 'wujin-gas/b|actual'], 3]);
    const after = engineOf(device('a'), device('c'));
    states.forget(after.takeOver(before, 9));
    expect(after.unsavedSince).toBe(9);
    await states.saveAll(after, register, () => position);
    expect([keys(), states.floor]).toEqual([['wujin-gas/a|actual', 'wujin-gas/c|actual'], 10]);
    expect(register.position()).toEqual(position);
  });

  it('that a start does not take up are removed: a device that is back one day begins anew', async () => {
    const [a, b] = [device('a'), device('b')];
    const before = engineOf(a, b);
    before.resume(NOON, 0, 0, 1);
    await new RuleStates(environment).saveAll(before, register, () => position);
    const states = new RuleStates(environment);
    expect(states.restore(engineOf(a))).toBe(1);
    await states.saveAll(engineOf(a), register, () => position);
    expect(keys()).toEqual(['wujin-gas/a|actual']);
  });
});
