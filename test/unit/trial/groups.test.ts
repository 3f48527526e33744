import { describe, expect, test } from 'vitest';
import { createFaultList } from '../../../src/config/fault.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { Group } from '../../../src/model/group.ts';
import { coverage } from '../../../src/trial/coverage.ts';
import { readTrials } from '../../../src/trial/read.ts';
import { runSuite } from '../../../src/trial/suite.ts';
import { countGroup, voteGroup, voteLevel } from '../../helpers/grouped.ts';
import { inDirectory, vesselFiles } from './trials.ts';

const PLANT = `
site: plant
devices:
  - { id: v1, profile: vessel }
  - { id: v2, profile: vessel }
  - { id: v3, profile: vessel }
`;

const HEADER = `
tests:
  - name: of a group
    step: 1s
    devices: { one: plant/v1, two: plant/v2, three: plant/v3 }
`;

/** Runs a test over three vessels that vote 2oo3 on 5 kPa and are counted. */
async function runGrouped(text: string) {
  return inDirectory({ ...vesselFiles(''), 'devices/plant.yaml': PLANT }, (directory) => {
    const loaded = loadConfiguration(directory, {}, { secrets: 'optional' });
    if ('faults' in loaded) throw new Error(loaded.faults.map(({ message }) => message).join('\n'));
    const members = [...loaded.configuration.devices.values()];
    const channels = members.map(({ key }) => ({ device: key, point: 'pressure', index: 0 }));
    const groups: Group[] = [
      voteGroup(members, { channels, high: [voteLevel('H', 5, 2, { onDelayMs: 2_000 })] }),
      countGroup(members, 'yellow', 1, 2),
    ];
    const sources = { configuration: { ...loaded.configuration, groups }, ...loaded.parts };
    const faults = createFaultList();
    const file = { name: 'groups/plant.test.yaml', text };
    const { trials } = readTrials(file, sources, (lineOf) => faults.reporter(file.name, { lineOf }));
    const outcomes = [...runSuite(trials, sources)];
    const failures = outcomes.flatMap((outcome) => outcome.failures.map(({ expected, was }) => `${expected} | ${was}`));
    return { faults: faults.sorted(), failures, uncovered: coverage([], outcomes, groups).uncovered };
  });
}

describe('a rule test of groups', () => {
  test('asks for what several devices say together', async () => {
    const { faults, failures, uncovered } = await runGrouped(`${HEADER}
    feed:
      one.pressure: [hold 4 10s, hold 5.5 60s]
      two.pressure: [hold 4 20s, hold 5.5 60s]
      three.pressure: [hold 4 80s]
    expect:
      - { at: 21s, device: vote-1, none: true }
      - { at: 22s, device: vote-1, alarm: H, tier: yellow }
      - { at: 22s, one.pressure: normal, two.pressure: normal }
      - { at: 80s, alarm: degraded, none: true }
    notified: [{ at: 22s, device: vote-1, tier: yellow }]
    also: [{ crashAt: 21s }, { duplicate: 30% }, { shuffleWithin: 10s, seed: 3 }]
`);
    expect(faults).toEqual([]);
    expect(failures).toEqual([]);
    expect(uncovered.map(({ profile, name }) => `${profile} ${name}`)).toEqual([
      'wujin-gas/vote-1 degraded',
      'wujin-gas/vote-1 degraded.lost',
      'wujin-gas/count-1 count.blue',
      'wujin-gas/count-1 count.yellow',
    ]);
  });

  test('counts members in alarm, and sees a channel that is bad', async () => {
    const { faults, failures } = await runGrouped(`${HEADER}
    feed:
      one.pressure: [hold 4 10s, hold 6.5 60s]
      two.pressure: [hold 4 10s, bad 4 60s]
      three.pressure: [hold 4 70s]
    expect:
      - { at: 9s, none: true }
      - { at: 10s, alarm: degraded, device: vote-1 }
      - { at: 13s, alarm: count.blue, device: count-1, tier: blue }
    also: [{ crashAt: 12s }]
`);
    expect(faults).toEqual([]);
    expect(failures).toEqual([]);
  });

  test('a vote with a member missing takes no part', async () => {
    const { faults } = await runGrouped(`
tests:
  - { name: a, devices: { one: plant/v1, two: plant/v2 }, expect: [{ at: 1s, alarm: degraded, none: true }] }
`);
    expect(faults.map(({ code, path }) => [code, path])).toEqual([['CONDITION_UNKNOWN', 'tests[0].expect[0].alarm']]);
  });
});
