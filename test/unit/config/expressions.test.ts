import { describe, expect, test } from 'vitest';
import { compiledOf } from '../../../src/rules/compiled.ts';
import { configurationOf, faultsOf, loadFiles } from './directory.ts';

const WHY = 'why: { cause: a, consequence: b, action: c, responseTime: 5m }';
const POINTS = `
  a: { type: number, unit: mm, range: [0, 100] }
  b: { type: number, unit: mm, range: [0, 100] }
  open: { type: boolean }
`;

function profile({ points = '', rules = '' }: { points?: string; rules?: string }) {
  const list = rules === '' ? '' : `rules:\n  - { ${rules} }\n`;
  return { 'profiles/p.yaml': `profile: p\npoints:${POINTS}${points === '' ? '' : `  ${points}\n`}${list}` };
}
const rule = (text: string) => profile({ rules: text });
const site = (device: string) => ({
  'devices/s.yaml': `site: s\ndevices:\n  - { id: d, profile: p, ${device} }\n`,
});

describe('one fault, named with its place', () => {
  test.each<[string, Record<string, string>, string, RegExp]>([
    ['an unknown point', rule('id: x, when: "c > 4", tier: blue'), 'EXPRESSION_INVALID rules[0].when', /known: a, b/],
    ['no condition', rule('id: x, when: "a + b", tier: blue'), 'EXPRESSION_INVALID rules[0].when', /true or false/],
    [
      'an until that is a number',
      rule('id: x, when: "a > 1", until: "a", tier: blue'),
      'EXPRESSION_INVALID rules[0].until',
      /true or false/,
    ],
    ['a condition without a tier', rule('id: x, when: "a > 4"'), 'MISSING_KEY rules[0].tier', /add it/],
    [
      'orange without a why',
      rule('id: x, when: "a > 4", tier: orange'),
      'WHY_MISSING rules[0].why',
      /cause, consequence, action/,
    ],
    ['two kinds', rule('id: x, when: "a > 4", measure: "a", tier: blue'), 'RULE_KIND rules[0]', /exactly one/],
    [
      'an until without a when',
      rule('id: x, measure: "a", until: "a < 1", above: { blue: { at: 1 } }'),
      'RULE_KEY_STRAY rules[0].until',
      /measure/,
    ],
    [
      'a tier beside steps',
      rule('id: x, measure: "a", tier: blue, above: { blue: { at: 1 } }'),
      'RULE_KEY_STRAY rules[0].tier',
      /steps/,
    ],
    ['a measure without steps', rule('id: x, measure: "a"'), 'RULE_KIND rules[0].above', /above/],
    [
      'steps both ways',
      rule('id: x, measure: "a", above: { blue: { at: 1 } }, below: { blue: { at: 0 } }'),
      'RULE_KIND rules[0].above',
      /either/,
    ],
    [
      'steps out of order',
      rule('id: x, measure: "a", above: { blue: { at: 3 }, yellow: { at: 2 } }'),
      'STEP_ORDER rules[0].above.yellow.at',
      /above blue/,
    ],
    [
      'a negative deadband of a step',
      rule('id: x, measure: "a", above: { blue: { at: 3, deadband: -1 } }'),
      'DEADBAND_NEGATIVE rules[0].above.blue.deadband',
      /0 or more/,
    ],
    [
      'a point to show that is not there',
      rule('id: x, when: "a > 4", point: c, tier: blue'),
      'POINT_UNKNOWN rules[0].point',
      /known/,
    ],
    [
      'a limit that the point does not have',
      rule('id: x, when: "a > limit(a, \\"HH\\")", tier: blue'),
      'EXPRESSION_INVALID rules[0].when',
      /a has no limit HH; it has none/,
    ],
    [
      'an excuse that names no point',
      profile({ points: 'c: { type: number, stuck: { band: 1, for: 1h, unless: "x", tier: blue } }' }),
      'EXPRESSION_INVALID points.c.stuck.unless',
      /no point x/,
    ],
    [
      'a calculation of another type',
      profile({ points: 'c: { type: boolean, calc: "a - b" }' }),
      'EXPRESSION_INVALID points.c.calc',
      /gives a number, but c is a boolean/,
    ],
    [
      'a calculation that needs itself',
      profile({ points: 'c: { type: number, calc: "a + c" }' }),
      'CALC_CIRCLE points.c.calc',
      /c, c/,
    ],
    [
      'a loop current that is calculated',
      profile({ points: 'c: { type: number, calc: "a", signal: {}, bad: { tier: blue } }' }),
      'RULE_KEY_STRAY points.c.signal',
      /transmitter/,
    ],
    [
      'an override of an expression that cannot be read',
      { ...rule('id: x, when: "a > 4", tier: blue'), ...site('rules: { x: { when: "a >" } }') },
      'EXPRESSION_INVALID devices[0].rules.x.when',
      /ends too early/,
    ],
    [
      'an override of steps a rule does not have',
      { ...rule('id: x, when: "a > 4", tier: blue'), ...site('rules: { x: { above: { red: { at: 1 } } } }') },
      'RULE_KEY_UNFIT devices[0].rules.x.above',
      /has no above/,
    ],
  ])('%s', (_name, files, expected, message) => {
    const errors = faultsOf(loadFiles(files)).filter(({ severity }) => severity === 'error');
    expect(errors.map(({ code, path }) => `${code} ${path}`)).toEqual([expected]);
    expect(errors[0]?.message).toMatch(message);
  });

  test('every point of a circle, and not those that only hang on it', () => {
    const points =
      'x: { type: number, calc: "y + a" }\n  y: { type: number, calc: "x + 1" }\n  z: { type: number, calc: y }';
    const errors = faultsOf(loadFiles(profile({ points }))).filter(({ severity }) => severity === 'error');
    expect(errors.map(({ code, path, message }) => `${code} ${path} ${message}`)).toEqual([
      'CALC_CIRCLE points.x.calc needs itself: x, y, x',
      'CALC_CIRCLE points.y.calc needs itself: y, x, y',
    ]);
  });
});

describe('what is built', () => {
  test('a condition, with the point it shows and that point’s why', () => {
    const points = `c: { type: number, ${WHY} }`;
    const files = profile({ points, rules: 'id: x, when: "a > 4", until: "a < 3", point: c, tier: red, onDelay: 5s' });
    const built = configurationOf(loadFiles(files)).profiles.get('p')?.rules[0];
    expect(built).toMatchObject({
      id: 'x',
      spec: { kind: 'expression', when: { text: 'a > 4', timezone: 'Asia/Shanghai' }, until: { text: 'a < 3' } },
      point: 3,
      unit: null,
      levels: [{ at: 1, sense: 'above', onDelayMs: 5000, tier: 'red' }],
    });
  });

  test('steps with what they leave to the rule', () => {
    const steps = 'below: { red: { at: 5, onDelay: 0s, latch: true }, yellow: { at: 30, deadband: 3 } }';
    const files = rule(`id: x, measure: "a / b", unit: min, onDelay: 10s, deadband: 1, ${steps}, ${WHY}`);
    const { profiles, devices } = configurationOf(
      loadFiles({ ...files, ...site('rules: { x: { below: { red: { at: 8 } }, change: MOC-1 } }') }),
    );
    const yellow = { name: 'yellow', rank: 1, at: 30, sense: 'below', deadband: 3, onDelayMs: 10_000, latch: false };
    const red = { name: 'red', rank: 2, at: 5, sense: 'below', deadband: 1, onDelayMs: 0, latch: true };
    expect(profiles.get('p')?.rules[0]?.levels).toMatchObject([yellow, red]);
    expect(devices.get('s/d')?.rules[0]?.levels).toMatchObject([yellow, { ...red, at: 8 }]);
    expect(devices.get('s/d')?.overrides).toMatchObject([{ name: 'x', change: 'MOC-1' }]);
  });

  test('an expression of one device instead of that of the profile', () => {
    const files = { ...rule('id: x, when: "a > 4", tier: blue'), ...site('rules: { x: { when: "a > 5" } }') };
    const device = configurationOf(loadFiles(files)).devices.get('s/d');
    expect(device?.rules[0]?.spec).toMatchObject({ when: { text: 'a > 5' } });
  });

  test('calculated points behind the reported ones, each behind those it needs', () => {
    const points =
      'sum: { type: number, calc: "twice + b" }\n  twice: { type: number, calc: "2 * a" }\n  c: { type: number }';
    const { profiles, devices } = configurationOf(loadFiles({ ...profile({ points }), ...site('tags: []') }));
    const built = profiles.get('p');
    expect(built?.points.map(({ id }) => id)).toEqual(['a', 'b', 'open', 'c']);
    expect(built?.calculated.map(({ id, index }) => [id, index])).toEqual([
      ['twice', 4],
      ['sum', 5],
    ]);
    const device = devices.get('s/d');
    expect(device?.points.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    const calc = device?.points[5]?.calc;
    expect(calc && compiledOf(calc, device.points).inputs).toEqual([1, 4]);
  });
});

test.each([
  ['{ interval: 10s }', 10_000],
  ['{ mode: exception, interval: 10s }', null],
])('an expression knows how often a device of reporting %s speaks', (reporting, intervalMs) => {
  const files = profile({
    points: `c: { type: number, calc: 'slope(a, "5m")' }`,
    rules: 'id: x, when: "a > 4", tier: blue',
  });
  const written = `reporting: ${reporting}\n${files['profiles/p.yaml']}`;
  const { profiles } = configurationOf(loadFiles({ 'profiles/p.yaml': written }));
  expect(profiles.get('p')?.rules[0]?.spec).toMatchObject({ when: { intervalMs } });
  expect(profiles.get('p')?.calculated[0]?.calc).toMatchObject({ intervalMs });
});
