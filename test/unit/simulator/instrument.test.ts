import { describe, expect, test } from 'vitest';
import { createInstrument, type Instrument, type Sample } from '../../../devices/simulator/instrument.ts';
import { loadScenario, parseScenario } from '../../../devices/simulator/scenario.ts';
import { castOf, type Scenario } from '../../../devices/simulator/story.ts';

function scenarioOf(timeline: string, more = ''): Scenario {
  return parseScenario(
    `
name: probe
title: { en: Probe, zh: 探针 }
description: A scenario of the tests.
interval: 1s
duration: 60s
${more}
devices:
  - { group: cabinets, class: gas-regulator-cabinet, site: wujin-gas, prefix: cab-, count: 2, affected: 1 }
timeline:
${timeline}
`,
    'probe.yaml',
  );
}

function instrumentOf(scenario: Scenario, index = 0, seed = 1): Instrument {
  const member = castOf(scenario, { devices: null, site: null, prefix: null }).flat()[index];
  if (!member) throw new Error('no such device');
  return createInstrument(scenario, member, seed);
}

function play(scenario: Scenario, seconds: number, index = 0, seed = 1): Sample[] {
  const instrument = instrumentOf(scenario, index, seed);
  return Array.from({ length: seconds + 1 }, (_, s) => instrument.sampleAt(s * 1000));
}

const outlet = (samples: readonly Sample[], second: number): number =>
  Number(samples[second]?.values['outletPressure']);

test('the same seed tells the same story, sample for sample', () => {
  const scenario = loadScenario('demo');
  expect(play(scenario, 120)).toEqual(play(scenario, 120));
  expect(play(scenario, 120, 0, 2)).not.toEqual(play(scenario, 120, 0, 1));
});

describe('effects', () => {
  test('a ramp goes to its value, stays, and a release returns to normal', () => {
    const samples = play(
      scenarioOf(`
  - { at: 10s, on: cabinets, ramp: { point: outletPressure, to: 4, over: 10s } }
  - { at: 30s, on: cabinets, release: { point: outletPressure, over: 10s } }`),
      60,
    );
    const start = outlet(samples, 10);
    expect(outlet(samples, 15)).toBeCloseTo((start + 4) / 2, 1);
    expect([20, 25, 30].map((s) => outlet(samples, s))).toEqual([4, 4, 4]);
    expect(outlet(samples, 35)).toBeGreaterThan(3);
    expect(outlet(samples, 45)).toBeLessThan(2.8);
  });

  test('hold freezes, set jumps, null is no value', () => {
    const samples = play(
      scenarioOf(`
  - { at: 5s, on: cabinets, hold: { point: outletPressure } }
  - { at: 10s, on: cabinets, set: { point: doorOpen, to: true } }
  - { at: 20s, on: cabinets, set: { point: outletPressure, to: null } }`),
      30,
    );
    expect(outlet(samples, 19)).toBe(outlet(samples, 5));
    expect(samples[9]?.values['doorOpen']).toBe(false);
    expect(samples[10]?.values['doorOpen']).toBe(true);
    expect(samples[20]?.values['outletPressure']).toBeNull();
  });

  test('noise shakes a value, quality marks it, release ends both', () => {
    const samples = play(
      scenarioOf(`
  - { at: 5s, on: cabinets, hold: { point: outletPressure } }
  - { at: 5s, on: cabinets, noise: { point: outletPressure, deviation: 0.5 } }
  - { at: 5s, on: cabinets, quality: { point: outletPressure, to: bad } }
  - { at: 30s, on: cabinets, release: {} }`),
      40,
    );
    const shaken = samples.slice(6, 30).map((sample) => Number(sample.values['outletPressure']));
    expect(Math.max(...shaken) - Math.min(...shaken)).toBeGreaterThan(0.5);
    expect(samples[10]?.quality).toEqual({ outletPressure: 'bad' });
    expect(samples[31]?.quality).toBeNull();
    expect(outlet(samples, 31)).toBeLessThan(2.8);
  });

  test.each(['silence', 'offline', 'outage'] as const)('%s lasts as long as it says', (link) => {
    const samples = play(scenarioOf(`\n  - { at: 10s, on: cabinets, ${link}: { for: 5s } }`), 20);
    expect(samples.map((sample) => sample.link).indexOf(link)).toBe(10);
    expect(samples.filter((sample) => sample.link === link)).toHaveLength(5);
  });

  test('only the affected devices live through a step, unless it says all', () => {
    const text = '- { at: 1s, on: cabinets, set: { point: doorOpen, to: true } }';
    expect(play(scenarioOf(text), 2, 1)[2]?.values['doorOpen']).toBe(false);
    const all = scenarioOf(text.replace('on: cabinets', 'on: cabinets, which: all'));
    expect(play(all, 2, 1)[2]?.values['doorOpen']).toBe(true);
  });

  test('a step between two samples takes effect at its own time', () => {
    const scenario = scenarioOf('- { at: 10s, on: cabinets, ramp: { point: outletPressure, to: 4, over: 10s } }');
    const instrument = instrumentOf(scenario);
    instrument.sampleAt(0);
    expect(instrument.sampleAt(45_000).values['outletPressure']).toBe(4);
  });
});

test('a loop tells its part again and again', () => {
  const scenario = scenarioOf(
    `
  - { at: 10s, on: cabinets, set: { point: doorOpen, to: true } }
  - { at: 40s, on: cabinets, set: { point: slamShutOpen, to: false } }
  - { at: 50s, on: cabinets, release: {} }`,
    'loop: { from: 30s }',
  );
  const samples = play(scenario, 130);
  const shut = samples.flatMap((sample, s) => (sample.values['slamShutOpen'] === false ? [s] : []));
  expect(shut.filter((s) => s % 10 === 0)).toEqual([40, 70, 100, 130]);
  expect(samples[75]?.values['doorOpen']).toBe(false);
});
