import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { Group } from '../../../src/model/group.ts';
import { configurationOf, FIXTURES, faultsOf, lines, loadFiles } from './directory.ts';

const GOOD = `${FIXTURES}groups-good/`;
const text = (name: string) => readFileSync(GOOD + name, 'utf8');
const profile = text('profiles/gas-detector.yaml');
const devices = text('devices/chem.yaml');

function groupOf<K extends Group['kind']>(kind: K, id: string): Extract<Group, { kind: K }> {
  const found = configurationOf(loadConfiguration(GOOD, {})).groups.find(
    (group): group is Extract<Group, { kind: K }> => group.kind === kind && group.device.id === id,
  );
  if (!found) throw new Error(`no ${kind} ${id}`);
  return found;
}

/** Loads a groups file beside the devices of the good one. */
function load(groups: string, devicesText = devices) {
  return loadFiles({
    'profiles/gas-detector.yaml': profile,
    'devices/chem.yaml': devicesText,
    'groups/chem.yaml': `site: chem\n${groups}`,
  });
}

/** What is wrong with a groups file, as `CODE path`. */
function faults(groups: string, devicesText?: string): string[] {
  return faultsOf(load(groups, devicesText)).flatMap(({ code, path, severity }) =>
    severity === 'error' ? `${code} ${path}` : [],
  );
}

describe('groups', () => {
  test('have a device of their own in alarms and routes', () => {
    const { device } = groupOf('vote', 'T101-gas');
    expect(device).toMatchObject({
      key: 'chem/T101-gas',
      site: 'chem',
      siteTitle: { en: 'Chem', zh: '化工' },
      title: { en: 'Gas at tank T-101', zh: 'T-101 罐区气体' },
      profile: { id: 'group' },
      location: { lon: 118.2, lat: 34.9 },
      grid: '371311',
      tags: ['tank'],
      points: [],
    });
  });

  test('of channels vote with the defaults of their devices', () => {
    expect(groupOf('vote', 'T101-gas')).toMatchObject({
      channels: [
        { device: 'chem/GD.101', point: 'lel', index: 0 },
        { device: 'chem/GD.102', point: 'lel', index: 0 },
        { device: 'chem/GD.103', point: 'lel', index: 0 },
      ],
      unit: '%LEL',
      high: [
        { name: 'H', rank: 1, at: 20, deadband: 2, needed: 1, onDelayMs: 3_000, tier: 'yellow' },
        { name: 'HH', rank: 2, at: 40, deadband: 3, needed: 2, tier: 'orange', latch: true },
      ],
      low: [],
      windowMs: 30_000,
      staleMs: 60_000,
      onBadChannel: 'safe',
      degraded: [
        { condition: 'degraded', tier: 'yellow', onDelayMs: 0, offDelayMs: 30_000 },
        { condition: 'degraded.lost', tier: 'orange' },
      ],
      deviation: { by: 15, deadband: 3, onDelayMs: 60_000 },
    });
  });

  test('count members that are listed or chosen', () => {
    expect(groupOf('count', 'gas-area')).toMatchObject({
      members: [{ device: 'chem/GD.101', point: 'lel' }, { device: 'chem/GD.102' }, { device: 'chem/GD.103' }],
      levels: [
        { condition: 'count.blue', rank: 1, at: 1, counting: 'blue', offDelayMs: 60_000 },
        { condition: 'count.yellow', rank: 2, at: 2, counting: 'yellow' },
      ],
    });
    expect(groupOf('count', 'half').levels[0]?.at).toBe(2);
    const listed = configurationOf(
      load('counts: [{ id: x, members: [GD.101, GD.102.fault], levels: { blue: { at: 1 } } }]'),
    );
    expect(listed.groups[0]).toMatchObject({
      members: [
        { device: 'chem/GD.101', point: null },
        { device: 'chem/GD.102', point: 'fault' },
      ],
    });
  });

  test('know the conditions that may be first, with the worse ones', () => {
    const { members, windowMs } = groupOf('firstOut', 'first-leak');
    expect(members).toEqual([
      { device: 'chem/GD.101', conditions: new Set(['lel.H', 'lel.HH']) },
      { device: 'chem/GD.102', conditions: new Set(['lel.rising']) },
      { device: 'chem/GD.103', conditions: null },
    ]);
    expect(windowMs).toBe(10_000);
  });

  test('fold the silences of gateways and sites', () => {
    const { site, gateways } = groupOf('silence', 'site');
    expect(site).toMatchObject({ watched: 3, silentAfterMs: 20_000, device: { profile: { id: 'site' } } });
    expect(gateways).toMatchObject([
      { devices: ['chem/GD.101', 'chem/GD.102'], silentAfterMs: 20_000, device: { key: 'chem/gw-1' } },
    ]);
  });

  test('wait for half of the devices behind a gateway, and for two, but not for the slow ones', () => {
    const of = (id: string, interval: string, rest = '') =>
      `profile: ${id}\ntitle: ${id}\nreporting: { ${interval} }\n${rest}points: { p: { type: number, unit: kPa } }`;
    const afterOf = (...profiles: string[]) => {
      const devices = profiles.map((id, i) => `{ id: d${i}, profile: ${id}, gateway: gw-1 }`);
      const loaded = loadFiles({
        'profiles/quick.yaml': of('quick', 'interval: 10s'),
        'profiles/usual.yaml': of('usual', 'interval: 60s'),
        'profiles/slow.yaml': of('slow', 'interval: 1h'),
        'profiles/change.yaml': of('change', 'mode: exception', 'absent: { after: 6m }\n'),
        'profiles/unwatched.yaml': of('unwatched', 'mode: exception'),
        'devices/a.yaml': `site: chem\ndevices: [${devices.join(', ')}]`,
      });
      const [group] = configurationOf(loaded).groups;
      return group?.kind === 'silence' ? (group.gateways[0]?.silentAfterMs ?? null) : null;
    };
    expect(afterOf('usual', 'usual', 'usual', 'slow')).toBe(60_000);
    expect(afterOf('quick', 'usual', 'usual', 'usual')).toBe(60_000);
    expect(afterOf('quick', 'slow')).toBe(3_600_000);
    expect(afterOf('usual', 'usual', 'unwatched', 'unwatched', 'unwatched')).toBe(60_000);
    expect(afterOf('quick', 'unwatched')).toBeNull();
    expect(afterOf('change', 'change', 'change')).toBe(120_000);
  });

  test('do not fold the silence of a single device, or of a gateway that is the whole site', () => {
    const one = 'site: chem\ndevices: [{ id: a, profile: gas-detector, gateway: gw-1 }]';
    expect(configurationOf(load('', one)).groups).toEqual([]);
    const two = one.replace(']', ', { id: b, profile: gas-detector, gateway: gw-1 }]');
    expect(configurationOf(load('', two)).groups).toMatchObject([
      { site: { silentAfterMs: null }, gateways: [{ silentAfterMs: 20_000 }] },
    ]);
  });

  test('name gateways in a table of devices too', () => {
    const loaded = loadFiles({
      'profiles/gas-detector.yaml': profile,
      'devices/a.csv': 'site,id,profile,gateway\nchem,a,gas-detector,gw-1\nchem,b,gas-detector,gw-1\n',
    });
    const { devices: built } = configurationOf(loaded);
    expect(built.get('chem/a')?.gateway).toBe('gw-1');
  });

  test('may be named in routes by their profile', () => {
    const loaded = loadFiles(
      {
        'profiles/gas-detector.yaml': profile,
        'devices/chem.yaml': devices,
        'routes.yaml':
          'receivers: { r: { webhook: { url: "https://x.example/", secret: "${S}" } } }\n' +
          'routes: [{ match: { profile: [group, gateway] }, to: [r] }]',
      },
      { S: `whsec_${Buffer.from('thirty-two bytes of test secrets').toString('base64')}` },
    );
    const unreached = lines(loaded).filter((line) => line.startsWith('ALARMS_UNREACHED'));
    expect(unreached).toHaveLength(4);
    expect(unreached[0]).toContain('chem/gas-detector, chem/site');
  });
});

const vote = (rest: string, members = '[GD.101.lel, GD.102.lel, GD.103.lel]') =>
  `votes: [{ id: v, members: ${members}, onBadChannel: available, ${rest} }]`;
const limits = (rest: string) => vote(`limits: { ${rest} }`);

describe('groups that cannot work are refused', () => {
  test.each([
    [
      'votes: [{ id: GD.101, members: [a.b, c.d], onBadChannel: safe, limits: { H: { at: 1, tier: blue, vote: 1oo2 } } }]',
      'DUPLICATE_ID votes[0].id',
    ],
    ['counts: [{ id: gw-1, members: all, levels: { blue: { at: 1 } } }]', 'DUPLICATE_ID counts[0].id'],
    ['counts: [{ id: site, members: all, levels: { blue: { at: 1 } } }]', 'NAME_RESERVED counts[0].id'],
    [
      vote('limits: { H: { at: 1, tier: blue, vote: 1oo2 } }', '[GD.101.lel, nobody.lel]'),
      'MEMBER_UNKNOWN votes[0].members[1]',
    ],
    [
      vote('limits: { H: { at: 1, tier: blue, vote: 1oo2 } }', '[GD.101.lel, GD.102.co]'),
      'POINT_UNKNOWN votes[0].members[1]',
    ],
    [
      vote('limits: { H: { at: 1, tier: blue, vote: 1oo2 } }', '[GD.101.lel, GD.102.fault]'),
      'MEMBER_UNFIT votes[0].members[1]',
    ],
    [
      vote('limits: { H: { at: 1, tier: blue, vote: 1oo2 } }', '[GD.101.lel, chem/GD.101.lel]'),
      'MEMBER_TWICE votes[0].members[1]',
    ],
    [limits('H: { at: 20, tier: blue, vote: 2oo2 }'), 'VOTE_CHANNELS votes[0].limits.H.vote'],
    [limits('H: { at: 20, tier: blue, vote: 4oo3 }'), 'VOTE_CHANNELS votes[0].limits.H.vote'],
    [limits('H: { at: 20, tier: blue, vote: two }'), 'VALUE_INVALID votes[0].limits.H.vote'],
    [limits('H: { at: 120, tier: blue, vote: 2oo3 }'), 'LIMIT_OUTSIDE_RANGE votes[0].limits.H.at'],
    [
      limits('H: { at: 20, tier: blue, vote: 2oo3 }, HH: { at: 20, tier: blue, vote: 2oo3 }'),
      'LIMIT_ORDER votes[0].limits.HH.at',
    ],
    [
      limits('L: { at: 20, tier: yellow, vote: 1oo3 }, LL: { at: 10, tier: blue, vote: 1oo3 }'),
      'LIMIT_TIER votes[0].limits.LL.tier',
    ],
    [limits('H: { at: 20, tier: red, vote: 2oo3 }'), 'WHY_MISSING votes[0].why'],
    ['counts: [{ id: c, members: all, levels: { blue: { at: 4 } } }]', 'COUNT_TOO_HIGH counts[0].levels.blue'],
    ['counts: [{ id: c, members: all, levels: { blue: {} } }]', 'COUNT_UNCLEAR counts[0].levels.blue'],
    [
      'counts: [{ id: c, members: all, levels: { blue: { at: 2 }, yellow: { at: 2 } } }]',
      'LIMIT_ORDER counts[0].levels.yellow',
    ],
    [
      'counts: [{ id: c, members: { profile: none }, levels: { blue: { at: 1 } } }]',
      'MEMBER_UNKNOWN counts[0].members',
    ],
    [
      'firstOut: [{ id: f, members: [GD.101.lel.LL, GD.102.*], tier: blue }]',
      'CONDITION_UNKNOWN firstOut[0].members[0]',
    ],
    ['firstOut: [{ id: f, members: [GD.101.*, GD.102.*], tier: blue, latch: true }]', 'UNKNOWN_KEY firstOut[0].latch'],
  ])('%s', (groups, fault) => {
    expect(faults(groups)).toEqual([fault]);
  });

  test('so is a vote that does not say what a bad channel is', () => {
    const silent = vote('limits: { H: { at: 20, tier: blue, vote: 2oo3 } }').replace('onBadChannel: available, ', '');
    const result = load(silent);
    expect(faults(silent)).toEqual(['MISSING_KEY votes[0].onBadChannel']);
    expect('faults' in result && result.faults[0]?.message).toMatch(/`safe` \(it counts.*`available` \(it is left out/);
  });

  test('so are gateways that are devices, and sites that are not there', () => {
    expect(faults('', devices.replaceAll('gw-1', 'GD.103'))).toEqual([
      'NAME_TAKEN devices[0].gateway',
      'NAME_TAKEN devices[1].gateway',
    ]);
    expect(faults('', devices.replace('GD.103', 'site'))).toEqual(['NAME_RESERVED devices[2].id']);
    const nowhere = { 'profiles/gas-detector.yaml': profile, 'groups/x.yaml': 'site: nowhere' };
    expect(lines(loadFiles(nowhere))).toEqual(['SITE_UNKNOWN groups/x.yaml:1 site = "nowhere"']);
  });
});
