import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildLimit, buildRate, calculatingDevice, watch } from '../../helpers/watched.ts';

const H = { limits: [buildLimit('H', 10, { deadband: 1 })] };
const sum = () => watch(calculatingDevice({ sum: 'p + q' }, { sum: H }));
const BAD = { qualities: { p: 'bad' } } as const;
const UNCERTAIN = { qualities: { p: 'uncertain' } } as const;

describe('a calculated point', () => {
  it('has the ladder of any point, and follows whichever input comes', () => {
    const engine = sum().read(0, { p: 6 }).read(10, { q: 5 }).read(20, { p: 4.5 }).read(30, { q: 4 });
    expect(engine.seen()).toEqual([
      [10, 'sum.H'],
      [30, '-high'],
    ]);
    expect(engine.changes[0]).toMatchObject({ value: 11, quality: 'good', point: { id: 'sum' } });
  });

  it('is of bad quality while an input is, which never clears', () => {
    const engine = sum().read(0, { p: 6, q: 5 }).read(10, { p: 1 }, BAD).read(20, { q: 1 });
    expect(engine.seen()).toEqual([[0, 'sum.H']]);
    expect(engine.read(30, { p: 1 }).seen()).toHaveLength(2);
  });

  it('is uncertain where it rests on what is: it may trip, not clear', () => {
    const engine = sum().read(0, { q: 5 }).read(10, { p: 6 }, UNCERTAIN).read(20, { p: 1 }, UNCERTAIN);
    expect(engine.seen()).toEqual([[10, 'sum.H']]);
  });

  it('is good where the good inputs alone decide', () => {
    const engine = watch(calculatingDevice({ less: 'q > 0 || p > 0 ? q : p' }, { less: H })).read(0, { q: 11 });
    expect(engine.read(10, { p: 1, q: 5 }, UNCERTAIN).seen()).toHaveLength(2);
  });

  it('is of bad quality beyond its range', () => {
    const engine = watch(calculatingDevice({ sum: 'p + q' }, { sum: { ...H, range: [0, 20] } })).read(0, {
      p: 15,
      q: 9,
    });
    expect(engine.read(10, { p: 5, q: 9 }).seen()).toEqual([[10, 'sum.H']]);
  });

  it('may be calculated from another, and have a rate', () => {
    const device = calculatingDevice(
      { double: '2 * p', more: 'double + q' },
      { more: { rates: [buildRate('rising', 10)] }, double: { limits: [buildLimit('HH', 100)] } },
    );
    const engine = watch(device).read(0, { q: 1 });
    for (let second = 0; second <= 60; second += 10) engine.read(second, { p: second / 10 });
    expect(engine.seen()).toEqual([[40, 'more.rising']]);
  });

  it('has the time of its newest input where another comes late', () => {
    const engine = sum().read(10, { p: 6 }, { received: 10 }).read(5, { q: 5 }, { received: 11 });
    expect(engine.changes[0]).toMatchObject({ occurredAt: engine.changes[0]?.effectiveAt, value: 11 });
    expect(engine.read(20, { p: 1 }).seen()).toHaveLength(2);
  });

  it('goes on when the clock of the source was set back', () => {
    const engine = sum().read(1000, { p: 1, q: 1 }, { received: 10 });
    for (let second = 20; second <= 60; second += 10) engine.read(second - 15, { p: 6, q: 5 }, { received: second });
    expect(engine.seen()).toEqual([[30, 'sum.H']]);
  });

  it('remembers its windows over a restart at any time', () => {
    const device = calculatingDevice({ mean: 'mean(p, "5m") + q' }, { mean: H });
    const values = fc.array(fc.record({ p: fc.integer({ min: 0, max: 12 }), q: fc.integer({ min: 0, max: 5 }) }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(values, fc.nat({ max: 40 }), (readings, crash) => {
        const run = (crashes: boolean) => {
          const engine = watch(device);
          readings.forEach((reading, i) => {
            engine.read(i * 30, reading);
            if (crashes && i === crash) engine.restart();
          });
          return engine.seen();
        };
        expect(run(true)).toEqual(run(false));
      }),
      { numRuns: 60 },
    );
  });
});
