import { describe, expect, test } from 'vitest';
import { createInstrument } from '../../../devices/simulator/instrument.ts';
import { loadScenario } from '../../../devices/simulator/scenario.ts';
import { castOf } from '../../../devices/simulator/story.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { Device } from '../../../src/model/device.ts';
import type { Tier } from '../../../src/model/tier.ts';
import { groupsOf } from '../../../src/replay/groups.ts';
import { Engine } from '../../../src/rules/engine.ts';
import { buildReading, NOON } from '../../helpers/readings.ts';

const SECRETS = { DAVYLAMP_COMMAND_CENTRE_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}` };
const CONFIG = new URL('../../../config', import.meta.url).pathname;

/** What a story brings into force on the shipped configuration: `device condition` with its tier, in order, each once. */
function played(name: string, stepMs: number, seed: number): Map<string, Tier> {
  const loaded = loadConfiguration(CONFIG, SECRETS);
  if (!('configuration' in loaded)) throw new Error(JSON.stringify(loaded.faults));
  const { devices, groups } = loaded.configuration;
  const scenario = loadScenario(name);
  const cast = castOf(scenario, { devices: null, site: null, prefix: null }).flat();
  const playing = cast.map(({ site, id }) => `${site}/${id}`);
  const told = new Map<string, Tier>();
  const settings = { liveWindowMs: 300_000, latenessMs: 10_000 };
  const engine = new Engine(
    new Map(playing.map((key) => [key, devices.get(key) as Device])),
    settings,
    (change) => {
      if (change.level) told.set(`${change.device.id} ${change.level.condition}`, change.level.tier);
    },
    groupsOf(groups, new Set(playing)),
  );
  const instruments = cast.map((member) => ({
    instrument: createInstrument(scenario, member, seed),
    device: devices.get(`${member.site}/${member.id}`),
  }));
  engine.resume(NOON, 0, 0, 1);
  let seq = 1;
  for (let elapsed = 0; elapsed < scenario.durationMs; elapsed += stepMs) {
    for (const { instrument, device } of instruments) {
      const { values, link } = instrument.sampleAt(elapsed);
      if (!device || link !== 'up') continue;
      const at = NOON + elapsed;
      engine.step(buildReading(device, { values, ts: at, receivedAt: at }), ++seq);
    }
  }
  return told;
}

test('a normal day brings nothing into force', () => {
  expect([...played('normal-day', 5_000, 3)]).toEqual([]);
}, 60_000);

describe('a story brings into force what it is about, on the devices and groups it is about', () => {
  test.each<[string, Record<string, Tier>]>([
    ['regulator-overpressure-slam-shut-failure', { 'cab-001 slam-shut-failed': 'red' }],
    ['tank-overfill', { 'tank-001 overfill.red': 'red', 'tank-001 inlet-open-at-high-high': 'red' }],
    ['dcs-runaway', { 'dcs-001 runaway': 'red', 'cooling-first firstOut': 'blue' }],
    ['slow-leak', {}],
    ['demo', { 'dike-gas H': 'orange' }],
  ])('%s', (name, rules) => {
    const told = [...played(name, 1_000, 1)];
    // Conditions of points carry a dot in front of a limit or rate, those of rules and groups have names of their own.
    const byRule = told.filter(([what]) => !/ [A-Za-z]+\.(LL|L|H|HH|rising|falling)$/.test(what));
    expect(byRule.sort()).toEqual(Object.entries(rules).sort());
  });
});
