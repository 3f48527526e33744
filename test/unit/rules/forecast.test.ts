import fc from 'fast-check';
import { linearRegression } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import type { Device } from '../../../src/model/device.ts';
import type { Limit } from '../../../src/model/limit.ts';
import type { ForecastSpec, Rule, RuleLevel } from '../../../src/model/rule.ts';
import type { Tier } from '../../../src/model/tier.ts';
import { buildReading, NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRule, ruledDevice, watch } from '../../helpers/watched.ts';
import { createNoise } from './statistics/noise.ts';

const spec: ForecastSpec = {
  kind: 'forecast',
  point: 0,
  to: 'HH',
  overMs: 600_000,
  minSamples: 10,
  maxGapMs: 200_000,
  significance: 3,
  basis: 'expected',
};
const LADDER = [buildLimit('LL', 10), buildLimit('HH', 92)];

function step(tier: Tier, at: number, rank: number, name: string = tier): RuleLevel {
  const delays = { onDelayMs: 0, offDelayMs: 0 };
  return { name, rank, at, sense: 'below', deadband: 0.2 * at, tier, latch: false, ...delays };
}

/** A device whose `p` is forecast; its ladder is left out of what is seen. */
function deviceWith(
  change: Partial<ForecastSpec> = {},
  levels: readonly RuleLevel[] = [step('yellow', 10, 1, '')],
  limits: readonly Limit[] = LADDER,
): Device {
  const rule: Rule = buildRule('p.forecast.HH', { ...spec, ...change }, {}, { unit: 'min', levels });
  const device = ruledDevice({ p: 'number' }, [rule]);
  return { ...device, points: device.points.map((point) => ({ ...point, limits })) };
}

function story(device: Device = deviceWith()) {
  const watching = watch(device);
  return {
    ...watching,
    read(...sample: Parameters<typeof watching.read>) {
      watching.read(...sample);
      return this;
    },
    /** A sample every ten seconds, of `at(second)`. */
    run(from: number, to: number, at: (second: number) => number) {
      for (let s = from; s < to; s += 10) watching.read(s, { p: at(s) });
      return this;
    },
    told: () => watching.seen().filter(([, what]) => what.includes('forecast')),
    measured: () => watching.engine.state(device.key, 'actual')?.rules['p.forecast.HH']?.measured ?? null,
  };
}

describe('forecast', () => {
  it('tells when the limit will be reached in time, and clears when the ramp is over', () => {
    // 0.02 a second from 74 reaches 92 after 900 s, and is 600 s away at 300 s.
    const told = story()
      .run(0, 600, (s) => 74 + 0.02 * s)
      .run(600, 1800, () => 86);
    expect(told.told()).toEqual([
      [300, 'p.forecast.HH'],
      [expect.any(Number), '-forecast'],
    ]);
    expect(told.changes[0]?.level).toMatchObject({ measured: 10, limit: 10, tier: 'yellow' });
  });

  it.each<[string, Partial<ForecastSpec>, number, number]>([
    ['a low limit from above', { to: 'LL' }, 28, -0.02],
    ['a value from below', { to: { value: 92, sense: 'above' } }, 74, 0.02],
    ['a value from above', { to: { value: 10, sense: 'below' } }, 28, -0.02],
  ])('looks ahead to %s', (_, change, start, slope) => {
    const told = story(deviceWith(change)).run(0, 400, (s) => start + slope * s);
    expect(told.told()).toEqual([[300, 'p.forecast.HH']]);
  });

  it('goes by the limit in force for the device', () => {
    const lower = deviceWith({}, undefined, [buildLimit('HH', 86)]);
    expect(
      story(lower)
        .run(0, 300, (s) => 70 + 0.02 * s)
        .told(),
    ).toEqual([]);
    expect(
      story(lower)
        .run(0, 310, (s) => 68 + 0.02 * s)
        .told(),
    ).toEqual([[300, 'p.forecast.HH']]);
  });

  it('is 0 at the limit and beyond, whatever the window says', () => {
    const told = story().read(0, { p: 92 });
    expect(told.told()).toEqual([[0, 'p.forecast.HH']]);
    expect(told.measured()).toBe(0);
    expect(told.read(10, { p: 99 }).measured()).toBe(0);
  });

  it('is at its horizon, which clears, where the line is level, leads away or takes too long', () => {
    for (const slope of [0, -0.02, 0.001]) {
      const told = story().read(0, { p: 92 });
      expect(
        told
          .run(10, 1200, (s) => 80 + slope * s)
          .told()
          .at(-1),
      ).toEqual([expect.any(Number), '-forecast']);
      expect(told.measured()).toBe(30);
    }
  });

  it('says nothing, and so clears nothing, while the window does not speak', () => {
    // A gap of more than a third of the window.
    const told = story().run(0, 600, (s) => 76 + 0.02 * s);
    told.run(850, 1000, () => 88);
    expect(told.told()).toHaveLength(1);
    expect(told.measured()).toBeNull();
    expect(
      told
        .run(1000, 1500, () => 88)
        .told()
        .at(-1)?.[1],
    ).toBe('-forecast');
  });

  it.each(['bad', 'uncertain'] as const)('says nothing of values that are %s', (quality) => {
    const told = story().run(0, 600, (s) => 76 + 0.02 * s);
    for (let s = 600; s < 1500; s += 10) told.read(s, { p: 20 }, { qualities: { p: quality } });
    expect(told.told()).toHaveLength(1);
  });

  it('climbs its tiers and steps down again as one alarm; red goes by the earliest time', () => {
    const levels = [step('yellow', 15, 1), step('orange', 8, 2), step('red', 5, 3)];
    const noise = createNoise('tiers');
    const ramp = (s: number) => 70 + 0.02 * s + 0.6 * noise();
    const byTier = story(deviceWith({ basis: 'byTier' }, levels)).run(0, 1000, ramp);
    const [yellow, orange, red] = byTier.told();
    expect([yellow?.[1], orange?.[1], red?.[1]]).toEqual([
      'p.forecast.HH.yellow',
      'p.forecast.HH.orange',
      'p.forecast.HH.red',
    ]);
    const raised = byTier.changes.find(({ level }) => level?.condition === 'p.forecast.HH.red');
    expect(raised?.level?.measured).toBeLessThanOrEqual(5);
    // The earliest of its interval is sooner than the expected time.
    expect(byTier.changes.at(-1)?.level?.measured).not.toBe(byTier.measured());
    expect(red?.[0]).toBeLessThan(800);
    byTier.run(1000, 3000, () => 60);
    expect(byTier.told().at(-1)?.[1]).toBe('-forecast');
    expect(new Set(byTier.changes.filter(({ rule }) => rule).map(({ rule }) => rule?.id))).toEqual(
      new Set(['p.forecast.HH']),
    );
  });

  it('is (limit - fitted value)/slope of simple-statistics', () => {
    const samples = fc.array(fc.double({ min: -0.3, max: 0.3, noNaN: true }), { minLength: 40, maxLength: 60 });
    fc.assert(
      fc.property(samples, (errors) => {
        const told = story();
        const points = errors.map((error, i): [number, number] => [10 * i, 79 + 0.02 * 10 * i + error]);
        for (const [s, p] of points) told.read(s, { p });
        const last = points.at(-1)?.[0] ?? 0;
        const { m, b } = linearRegression(points.map(([s, p]) => [s - last, p]));
        // To a hundredth of a minute, as it is told.
        expect(Math.abs((told.measured() ?? 0) - Math.max(0, 92 - b) / m / 60)).toBeLessThanOrEqual(0.005 + 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it('is the same whether the engine was restarted on the way or not, also in the middle of a delay', () => {
    const levels = [step('yellow', 15, 1), step('red', 5, 2)].map((level) => ({ ...level, onDelayMs: 25_000 }));
    const device = deviceWith({ basis: 'byTier' }, levels);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 80 }),
        fc.nat(80),
        (errors, crash) => {
          const [whole, torn] = [watch(device), watch(device)];
          errors.forEach((error, i) => {
            if (i === crash) torn.restart();
            for (const each of [whole, torn]) each.read(10 * i, { p: 82 + 0.2 * i + error });
          });
          expect(torn.changes).toEqual(whole.changes);
          expect(torn.engine.state(device.key, 'actual')).toEqual(whole.engine.state(device.key, 'actual'));
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a forecast whose reports have become too slow for its window', () => {
  const MINUTE = 60;
  /** The ramp of the alarm, up to 86 % at 600 s. */
  const raised = (device = deviceWith()) => story(device).run(0, 601, (s) => 74 + 0.02 * s);
  const EVERY = 5 * MINUTE;
  /** A report each five minutes from 900 s on, of which the first tells that they are slow. */
  const slow = (told: ReturnType<typeof story>, reports: number, at: (report: number) => number) => {
    for (let i = 0; i < reports; i++) told.read(900 + i * EVERY, { p: at(i) });
    return told;
  };

  it('ends once no step has led to the limit within the horizon for three windows', () => {
    const told = slow(raised(), 7, () => 86);
    expect(told.told()).toHaveLength(1);
    expect(told.measured()).toBeNull();
    // The row counts from the second on.
    expect(slow(raised(), 8, () => 86).told()).toEqual([
      [300, 'p.forecast.HH'],
      [900 + 7 * EVERY, '-forecast'],
    ]);
  });

  it('ends too where the value has touched the limit and come back', () => {
    const told = story().read(0, { p: 92 });
    expect(
      slow(told, 8, () => 80)
        .told()
        .at(-1)?.[1],
    ).toBe('-forecast');
  });

  it.each<[string, (report: number) => number, number]>([
    // Six steps of five minutes are the horizon: those of 1/6 of what is left lead to the limit in it.
    ['lead to the limit', (i) => 92 - 6 * (6 / 7) ** i, 1],
    ['lead there later', (i) => 92 - 6 * (6.1 / 7.1) ** i, 2],
    ['lead away', (i) => 86 - i, 2],
    ['end at the limit', (i) => (i % 4 === 3 ? 92 : 60), 1],
  ])('goes by whether steps %s', (_, at, changes) => {
    expect(slow(raised(), 20, at).told()).toHaveLength(changes);
  });

  it('lasts in silence, with bad samples and with uncertain ones', () => {
    expect(raised().tick(100_000).seen()).toHaveLength(1);
    for (const quality of ['bad', 'uncertain'] as const) {
      const told = raised();
      for (let i = 0; i < 20; i++) {
        told.read(900 + i * EVERY, { p: 86 }, i % 2 === 0 || quality === 'bad' ? { qualities: { p: quality } } : {});
      }
      expect(told.told()).toHaveLength(1);
    }
  });

  it('lasts while late samples come in between', () => {
    const told = raised();
    for (let i = 0; i < 20; i++) {
      const second = 900 + i * EVERY;
      told.read(second, { p: 86 }).read(second - 5, { p: 86 }, { received: second + 1 });
    }
    expect(told.told()).toHaveLength(1);
  });

  it('begins no alarm', () => {
    const told = story();
    slow(told, 40, (i) => 50 + i);
    expect(told.told()).toEqual([]);
    expect(told.measured()).toBeNull();
  });

  it('counts anew under another limit', () => {
    const told = slow(raised(), 6, () => 86);
    const device = deviceWith({}, undefined, [buildLimit('HH', 86.5)]);
    const next = watch(device);
    next.engine.takeOver(told.engine, 1);
    const read = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const ts = NOON + (900 + i * EVERY) * 1000;
        next.engine.step(buildReading(device, { values: { p: 86 }, ts, receivedAt: ts }), 1000 + i);
      }
      return next.seen().map(([, what]) => what);
    };
    expect(read(6, 12)).toEqual([]);
    expect(read(12, 14)).toEqual(['-forecast']);
  });

  it('is the same whether the engine was restarted on the way or not', () => {
    const steps = fc.record({
      gap: fc.integer({ min: 10, max: 900 }),
      value: fc.integer({ min: 84, max: 92 }),
      quality: fc.constantFrom('good' as const, 'good' as const, 'good' as const, 'uncertain' as const, 'bad' as const),
    });
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 30 }), fc.nat(30), (list, crashAfter) => {
        const [whole, torn] = [raised(), raised()];
        let second = 600;
        list.forEach(({ gap, value, quality }, i) => {
          second += gap;
          if (i === crashAfter) torn.restart();
          for (const each of [whole, torn]) each.read(second, { p: value }, { qualities: { p: quality } });
        });
        expect(torn.changes).toEqual(whole.changes);
      }),
      { numRuns: 100 },
    );
  });
});

describe('forecast of noisy ramps', () => {
  // Told ten minutes before, by a window of ten minutes and a report every ten seconds.
  const REPORT = 10;
  const RESPONSE = 600;

  /** Seconds left until the ramp reaches the limit when it is told; the slope is `errors` times its standard error. */
  function left(basis: ForecastSpec['basis'], seed: string, errors: number): number {
    const noise = createNoise(seed);
    const told = story(deviceWith({ basis }));
    const slope = 0.01;
    // se = σ/√Sxx, and 61 samples over ten minutes have √Sxx = 1,375 s.
    const sigma = (slope / errors) * 1375;
    for (let s = 0; s < 2400; s += REPORT) {
      told.read(s, { p: 92 - slope * (2400 - s) + sigma * noise() });
      const [first] = told.told();
      if (first) return 2400 - first[0];
    }
    return 0;
  }

  it.each([
    // A ramp is told no sooner than by the report that shows it.
    ['earliest', 1],
    // The expected time is the middle: half of the ramps are told later than it says.
    ['expected', 0.8],
  ] as const)('by the %s time: 95 %% of them are told with %d of the response time left', (basis, share) => {
    const lefts = [10, 20, 50, 200].flatMap((errors) =>
      Array.from({ length: 60 }, (_, i) => left(basis, `ramp ${errors} ${i}`, errors)),
    );
    const inTime = lefts.filter((each) => each >= share * RESPONSE - REPORT).length;
    expect(inTime / lefts.length).toBeGreaterThanOrEqual(0.95);
  });

  it.each(['earliest', 'expected'] as const)('in noise that stays below the limit the %s time is none', (basis) => {
    const noise = createNoise('stationary');
    const told = story(deviceWith({ basis }));
    // Five deviations below: nearer, single samples touch the limit.
    told.run(0, 500_000, () => 91 + 0.2 * noise());
    expect(told.told()).toEqual([]);
  });
});
