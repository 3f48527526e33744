import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createInstrument } from '../../../devices/simulator/instrument.ts';
import { loadScenario, shippedScenarios } from '../../../devices/simulator/scenario.ts';
import { castOf } from '../../../devices/simulator/story.ts';
import { parseDuration } from '../../../src/model/duration.ts';
import { shippedProfiles } from './shipped-profiles.ts';

interface Raised {
  readonly condition: string;
  readonly tier: string;
  readonly second: number;
}

const asWritten = { devices: null, site: null, prefix: null };

/** When a limit would trip: a plain reading of the profiles, second by second, that knows nothing of the engine. */
function limitsPassed(name: string, seconds: number): { raised: Raised[]; standing: string[] } {
  const scenario = loadScenario(name);
  const raised: Raised[] = [];
  const standing: string[] = [];
  for (const member of castOf(scenario, asWritten).flat()) {
    const instrument = createInstrument(scenario, member, 1);
    const samples = Array.from({ length: seconds + 1 }, (_, s) => instrument.sampleAt(s * 1000));
    for (const [id, point] of Object.entries(shippedProfiles().get(member.deviceClass) ?? {})) {
      for (const [limitName, limit] of Object.entries(point.limits ?? {})) {
        const tripped = samples.map(({ link, values }) => {
          const value = values[id];
          if (typeof value !== 'number' || link !== 'up') return false;
          return limitName.startsWith('H') ? value >= limit.at : value <= limit.at;
        });
        const condition = `${member.id} ${id}.${limitName}`;
        const onDelay = parseDuration(limit.onDelay ?? '0s') / 1000;
        const second = tripped.findIndex((_, s) => s >= onDelay && tripped.slice(s - onDelay, s + 1).every(Boolean));
        if (second >= 0) raised.push({ condition, tier: limit.tier, second });
        if (tripped.at(-1)) standing.push(condition);
      }
    }
  }
  return { raised: raised.sort((a, b) => a.second - b.second), standing };
}

test('the demo raises blue, yellow, orange and red within half a minute, in this order, and recovers', () => {
  const { raised, standing } = limitsPassed('demo', 360);
  const first = (tier: string): Raised | undefined => raised.find((one) => one.tier === tier);
  expect(['blue', 'yellow', 'orange', 'red'].map((tier) => first(tier)?.condition)).toEqual([
    'cab-001 filterDifferential.H',
    'cab-001 outletPressure.H',
    'cab-001 outletPressure.HH',
    'dcs-001 reactorTemperature.HH',
  ]);
  const seconds = ['blue', 'yellow', 'orange', 'red'].map((tier) => first(tier)?.second ?? Number.NaN);
  expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
  expect(seconds.at(-1)).toBeLessThan(30);
  // On the way to red the reactor passes H; after it two detectors in one dike see gas, which is one vote for the group.
  const red = seconds.at(-1) ?? 0;
  expect(raised.filter(({ second }) => second > red).map(({ condition }) => condition)).toEqual([
    'tank-001 dikeGas.H',
    'tank-002 dikeGas.H',
  ]);
  expect(raised).toHaveLength(7);
  expect(standing).toEqual([]);
});

test.each([
  ['regulator-overpressure-slam-shut-failure', ['cab-001 outletPressure.H', 'cab-001 outletPressure.HH']],
  ['slow-leak', ['det-001 concentration.H', 'det-001 concentration.HH']],
  ['tank-overfill', ['tank-001 level.H', 'tank-001 level.HH', 'tank-001 dikeGas.HH']],
  ['dcs-runaway', ['dcs-001 coolingFlow.LL', 'dcs-001 reactorTemperature.H', 'dcs-001 reactorTemperature.HH']],
])('%s passes the limits it tells of, and ends in order', (name, conditions) => {
  const { raised, standing } = limitsPassed(name, loadScenario(name).durationMs / 1000 - 1);
  expect(raised.map((one) => one.condition)).toEqual(expect.arrayContaining(conditions));
  expect(new Set(raised.map((one) => one.condition.split(' ')[0])).size, 'only the affected device').toBe(1);
  expect(standing).toEqual([]);
});

test.each(['normal-day', 'device-silent', 'link-outage-backfill'])('%s passes no limit with its link up', (name) => {
  expect(limitsPassed(name, 720).raised).toEqual([]);
});

describe('the names of the shipped devices', () => {
  const directory = new URL('../../../config/devices/', import.meta.url);
  const configured = new Map<string, string>();
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.yaml'))) {
    const { site, devices } = parse(readFileSync(new URL(file, directory), 'utf8'));
    for (const { id, profile } of devices) configured.set(`${site}/${id}`, profile);
  }

  test.each(shippedScenarios().map((name) => [name]))('%s plays configured devices', (name) => {
    for (const member of castOf(loadScenario(name), asWritten).flat()) {
      expect(configured.get(`${member.site}/${member.id}`), member.id).toBe(member.deviceClass);
    }
  });

  test('demo and normal-day play all of them, so none is missed', () => {
    for (const name of ['demo', 'normal-day']) {
      expect(castOf(loadScenario(name), asWritten).flat()).toHaveLength(configured.size);
    }
  });
});
