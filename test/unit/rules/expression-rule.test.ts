import { describe, expect, it } from 'vitest';
import type { Expression, Rule, RuleLevel } from '../../../src/model/rule.ts';
import { UNTIL_DEADBAND } from '../../../src/rules/expression-rule.ts';
import { buildLimit, buildRule, ruledDevice, watch } from '../../helpers/watched.ts';

const POINTS = { p: 'number', q: 'number', open: 'boolean' } as const;
const cel = (text: string): Expression => ({ text, timezone: 'Asia/Shanghai', intervalMs: null });

function when(text: string, level: Partial<RuleLevel> = {}, rest: Partial<Rule> & { until?: string } = {}) {
  const { until, ...rule } = rest;
  const spec = { kind: 'expression', when: cel(text), until: until === undefined ? null : cel(until) } as const;
  const deadband = until === undefined ? 0 : UNTIL_DEADBAND;
  return watch(ruledDevice(POINTS, [buildRule('both', spec, { deadband, ...level }, { point: null, ...rule })]));
}

const BAD = { qualities: { p: 'bad' } } as const;
const UNCERTAIN = { qualities: { p: 'uncertain' } } as const;

describe('a condition over several points', () => {
  it('trips and clears by the newest value of each, whichever reading brings it', () => {
    const engine = when('p > 4 && open').read(0, { p: 5 }).read(10, { open: true }).read(20, { p: 5 });
    expect(engine.read(30, { open: false }).seen()).toEqual([
      [10, 'both'],
      [30, '-expression'],
    ]);
  });

  it('waits out its delays, also when readings stop', () => {
    const engine = when('p > 4 && open', { onDelayMs: 5_000, offDelayMs: 10_000 }).read(0, { p: 5, open: true });
    engine.tick(5).read(6, { p: 3 }).read(12, { p: 5 }).read(14, { p: 3 });
    expect(engine.tick(30).seen()).toEqual([
      [5, 'both'],
      [24, '-expression'],
    ]);
  });

  it('holds between `when` and `until`', () => {
    const engine = when('p > 4', {}, { until: 'p < 3' }).read(0, { p: 3.5 }).read(10, { p: 5 }).read(20, { p: 3.5 });
    expect(engine.seen()).toEqual([[10, 'both']]);
    expect(engine.read(30, { p: 2 }).read(40, { p: 3.5 }).seen()).toEqual([
      [10, 'both'],
      [30, '-expression'],
    ]);
  });

  it('neither trips nor clears on an `until` that cannot be said', () => {
    const engine = when('p > 4', {}, { until: 'q < 3' }).read(0, { p: 5 }).read(10, { p: 3 });
    expect(engine.read(20, { p: 3, q: 2 }).seen()).toEqual([
      [0, 'both'],
      [20, '-expression'],
    ]);
  });

  it('is held by what cannot be said, and its running delay goes on', () => {
    const engine = when('p > 4', { onDelayMs: 5_000, offDelayMs: 5_000 }).read(0, { p: 5 }).read(1, { p: null }, BAD);
    engine.tick(5).read(10, { p: 3 }).read(12, { p: 3 }, BAD).tick(60);
    expect(engine.seen()).toEqual([[5, 'both']]);
    expect(engine.read(70, { p: 3 }).tick(75).seen().at(-1)).toEqual([75, '-expression']);
  });

  it.each([
    ['clears where the good side alone decides', 'p > 4 && open', { p: 9, open: false }, 1],
    ['holds where the bad side decides', 'p > 4 && open', { p: 9, open: true }, 0],
  ])('%s', (_name, text, values, cleared) => {
    const engine = when(text).read(0, { p: 5, open: true });
    for (const trust of [BAD, UNCERTAIN]) expect(engine.read(10, values, trust).seen()).toHaveLength(1 + cleared);
  });

  it('is raised by an uncertain value, and cleared by a good one only', () => {
    const engine = when('p > 4').read(0, { p: 5 }, UNCERTAIN).read(10, { p: 3 }, UNCERTAIN);
    expect(engine.seen()).toEqual([[0, 'both']]);
    expect(engine.read(20, { p: 3 }).seen()).toHaveLength(2);
  });

  it('counts bad input as tripped where it is told to, but not a window that is not full', () => {
    const bad = when('p > 4', {}, { onBad: 'alarm' }).read(0, { p: 1 }).read(10, { p: 1 }, BAD).read(20, { p: 1 });
    expect(bad.seen()).toEqual([
      [10, 'both'],
      [20, '-expression'],
    ]);
    const window = when('slope(p, "10m") > 0', {}, { onBad: 'alarm' }).read(0, { p: 1 }).read(10, { p: 2 });
    expect(window.seen()).toEqual([]);
  });

  it('is judged at every reading of the device where it follows the time', () => {
    const engine = when('age(p) > 60').read(0, { p: 1, q: 1 }).read(60, { q: 1 }).read(61, { q: 1 }).read(70, { p: 1 });
    expect(engine.seen()).toEqual([
      [61, 'both'],
      [70, '-expression'],
    ]);
  });

  it('goes on after a restart amid a delay and with its windows', () => {
    const run = (restart: boolean) => {
      const engine = when('slope(p, "10m") > 0.5', { onDelayMs: 120_000, offDelayMs: 60_000 });
      for (let second = 0; second <= 1500; second += 30) {
        engine.read(second, { p: second < 900 ? second / 60 : 15 });
        if (restart && second % 210 === 0) engine.restart();
      }
      return engine.tick(2000).seen();
    };
    expect(run(true)).toEqual(run(false));
    expect(run(false).map(([, what]) => what)).toEqual(['both', '-expression']);
  });
});

describe('a quantity over several points', () => {
  const LEVELS = [
    { name: 'yellow', rank: 1, at: 30, tier: 'yellow' },
    { name: 'red', rank: 2, at: 5, tier: 'red' },
  ] as const;
  const common = { sense: 'below', deadband: 2, onDelayMs: 0, offDelayMs: 0, latch: false } as const;
  const rule = buildRule('left', { kind: 'expression', measure: cel('p / q') }, {}, { point: null, unit: 'min' });
  const levels = LEVELS.map((level) => ({ ...common, ...level }));
  const engine = () => watch(ruledDevice(POINTS, [{ ...rule, levels }]));

  it('climbs and descends its steps as one alarm, each with its deadband', () => {
    const one = engine().read(0, { p: 100, q: 1 });
    for (const [second, p] of [30, 31, 33, 20, 5, 6, 8, 40].entries()) one.read(second + 1, { p });
    expect(one.seen()).toEqual([
      [1, 'left.yellow'],
      [3, '-expression'],
      [4, 'left.yellow'],
      [5, 'left.red'],
      [7, 'left.yellow'],
      [8, '-expression'],
    ]);
    expect(one.changes[3]?.level).toMatchObject({ tier: 'red', limit: 5, measured: 5 });
  });

  it('is held while it cannot be worked out', () => {
    const one = engine().read(0, { p: 10, q: 1 }).read(1, { q: 0 }).read(2, { p: 100 }).read(3, { q: 1 });
    expect(one.seen()).toEqual([
      [0, 'left.yellow'],
      [3, '-expression'],
    ]);
  });
});

describe('a rule that names a limit', () => {
  it('goes by the set point of each device', () => {
    const spec = { kind: 'expression', when: cel('p >= limit(p, "HH") && open'), until: null } as const;
    const plain = ruledDevice(POINTS, [buildRule('both', spec)]);
    const withLimit = (at: number) => {
      const points = plain.points.map((point) => ({ ...point, limits: [buildLimit('HH', at)] }));
      return watch({ ...plain, points });
    };
    for (const at of [92, 80, 92]) {
      const engine = withLimit(at);
      for (let second = 0; second <= 30; second++) engine.read(second, { p: 70 + second, open: true });
      expect(engine.seen().filter(([, what]) => what === 'both')).toEqual([[at - 70, 'both']]);
    }
  });
});

describe('an excuse', () => {
  const stuck = (unless: string) => {
    const spec = { kind: 'stuck', point: 0, band: 0, minReports: 3, maxGapMs: null, unless: cel(unless) } as const;
    return watch(ruledDevice(POINTS, [buildRule('p.stuck', spec, { at: 60 }, { unit: 's', byClock: false })]));
  };

  it('keeps a stuck value quiet, ends its alarm, and lets it begin anew', () => {
    const engine = stuck('!open').read(0, { p: 1, open: false });
    for (let second = 20; second <= 200; second += 20) engine.read(second, { p: 1 });
    expect(engine.seen()).toEqual([]);
    engine.read(210, { open: true });
    for (let second = 220; second <= 300; second += 20) engine.read(second, { p: 1 });
    expect(engine.seen()).toEqual([[280, 'p.stuck']]);
    expect(engine.read(310, { open: false }).seen().at(-1)).toEqual([310, '-stuck']);
  });

  it('does not excuse while it is bad, uncertain or unknown', () => {
    for (const told of [{}, { open: null }, { open: false }]) {
      const engine = stuck('!open').read(0, told, { qualities: { open: 'uncertain' } });
      for (let second = 10; second <= 90; second += 20) engine.read(second, { p: 1 });
      expect(engine.seen()).toEqual([[70, 'p.stuck']]);
    }
  });

  it('keeps a bad measurement quiet', () => {
    const spec = { kind: 'bad', point: 0, uncertain: false, unless: cel('!open') } as const;
    const engine = watch(ruledDevice(POINTS, [buildRule('p.bad', spec)])).read(0, { open: false });
    engine.read(10, { p: null }, BAD).read(20, { open: true });
    expect(engine.read(30, { open: false }).seen()).toEqual([
      [20, 'p.bad'],
      [30, '-bad'],
    ]);
  });
});
