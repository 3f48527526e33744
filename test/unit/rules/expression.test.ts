import { Environment } from '@marcbachmann/cel-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/model/reading.ts';
import { compileExpression } from '../../../src/rules/expression.ts';
import { compileAny, evaluate, POINTS, START, samplesOf } from './expression/rig.ts';

/** The message of the error that a text gives. */
function complaint(text: string, wanted: 'bool' | 'number' | 'any' = 'any'): unknown {
  try {
    compileExpression(text, POINTS, { wanted, timezone: 'UTC', intervalMs: null });
  } catch (error) {
    expect(error).toMatchObject({ code: 'EXPRESSION_INVALID' });
    return (error as Error).message;
  }
  return undefined;
}

describe('language', () => {
  it.each<[string, Record<string, Value>, unknown]>([
    ['x > 4 && open', { x: 4.2, open: true }, true],
    ['x > 4 && open', { x: 4, open: true }, false],
    ['x > 4.0 || open', { x: 3, open: false }, false],
    ['x - y > 20', { x: 30.5, y: 10 }, true],
    ['2 * x', { x: 1.5 }, 3],
    ['x * 2 + 1', { x: 1.5 }, 4],
    ['1 / 2 * x', { x: 3 }, 1.5],
    ['x % 3', { x: 7 }, 1],
    ['-x', { x: 2 }, -2],
    ['10 - -x', { x: 2 }, 12],
    ['x + 0xFF', { x: 1 }, 256],
    ['x >= 1e3', { x: 1000 }, true],
    ['x == 4', { x: 4 }, true],
    ['x == 0', { x: -0 }, true],
    ['x != 4', { x: 4 }, false],
    ['x < 4 && 4 <= y', { x: 3, y: 4 }, true],
    ['open ? x : y', { open: true, x: 1, y: 2 }, 1],
    ['open ? x : y', { open: false, x: 1, y: 2 }, 2],
    ['x > 4 ? "high" : "normal"', { x: 5 }, 'high'],
    ['(x > 4 ? open : running) && true', { x: 5, open: true, running: false }, true],
    ['x in [1, 2, 3]', { x: 2 }, true],
    ['x in [1, 2, 3]', { x: 2.5 }, false],
    ['mode in ["auto", "cascade"]', { mode: 'cascade' }, true],
    ['!(mode in ["auto"])', { mode: 'manual' }, true],
    ['mode == "自动"', { mode: '自动' }, true],
    ['mode != "auto"', { mode: 'manual' }, true],
    ['mode.startsWith("man")', { mode: 'manual' }, true],
    ['mode.endsWith("man")', { mode: 'manual' }, false],
    ['mode.contains("nu")', { mode: 'manual' }, true],
    ['open == running', { open: true, running: true }, true],
    ['open != running', { open: true, running: true }, false],
    ['!open', { open: false }, true],
    ['x > 4 // a remark\n && open', { x: 5, open: true }, true],
    ['abs(x - y)', { x: 1, y: 4 }, 3],
    ['min(x, y, 2)', { x: 3, y: 4 }, 2],
    ['max(x, y)', { x: 3, y: 4 }, 4],
    ['sqrt(x) + pow(x, 2) + exp(x - 4) + ln(exp(x))', { x: 4 }, 23],
    ['floor(x) + ceil(x)', { x: -1.5 }, -3],
  ])('%s of %j is %j', (text, values, outcome) => {
    expect(evaluate(text, values)).toBe(outcome);
  });

  it('knows its inputs and its type', () => {
    const expression = compileAny('mode == "auto" && x > 4 && x < 9');
    expect(expression).toMatchObject({ inputs: [0, 4], type: 'bool', followsTime: false });
    expect(compileAny('x + 1').type).toBe('number');
    expect(compileAny('mode').type).toBe('string');
    expect(compileAny('age(x) > 600')).toMatchObject({ inputs: [0], followsTime: true });
    expect(compileAny('hour() < 5')).toMatchObject({ inputs: [], followsTime: true });
  });

  it('follows the wall clock of the zone, and its daylight saving time', () => {
    const at = (text: string, time: string, zone: string) =>
      compileAny(text, zone).instantiate(POINTS).evaluate(samplesOf({}), Date.parse(time));
    expect(at('hour()', '2026-11-21T22:19:52Z', 'UTC')).toBe(22);
    expect(at('hour()', '2026-11-21T22:19:52Z', 'Asia/Shanghai')).toBe(6);
    expect(at('weekday()', '2026-11-21T15:59:59Z', 'Asia/Shanghai')).toBe(6);
    expect(at('weekday()', '2026-11-21T16:00:00Z', 'Asia/Shanghai')).toBe(7);
    expect(at('weekday()', '2026-11-23T00:00:00Z', 'UTC')).toBe(1);
    expect(at('weekday()', '1969-12-28T12:00:00Z', 'UTC')).toBe(7);
    expect(at('minuteOfDay()', '2026-11-21T22:19:52Z', 'Asia/Kathmandu')).toBe(4 * 60 + 4);
    expect(at('minuteOfDay()', '2026-11-21T22:19:52Z', 'America/St_Johns')).toBe(18 * 60 + 49);
    const newYork = compileAny('hour()', 'America/New_York').instantiate(POINTS);
    const hours = ['2026-03-08T06:59:59Z', '2026-03-08T07:00:00Z', '2026-11-01T05:59:59Z', '2026-11-01T06:00:00Z'];
    expect(hours.map((time) => newYork.evaluate(samplesOf({}), Date.parse(time)))).toEqual([1, 3, 1, 1]);
    expect(newYork.evaluate(samplesOf({}), 1e300)).toBeNull();
  });

  it('agrees with the wall clock of every hour of a year', () => {
    for (const timeZone of ['Asia/Shanghai', 'Europe/Berlin', 'Australia/Lord_Howe']) {
      const state = compileAny('minuteOfDay()', timeZone).instantiate(POINTS);
      const format = new Intl.DateTimeFormat('en', { timeZone, hour: 'numeric', minute: 'numeric', hourCycle: 'h23' });
      for (let ts = Date.UTC(2026, 0, 1); ts < Date.UTC(2027, 0, 1); ts += 3_600_000) {
        const [hour, minute] = format.format(ts).split(':').map(Number);
        expect(state.evaluate(samplesOf({}), ts)).toBe((hour ?? 0) * 60 + (minute ?? 0));
      }
    }
  });
});

describe('what cannot be said', () => {
  it.each<[string, Record<string, Value>, unknown]>([
    ['x > 4', {}, null],
    ['x > 4', { x: null }, null],
    ['x > 4', { x: 'wrong' }, null],
    ['x + y', { x: 1 }, null],
    ['!open', {}, null],
    ['open && x > 4', { open: false }, false],
    ['x > 4 && open', { open: false }, false],
    ['x > 4 && open', { open: true }, null],
    ['open && x > 4', { open: true }, null],
    ['open || x > 4', { open: true }, true],
    ['x > 4 || open', { open: true }, true],
    ['x > 4 || open', { open: false }, null],
    ['open || x > 4', { open: false }, null],
    ['x > 4 || y > 4', {}, null],
    ['x > 4 ? 1 : 1', {}, null],
    ['open ? x : y', { open: true, x: 1 }, 1],
    ['open ? x : y', { open: true, y: 1 }, null],
    ['x == x', {}, null],
    ['x in [1, y]', { x: 1 }, true],
    ['x in [1, y]', { x: 2 }, null],
    ['x in [1, y]', { y: 2 }, null],
    ['x / y > 4', { x: 1, y: 0 }, null],
    ['x / y < 4', { x: 0, y: 0 }, null],
    ['!(x / y > 4)', { x: 1, y: 0 }, null],
    ['x % y > 4', { x: 1, y: 0 }, null],
    ['sqrt(x) > 0', { x: -1 }, null],
    ['ln(x) < 0', { x: 0 }, null],
    ['exp(x) > 0', { x: 1000 }, null],
    ['pow(x, -1) > 0', { x: 0 }, null],
    ['x * x > 0', { x: 1e200 }, null],
    ['max(x, y)', { x: 3 }, null],
    ['mode.contains("a")', {}, null],
    ['age(x) > 5', {}, null],
    ['previous(x) > 5', { x: 1 }, null],
  ])('%s of %j is %j', (text, values, outcome) => {
    expect(evaluate(text, values)).toBe(outcome);
  });

  it('does not use a value of bad quality, but one that is uncertain', () => {
    const state = compileAny('x > 4').instantiate(POINTS);
    expect(state.evaluate(samplesOf({ x: { value: 5, quality: 'bad' } }), START)).toBeNull();
    expect(state.evaluate(samplesOf({ x: { value: 5, quality: 'uncertain' } }), START)).toBe(true);
  });
});

describe('messages', () => {
  it.each([
    ['xx > 4', 'no point xx; known: x, y, open, running, mode'],
    ['constructor > 4', 'no point constructor; known: x, y, open, running, mode'],
    ['slope(xx, "5m") > 4', 'no point xx; known: x, y, open, running, mode'],
    ['slope(2 * x, "5m") > 4', '`2 * x`: name a point here; known: x, y, open, running, mode'],
    ['slope(open, "5m") > 4', 'open is no number; only numbers have a course over time'],
    ['slope(x, 5) > 4', '`5`: write a length of time here, as "10m"'],
    ['slope(x, "5 min")', '"5 min" is not a duration; write a number and ms, s, m, h or d, as 30s'],
    ['slope(x, "0s")', '`"0s"`: the length of time must be more than nothing'],
    ['slope(x)', '`slope(x)`: write slope(point, "20m") or slope(point, "20m", samples)'],
    ['slope(x, "5m", 1)', '`1`: write a whole number of samples here, from 2 to 240'],
    ['slope(x, "5m", "9")', '`"9"`: write a whole number of samples here, from 2 to 240'],
    ['slope(x, "5m", 9, 9)', '`slope(x, "5m", 9, 9)`: write slope(point, "20m") or slope(point, "20m", samples)'],
    ['limit(x)', '`limit(x)`: write limit(point, "HH")'],
    ['limit(x, "HH", 1) > x', '`limit(x, "HH", 1)`: write limit(point, "HH")'],
    ['x > limit(x, "XH")', '`"XH"`: write the name of a limit here: "LL", "L", "H" or "HH"'],
    ['x > limit(x, mode)', '`mode`: write the name of a limit here: "LL", "L", "H" or "HH"'],
    ['x > limit(x, "H")', 'x has no limit H; it has L, HH: give it one in the profile, or write a number'],
    ['y > limit(y, "H")', 'y has no limit H; it has none: give it one in the profile, or write a number'],
    ['limit(x, "HH") > 3', '`limit(x, "HH") > 3`: names no point, so it would never be worked out'],
    ['mean(x, "5m", 9)', '`mean(x, "5m", 9)`: write mean(point, "10m")'],
    ['maximum("5m")', '`maximum("5m")`: write maximum(point, "10m")'],
    ['crossings(x, "5m")', '`crossings(x, "5m")`: write crossings(point, level, "10m")'],
    ['max(x, "5m")', '`"5m"`: a number is needed here, but this is a text'],
    ['max(x)', '`max(x)`: write max(number, number, …); over time maximum(point, "10m")'],
    ['abs(x, y)', '`abs(x, y)`: write abs(number)'],
    ['pow(x)', '`pow(x)`: write pow(base, exponent)'],
    ['hour(x)', '`hour(x)`: write hour()'],
    ['age()', '`age()`: write age(point)'],
    ['previous(x, y)', '`previous(x, y)`: write previous(point)'],
    ['x > open', '`open`: a number is needed here, but this is true or false'],
    ['1 < x < 5', '`1 < x`: a number is needed here, but this is true or false'],
    ['x && open', '`x`: true or false is needed here, but this is a number; compare it, as in x > 4'],
    ['!x', '`x`: true or false is needed here, but this is a number; compare it, as in x > 4'],
    ['x == "4"', '`x` is a number, but `"4"` is a text'],
    ['x in [1, "2"]', '`x` is a number, but `"2"` is a text'],
    ['x in []', '`[]`: a list of at least one element is needed behind `in`, as in mode in ["auto", "manual"]'],
    ['open ? x : mode', '`x` is a number, but `mode` is a text'],
    ['mode > "a"', '`mode`: a number is needed here, but this is a text'],
    ['x.contains("a")', '`x`: a text is needed here, but this is a number'],
    ['mode.contains()', '`mode.contains()`: write text.contains("part")'],
    ['mode.matches("a+")', '`mode.matches("a+")`: no method matches; known: contains, startsWith, endsWith'],
    ['x == null', '`null`: write a number, a text in quotes, true or false'],
    ['x > 1u', '`1u`: write a number, a text in quotes, true or false'],
    ['x == y.z', '`y.z`: fields and maps are not available; points are named by their id alone'],
    ['[x, y]', '`[x, y]`: a list may only stand behind `in`, as in mode in ["auto", "manual"]'],
    ['[1, 2].exists(n, n > x)', '`[1, 2].exists(n, n > x)`: no method exists; known: contains, startsWith, endsWith'],
    ['', 'the expression is empty; write for example x > 4'],
    ['x > ', '`x > ` ends too early'],
    ['x = 4', 'cannot be read from `= 4` on (character 3): write == to compare'],
    ['x > 4 and open', 'cannot be read from `and open` on (character 7): write && for "and"'],
    ['open or running', 'cannot be read from `or running` on (character 6): write || for "or"'],
    ['x > 4 & open', 'cannot be read from `& open` on (character 7): write && for "and"'],
    ['x ≥ 4', 'cannot be read from `≥ 4` on (character 3): write >=, <= or !='],
    ['x <> 4', 'cannot be read from `> 4` on (character 4): Unexpected token: GT'],
    ['4 > 3', '`4 > 3`: names no point, so it would never be worked out'],
    [`${'x + '.repeat(600)}x`, '2401 characters; at most 2000 are allowed'],
    [`${'x+'.repeat(400)}x`, 'the expression has too many parts; split it into calculated points'],
    [`${'('.repeat(99)}x`, 'the expression has too many parts; split it into calculated points'],
  ])('of %s', (text, message) => {
    expect(complaint(text)).toBe(message);
  });

  it('names the functions where one is unknown', () => {
    expect(complaint('average(x, "5m") > 4')).toMatch(/^no function average; known: slope, .*, mean, .*, max$/);
    expect(complaint('toString(x)')).toMatch(/^no function toString; /);
    expect(complaint('has(x.y)')).toMatch(/^no function has; /);
  });

  it('says so where the expression gives something else than is wanted', () => {
    expect(complaint('x + 1', 'bool')).toBe('`x + 1`: must give true or false, but gives a number');
    expect(complaint('x > 1', 'number')).toBe('`x > 1`: must give a number, but gives true or false');
    expect(complaint('x > 1', 'bool')).toBeUndefined();
    expect(complaint('x', 'number')).toBeUndefined();
  });

  it('never comes as another error, whatever the text', () => {
    const parts = [
      'x',
      'open',
      'mode',
      '4',
      '0.5',
      '"5m"',
      '(',
      ')',
      '[',
      ']',
      ',',
      '.',
      '?',
      ':',
      '{',
      '}',
      "'",
      '\\',
    ];
    const words = [
      'slope',
      'previous',
      'all',
      'map',
      'has',
      'in',
      'null',
      'true',
      '+',
      '-',
      '!',
      '&&',
      '||',
      '==',
      '>',
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...parts, ...words), fc.string({ maxLength: 3 })), {
      maxLength: 30,
    });
    const samples = samplesOf({ x: { value: 1 }, open: { value: true }, mode: { value: 'auto' } });
    fc.assert(
      fc.property(text, fc.constantFrom('', ' '), (list, gap) => {
        const source = list.join(gap);
        if (complaint(source) === undefined) {
          const outcome = compileAny(source).instantiate(POINTS).evaluate(samples, START);
          expect(typeof outcome !== 'number' || Number.isFinite(outcome)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('compiles and works out the deepest nesting in no time', () => {
    const nested = (wrap: (inner: string) => string, times: number) => {
      let text = 'open';
      for (let i = 0; i < times; i++) text = wrap(text);
      return text;
    };
    expect(
      evaluate(
        nested((inner) => `(${inner} in [true, running])`, 45),
        { open: true, running: false },
      ),
    ).toBe(true);
    expect(
      evaluate(
        nested((inner) => `(${inner} ? open : running)`, 45),
        { open: true },
      ),
    ).toBe(true);
    expect(
      evaluate(
        nested((inner) => `(open ? ${inner} : running)`, 24),
        { open: true },
      ),
    ).toBe(true);
    expect(evaluate(`${'!'.repeat(498)}open`, { open: true })).toBe(true);
    expect(complaint(`${'!'.repeat(1990)}open`)).toMatch(/too many parts/);
  });
});

describe('against the evaluator of the library', () => {
  const environment = new Environment();
  for (const { id, type } of POINTS) {
    environment.registerVariable(id, type === 'number' ? 'double' : type === 'boolean' ? 'bool' : 'string');
  }

  /** Texts with `#` after each number, where the library needs `.0` and we do not. */
  const { logical } = fc.letrec<{ number: string; logical: string; text: string }>((tie) => ({
    number: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'n' },
      fc.constantFrom('x', 'y'),
      fc.integer({ min: 0, max: 9 }).map((n) => `${n}#`),
      fc.tuple(tie('number'), fc.constantFrom('+', '-', '*'), tie('number')).map(([a, op, b]) => `(${a} ${op} ${b})`),
      tie('number').map((a) => `(-${a})`),
      fc.tuple(tie('logical'), tie('number'), tie('number')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
    ),
    text: fc.constantFrom('mode', '"auto"', '"manual"'),
    logical: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'n' },
      fc.constantFrom('open', 'running', 'true', 'false'),
      fc
        .tuple(tie('number'), fc.constantFrom('<', '<=', '>', '>=', '==', '!='), tie('number'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc
        .tuple(tie('logical'), fc.constantFrom('&&', '||', '==', '!='), tie('logical'))
        .map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc.tuple(tie('text'), fc.constantFrom('==', '!='), tie('text')).map(([a, op, b]) => `(${a} ${op} ${b})`),
      fc.tuple(tie('number'), fc.constantFrom('[1#]', '[0#, 2#, 4#]')).map(([a, list]) => `(${a} in ${list})`),
      tie('logical').map((a) => `!${a}`),
      fc.tuple(tie('logical'), tie('logical'), tie('logical')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
    ),
  }));
  const values = fc.record(
    {
      x: fc.integer({ min: -3, max: 3 }),
      y: fc.double({ min: -3, max: 3, noNaN: true }),
      open: fc.boolean(),
      running: fc.boolean(),
      mode: fc.constantFrom('auto', 'manual'),
    },
    { requiredKeys: [] },
  );

  it('gives the same outcome, unknown values included', () => {
    fc.assert(
      fc.property(logical, values, (template, given) => {
        fc.pre(template.length < 1500);
        // A point in front, since an expression without any is refused.
        const text = `(x == x || true) && ${template}`;
        let expected: unknown = null;
        try {
          expected = environment.evaluate(text.replaceAll('#', '.0'), given);
        } catch {
          expected = null;
        }
        expect(evaluate(text.replaceAll('#', ''), given)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('limit', () => {
  const { instantiate, inputs } = compileAny('limit(x, "HH") - y');
  const samples = samplesOf({ y: { value: 1 } });
  const withLimit = (at: number) => POINTS.map((point) => ({ ...point, limits: [{ name: 'HH', at }] as const }));

  it('is the set point in force for the device, whatever the point reads', () => {
    expect(inputs).toEqual([1]);
    expect(instantiate(POINTS).evaluate(samples, START)).toBe(8);
  });

  it('is of each device its own, though they share what was compiled', () => {
    const states = [80, 92, 80].map((at) => instantiate(withLimit(at)));
    expect(states.map((state) => state.evaluate(samples, START))).toEqual([79, 91, 79]);
  });

  it('is no part of what is saved: a new set point counts after a restart', () => {
    const text = 'limit(x, "HH") - previous(y)';
    const before = compileAny(text).instantiate(withLimit(92));
    before.observe(1, 4, START);
    before.observe(1, 5, START + 1000);
    const after = compileAny(text).instantiate(withLimit(80));
    after.restore(JSON.parse(JSON.stringify(before.snapshot())));
    expect(after.evaluate(samplesOf({ y: { value: 5 } }), START + 1000)).toBe(76);
    const plain = compileAny('limit(x, "HH") - y').instantiate(POINTS);
    expect(plain.snapshot()).toBeUndefined();
  });

  it('is unknown for a device without it', () => {
    const none = POINTS.map((point) => ({ ...point, limits: [] }));
    expect(instantiate(none).evaluate(samples, START)).toBeNull();
  });
});
