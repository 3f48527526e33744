import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunningPercentile } from '../../../../src/rules/statistics/percentile.ts';
import type { ThinnedRingSnapshot } from '../../../../src/rules/statistics/thinned-ring.ts';
import { createNoise } from './noise.ts';

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const START = 20_000 * DAY;
const ZERO = { spanMs: DAY, share: 0.05, minSamples: 144 };

describe('running percentile', () => {
  it('is that of the samples of the last day, one in five minutes', () => {
    const value = fc.integer({ min: -100_000, max: 100_000 }).map((whole) => whole / 1000);
    fc.assert(
      fc.property(fc.array(value, { minLength: 144, maxLength: 600 }), (list) => {
        const running = new RunningPercentile(ZERO);
        list.forEach((one, i) => {
          running.add(START + i * 5 * MINUTE, one);
          running.add(START + i * 5 * MINUTE + MINUTE, 1e6);
        });
        const sorted = list.slice(-288).sort((a, b) => a - b);
        expect(running.value()).toBe(sorted[Math.ceil(0.05 * sorted.length) - 1]);
      }),
      { numRuns: 50 },
    );
  });

  it('shows the zero of a gas detector through hours of gas', () => {
    const noise = createNoise('zero');
    const running = new RunningPercentile(ZERO);
    for (let t = 0; t < DAY; t += 10_000) {
      const gas = t % (DAY / 4) < DAY / 12 ? 30 : 0;
      running.add(START + t, 4 + gas + 0.1 * noise());
    }
    expect(Math.abs((running.value() ?? 0) - 4)).toBeLessThan(0.3);
  });

  it('says nothing before it knows enough', () => {
    const running = new RunningPercentile(ZERO);
    for (let i = 0; i < 143; i++) running.add(START + i * 5 * MINUTE, 1);
    expect(running.value()).toBeNull();
    running.add(START + 144 * 5 * MINUTE, 1);
    expect(running.value()).toBe(1);
    expect(new RunningPercentile({ ...ZERO, minSamples: 0 }).value()).toBeNull();
  });

  it('goes on after a restart as if there had been none', () => {
    const list = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 30 * MINUTE }), value: fc.integer() }), {
      minLength: 1,
      maxLength: 400,
    });
    fc.assert(
      fc.property(list, fc.nat({ max: 400 }), (samples, at) => {
        const options = { ...ZERO, minSamples: 1 };
        const through = new RunningPercentile(options);
        let stopped = new RunningPercentile(options);
        let ts = START;
        samples.forEach(({ gap, value }, i) => {
          if (i === at) {
            const saved = JSON.parse(JSON.stringify(stopped.snapshot())) as ThinnedRingSnapshot;
            stopped = new RunningPercentile(options);
            stopped.restore(saved);
          }
          ts += gap;
          through.add(ts, value);
          stopped.add(ts, value);
        });
        expect(stopped.value()).toBe(through.value());
        expect(stopped.snapshot()).toEqual(through.snapshot());
      }),
    );
  });
});
