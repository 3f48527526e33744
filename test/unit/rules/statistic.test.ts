import fc from 'fast-check';
import { median, medianAbsoluteDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import type { Device } from '../../../src/model/device.ts';
import type { CusumSpec, EwmaSpec, LearnedNorm, Rule, RuleLevel, ZscoreSpec } from '../../../src/model/rule.ts';
import { NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRule, ruledDevice, watch } from '../../helpers/watched.ts';
import { createNoise } from './statistics/noise.ts';

const fixed = { mean: 10, sigma: 2 };
const HOUR = 3600;
const learned: LearnedNorm = { spanMs: 86_400_000, minSamples: 10, resolution: 0.01, hoursOf: null };

const ewma: EwmaSpec = { kind: 'ewma', point: 0, side: 'either', norm: fixed, weight: { lambda: 0.2 }, everyMs: 0 };
const cusum: CusumSpec = { kind: 'cusum', point: 0, side: 'either', norm: fixed, k: 0.5, h: 5, everyMs: 0 };
const zscore: ZscoreSpec = { kind: 'zscore', point: 0, side: 'either', norm: fixed };

const SET_POINTS = { ewma: 3, cusum: 5, zscore: 3.5 };

function deviceWith(spec: EwmaSpec | CusumSpec | ZscoreSpec, level: Partial<RuleLevel> = {}): Device {
  const at = SET_POINTS[spec.kind];
  return ruledDevice({ p: 'number' }, [rule(spec, { at, deadband: 0.2 * at, ...level })]);
}

function rule(spec: Rule['spec'], level: Partial<RuleLevel>): Rule {
  return buildRule(`p.${spec.kind}`, spec, level, { unit: 'σ' });
}

/** What the rule of a device measured last. */
function measured({ engine }: ReturnType<typeof watch>, kind: string): number | null {
  return engine.state('wujin-gas/cab-001', 'actual')?.rules[`p.${kind}`]?.measured ?? null;
}

const series = fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1, maxLength: 60 });
const exact = (value: number | null) => expect.closeTo(value ?? Number.NaN, 9);

describe('z-score', () => {
  it('tells of a single unusual sample, on the side that is asked for', () => {
    const story = (spec: ZscoreSpec) =>
      watch(deviceWith(spec)).read(0, { p: 11 }).read(10, { p: 17 }).read(20, { p: 11 }).read(30, { p: 3 }).seen();
    expect(story(zscore)).toEqual([
      [10, 'p.zscore'],
      [20, '-zscore'],
      [30, 'p.zscore'],
    ]);
    expect(story({ ...zscore, side: 'high' })).toEqual([
      [10, 'p.zscore'],
      [20, '-zscore'],
    ]);
    expect(story({ ...zscore, side: 'low' })).toEqual([[30, 'p.zscore']]);
  });

  it('clears beyond its deadband only, and carries σ against the limit', () => {
    const watching = watch(deviceWith(zscore)).read(0, { p: 17 }).read(10, { p: 15.7 });
    expect(watching.seen()).toEqual([[0, 'p.zscore']]);
    expect(watching.changes[0]?.level).toMatchObject({ measured: 3.5, limit: 3.5 });
    expect(watching.read(20, { p: 15.5 }).seen().at(-1)).toEqual([20, '-zscore']);
  });

  it('is that of simple-statistics over what it has learned before', () => {
    fc.assert(
      fc.property(series, (values) => {
        // One sample a step of the ring, and no alarm: every sample is learned.
        const device = deviceWith({ ...zscore, norm: { ...learned, spanMs: 128_000 } }, { at: 1e9 });
        const watching = watch(device);
        values.forEach((p, i) => {
          const known = values.slice(0, i);
          watching.read(i, { p });
          if (known.length < 10) {
            expect(measured(watching, 'zscore')).toBeNull();
            return;
          }
          const mad = Math.max(0.005, medianAbsoluteDeviation(known));
          expect(measured(watching, 'zscore')).toEqual(exact(Math.abs((0.6745 * (p - median(known))) / mad)));
        });
      }),
      { numRuns: 60 },
    );
  });

  it('does not learn what it calls an alarm: a lasting change stays one', () => {
    const noise = createNoise('alarm');
    const watching = watch(deviceWith({ ...zscore, norm: learned }));
    for (let h = 0; h < 24; h++) watching.read(h * HOUR, { p: 10 + 0.5 * noise() });
    for (let h = 24; h < 24 * 8; h++) watching.read(h * HOUR, { p: 20 + 0.5 * noise() });
    expect(watching.seen()).toEqual([[24 * HOUR, 'p.zscore']]);
  });

  it('does not learn what is about to be an alarm, nor what a limit of the point calls one', () => {
    const delayed = watch(deviceWith({ ...zscore, norm: learned }, { onDelayMs: 100 * 3_600_000 }));
    const limited = deviceWith({ ...zscore, norm: learned }, { at: 1e6 });
    const points = limited.points.map((point) => ({ ...point, limits: [buildLimit('H', 15)] }));
    const beyond = watch({ ...limited, points });
    for (const watching of [delayed, beyond]) {
      for (let h = 0; h < 20; h++) watching.read(h * HOUR, { p: 10 + (h % 3) });
      for (let h = 20; h < 80; h++) watching.read(h * HOUR, { p: 30 });
      expect(measured(watching, 'zscore')).toBeGreaterThan(10);
    }
  });

  it('learns from good samples only', () => {
    const watching = watch(deviceWith({ ...zscore, norm: learned }));
    for (let h = 0; h < 40; h++) watching.read(h * HOUR, { p: h % 3 }, { qualities: { p: 'uncertain' } });
    expect(measured(watching, 'zscore')).toBeNull();
  });

  it('knows each hour of the day by the wall clock of the zone', () => {
    // 2026-11-21T22:19:52Z is 06:19 in Shanghai.
    const norm = { ...learned, spanMs: 30 * 86_400_000, hoursOf: 'Asia/Shanghai' };
    const watching = watch(deviceWith({ ...zscore, norm }));
    const load = (hour: number) => (hour % 24 < 12 ? 10 : 50) + (hour % 7) / 10;
    for (let h = 0; h < 24 * 20; h++) watching.read(h * HOUR, { p: load(h) });
    expect(watching.seen()).toEqual([]);
    // What is usual at noon is not at night.
    const hour = 24 * 20 + 2;
    expect(watching.read(hour * HOUR, { p: 50 }).seen()).toEqual([[hour * HOUR, 'p.zscore']]);
  });

  it('says nothing at an hour that it does not know: no alarm ends there', () => {
    const norm = { ...learned, spanMs: 30 * 86_400_000, hoursOf: 'UTC' };
    const watching = watch(deviceWith({ ...zscore, norm }));
    for (let day = 0; day < 12; day++) watching.read(day * 24 * HOUR, { p: 10 + (day % 3) });
    watching.read(12 * 24 * HOUR, { p: 90 }).read((12 * 24 + 1) * HOUR, { p: 11 });
    expect(watching.seen()).toEqual([[12 * 24 * HOUR, 'p.zscore']]);
  });
});

describe('EWMA', () => {
  it('finds a lasting shift that single samples hide', () => {
    const noise = createNoise('shift');
    const [shifted, usual] = [watch(deviceWith(ewma)), watch(deviceWith(zscore))];
    for (let s = 0; s < 30; s++) for (const each of [shifted, usual]) each.read(s, { p: 10 + (s % 2 ? 1 : -1) });
    for (let s = 30; s < 60; s++) {
      const p = 13 + 0.5 * noise();
      shifted.read(s, { p });
      usual.read(s, { p });
    }
    expect(usual.seen()).toEqual([]);
    expect(shifted.seen()).toHaveLength(1);
    expect(shifted.seen()[0]?.[0]).toBeLessThan(40);
  });

  it('is what the sums over all samples give', () => {
    fc.assert(
      fc.property(series, fc.double({ min: 0.05, max: 1, noNaN: true }), (values, lambda) => {
        const watching = watch(deviceWith({ ...ewma, weight: { lambda } }, { at: 1e9 }));
        values.forEach((p, s) => {
          watching.read(s, { p });
          const n = s + 1;
          const mean = values
            .slice(0, n)
            .reduce((sum, x, i) => sum + lambda * (1 - lambda) ** (s - i) * ((x - 10) / 2), 0);
          const variance = (lambda / (2 - lambda)) * (1 - (1 - lambda) ** (2 * n));
          expect(measured(watching, 'ewma')).toBeCloseTo(Math.abs(mean) / Math.sqrt(variance), 8);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('weighs uneven samples by their time, and goes on where the clock of the source is set back', () => {
    const watching = watch(deviceWith({ ...ewma, weight: { tauMs: 60_000 } }, { at: 2, deadband: 0 }));
    for (const s of [0, 7, 60, 61, 100]) watching.read(s, { p: 16 });
    expect(watching.seen()).toEqual([[0, 'p.ewma']]);
    // 40 s back: ten seconds of arrivals show that it is the clock. One sample on the mean is no calm.
    watching.read(61, { p: 16 }, { received: 101 }).read(72, { p: 10 }, { received: 112 });
    expect(watching.seen()).toEqual([[0, 'p.ewma']]);
    for (let s = 80; s < 300; s += 10) watching.read(s, { p: 10 }, { received: s + 40 });
    expect(watching.seen().at(-1)?.[1]).toBe('-ewma');
  });
});

describe('CUSUM', () => {
  it('tells of a lasting shift, and when it began', () => {
    const watching = watch(deviceWith(cusum));
    for (let s = 0; s < 20; s++) watching.read(s, { p: s % 2 ? 10.5 : 9.5 });
    for (let s = 20; s < 40; s++) watching.read(s, { p: 13 });
    expect(watching.seen()).toEqual([[24, 'p.cusum']]);
    expect(watching.changes[0]?.occurredAt).toBe(NOON + 20_000);
    expect(watching.changes[0]?.level).toMatchObject({ measured: 5, limit: 5 });
  });

  it('begins afresh when the alarm is over', () => {
    const watching = watch(deviceWith(cusum));
    for (let s = 0; s < 30; s++) watching.read(s, { p: 14 });
    for (let s = 30; s < 60; s++) watching.read(s, { p: 10 });
    expect(watching.seen().map(([, what]) => what)).toEqual(['p.cusum', '-cusum']);
    expect(measured(watching, 'cusum')).toBe(0);
    watching.read(60, { p: 14 });
    expect(measured(watching, 'cusum')).toBe(1.5);
  });

  it.each([
    ['high', 14, 1.5],
    ['low', 14, 0],
    ['low', 6, 1.5],
    ['either', 6, 1.5],
  ] as const)('seen from %s, %d is a sum of %d', (side, p, sum) => {
    const watching = watch(deviceWith({ ...cusum, side })).read(0, { p });
    expect(measured(watching, 'cusum')).toBe(sum);
  });

  it('is what adding up by hand gives', () => {
    fc.assert(
      fc.property(series, (values) => {
        const watching = watch(deviceWith(cusum, { at: 10.1 }));
        let [high, low] = [0, 0];
        values.forEach((p, s) => {
          const z = (p - 10) / 2;
          // The sums stop at 2h.
          high = Math.min(10, Math.max(0, high + z - 0.5));
          low = Math.min(10, Math.max(0, low - z - 0.5));
          watching.read(s, { p });
          expect(measured(watching, 'cusum')).toBeCloseTo(Math.max(high, low), 9);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('keeps its sums where the clock of the source is set back: no alarm ends for that', () => {
    const watching = watch(deviceWith(cusum));
    for (let s = 0; s < 20; s++) watching.read(s, { p: 14 });
    watching.read(1, { p: 14 }, { received: 20 }).read(12, { p: 14 }, { received: 31 });
    expect(watching.seen()).toHaveLength(1);
    expect(watching.changes[0]?.occurredAt).toBe(NOON);
  });
});

const KINDS = [
  ['ewma', ewma],
  ['cusum', cusum],
  ['zscore', zscore],
] as const;

describe.each(KINDS)('%s', (kind, spec) => {
  const device = deviceWith({ ...spec, norm: { ...learned, spanMs: 3_600_000 } }, { at: 2, deadband: 0.4 });

  it('takes a repeat and a late sample for nothing', () => {
    const values = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(values, fc.array(fc.nat(59), { maxLength: 20 }), fc.nat(9), (list, again, back) => {
        const [once, often] = [watch(device), watch(device)];
        list.forEach((p, i) => {
          once.read(10 * i, { p });
          often.read(10 * i, { p });
          if (!again.includes(i)) return;
          often.read(10 * i, { p: 10 });
          often.read(10 * i - back, { p: 100 }, { received: 10 * i });
        });
        expect(measured(often, kind)).toBe(measured(once, kind));
        const core = (watching: typeof once) =>
          watching.engine.state(device.key, 'actual')?.rules[`p.${kind}`]?.measure;
        expect(core(often)).toEqual(core(once));
      }),
      { numRuns: 100 },
    );
  });

  it('takes at most one sample of an interval', () => {
    if (spec.kind === 'zscore') return;
    const thinned = deviceWith({ ...spec, everyMs: 60_000 }, { at: 1e9 });
    const [every, first] = [watch(thinned), watch(thinned)];
    for (let s = 0; s < 600; s += 10) {
      const p = 10 + (s % 70) / 10;
      every.read(s, { p });
      // Minutes of the source's clock: NOON is 52 s into one.
      if (s === 0 || (s - 10) % 60 === 0) first.read(s, { p });
    }
    expect(measured(every, kind)).toBe(measured(first, kind));
  });

  it('holds what it found while the value is bad, and is an alarm then if it is told so', () => {
    const bad = { qualities: { p: 'bad' } } as const;
    const story = (each: Device) => {
      const watching = watch(each);
      for (let s = 0; s < 20; s++) watching.read(s, { p: 18 });
      for (let s = 20; s < 40; s++) watching.read(s, { p: 10 }, bad);
      return watching
        .tick(100)
        .seen()
        .map(([, what]) => what);
    };
    expect(story(deviceWith(spec))).toEqual([`p.${kind}`]);
    const alarming = deviceWith(spec, {});
    const rules = alarming.rules.map((each) => ({ ...each, onBad: 'alarm' as const }));
    expect(
      watch({ ...alarming, rules })
        .read(0, { p: 10 }, bad)
        .seen(),
    ).toEqual([[0, `p.${kind}`]]);
  });

  it('is not cleared by uncertain samples', () => {
    const watching = watch(deviceWith(spec));
    for (let s = 0; s < 20; s++) watching.read(s, { p: 18 });
    for (let s = 20; s < 100; s++) watching.read(s, { p: 10 }, { qualities: { p: 'uncertain' } });
    expect(watching.seen().map(([, what]) => what)).toEqual([`p.${kind}`]);
  });

  it('is the same whether the engine was restarted on the way or not', () => {
    const story = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 90 }), p: fc.integer({ min: 0, max: 20 }) }), {
      maxLength: 60,
    });
    const delayed = { ...device, rules: device.rules.map((each) => delayedBy(each, 30_000)) };
    fc.assert(
      fc.property(story, fc.nat(60), fc.boolean(), (samples, crashAfter, slow) => {
        const each = slow ? delayed : device;
        const [whole, torn] = [watch(each), watch(each)];
        let second = 0;
        samples.forEach(({ gap, p }, i) => {
          second += gap;
          if (i === crashAfter) torn.restart();
          whole.read(second, { p });
          torn.read(second, { p });
        });
        expect(torn.changes).toEqual(whole.changes);
        expect(measured(torn, kind)).toEqual(measured(whole, kind));
      }),
      { numRuns: 150 },
    );
  });
});

describe.each(KINDS)('%s that learns anew after a week of alarm', (kind, spec) => {
  const WEEK = 7 * 24;
  const relearning = (norm: Partial<LearnedNorm> = { relearnAfterMs: WEEK * 3_600_000 }) =>
    deviceWith({ ...spec, norm: { ...learned, ...norm } });
  /** A day of about 10, then of about 20 from hour 24 on; by the hour. */
  function story(hours: number, device = relearning(), value: (h: number) => number = (h) => (h < 24 ? 10 : 20)) {
    const noise = createNoise('anew');
    const watching = watch(device);
    for (let h = 0; h < hours; h++) watching.read(h * HOUR, { p: value(h) + 0.5 * noise() });
    return watching;
  }
  const told = (watching: ReturnType<typeof watch>) => watching.seen().map(([second, what]) => [second / HOUR, what]);

  it('ends when enough is learned and a sample is normal by it', () => {
    const seen = told(story(24 + WEEK + 40));
    expect(seen).toHaveLength(2);
    const [[from], [to]] = seen as [[number, string], [number, string]];
    // Ten samples of the alarm are learned, the one that began it included.
    expect(to - from).toBe(WEEK + 10);
  });

  it('never does unless it is told to', () => {
    expect(told(story(24 + 8 * WEEK, relearning({})))).toHaveLength(1);
  });

  it('lasts another week where the next sample is not normal by what was learned', () => {
    const again = (h: number) => (h < 24 ? 10 : h < 24 + WEEK + 10 ? 20 : 60);
    expect(told(story(24 + 2 * WEEK + 19, relearning(), again))).toHaveLength(1);
    expect(told(story(24 + 2 * WEEK + 20, relearning(), again))).toHaveLength(2);
  });

  it('does not learn what a limit of the point calls an alarm', () => {
    const device = relearning();
    const points = device.points.map((point) => ({ ...point, limits: [buildLimit('H', 15)] }));
    expect(told(story(24 + 3 * WEEK, { ...device, points })).filter(([, what]) => what === `-${kind}`)).toEqual([]);
  });

  it('lasts in silence, and with uncertain samples', () => {
    const watching = story(24 + WEEK).tick((24 + 9 * WEEK) * HOUR);
    for (let h = 24 + 9 * WEEK; h < 24 + 10 * WEEK; h++) {
      watching.read(h * HOUR, { p: 20 + (h % 3) / 10 }, { qualities: { p: 'uncertain' } });
    }
    expect(told(watching)).toHaveLength(1);
  });

  it('does not take a fault of the instrument for a week of alarm', () => {
    const device = relearning();
    const rules = device.rules.map((each) => ({ ...each, onBad: 'alarm' as const }));
    const watching = story(24, { ...device, rules });
    for (let h = 24; h < 24 + 2 * WEEK; h++) watching.read(h * HOUR, { p: 10 }, { qualities: { p: 'bad' } });
    watching.read((24 + 2 * WEEK) * HOUR, { p: 30 });
    expect(measured(watching, kind)).not.toBeNull();
  });

  it('is the same whether the engine was restarted on the way or not', () => {
    const values = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 30, maxLength: 90 });
    const quick = relearning({ relearnAfterMs: 8 * 3_600_000 });
    fc.assert(
      fc.property(values, fc.nat(90), (list, crashAfter) => {
        const [whole, torn] = [watch(quick), watch(quick)];
        list.forEach((p, h) => {
          if (h === crashAfter) torn.restart();
          const shifted = p / 10 + (h < 15 ? 10 : 20);
          whole.read(h * HOUR, { p: shifted });
          torn.read(h * HOUR, { p: shifted });
        });
        expect(torn.changes).toEqual(whole.changes);
        expect(measured(torn, kind)).toEqual(measured(whole, kind));
      }),
      { numRuns: 100 },
    );
  });
});

function delayedBy(each: Rule, onDelayMs: number): Rule {
  return { ...each, levels: each.levels.map((level) => ({ ...level, onDelayMs, offDelayMs: onDelayMs })) };
}
