import fc from 'fast-check';
import { median, medianAbsoluteDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import {
  BASELINE_SAMPLES,
  Baseline,
  type BaselineOptions,
  type BaselineSnapshot,
  robustZ,
  standardise,
} from '../../../../src/rules/statistics/baseline.ts';
import { createNoise } from './noise.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = 20_000 * DAY;
const WEEK: BaselineOptions = { spanMs: 7 * DAY, minSamples: 30, resolution: 0.001, byHour: false };

describe('baseline', () => {
  it('has median and MAD of what it took, as simple-statistics finds them', () => {
    const values = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(values, (list) => {
        const baseline = new Baseline({ ...WEEK, spanMs: BASELINE_SAMPLES * 1000, minSamples: 1 });
        list.forEach((value, i) => {
          baseline.add(START + i * 1000, value, 0, true);
        });
        const newest = list.slice(-BASELINE_SAMPLES);
        const norm = baseline.norm(0);
        const mad = Math.max(0.0005, medianAbsoluteDeviation(newest));
        expect(norm?.count).toBe(newest.length);
        expect(norm?.median).toBeCloseTo(median(newest), 8);
        expect(norm?.mad).toBeCloseTo(mad, 8);
        expect(norm?.sigma).toBeCloseTo(1.4826 * mad, 8);
        expect(norm?.mean).toBeGreaterThanOrEqual(Math.min(...newest) - 1e-9);
        expect(norm?.mean).toBeLessThanOrEqual(Math.max(...newest) + 1e-9);
      }),
    );
  });

  it('finds mean and deviation of noise in spite of outliers, and its z-scores with them', () => {
    const noise = createNoise('outliers');
    const baseline = new Baseline(WEEK);
    for (let ts = START; ts < START + 7 * DAY; ts += 60_000) {
      baseline.add(ts, ts % (10 * HOUR) < HOUR ? 500 : 20 + 0.5 * noise(), 0, true);
    }
    const norm = baseline.norm(0);
    expect(norm).not.toBeNull();
    if (!norm) return;
    expect(Math.abs(norm.mean - 20)).toBeLessThan(0.15);
    expect(Math.abs(norm.sigma / 0.5 - 1)).toBeLessThan(0.35);
    expect(robustZ(norm, norm.median + norm.mad)).toBeCloseTo(0.6745, 12);
    expect(standardise(norm, norm.mean - 2 * norm.sigma)).toBeCloseTo(-2, 12);
    expect(robustZ(norm, 22.5)).toBeGreaterThan(3.5);
    expect(robustZ(norm, 20.5)).toBeLessThan(3.5);
  });

  it('takes samples evenly over the span, however fast they come', () => {
    const baseline = new Baseline(WEEK);
    for (let ts = START; ts < START + 14 * DAY; ts += 60_000) baseline.add(ts, (ts - START) / DAY, 0, true);
    const norm = baseline.norm(0);
    expect(norm?.count).toBe(BASELINE_SAMPLES);
    expect(norm?.median).toBeCloseTo(10.5, 1);
    expect(norm?.mad).toBeCloseTo(1.75, 1);
  });

  it('says nothing before it knows enough', () => {
    const baseline = new Baseline(WEEK);
    expect(baseline.norm(0)).toBeNull();
    for (let i = 0; i < 29; i++) baseline.add(START + i * 2 * HOUR, 1, 0, true);
    expect(baseline.norm(0)).toBeNull();
    baseline.add(START + 60 * HOUR, 1, 0, true);
    expect(baseline.norm(0)).toEqual({ count: 30, median: 1, mad: 0.0005, sigma: 1.4826 * 0.0005, mean: 1 });
  });

  it('does not learn from an alarm', () => {
    const baseline = new Baseline(WEEK);
    for (let i = 0; i < 40; i++) baseline.add(START + i * 2 * HOUR, 1, 0, true);
    const before = baseline.norm(0);
    for (let i = 40; i < 400; i++) baseline.add(START + i * 2 * HOUR, 99, 0, false);
    expect(baseline.norm(0)).toEqual(before);
  });

  it('knows each hour of the day by itself', () => {
    const baseline = new Baseline({ ...WEEK, byHour: true });
    const hourOf = (ts: number) => Math.floor((ts % DAY) / HOUR);
    for (let ts = START; ts < START + 14 * DAY; ts += 60_000) baseline.add(ts, 10 * hourOf(ts), hourOf(ts), true);
    for (let hour = 0; hour < 24; hour++) {
      expect(baseline.norm(hour)).toMatchObject({ count: BASELINE_SAMPLES, median: 10 * hour });
    }
    const week = new Baseline({ ...WEEK, byHour: true });
    for (let ts = START; ts < START + 14 * DAY; ts += 60_000) week.add(ts, (ts - START) / DAY, hourOf(ts), true);
    expect(week.norm(0)?.median).toBeCloseTo(10, 0);
  });

  it('goes on learning when the source’s clock was set back', () => {
    const baseline = new Baseline({ ...WEEK, minSamples: 1 });
    baseline.add(START + 400 * DAY, 1, 0, true);
    baseline.add(START, 3, 0, true);
    expect(baseline.norm(0)?.count).toBe(1);
    baseline.forgetTime();
    baseline.add(START, 3, 0, true);
    expect(baseline.norm(0)).toMatchObject({ count: 2, median: 2 });
  });

  it('goes on after a restart as if there had been none', () => {
    const list = fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 4 * HOUR }), value: fc.integer({ min: 0, max: 50 }) }),
      {
        minLength: 1,
        maxLength: 300,
      },
    );
    fc.assert(
      fc.property(list, fc.boolean(), fc.nat({ max: 300 }), (samples, byHour, at) => {
        const options = { ...WEEK, byHour, minSamples: 1 };
        const through = new Baseline(options);
        let stopped = new Baseline(options);
        let ts = START;
        samples.forEach(({ gap, value }, i) => {
          if (i === at) {
            const saved = JSON.parse(JSON.stringify(stopped.snapshot())) as BaselineSnapshot;
            stopped = new Baseline(options);
            stopped.restore(saved);
          }
          ts += gap;
          const hour = Math.floor((ts % DAY) / HOUR);
          through.add(ts, value, hour, value < 48);
          stopped.add(ts, value, hour, value < 48);
        });
        expect(stopped.snapshot()).toEqual(through.snapshot());
        for (let hour = 0; hour < 24; hour++) expect(stopped.norm(hour)).toEqual(through.norm(hour));
      }),
    );
  });

  it('does not take a snapshot of whole days for one of hours', () => {
    const whole = new Baseline({ ...WEEK, minSamples: 1 });
    whole.add(START, 1, 5, true);
    const hourly = new Baseline({ ...WEEK, minSamples: 1, byHour: true });
    hourly.restore(whole.snapshot());
    expect(hourly.norm(0)).toBeNull();
  });
});
