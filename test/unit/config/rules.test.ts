import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../../src/config/load.ts';
import { validateObject } from '../../../src/ingest/validate.ts';
import { NOON } from '../../helpers/readings.ts';
import { watch } from '../../helpers/watched.ts';
import { configurationOf, FIXTURES, faultsOf, lines, loadFiles } from './directory.ts';

const profile = (points: string, rules = '') => ({
  'profiles/p.yaml': `profile: p\npoints:\n${points
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')}\n${rules === '' ? '' : `rules:\n  - { ${rules} }`}`,
});
const gas = (text: string) => profile(`gas: { type: number, unit: kPa, range: [0, 10], ${text} }`);
const PAIR = [
  'a: { type: number, unit: mm, range: [0, 100] }',
  'b: { type: number, unit: mm, range: [0, 100] }',
  'w: { type: number, unit: kPa }',
  'open: { type: boolean }',
  'state: { type: string }',
].join('\n');
const rule = (text: string) => profile(PAIR, text);
const WHY = 'why: { cause: a, consequence: b, action: c, responseTime: 5m }';

describe('one fault, named with its place', () => {
  test.each<[string, Record<string, string>, string]>([
    [
      'a deviation from an unknown point',
      gas('deviation: { from: x, high: { by: 1, tier: blue } }'),
      'POINT_UNKNOWN points.gas.deviation.from',
    ],
    [
      'a deviation from itself',
      gas('deviation: { from: gas, high: { by: 1, tier: blue } }'),
      'POINT_ITSELF points.gas.deviation.from',
    ],
    [
      'a set point outside the range',
      gas('deviation: { from: 11, low: { by: 1, tier: blue } }'),
      'RULE_OUTSIDE_RANGE points.gas.deviation.from',
    ],
    [
      'a deviation beyond the range',
      gas('deviation: { from: 2, high: { by: 9, tier: blue } }'),
      'RULE_OUTSIDE_RANGE points.gas.deviation.high.by',
    ],
    [
      'a deviation without a distance',
      gas('deviation: { from: 2, high: { tier: blue } }'),
      'MISSING_KEY points.gas.deviation.high.by',
    ],
    [
      'a deviation of a boolean',
      profile('on: { type: boolean, deviation: { from: 2, high: { by: 1, tier: blue } } }'),
      'RULE_TYPE points.on.deviation.from',
    ],
    [
      'a deadband as wide as the distance',
      gas('deviation: { from: 2, high: { by: 1, deadband: 1, tier: blue } }'),
      'DEADBAND_TOO_WIDE points.gas.deviation.high.deadband',
    ],
    [
      'a negative deadband',
      gas('deviation: { from: 2, high: { by: 1, deadband: -1, tier: blue } }'),
      'DEADBAND_NEGATIVE points.gas.deviation.high.deadband',
    ],
    [
      'orange without a why',
      gas('deviation: { from: 2, high: { by: 1, tier: orange } }'),
      'WHY_MISSING points.gas.deviation.high.why',
    ],
    ['a state of nothing', gas('state: { tier: blue }'), 'STATE_UNCLEAR points.gas.state.normal'],
    ['a state both ways', gas('state: { normal: 1, alarm: 2, tier: blue }'), 'STATE_UNCLEAR points.gas.state.normal'],
    ['a state of another type', gas('state: { alarm: [1, true], tier: blue }'), 'RULE_TYPE points.gas.state.alarm'],
    [
      'both states of a boolean',
      profile('on: { type: boolean, state: { normal: [true, false], tier: blue } }'),
      'STATE_UNCLEAR points.on.state.normal',
    ],
    ['no bit', gas('bits: { x: { tier: blue } }'), 'BITS_UNCLEAR points.gas.bits.x.mask'],
    ['a bit and a mask', gas('bits: { x: { bit: 1, mask: 2, tier: blue } }'), 'BITS_UNCLEAR points.gas.bits.x.mask'],
    ['an empty mask', gas('bits: { x: { mask: "0x00", tier: blue } }'), 'BITS_UNCLEAR points.gas.bits.x.mask'],
    ['a mask of no number', gas('bits: { x: { mask: 0xZZ, tier: blue } }'), 'VALUE_INVALID points.gas.bits.x.mask'],
    [
      'a mask beyond 2^53',
      gas('bits: { x: { mask: "0x20000000000000", tier: blue } }'),
      'BITS_UNCLEAR points.gas.bits.x.mask',
    ],
    [
      'bits that the mask leaves out',
      gas('bits: { x: { mask: 4, equals: 5, tier: blue } }'),
      'BITS_UNCLEAR points.gas.bits.x.equals',
    ],
    [
      'a bit that equals 2',
      gas('bits: { x: { bit: 4, equals: 2, tier: blue } }'),
      'BITS_UNCLEAR points.gas.bits.x.equals',
    ],
    [
      'a bit of a text',
      profile('s: { type: string, bits: { x: { bit: 4, tier: blue } } }'),
      'RULE_TYPE points.s.bits.x.bit',
    ],
    ['a bit pattern with a hyphen', gas('bits: { a-b: { bit: 4, tier: blue } }'), 'NAME_INVALID points.gas.bits.a-b'],
    [
      'a band as wide as the range',
      gas('stuck: { band: 10, for: 10m, tier: blue }'),
      'RULE_OUTSIDE_RANGE points.gas.stuck.band',
    ],
    ['stuck for no time', gas('stuck: { band: 1, for: 0s, tier: blue }'), 'DURATION_INVALID points.gas.stuck.for'],
    [
      'a stuck boolean',
      profile('on: { type: boolean, stuck: { band: 0, for: 1h, tier: blue } }'),
      'RULE_TYPE points.on.stuck.band',
    ],
    [
      'a signal upside down',
      gas('bad: { tier: blue }, signal: { low: 21, high: 3.6 }'),
      'RANGE_EMPTY points.gas.signal',
    ],
    ['a signal of a text', profile('s: { type: string, signal: {} }'), 'RULE_TYPE points.s.signal'],
    [
      'a limit at a failure signal',
      profile('i: { type: number, signal: {}, bad: { tier: blue }, limits: { H: { at: 21, tier: blue } } }'),
      'LIMIT_OUTSIDE_RANGE points.i.limits.H.at',
    ],
    [
      'bad input of a measure of bad input',
      gas('bad: { tier: blue, onBad: alarm }'),
      'UNKNOWN_KEY points.gas.bad.onBad',
    ],

    ['a rule that looks at nothing', rule('id: x, tier: blue'), 'RULE_KIND rules[0]'],
    [
      'a rule of an unknown kind',
      rule('id: x, tier: blue, guess: 1'),
      'RULE_KIND rules[0], UNKNOWN_KEY rules[0].guess',
    ],
    ['a rule without an id', rule('tier: blue, discrepancy: { between: [a, b], by: 1 }'), 'MISSING_KEY rules[0].id'],
    [
      'a rule named as a point',
      rule('id: a, tier: blue, discrepancy: { between: [a, b], by: 1 }'),
      'DUPLICATE_ID rules[0].id',
    ],
    [
      'a rule named as a limit',
      rule('id: a.HH, tier: blue, discrepancy: { between: [a, b], by: 1 }'),
      'DUPLICATE_ID rules[0].id',
    ],
    [
      'a rule named as silence',
      rule('id: absent, tier: blue, discrepancy: { between: [a, b], by: 1 }'),
      'DUPLICATE_ID rules[0].id',
    ],
    [
      'a rule named as a prototype',
      rule('id: toString, tier: blue, discrepancy: { between: [a, b], by: 1 }'),
      'NAME_RESERVED rules[0].id',
    ],
    [
      'two rules of one name',
      rule(
        'id: x, tier: blue, discrepancy: { between: [a, b], by: 1 } }\n  - { id: x, tier: blue, discrepancy: { between: [b, a], by: 1 }',
      ),
      'DUPLICATE_ID rules[1].id',
    ],
    [
      'a discrepancy of nothing',
      rule('id: x, tier: blue, discrepancy: { by: 1 }'),
      'DISCREPANCY_UNCLEAR rules[0].discrepancy.between',
    ],
    [
      'a discrepancy of both kinds',
      rule('id: x, tier: blue, discrepancy: { between: [a, b], command: open, by: 1 }'),
      'DISCREPANCY_UNCLEAR rules[0].discrepancy.between',
    ],
    [
      'a discrepancy without a distance',
      rule('id: x, tier: blue, discrepancy: { between: [a, b] }'),
      'MISSING_KEY rules[0].discrepancy.by',
    ],
    [
      'a discrepancy of three',
      rule('id: x, tier: blue, discrepancy: { between: [a, b, w], by: 1 }'),
      'VALUE_INVALID rules[0].discrepancy.between',
    ],
    [
      'an unknown point',
      rule('id: x, tier: blue, discrepancy: { between: [a, c], by: 1 }'),
      'POINT_UNKNOWN rules[0].discrepancy.between',
    ],
    [
      'a point against itself',
      rule('id: x, tier: blue, discrepancy: { between: [a, a], by: 1 }'),
      'POINT_ITSELF rules[0].discrepancy.between',
    ],
    [
      'a distance of a boolean',
      rule('id: x, tier: blue, discrepancy: { between: [a, open], by: 1 }'),
      'RULE_TYPE rules[0].discrepancy.between',
    ],
    [
      'millimetres against kilopascals',
      rule('id: x, tier: blue, discrepancy: { between: [a, w], by: 1 }'),
      'RULE_UNITS rules[0].discrepancy.between',
    ],
    [
      'a distance beyond the ranges',
      rule('id: x, tier: blue, discrepancy: { between: [a, b], by: 101 }'),
      'RULE_OUTSIDE_RANGE rules[0].discrepancy.by',
    ],
    [
      'a distance with a map',
      rule('id: x, tier: blue, discrepancy: { between: [a, b], by: 1, map: { a: 1 } }'),
      'DISCREPANCY_UNCLEAR rules[0].discrepancy.map',
    ],
    [
      'a command without a feedback',
      rule('id: x, tier: blue, onDelay: 5s, discrepancy: { command: open }'),
      'MISSING_KEY rules[0].discrepancy.feedback',
    ],
    [
      'a command with a distance',
      rule('id: x, tier: blue, onDelay: 5s, discrepancy: { command: a, feedback: b, by: 1 }'),
      'DISCREPANCY_UNCLEAR rules[0].discrepancy.by',
    ],
    [
      'a feedback of another type',
      rule('id: x, tier: blue, onDelay: 5s, discrepancy: { command: open, feedback: state }'),
      'RULE_TYPE rules[0].discrepancy.feedback',
    ],
    [
      'a map of commands there are not',
      rule('id: x, tier: blue, onDelay: 5s, discrepancy: { command: open, feedback: state, map: { on: 1 } }'),
      'RULE_TYPE rules[0].discrepancy.map',
    ],
    [
      'a map of feedbacks there are not',
      rule('id: x, tier: blue, onDelay: 5s, discrepancy: { command: state, feedback: open, map: { on: RUN } }'),
      'RULE_TYPE rules[0].discrepancy.map',
    ],
    [
      'red without a why of its own',
      rule('id: x, tier: red, discrepancy: { between: [a, b], by: 1 }'),
      'WHY_MISSING rules[0].why',
    ],
    [
      'a mapping for the rules',
      { 'profiles/p.yaml': 'profile: p\npoints: { a: { type: number } }\nrules: { id: x }' },
      'WRONG_TYPE rules',
    ],
  ])('%s', (_, files, expected) => {
    const errors = faultsOf(loadFiles(files)).filter((fault) => fault.severity === 'error');
    expect(errors.map(({ code, path }) => `${code} ${path}`).join(', ')).toBe(expected);
  });
});

test.each<[string, Record<string, string>, string[]]>([
  [
    'stuck with too few reports',
    gas('stuck: { band: 0.1, for: 2m, tier: blue }'),
    ['STUCK_TOO_FEW_REPORTS? points.gas.stuck.for'],
  ],
  [
    'a failed transmitter that nobody hears of',
    profile('i: { type: number, signal: {} }'),
    ['SIGNAL_UNTOLD? points.i.signal'],
  ],
  [
    'a valve that takes no time',
    rule('id: x, tier: blue, discrepancy: { command: a, feedback: b }'),
    ['DISCREPANCY_NO_TRAVEL? rules[0].onDelay'],
  ],
  [
    'a delay as long as the response time',
    gas(`bad: { tier: blue }, state: { alarm: 5, tier: red, onDelay: 1h, ${WHY.replace('5m', '1h')} }`),
    ['DELAY_TOO_LONG? points.gas.state.onDelay'],
  ],
])('warns of %s', (_, files, expected) => {
  const result = loadFiles(files);
  configurationOf(result);
  expect(
    faultsOf(result).map(({ code, severity, path }) => `${code}${severity === 'warning' ? '?' : ''} ${path}`),
  ).toEqual(expected);
});

const PROFILE = readFileSync(`${FIXTURES}rules-good/profiles/cabinet.yaml`, 'utf8');

describe('a profile of every kind', () => {
  const site = (devices: string) => ({
    'profiles/cabinet.yaml': PROFILE,
    'devices/d.yaml': `site: s\ndevices:\n${devices}`,
  });
  const load = (devices: string) => configurationOf(loadFiles(site(devices)));

  test('becomes the rules of the model', () => {
    const rules = load('  - { id: one, profile: cabinet }').devices.get('s/one')?.rules ?? [];
    expect(rules.map(({ id }) => id)).toEqual([
      'pressure.deviation.high',
      'pressure.deviation.low',
      'pressure.stuck',
      'pressure.bad',
      'target.deviation.either',
      'door.state',
      'word.bits.hot',
      'word.bits.off',
      'word.bits.mode',
      'pressure-doubt',
      'door-valve',
    ]);
    const [high, low, stuck, bad, either, door, hot, off, mode, doubt, valve] = rules;
    expect(high).toMatchObject({
      spec: { kind: 'deviation', point: 0, from: { point: 1 }, side: 'high' },
      unit: 'kPa',
      onBad: 'hold',
      levels: [{ at: 0.5, deadband: 0.1, onDelayMs: 0, offDelayMs: 0, tier: 'yellow', latch: false, sense: 'above' }],
    });
    expect(low).toMatchObject({
      onBad: 'alarm',
      levels: [{ at: 1, deadband: 0.3, onDelayMs: 30_000, offDelayMs: 60_000, latch: true }],
    });
    expect(stuck).toMatchObject({
      spec: { band: 0.01, minReports: 5 },
      unit: 's',
      byClock: false,
      levels: [{ at: 1800 }],
    });
    expect(bad).toMatchObject({ spec: { uncertain: true }, unit: null, levels: [{ onDelayMs: 30_000 }] });
    expect(either?.spec).toMatchObject({ from: { value: 2 } });
    expect(door).toMatchObject({
      spec: { values: [false], listed: 'normal' },
      title: { zh: '柜门开启' },
      levels: [{ onDelayMs: 120_000 }],
    });
    expect([hot?.spec, off?.spec, mode?.spec]).toMatchObject([
      { mask: 2 ** 40, equals: null },
      { mask: 8, equals: 0 },
      { mask: 12, equals: 4 },
    ]);
    expect(doubt).toMatchObject({
      point: null,
      unit: 'kPa',
      spec: { between: [0, 1] },
      levels: [{ at: 2, deadband: 0.4 }],
    });
    expect(valve?.spec).toEqual({
      kind: 'discrepancy',
      command: 2,
      feedback: 4,
      confirms: new Map([
        ['open', true],
        ['closed', false],
      ]),
    });
  });

  test('takes the changes of a device, and keeps where they come from', () => {
    const { devices, profiles } = configurationOf(loadConfiguration(`${FIXTURES}rules-good`, {}));
    const one = devices.get('s/one');
    const ruleOf = (id: string) => one?.rules.find((each) => each.id === id);
    expect(ruleOf('pressure.deviation.high')?.levels).toMatchObject([{ at: 1, deadband: 0.2, tier: 'yellow' }]);
    expect(ruleOf('target.deviation.either')?.spec).toMatchObject({ from: { value: 3 } });
    expect(ruleOf('pressure.stuck')).toMatchObject({
      spec: { band: 0.05, minReports: 9 },
      levels: [{ at: 3600, tier: 'yellow' }],
    });
    expect(ruleOf('door.state')).toBeUndefined();
    expect(ruleOf('door-valve')?.levels).toMatchObject([{ onDelayMs: 20_000, latch: true }]);
    expect(one?.overrides).toEqual([
      {
        point: 'pressure',
        name: 'pressure.deviation.high',
        at: 1,
        profileAt: 0.5,
        origin: 'setting sheet 7',
        change: 'MOC-1',
      },
      { point: 'target', name: 'target.deviation.either', at: 1, profileAt: 1, origin: null, change: null },
      { point: 'pressure', name: 'pressure.stuck', at: 3600, profileAt: 1800, origin: null, change: null },
      { point: 'door', name: 'door.state', at: null, profileAt: 1, origin: null, change: 'MOC-2' },
      { point: 'valve', name: 'door-valve', at: 1, profileAt: 1, origin: null, change: null },
    ]);
    const plain = devices.get('s/plain');
    expect(plain?.rules).toBe(profiles.get('cabinet')?.rules);
    expect(one?.ruleVersion).not.toBe(plain?.ruleVersion);
    // Equal changes share their rules.
    expect(devices.get('s/two')?.rules).toBe(devices.get('s/three')?.rules);
    expect(devices.get('s/two')?.ruleVersion).toBe(devices.get('s/three')?.ruleVersion);
  });

  test.each<[string, string, string]>([
    ['a rule that is not there', 'pressure.dev: { by: 1 }', 'RULE_UNKNOWN devices[0].rules.pressure.dev'],
    ['a key of another kind', 'door.state: { by: 1 }', 'RULE_KEY_UNFIT devices[0].rules.door.state.by'],
    [
      'an on-delay of a stuck value',
      'pressure.stuck: { onDelay: 5s }',
      'RULE_KEY_UNFIT devices[0].rules.pressure.stuck.onDelay',
    ],
    [
      'a set point of a rule that has another point',
      'pressure.deviation.low: { from: 2 }',
      'RULE_KEY_UNFIT devices[0].rules.pressure.deviation.low.from',
    ],
    ['a rule off by nobody', 'door.state: { off: true }', 'MISSING_KEY devices[0].rules.door.state.change'],
    [
      'a rule off with a tier',
      'door.state: { off: true, change: x, tier: red }',
      'RULE_KEY_UNFIT devices[0].rules.door.state.tier',
    ],
    [
      'a rule that is not off',
      'door.state: { off: false, change: x }',
      'VALUE_INVALID devices[0].rules.door.state.off',
    ],
    [
      'a deadband of the profile that is too wide now',
      'pressure.deviation.low: { by: 0.3 }',
      'DEADBAND_TOO_WIDE devices[0].rules.pressure.deviation.low',
    ],
    ['a tier that needs a why', 'door-valve: { tier: red }', 'WHY_MISSING devices[0].rules.door-valve.tier'],
    ['a distance of a text', 'pressure-doubt: { by: far }', 'WRONG_TYPE devices[0].rules.pressure-doubt.by'],
    ['a text for the rules', 'x', 'WRONG_TYPE devices[0].rules'],
  ])('refuses of a device %s', (_, change, expected) => {
    const rules = change.includes(':') ? `{ ${change} }` : change;
    const result = loadFiles(site(`  - { id: one, profile: cabinet, rules: ${rules} }`));
    const errors = faultsOf(result).filter(({ severity }) => severity === 'error');
    expect(errors.map(({ code, path }) => `${code} ${path}`).join(', ')).toBe(expected);
  });

  test('names the rules it has', () => {
    const result = loadFiles(site('  - { id: one, profile: cabinet, rules: { nothing: { by: 1 } } }'));
    expect(faultsOf(result)[0]?.message).toMatch(
      /^profile cabinet has no rule nothing; it has pressure.deviation.high, /,
    );
  });

  test('is not told twice of what is wrong in the profile', () => {
    const files = {
      'profiles/cabinet.yaml': PROFILE.replace('band: 0.01', 'band: 11').replace('bit: 40', 'bit: 99'),
      'devices/d.yaml':
        'site: s\ndevices: [{ id: a, profile: cabinet, rules: { pressure.stuck: { tier: red }, word.bits.hot: { tier: blue } } }]',
    };
    expect(lines(loadFiles(files))).toEqual([
      'RULE_OUTSIDE_RANGE profiles/cabinet.yaml:8 points.pressure.stuck.band = 11',
      'VALUE_INVALID profiles/cabinet.yaml:13 points.word.bits.hot.bit = 99',
    ]);
  });
});

test('a failed transmitter raises the bad measurement of its point, and nothing else', () => {
  const text =
    'i: { type: number, unit: mA, signal: {}, bad: { tier: yellow }, limits: { HH: { at: 20, tier: blue } }, ' +
    'deviation: { from: 12, high: { by: 6, tier: blue } } }';
  const files = { ...profile(text), 'devices/d.yaml': 'site: s\ndevices: [{ id: a, profile: p }]' };
  const device = configurationOf(loadFiles(files)).devices.get('s/a');
  if (!device) throw new Error('no device');
  expect(device.points[0]?.signal).toEqual({ low: 3.6, high: 21 });
  const watching = watch(device);
  for (const [ts, i] of [12, 21.5, 3.5].entries()) {
    const at = NOON + ts * 1000;
    const reading = validateObject(
      device,
      { ts: at, values: { i } },
      at,
      { futureToleranceMs: 0, liveWindowMs: 300_000 },
      () => undefined,
    );
    if (reading) watching.engine.step(reading, ts + 2);
  }
  expect(watching.tick(31).seen()).toEqual([[31, 'i.bad']]);
});
