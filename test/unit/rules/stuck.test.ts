import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StuckSpec } from '../../../src/model/rule.ts';
import { buildRule, ruledDevice, watch } from '../../helpers/watched.ts';

const spec: StuckSpec = { kind: 'stuck', point: 0, band: 0.1, minReports: 3, maxGapMs: null };
const rest = { unit: 's', byClock: false };
const device = ruledDevice({ p: 'number' }, [buildRule('p.stuck', spec, { at: 60 }, rest)]);

describe('stuck value', () => {
  it('is told when it has stayed within the band for the time, and cleared when it moves', () => {
    const watching = watch(device);
    for (let s = 0; s <= 60; s += 10) watching.read(s, { p: s % 20 === 0 ? 5 : 5.1 });
    expect(watching.seen()).toEqual([[60, 'p.stuck']]);
    expect(watching.changes[0]?.level).toMatchObject({ measured: 60, limit: 60 });
    watching.read(70, { p: 5.2 });
    expect(watching.seen().at(-1)).toEqual([70, '-stuck']);
  });

  it('is measured from where it began: a slow drift is no stuck value', () => {
    const watching = watch(device);
    for (let s = 0; s <= 600; s += 10) watching.read(s, { p: 5 + s / 200 });
    expect(watching.seen()).toEqual([]);
  });

  it('needs reports, not time: silence proves nothing', () => {
    const watching = watch(device).read(0, { p: 5 }).read(10, { p: 5 }).tick(600);
    expect(watching.seen()).toEqual([]);
    watching.read(601, { p: 5 });
    expect(watching.seen()).toEqual([[601, 'p.stuck']]);
  });

  it('needs enough reports of a device that speaks on change', () => {
    expect(watch(device).read(0, { p: 5 }).read(3600, { p: 5 }).seen()).toEqual([]);
  });

  describe('of a device that reports at intervals', () => {
    const periodic = ruledDevice({ p: 'number' }, [
      buildRule('p.stuck', { ...spec, maxGapMs: 30_000 }, { at: 60 }, rest),
    ]);

    it('counts anew after a gap: silence is no standing still', () => {
      const watching = watch(periodic);
      for (const s of [0, 10, 20, 2420, 2430, 2440, 2470]) watching.read(s, { p: 5 });
      expect(watching.seen()).toEqual([]);
      expect(watching.read(2480, { p: 5 }).seen()).toEqual([[2480, 'p.stuck']]);
    });

    it('takes a gap of bad samples for silence', () => {
      const watching = watch(periodic).read(0, { p: 5 }).read(10, { p: 5 }).read(20, { p: 5 });
      for (let s = 30; s < 70; s += 10) watching.read(s, { p: 5 }, { qualities: { p: 'bad' } });
      expect(watching.read(70, { p: 5 }).read(80, { p: 5 }).read(90, { p: 5 }).seen()).toEqual([]);
    });

    it('is not ended by a gap, but by the first sample that has moved', () => {
      const watching = watch(periodic);
      for (const s of [0, 20, 40, 60, 600, 610, 620]) watching.read(s, { p: 5 });
      watching.restart().read(630, { p: 5 });
      expect(watching.seen()).toEqual([[60, 'p.stuck']]);
      expect(watching.read(640, { p: 6 }).seen().at(-1)).toEqual([640, '-stuck']);
    });
  });

  it('neither ends nor is proven by bad samples', () => {
    const bad = { qualities: { p: 'bad' } } as const;
    const watching = watch(device).read(0, { p: 5 });
    for (let s = 10; s < 100; s += 10) watching.read(s, { p: 80 }, bad);
    watching.read(100, { p: 5 });
    expect(watching.seen()).toEqual([]);
    watching.read(110, { p: 5 }).read(120, { p: 80 }, bad).tick(400);
    expect(watching.seen()).toEqual([[110, 'p.stuck']]);
  });

  it('is not cleared by an uncertain sample', () => {
    const watching = watch(device).read(0, { p: 5 }).read(30, { p: 5 }).read(60, { p: 5 });
    watching.read(70, { p: 8 }, { qualities: { p: 'uncertain' } });
    expect(watching.seen()).toEqual([[60, 'p.stuck']]);
    watching.read(80, { p: 8 });
    expect(watching.seen().at(-1)).toEqual([80, '-stuck']);
  });

  it('is disproved by a late sample outside the band', () => {
    const watching = watch(device).read(0, { p: 5 }).read(30, { p: 5 }).read(58, { p: 5 });
    watching.read(55, { p: 9 }, { received: 59 }).read(60, { p: 5 }).read(110, { p: 5 });
    expect(watching.seen()).toEqual([]);
    expect(watching.read(115, { p: 5 }).seen()).toEqual([[115, 'p.stuck']]);
  });

  it('is proven neither by a repeat of a report nor by one that is older than the newest', () => {
    const watching = watch(device).read(0, { p: 5 });
    for (let s = 1; s < 9; s++) watching.read(0, { p: 5 }, { received: s });
    watching.read(70, { p: 5 });
    for (const received of [70, 71, 72]) watching.read(70, { p: 5 }, { received });
    for (const s of [65, 66, 67]) watching.read(s, { p: 5 }, { received: 73 });
    expect(watching.seen()).toEqual([]);
    expect(watching.read(74, { p: 5 }).seen()).toEqual([[74, 'p.stuck']]);
  });

  it('is proven by no report of a clock that was ahead, before that is passed', () => {
    const watching = watch(device).read(0, { p: 5 }).read(100, { p: 5 }, { received: 10 });
    for (let s = 20; s <= 100; s += 10) watching.read(s, { p: 5 });
    expect(watching.seen()).toEqual([]);
    expect(watching.read(101, { p: 5 }).seen()).toEqual([[101, 'p.stuck']]);
  });

  it('takes another value of the same time for a move', () => {
    const watching = watch(device).read(0, { p: 5 }).read(30, { p: 5 }).read(60, { p: 5 }).read(60, { p: 6 });
    expect(watching.seen()).toEqual([
      [60, 'p.stuck'],
      [60, '-stuck'],
    ]);
  });

  it('is the same whether the engine was restarted on the way or not', () => {
    const story = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 30 }), p: fc.integer({ min: 0, max: 2 }) }), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(story, fc.nat(40), (samples, crashAfter) => {
        const [whole, torn] = [watch(device), watch(device)];
        let second = 0;
        samples.forEach(({ gap, p }, i) => {
          second += gap;
          if (i === crashAfter) torn.restart();
          whole.read(second, { p: p / 15 });
          torn.read(second, { p: p / 15 });
        });
        expect(torn.changes).toEqual(whole.changes);
      }),
      { numRuns: 200 },
    );
  });
});
