import fc from 'fast-check';
import { linearRegression } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import type { Device } from '../../../src/model/device.ts';
import type { RateLimit } from '../../../src/model/limit.ts';
import type { Quality } from '../../../src/model/quality.ts';
import { SlopeWindow } from '../../../src/rules/slope-window.ts';
import { maxGapMs } from '../../../src/rules/statistics/regression.ts';
import { MAX_SAMPLES, Window } from '../../../src/rules/window.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildRate, watch, watchedDevice } from '../../helpers/watched.ts';

describe('rate of change', () => {
  const falling = watchedDevice({ rates: [buildRate('falling', 0.8, { deadband: 0.2 })] });

  it('trips on a fitted slope, not on two points', () => {
    const watching = watch(falling);
    for (let s = 0; s <= 60; s += 10) watching.at(s, 3 - 0.015 * s);
    expect(watching.seen()).toEqual([[40, 'p.falling']]);
  });

  it('is silent below the limit, with too few samples, and for too short a span', () => {
    const slow = watch(falling);
    for (let s = 0; s <= 300; s += 10) slow.at(s, 3 - 0.01 * s);
    expect(slow.seen()).toEqual([]);
    expect(watch(falling).at(0, 3).at(30, 2).at(60, 1).seen()).toEqual([]);
    const burst = watch(falling);
    for (let s = 0; s < 10; s++) burst.at(s, 3 - 0.2 * s);
    expect(burst.seen()).toEqual([]);
  });

  it('ends when the slope is over', () => {
    const watching = watch(falling);
    for (let s = 0; s <= 60; s += 10) watching.at(s, 3 - 0.02 * s);
    for (let s = 70; s <= 200; s += 10) watching.at(s, 1.8);
    expect(watching.seen().map(([, what]) => what)).toEqual(['p.falling', '-falling']);
  });

  it('leaves bad values out of the slope', () => {
    const watching = watch(falling);
    for (let s = 0; s <= 120; s += 10)
      watching.at(s, s % 20 === 0 ? 3 : -50, { quality: s % 20 === 0 ? 'good' : 'bad' });
    expect(watching.seen()).toEqual([]);
  });
});

describe('a rate whose reports have become too few for its window', () => {
  const falling = (rest: Partial<RateLimit> = {}) =>
    watchedDevice({ rates: [buildRate('falling', 0.8, { deadband: 0.2, ...rest })] });
  /** Falling by 1.2 a minute up to 60 s, when it is 1.8. */
  const fallen = (device = falling()) => {
    const watching = watch(device);
    for (let s = 0; s <= 60; s += 10) watching.at(s, 3 - 0.02 * s);
    return watching;
  };

  it('ends once good samples have been calm for three windows', () => {
    const watching = fallen();
    // The first tells that they are too few, and the row counts from the next.
    for (let s = 120; s <= 360; s += 60) watching.at(s, 1.8 - (s - 60) / 120);
    expect(watching.seen()).toEqual([
      [40, 'p.falling'],
      [360, '-falling'],
    ]);
    expect(watching.changes[1]).toMatchObject({ effectiveAt: NOON + 360_000, value: -0.7 });
  });

  it('ends with samples that are further apart than that, but never with one step', () => {
    const watching = fallen().at(600, 1.8).at(1200, 1.8).at(1800, 1.8);
    expect(watching.seen()).toHaveLength(1);
    expect(watching.at(2400, 1.8).seen().at(-1)).toEqual([2400, '-falling']);
  });

  it('lasts while the steps reach the clear point, and counts anew after one that does', () => {
    const watching = fallen();
    for (let s = 120; s <= 1200; s += 60) watching.at(s, 1.8 - 0.7 * ((s - 60) / 60));
    expect(watching.seen()).toHaveLength(1);
    for (let s = 1260; s <= 1320; s += 60) watching.at(s, -11.5);
    expect(watching.at(1380, -11.5).seen().at(-1)).toEqual([1380, '-falling']);
  });

  it('lasts in silence, with bad samples and with uncertain ones', () => {
    expect(fallen().tick(10_000).seen()).toHaveLength(1);
    const bad = fallen();
    for (let s = 120; s <= 1200; s += 60) bad.at(s, 1.8, { quality: 'bad' });
    expect(bad.seen()).toHaveLength(1);
    const uncertain = fallen();
    for (let s = 120; s <= 1200; s += 60) uncertain.at(s, 1.8, { quality: s % 120 === 0 ? 'uncertain' : 'good' });
    expect(uncertain.seen()).toHaveLength(1);
  });

  it('lasts while late samples come in between: they may be a step', () => {
    const watching = fallen();
    for (let s = 120; s <= 1200; s += 60) watching.at(s, 1.8).at(s - 5, 1.8, { received: s + 1 });
    expect(watching.seen()).toHaveLength(1);
  });

  it('takes no repeat for a calm sample', () => {
    const watching = fallen().at(120, 1.8).at(180, 1.8).at(400, 1.8).at(400, 1.8);
    expect(watching.seen()).toHaveLength(1);
  });

  it('has its off-delay too', () => {
    const watching = fallen(falling({ offDelayMs: 90_000 }));
    for (let s = 120; s <= 480; s += 60) watching.at(s, 1.8);
    expect(watching.seen().at(-1)).toEqual([450, '-falling']);
  });

  it('says nothing while it is at rest, and trips as ever after', () => {
    const watching = watch(falling());
    for (let s = 0; s <= 1200; s += 60) watching.at(s, 1.8);
    expect(watching.engine.state('wujin-gas/cab-001', 'actual')?.rules['p.falling']?.measured).toBeNull();
    for (let s = 1210; s <= 1260; s += 10) watching.at(s, 1.8 - 0.02 * (s - 1200));
    expect(watching.seen().map(([, what]) => what)).toEqual(['p.falling']);
  });

  it('is the same whether the engine was restarted on the way or not', () => {
    const steps = fc.record({
      gap: fc.integer({ min: 1, max: 120 }),
      value: fc.integer({ min: 0, max: 3 }),
      quality: fc.constantFrom<Quality>('good', 'good', 'good', 'uncertain', 'bad'),
    });
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 40 }), fc.nat(40), (list, crashAfter) => {
        const [whole, torn] = [fallen(), fallen()];
        let second = 60;
        list.forEach(({ gap, value, quality }, i) => {
          second += gap;
          if (i === crashAfter) torn.restart();
          whole.at(second, value / 5, { quality });
          torn.at(second, value / 5, { quality });
        });
        expect(torn.changes).toEqual(whole.changes);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the slope of a rate', () => {
  const rising = (rest: Partial<RateLimit>) => watchedDevice({ rates: [buildRate('rising', 6, rest)] });
  const told = (device: Device, story: (second: number) => number, seconds = 60, every = 5) => {
    const watching = watch(device);
    for (let s = 0; s <= seconds; s += every) watching.at(s, story(s));
    return watching.seen();
  };

  it('must stand out of the noise where it is asked to; a line without noise always does', () => {
    const noisy = (s: number) => 0.15 * s + (s % 10 === 0 ? 6 : -6);
    expect(told(rising({}), noisy)).not.toEqual([]);
    expect(told(rising({ significance: 3 }), noisy)).toEqual([]);
    expect(told(rising({ significance: 3 }), (s) => 0.1 * s)).toEqual([[30, 'p.rising']]);
    expect(told(rising({ significance: 3 }), (s) => 0.15 * s + (s % 10 === 0 ? 0.2 : -0.2))).toEqual([
      [30, 'p.rising'],
    ]);
  });

  it('that does not stand out is no calm either', () => {
    const watching = watch(rising({ significance: 3 }));
    for (let s = 0; s <= 60; s += 5) watching.at(s, 0.4 * s);
    for (let s = 65; s <= 180; s += 5) watching.at(s, 0.4 * s + (s % 10 === 0 ? -10 : 10));
    expect(watching.seen()).toEqual([[30, 'p.rising']]);
    for (let s = 185; s <= 300; s += 5) watching.at(s, 72);
    expect(watching.seen().at(-1)?.[1]).toBe('-rising');
  });

  it('by Theil and Sen is not bent by wild samples, and trips on a ramp of exactly the set point', () => {
    const wild = (s: number) => (s % 20 === 15 ? 500 * s : 1);
    expect(told(rising({}), wild)).not.toEqual([]);
    expect(told(rising({ method: 'theilSen' }), wild)).toEqual([]);
    expect(told(rising({ method: 'theilSen' }), (s) => 0.1 * s)).toEqual([[30, 'p.rising']]);
  });

  describe('with a gap', () => {
    const device = rising({ maxGapMs: 20_000 });
    const fed = (seconds: readonly number[]) => {
      const watching = watch(device);
      for (const s of seconds) watching.at(s, 0.2 * s);
      return watching;
    };

    it('of just the width that is allowed is judged, of more it is not', () => {
      expect(fed([0, 5, 10, 30, 35]).seen()).toEqual([[35, 'p.rising']]);
      expect(fed([0, 5, 10, 31, 36, 41, 60]).seen()).toEqual([]);
    });

    it('is judged again when the gap has left the window, or a late sample has closed it', () => {
      expect(fed([0, 5, 10, 31, 36, 41, 46, 51, 66, 71]).seen()).toEqual([[71, 'p.rising']]);
      const closed = fed([0, 5, 10, 31, 36]).at(27, 5.4, { received: 37 }).at(41, 8.2);
      expect(closed.seen()).toEqual([[41, 'p.rising']]);
    });

    it('is held: no alarm ends in it', () => {
      const watching = fed([0, 5, 10, 15, 20, 25, 30]);
      for (const s of [60, 65, 70, 75]) watching.at(s, 6);
      expect(watching.seen()).toEqual([[30, 'p.rising']]);
    });

    it('is known to a restarted engine', () => {
      const watching = fed([0, 5, 10, 31, 36]).restart();
      for (const s of [41, 46, 51, 66]) watching.at(s, 0.2 * s);
      expect(watching.seen()).toEqual([]);
      expect(watching.at(71, 14.2).seen()).toEqual([[71, 'p.rising']]);
    });

    it('is found as by looking at every sample', () => {
      const samples = fc.array(fc.record({ gap: fc.integer({ min: -9, max: 30 }), value: fc.integer({ max: 9 }) }));
      fc.assert(
        fc.property(samples, fc.integer({ min: 1, max: 30 }), (list, maxGap) => {
          const terms = { overMs: 60_000, minSamples: 1, maxGapMs: maxGap * 1000 };
          const slopes = new SlopeWindow(terms);
          let second = 100;
          for (const { gap, value } of list) {
            slopes.add((second + Math.min(0, gap)) * 1000, value);
            second += Math.max(0, gap);
            const { window } = slopes;
            const loaded = new SlopeWindow(terms);
            loaded.restore(slopes.snapshot());
            const speaks = window.spanMs >= 30_000 && maxGapMs(window) <= terms.maxGapMs;
            expect([slopes.speaks, loaded.speaks]).toEqual([speaks, speaks]);
          }
        }),
        { numRuns: 500 },
      );
    });
  });
});

describe('window', () => {
  const samples = fc.array(
    fc.record({ gap: fc.integer({ min: 250, max: 20_000 }), value: fc.double({ min: -1e6, max: 1e6, noNaN: true }) }),
    { minLength: 2, maxLength: 600 },
  );

  it('has the slope that simple-statistics finds over the same samples', () => {
    fc.assert(
      fc.property(samples, fc.integer({ min: 5_000, max: 600_000 }), (list, overMs) => {
        const window = new Window(overMs);
        const kept: [number, number][] = [];
        let ts = 1_795_299_592_000;
        for (const { gap, value } of list) {
          ts += gap;
          const last = kept.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
          if (ts - last >= overMs / MAX_SAMPLES) kept.push([ts, value]);
          window.add(ts, value);
        }
        const newest = kept.at(-1)?.[0] ?? 0;
        const within = kept.filter(([time]) => time >= newest - overMs);
        expect(window.toArray()).toEqual(within.flat());
        if (within.length < 2) return;
        const first = within[0]?.[0] ?? 0;
        const fit = linearRegression(within.map(([time, value]) => [(time - first) / overMs, value]));
        expect(Math.abs(window.change() - fit.m)).toBeLessThan(1e-6 * Math.max(1e6, Math.abs(fit.m)));
      }),
    );
  });

  it('puts a late sample in its place and takes a repeat once', () => {
    const late = new Window(60_000);
    for (const [ts, value] of [
      [1000, 1],
      [3000, 3],
      [2000, 2],
      [3000, 3],
    ] as const)
      late.add(ts, value);
    expect(late.toArray()).toEqual([1000, 1, 2000, 2, 3000, 3]);
    expect(late.change()).toBeCloseTo(60);
  });

  it('stays bounded at any rate', () => {
    const window = new Window(60_000);
    for (let ts = 0; ts < 600_000; ts++) window.add(ts, ts);
    expect(window.count).toBeLessThanOrEqual(MAX_SAMPLES + 1);
    expect(window.change()).toBeCloseTo(60_000);
  });
});
