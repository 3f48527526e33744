import fc from 'fast-check';
import { linearRegression, linearRegressionLine, mean, sampleStandardDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { compileAny, Feed, POINTS, START, samplesOf } from './rig.ts';

const FUNCTIONS = [
  'slope(x, "10m")',
  'change(x, "10m")',
  'mean(x, "10m")',
  'deviation(x, "10m")',
  'integral(x, "10m")',
  'minimum(x, "10m")',
  'maximum(x, "10m")',
  'crossings(x, 0, "10m")',
];

function feed(text: string, seconds: readonly number[], value: (second: number) => number): Feed {
  const one = new Feed(text);
  for (const second of seconds) one.at(second, value(second));
  return one;
}

const everyMinute = Array.from({ length: 11 }, (_, i) => i * 60);

describe('functions over time', () => {
  it.each([
    ['slope(x, "10m")', 3],
    ['change(x, "10m")', 30],
    ['mean(x, "10m")', 15],
    ['integral(x, "10m")', 9000],
    ['minimum(x, "10m")', 0],
    ['maximum(x, "10m")', 30],
    ['crossings(x, 14, "10m")', 1],
    ['crossings(x, 15, "10m")', 1],
    ['crossings(x, 31, "10m")', 0],
  ])('%s of a ramp of 3 a minute is %d', (text, outcome) => {
    expect(feed(text, everyMinute, (second) => second / 20).outcome()).toBeCloseTo(outcome, 9);
  });

  it('counts each passage of a level, and none of a touch', () => {
    const values = [1, -1, 0, -1, 0, 1, 0, 0, -2, 3, 3];
    const swinging = feed('crossings(x, 0, "10m")', everyMinute, (second) => values[second / 60] ?? 0);
    expect(swinging.outcome()).toBe(4);
  });

  it('has no deviation left once the values stand still', () => {
    const one = feed('deviation(x, "10m")', everyMinute, (second) => 1e6 * Math.sin(second));
    for (let second = 660; second <= 1260; second += 60) one.at(second, 3.3);
    expect(one.outcome()).toBe(0);
  });

  it('says nothing with too few samples', () => {
    const four = [0, 200, 400, 600];
    expect(feed('slope(x, "10m")', four, (second) => second).outcome()).toBeNull();
    expect(feed('slope(x, "10m", 4)', four, (second) => second).outcome()).toBeCloseTo(60, 9);
    expect(feed('slope(x, "10m", 5)', four, (second) => second).outcome()).toBeNull();
    expect(feed('change(x, "10m")', four, (second) => second).outcome()).toBeNull();
    expect(feed('mean(x, "10m")', [0], (second) => second).outcome()).toBeNull();
    expect(feed('mean(x, "10m")', [0, 600], (second) => second).outcome()).toBe(300);
  });

  it.each(FUNCTIONS)('%s says nothing over less than half the window', (text) => {
    expect(feed(text, [0, 60, 120, 180, 240, 299], () => 1).outcome()).toBeNull();
    expect(feed(text, [0, 60, 120, 180, 240, 300], () => 1).outcome()).not.toBeNull();
  });

  it.each(FUNCTIONS)('%s says nothing while the point is bad or silent for longer than the window', (text) => {
    const steady = feed(text, everyMinute, () => 1);
    expect(steady.outcome({ quality: 'uncertain' })).not.toBeNull();
    expect(steady.outcome({ quality: 'bad' })).toBeNull();
    expect(steady.outcome({ later: 600 })).not.toBeNull();
    expect(steady.outcome({ later: 601 })).toBeNull();
  });

  it('leaves the decision to the other side where a window is too short', () => {
    const { state } = new Feed('slope(x, "10m") > 1 && open');
    expect(state.evaluate(samplesOf({ x: { value: 1 }, open: { value: false } }), START)).toBe(false);
    expect(state.evaluate(samplesOf({ x: { value: 1 }, open: { value: true } }), START)).toBeNull();
  });

  describe('across a gap', () => {
    const MINUTE = 60_000;
    // Nothing between 180 and 420 s: 4 minutes.
    const broken = everyMinute.filter((second) => second <= 180 || second >= 420);
    const over = (text: string, intervalMs: number | null, seconds: readonly number[] = broken) => {
      const one = new Feed(text, intervalMs);
      for (const second of seconds) one.at(second, second / 20);
      return one;
    };

    it.each(['slope(x, "10m")', 'change(x, "10m")'])(
      '%s says nothing while it is wider than a third of the window',
      (text) => {
        expect(over(text, 10_000).outcome()).toBeNull();
        expect(over(text, 10_000, everyMinute).outcome()).not.toBeNull();
        // 200 s are a third of it.
        expect(over(text, 10_000, [0, 100, 200, 400, 500, 600]).outcome()).not.toBeNull();
        expect(over(text, 10_000, [0, 100, 200, 401, 500, 600]).outcome()).toBeNull();
      },
    );

    it('bears one lost report, however long the interval', () => {
      expect(over('slope(x, "10m")', 2 * MINUTE).outcome()).toBeCloseTo(3, 9);
      expect(over('slope(x, "10m")', 2 * MINUTE - 1).outcome()).toBeNull();
    });

    it('speaks where the device reports on change only', () => {
      expect(over('slope(x, "10m")', null).outcome()).toBeCloseTo(3, 9);
    });

    it('speaks again once the gap has left the window, or a late sample has filled it', () => {
      const one = over('slope(x, "10m")', 10_000);
      for (let second = 660; second <= 780; second += 60) one.at(second, second / 20);
      expect(one.outcome()).toBeNull();
      expect(one.at(840, 42).outcome()).toBeCloseTo(3, 9);
      expect(over('slope(x, "10m")', 10_000).at(300, 15).outcome()).toBeCloseTo(3, 9);
    });

    it('is none of the other functions', () => {
      for (const name of ['mean', 'deviation', 'integral', 'minimum', 'maximum']) {
        expect(over(`${name}(x, "10m")`, 10_000).outcome()).not.toBeNull();
      }
    });

    it('is the same after a restart', () => {
      const one = over('slope(x, "10m")', 10_000);
      const restarted = new Feed('slope(x, "10m")', 10_000);
      restarted.state.restore(JSON.parse(JSON.stringify(one.state.snapshot())));
      expect(restarted.at(600, 30).outcome()).toBeNull();
    });
  });

  it('shares a window between functions of the same point and time', () => {
    const one = feed('mean(x, "10m") + slope(x, "600s") + deviation(x, "10m") + mean(x, "20m")', everyMinute, () => 1);
    expect(Object.keys((one.state.snapshot() as { windows: object }).windows)).toEqual(['x 600000', 'x 1200000']);
  });

  it('finds a peak of a single sample in a window of a day', () => {
    const seconds = Array.from({ length: 7000 }, (_, i) => i * 10);
    expect(feed('maximum(x, "1d")', seconds, (second) => (second === 40_010 ? 80 : 1)).outcome()).toBe(80);
  });

  it('takes a correction of the newest sample and a late one', () => {
    const corrected = feed('mean(x, "10m")', everyMinute, () => 1).at(600, 12);
    expect(corrected.outcome()).toBe(2);
    const late = feed('mean(x, "10m")', everyMinute, () => 1).at(330, 13);
    expect(late.outcome()).toBe(2);
  });

  it('agrees with simple-statistics on any samples, in any order of arrival', () => {
    const samples = fc.uniqueArray(
      fc.tuple(fc.integer({ min: 0, max: 120 }), fc.double({ min: -1e3, max: 1e3, noNaN: true })),
      { minLength: 5, maxLength: 120, selector: ([slot]) => slot },
    );
    fc.assert(
      fc.property(samples, (arrivals) => {
        // Slots of 10 s, which a window of 20 minutes does not thin. The newest comes last: late ones have a place of their own.
        const sorted = arrivals.toSorted(([a], [b]) => a - b).map(([slot, value]) => [slot * 10, value] as const);
        const newest = sorted.at(-1)?.[0] ?? 0;
        const spoken = newest - (sorted[0]?.[0] ?? 0) >= 600;
        const values = sorted.map(([, value]) => value);
        const line = linearRegression(sorted.map(([second, value]) => [second, value]));
        const fit = linearRegressionLine(line);
        const area = sorted.slice(1).reduce((sum, [second, value], i) => {
          const [before, old] = sorted[i] ?? [0, 0];
          return sum + ((value + old) / 2) * (second - before);
        }, 0);
        const expected: [string, number][] = [
          ['slope(x, "20m")', line.m * 60],
          ['change(x, "20m")', fit(1200) - fit(0)],
          ['mean(x, "20m")', mean(values)],
          ['deviation(x, "20m")', sampleStandardDeviation(values)],
          ['integral(x, "20m")', area],
          ['minimum(x, "20m")', Math.min(...values)],
          ['maximum(x, "20m")', Math.max(...values)],
        ];
        for (const [text, figure] of expected) {
          const one = new Feed(text);
          for (const [slot, value] of arrivals) one.at(slot * 10, value);
          const outcome = one.outcome();
          if (spoken) expect(outcome).toBeCloseTo(figure, 6);
          else expect(outcome).toBeNull();
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('previous and age', () => {
  it('gives the sample before the newest, of any type', () => {
    const one = new Feed('previous(x)').at(0, 1);
    expect(one.outcome()).toBeNull();
    expect(one.at(10, 2).outcome()).toBe(1);
    expect(one.at(10, 3).outcome()).toBe(1);
    expect(one.at(5, 4).outcome()).toBe(4);
    expect(one.at(3, 5).outcome()).toBe(4);
    expect(one.at(20, 6).outcome()).toBe(3);
    expect(one.outcome({ quality: 'bad' })).toBeNull();

    const opened = compileAny('open && !previous(open)').instantiate(POINTS);
    opened.observe(2, false, START);
    opened.observe(2, true, START + 1000);
    expect(opened.evaluate(samplesOf({ open: { value: true } }), START + 1000)).toBe(true);
    const mode = compileAny('previous(mode) == "auto"').instantiate(POINTS);
    mode.observe(4, 'auto', START);
    mode.observe(4, 'manual', START + 1000);
    expect(mode.evaluate(samplesOf({ mode: { value: 'manual' } }), START + 1000)).toBe(true);
  });

  it('gives the seconds since the newest sample, whatever its quality', () => {
    const state = compileAny('age(x)').instantiate(POINTS);
    expect(state.evaluate(samplesOf({ x: { value: 1, ts: START } }), START + 90_000)).toBe(90);
    expect(state.evaluate(samplesOf({ x: { value: null, quality: 'bad', ts: START } }), START + 1500)).toBe(1.5);
    expect(state.evaluate(samplesOf({ x: { value: 1, ts: START } }), START - 1000)).toBe(0);
    expect(state.evaluate(samplesOf({}), START)).toBeNull();
  });
});

describe('snapshots', () => {
  const TEXT =
    'slope(x, "10m") + mean(x, "20m") + maximum(x, "10m") + minimum(y, "10m") + previous(y) + (previous(open) ? 1 : 0)';
  const readings = fc.array(
    fc.record({
      gap: fc.integer({ min: 3000, max: 60_000 }),
      x: fc.integer({ min: -9, max: 9 }),
      y: fc.integer({ min: -9, max: 9 }),
    }),
    { minLength: 1, maxLength: 80 },
  );

  it('carries on after a restart as if nothing had happened', () => {
    fc.assert(
      fc.property(readings, fc.nat(80), (list, crash) => {
        const expression = compileAny(TEXT);
        const steady = expression.instantiate(POINTS);
        let crashed = expression.instantiate(POINTS);
        let ts = START;
        list.forEach(({ gap, x, y }, i) => {
          ts += gap;
          if (i === crash) {
            const saved: unknown = JSON.parse(JSON.stringify(crashed.snapshot()));
            crashed = expression.instantiate(POINTS);
            crashed.restore(saved);
          }
          for (const state of [steady, crashed]) {
            state.observe(0, x, ts);
            state.observe(1, y, ts);
            state.observe(2, x > y, ts);
          }
          const samples = samplesOf({ x: { value: x, ts }, y: { value: y, ts }, open: { value: x > y, ts } });
          const outcome = steady.evaluate(samples, ts);
          if (outcome === null) expect(crashed.evaluate(samples, ts)).toBeNull();
          else expect(crashed.evaluate(samples, ts)).toBeCloseTo(Number(outcome), 9);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('keeps what the expression still needs after a change, also when the points have moved', () => {
    const before = feed('mean(x, "10m") > 1', everyMinute, () => 2).state.snapshot();
    const moved = POINTS.map((point) => ({ ...point, id: point.id === 'x' ? 'y' : point.id === 'y' ? 'x' : point.id }));
    expect(moved[1]?.id).toBe('x');
    const after = compileAny('mean(x, "10m") + 0').instantiate(POINTS);
    after.restore(before);
    const ts = START + 600_000;
    expect(after.evaluate(samplesOf({ x: { value: 2, ts } }), ts)).toBe(2);
  });

  it.each([null, undefined, 5, 'x', [], {}, { windows: null }, { windows: { 'x 600000': 'x' } }])(
    'starts anew from %j',
    (saved) => {
      const one = feed('mean(x, "10m")', everyMinute, () => 2);
      one.state.restore(saved);
      expect(one.outcome()).toBeNull();
    },
  );

  it('starts anew once told to forget', () => {
    const one = feed('mean(x, "10m") + previous(x) + maximum(x, "10m")', everyMinute, () => 2);
    expect(one.outcome()).toBe(6);
    one.state.forget();
    expect(one.outcome()).toBeNull();
  });
});
