import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTimeline } from '../../../src/trial/timeline.ts';

function samplesOf(items: string[], type: 'number' | 'boolean' | 'string' = 'number', stepMs = 10_000) {
  const timeline = readTimeline(items, type, stepMs);
  if ('fault' in timeline) throw new Error(timeline.fault.message);
  return timeline;
}

/** `second value`, with the quality where it is not good. */
function shown(items: string[], type: 'number' | 'boolean' | 'string' = 'number', stepMs = 10_000): string[] {
  return samplesOf(items, type, stepMs).samples.map(({ ts, arrives, value, quality, historical }) => {
    const marks = [
      quality === 'good' ? '' : quality,
      arrives === ts ? '' : `at ${arrives / 1000}`,
      historical ? 'marked' : '',
    ];
    return [ts / 1000, value, ...marks.filter((mark) => mark !== '')].join(' ');
  });
}

describe('timeline', () => {
  test.each<[string, string[], string[]]>([
    ['holds a value', ['hold 3.0 30s'], ['0 3', '10 3', '20 3']],
    ['holds the value before', ['ramp 1 -> 2 10s', 'hold 20s'], ['0 1', '10 2', '20 2']],
    ['ramps up to, but not at, the end', ['ramp 3.0 -> 5.0 40s'], ['0 3', '10 3.5', '20 4', '30 4.5']],
    ['ramps on from the value before', ['hold 4 10s', 'ramp -> 2 20s'], ['0 4', '10 4', '20 3']],
    ['steps for one sample', ['hold 3 10s', 'step 9', 'hold 3 10s'], ['0 3', '10 9', '20 3']],
    ['is silent', ['hold 3 10s', 'silence 25s', 'hold 3 5s'], ['0 3', '35 3']],
    ['goes on after a silence with the value before it', ['hold 3 10s', 'silence 10s', 'hold 10s'], ['0 3', '20 3']],
    ['reports bad and uncertain values', ['bad 4 10s', 'uncertain 5 10s'], ['0 4 bad', '10 5 uncertain']],
    ['reports no value', ['null 20s'], ['0  bad', '10  bad']],
    [
      'sends a backfill at once',
      ['hold 3 10s', 'backfill 1h ago hold 9 20s', 'hold 3 10s'],
      ['0 3', '-3590 9 at 10', '-3580 9 at 10', '10 3'],
    ],
    ['marks a backfill', ['backfill 1h ago historical step 9', 'hold 3 10s'], ['-3600 9 at 0 marked', '0 3']],
    ['samples an item that is no multiple of the interval', ['hold 1 15s', 'hold 2 5s'], ['0 1', '10 1', '15 2']],
  ])('%s', (_, items, expected) => {
    expect(shown(items)).toEqual(expected);
  });

  test('reports texts and booleans', () => {
    expect(shown(['hold true 10s', 'step false'], 'boolean')).toEqual(['0 true', '10 false']);
    expect(shown(['hold open 10s', 'hold "half open" 10s'], 'string')).toEqual(['0 open', '10 half open']);
  });

  test('makes the same noise of the same seed, around its mean', () => {
    const one = samplesOf(['noise 3 0.5 1000s seed 7'], 'number', 1_000).samples.map(({ value }) => Number(value));
    expect(samplesOf(['noise 3 0.5 1000s seed 7'], 'number', 1_000).samples.map(({ value }) => value)).toEqual(one);
    expect(samplesOf(['noise 3 0.5 1000s seed 8'], 'number', 1_000).samples.map(({ value }) => value)).not.toEqual(one);
    const mean = one.reduce((sum, value) => sum + value, 0) / one.length;
    const variance = one.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (one.length - 1);
    expect(mean).toBeCloseTo(3, 1);
    expect(Math.sqrt(variance)).toBeCloseTo(0.5, 1);
  });

  test.each<[string[], number, RegExp]>([
    [['hold 3 30s', 'wobble 3 30s'], 1, /write one of: hold VALUE 30s/],
    [['hold 3.0'], 0, /"3.0" is not a duration/],
    [['hold 30s'], 0, /there is no value before it/],
    [['hold true 30s'], 0, /true is no number/],
    [['hold 3 0s'], 0, /takes some time/],
    [['ramp 3 -> 5'], 0, /write ramp 3.0 -> 5.0 20s/],
    [['ramp 3 5 20s'], 0, /write ramp/],
    [['noise 3 1 10s seed x'], 0, /write the seed as a whole number/],
    [['noise 3 1 10s seed'], 0, /write noise/],
    [['backfill 1m ago hold 3 1h'], 0, /must end before it is sent/],
    [['backfill 1d ago backfill 1d ago hold 3 1h'], 0, /write one of/],
    [['hold 3 9999d'], 0, /more than 1000000 samples/],
    [['hold 3 30'], 0, /not a duration/],
  ])('says what is wrong with %j', (items, item, message) => {
    const timeline = readTimeline(items, 'number', 1_000);
    expect('fault' in timeline && timeline.fault.item).toBe(item);
    expect('fault' in timeline && timeline.fault.message).toMatch(message);
  });

  test('refuses a number where the point has none', () => {
    const timeline = readTimeline(['ramp 1 -> 2 10s'], 'boolean', 1_000);
    expect('fault' in timeline && timeline.fault.message).toMatch(/the point is a boolean/);
  });

  test('never throws, whatever is written', () => {
    const words = fc.constantFrom(
      'hold',
      'ramp',
      'noise',
      'step',
      '->',
      '3',
      '-1',
      '10s',
      'seed',
      'backfill',
      'ago',
      '',
    );
    fc.assert(
      fc.property(fc.array(fc.array(fc.oneof(words, fc.string({ maxLength: 5 })), { maxLength: 8 })), (items) => {
        const timeline = readTimeline(
          items.map((item) => item.join(' ')),
          'number',
          60_000,
        );
        if ('fault' in timeline) expect(timeline.fault.message).not.toBe('');
        else expect(timeline.samples.every(({ ts }) => Number.isFinite(ts))).toBe(true);
      }),
    );
  });

  test('samples every interval and lasts as long as its items', () => {
    const item = fc.record({ seconds: fc.integer({ min: 1, max: 60 }), value: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 10 }), fc.integer({ min: 1, max: 10 }), (list, step) => {
        const items = list.map(({ seconds, value }) => `hold ${value} ${seconds}s`);
        const { samples, durationMs } = samplesOf(items, 'number', step * 1_000);
        expect(durationMs).toBe(1_000 * list.reduce((sum, { seconds }) => sum + seconds, 0));
        expect(samples).toHaveLength(list.reduce((sum, { seconds }) => sum + Math.ceil(seconds / step), 0));
        for (const [i, { ts }] of samples.entries()) {
          const before = samples[i - 1];
          if (before) expect(ts - before.ts).toBeLessThanOrEqual(step * 1_000);
        }
      }),
    );
  });
});
