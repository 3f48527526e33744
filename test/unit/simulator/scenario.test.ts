import { describe, expect, test } from 'vitest';
import { loadScenario, parseScenario, shippedScenarios } from '../../../devices/simulator/scenario.ts';
import { castOf } from '../../../devices/simulator/story.ts';
import { AppError } from '../../../src/model/error.ts';

const head = `
name: probe
title: { en: Probe, zh: 探针 }
description: A scenario of the tests.
interval: 1s
duration: 60s
`;
const devices = `devices:
  - { group: cabinets, class: gas-regulator-cabinet, site: wujin-gas, prefix: cab-, count: 3, affected: 1 }
`;
const step = (text: string): string => `${head}${devices}timeline:\n  - { at: 1s, on: cabinets, ${text} }\n`;

function faultsOf(text: string): { code: string; path: string }[] {
  try {
    parseScenario(text, 'probe.yaml');
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'SCENARIO_INVALID') throw error;
    const faults = error.details['faults'] as { code: string; path: string }[];
    return faults.map(({ code, path }) => ({ code, path }));
  }
  return [];
}

test.each([
  ['text that is no YAML', 'name: [', 'notYaml', ''],
  ['an unknown key', `${head}${devices}colour: blue\n`, 'unknownKey', ''],
  ['a missing key', `${head}`, 'missingKey', ''],
  ['a wrong duration', `${head.replace('60s', '60')}${devices}`, 'wrongShape', '/duration'],
  [
    'an unknown class',
    `${head}${devices.replace('gas-regulator-cabinet', 'toaster')}`,
    'wrongShape',
    '/devices/0/class',
  ],
  ['a group twice', `${head}${devices}${devices.split('\n')[1]}\n`, 'duplicateGroup', '/devices/1'],
  [
    'more affected than there are',
    `${head}${devices.replace('affected: 1', 'affected: 4')}`,
    'tooManyAffected',
    '/devices/0/affected',
  ],
  [
    'an unknown group',
    step('hold: { point: outletPressure }').replace('on: cabinets', 'on: pumps'),
    'unknownGroup',
    '/timeline/0/on',
  ],
  ['an unknown point', step('hold: { point: voltage }'), 'unknownPoint', '/timeline/0/hold/point'],
  ['a ramp of a boolean', step('ramp: { point: doorOpen, to: 1, over: 1s }'), 'wrongPointType', '/timeline/0/ramp'],
  ['a value of the wrong type', step('set: { point: doorOpen, to: 1 }'), 'wrongPointType', '/timeline/0/set'],
  ['a text as value', step('set: { point: doorOpen, to: "yes" }'), 'wrongShape', '/timeline/0/set/to'],
  ['a step without effect', step('note: nothing'), 'wrongEffectCount', '/timeline/0'],
  ['two effects', step('release: {}, silence: { for: 1s }'), 'wrongEffectCount', '/timeline/0'],
  ['a step after the end', step('release: {}').replace('at: 1s', 'at: 60s'), 'afterEnd', '/timeline/0/at'],
  ['a loop that starts at the end', `${head}${devices}loop: { from: 60s }\n`, 'badLoop', '/loop/from'],
])('names the fault: %s', (_, text, code, path) => {
  expect(faultsOf(text)).toContainEqual({ code, path });
});

test('names all faults at once', () => {
  const text = step('hold: { point: voltage }').replace('cabinets, hold', 'cabinets, release: {}, hold');
  expect(
    faultsOf(text)
      .map((fault) => fault.code)
      .sort(),
  ).toEqual(['unknownPoint', 'wrongEffectCount']);
});

test('says which scenarios there are when one is not found', () => {
  expect(() => loadScenario('no-such-thing')).toThrow(/normal-day/);
});

describe.each(shippedScenarios().map((name) => [name]))('%s', (name) => {
  test('is valid and is called like its file', () => {
    expect(loadScenario(name).name).toBe(name);
  });
});

test('ships the promised scenarios', () => {
  expect(shippedScenarios()).toEqual([
    'dcs-runaway',
    'demo',
    'device-silent',
    'link-outage-backfill',
    'normal-day',
    'regulator-overpressure-slam-shut-failure',
    'slow-leak',
    'tank-overfill',
  ]);
});

describe('the cast', () => {
  const asWritten = { devices: null, site: null, prefix: null };

  test('is named after the demo configuration', () => {
    const ids = castOf(loadScenario('demo'), asWritten)
      .flat()
      .map((member) => `${member.site}/${member.id}`);
    expect(ids).toContain('wujin-gas/cab-001');
    expect(ids).toContain('linyi-chem/tank-001');
  });

  test.each([1, 3, 4, 10, 1001])('scales to %i devices with unique names', (total) => {
    const cast = castOf(loadScenario('normal-day'), { devices: total, site: 'site-a', prefix: 'dev-' }).flat();
    expect(cast).toHaveLength(total);
    expect(new Set(cast.map((member) => member.id)).size).toBe(total);
  });

  test('keeps the proportions, and the number of affected devices', () => {
    const [cabinets = []] = castOf(loadScenario('slow-leak'), { ...asWritten, devices: 500 });
    expect(cabinets).toHaveLength(500);
    expect(cabinets.filter((member) => member.affected)).toHaveLength(1);
    const percent = parseScenario(`${head}${devices.replace('affected: 1', 'affected: 10%')}`, 'probe.yaml');
    expect(
      castOf(percent, { ...asWritten, devices: 500 })
        .flat()
        .filter((member) => member.affected),
    ).toHaveLength(50);
  });
});
