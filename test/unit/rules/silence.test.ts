import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Device } from '../../../src/model/device.ts';
import type { Quality } from '../../../src/model/quality.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { Engine } from '../../../src/rules/engine.ts';
import { buildReading, NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRule, ruledDevice, watch, watchedDevice } from '../../helpers/watched.ts';

/** The device, with samples that are stale after three minutes: it is said to report every minute. */
function withStale(device: Device, staleAfterMs = 180_000): Device {
  const points = device.points.map((point) => ({ ...point, staleAfterMs }));
  return { ...device, points, profile: { ...device.profile, points } };
}

const FIVE_MINUTES = 300_000;
const ladder = withStale(watchedDevice({ limits: [buildLimit('H', 4, { deadband: 0.2, offDelayMs: FIVE_MINUTES })] }));
/** The same as a rule of its own. */
const beyond = withStale(
  ruledDevice({ p: 'number' }, [
    buildRule(
      'p.beyond',
      { kind: 'deviation', point: 0, from: { value: 0 }, side: 'high' },
      { at: 4, deadband: 0.2, offDelayMs: FIVE_MINUTES },
      { unit: 'kPa' },
    ),
  ]),
);

describe.each([
  ['a limit', ladder, 'p.H', '-high'],
  ['a rule', beyond, 'p.beyond', '-deviation'],
] as const)('an off-delay of %s, longer than samples are fresh,', (_, device, tripped, cleared) => {
  /** Tripped at 0, back to normal at 300; the sample of 600 is lost. */
  const lost = () => watch(device).at(0, 5).at(300, 3).tick(880);

  it.each([240, 299, 300, 301, 420, 1200])('ends for a device that reports every %d s', (every) => {
    const watching = watch(device).at(0, 5);
    for (let second = every; second <= 4 * every; second += every) watching.at(second, 3);
    const first = every + every * Math.ceil(300 / every);
    // With the sample of 240 s before it is over, that is still fresh at its end.
    expect(watching.seen()).toEqual([
      [0, tripped],
      [every === 240 || every === 299 ? every + 300 : first, cleared],
    ]);
  });

  it('is not ended by silence, nor by the time of the sample that ends the silence', () => {
    expect(lost().seen()).toEqual([[0, tripped]]);
    expect(lost().at(900, 5).tick(1000).seen()).toEqual([[0, tripped]]);
    expect(lost().at(900, 3.9).at(1100, 3).at(1390, 3).seen()).toEqual([[0, tripped]]);
  });

  it('ends with the first good sample that is clear, as of its own time', () => {
    const watching = lost().at(900, 3);
    expect(watching.seen()).toEqual([
      [0, tripped],
      [900, cleared],
    ]);
    expect(watching.changes[1]).toMatchObject({ effectiveAt: NOON + 900_000 });
  });

  it.each<Quality>(['uncertain', 'bad'])('begins again after a sample of %s quality', (quality) => {
    const watching = lost().at(900, 3, { quality }).at(1000, 3).at(1150, 3);
    expect(watching.seen()).toEqual([[0, tripped]]);
    expect(watching.tick(1300).seen().at(-1)).toEqual([1300, cleared]);
  });

  it('runs on after a sample that comes before it is over', () => {
    // Suspended by an off-delay that ended by our clock: the samples are 10 s on their way, the last one none.
    const watching = watch(device).at(0, 5).at(300, 3, { received: 300 }).tick(620);
    expect(watching.at(590, 3, { received: 620 }).seen()).toEqual([[0, tripped]]);
    expect(watching.tick(629).seen()).toEqual([[0, tripped]]);
    expect(watching.tick(630).seen().at(-1)).toEqual([630, cleared]);
  });

  it('is suspended across a restart, a downtime and a step of the clock', () => {
    expect(lost().restart().at(900, 3).seen().at(-1)).toEqual([900, cleared]);
    expect(lost().restart().at(900, 5).seen()).toEqual([[0, tripped]]);
    expect(lost().resume(1000, 100).tick(2000).seen()).toEqual([[0, tripped]]);
    expect(lost().resume(1000, 100).at(1010, 3).seen().at(-1)).toEqual([1010, cleared]);
    expect(lost().resume(500, 0, -380).tick(2000).seen()).toEqual([[0, tripped]]);
    expect(lost().resume(500, 0, -380).at(510, 3).seen().at(-1)).toEqual([510, cleared]);
  });

  it('is made no longer by a source that has set its clock back', () => {
    const watching = watch(device).at(1000, 5, { received: 0 }).at(1300, 3, { received: 300 });
    for (let second = 620; second <= 980; second += 120) watching.at(second, 3);
    expect(watching.seen().at(-1)).toEqual([920, cleared]);
  });
});

describe('silence', () => {
  it('leaves H and HH to the next sample, each by its own delay', () => {
    const limits = [
      buildLimit('H', 4, { offDelayMs: 2 * FIVE_MINUTES }),
      buildLimit('HH', 6, { offDelayMs: FIVE_MINUTES }),
    ];
    const watching = watch(withStale(watchedDevice({ limits }))).at(0, 7);
    for (let second = 300; second <= 1200; second += 300) watching.at(second, 3);
    expect(watching.seen()).toEqual([
      [0, 'p.HH'],
      [600, 'p.H'],
      [900, '-high'],
    ]);
  });

  it('of a device that is told as absent leaves the off-delay to the next sample too', () => {
    const device = watchedDevice({
      limits: [buildLimit('H', 4, { offDelayMs: FIVE_MINUTES })],
      absentAfterMs: 180_000,
    });
    const story = () => watch(withStale(device)).at(0, 5).at(300, 3).tick(1000);
    expect(story().seen().slice(-1)).toEqual([[480, 'absent']]);
    expect(story().at(1000, 3).seen().slice(-2)).toEqual([
      [1000, '-absent'],
      [1000, '-high'],
    ]);
    expect(story().at(1000, 5).seen().at(-1)).toEqual([1000, '-absent']);
  });

  describe('of one of several points', () => {
    const rules = [
      buildRule(
        'apart',
        { kind: 'discrepancy', between: [0, 1] },
        { at: 20, deadband: 5, offDelayMs: FIVE_MINUTES },
        { point: null },
      ),
    ];
    const device = withStale(ruledDevice({ a: 'number', b: 'number' }, rules));
    /** `b` every 20 s; `a` every `every`, with `value`. */
    const story = (every: number, value: (second: number) => number, quality: (second: number) => Quality) => {
      const watching = watch(device);
      for (let second = 0; second <= 1800; second += 20) {
        const a = second % every === 0 ? { a: value(second) } : {};
        watching.read(second, { ...a, b: 100 }, { qualities: { a: quality(second) } });
      }
      return watching.seen();
    };
    const good = () => 'good' as const;

    it('leaves the off-delay to that point', () => {
      const alarm = [0, 'apart'];
      expect(story(400, (second) => (second === 0 ? 150 : 100), good)).toEqual([alarm, [800, '-discrepancy']]);
      expect(story(400, (second) => (second % 800 === 0 ? 150 : 100), good)).toEqual([alarm]);
    });

    it('is told from a point that says it is bad: there the off-delay begins again', () => {
      const quality = (second: number): Quality => (second === 800 ? 'bad' : 'good');
      expect(story(400, (second) => (second === 0 ? 150 : 100), quality)).toEqual([
        [0, 'apart'],
        [1600, '-discrepancy'],
      ]);
    });
  });
});

describe('slow and silent readings in the order of their source', () => {
  const LATENESS = 10_000;
  const rule: Rule = buildRule(
    'apart',
    { kind: 'discrepancy', between: [0, 1] },
    { at: 4, deadband: 1, onDelayMs: 2_000, offDelayMs: 9_000 },
    { point: null },
  );
  const plain = ruledDevice({ p: 'number', q: 'number' }, [rule]);
  const limits = [
    buildLimit('H', 6, { deadband: 0.5, offDelayMs: 12_000, onDelayMs: 1_000 }),
    buildLimit('HH', 8, { offDelayMs: 5_000 }),
  ];
  const points = plain.points.map((point) => ({ ...point, limits, staleAfterMs: 7_000 }));
  const reporting = { ...plain.profile.reporting, order: 'source' as const };
  const device: Device = { ...plain, points, profile: { ...plain.profile, points, reporting } };

  const value = fc.double({ min: 0, max: 10, noNaN: true });
  const story = fc.array(
    fc.record({
      gap: fc.integer({ min: 0, max: 15_000 }),
      p: fc.option(value, { nil: undefined }),
      q: fc.option(value, { nil: undefined }),
      quality: fc.constantFrom<Quality>('good', 'good', 'good', 'uncertain', 'bad'),
      delay: fc.integer({ min: 0, max: LATENESS }),
      again: fc.option(fc.integer({ min: 0, max: LATENESS })),
    }),
    { maxLength: 40 },
  );
  type Story = (typeof story extends fc.Arbitrary<infer S> ? S : never) & readonly unknown[];

  /** What is told, and as of when; `numbered` readings need not wait where none is missing. */
  function told(samples: Story, { delayed, numbered, crashAt = -1 }: Record<string, boolean | number>) {
    const seen: unknown[] = [];
    const create = () =>
      new Engine(
        new Map([[device.key, device]]),
        { liveWindowMs: 300_000, latenessMs: LATENESS },
        ({ direction, level, effectiveAt, occurredAt }) =>
          seen.push([direction, level?.condition, effectiveAt - NOON, level ? occurredAt - NOON : null]),
      );
    let ts = NOON;
    const deliveries = samples.flatMap((sample, i) => {
      ts += sample.gap;
      const sent = { sample, ts, seq: i + 1, at: ts + (delayed ? sample.delay : 0) };
      return delayed && sample.again !== null ? [sent, { ...sent, at: ts + sample.again }] : [sent];
    });
    deliveries.sort((one, other) => one.at - other.at);
    let engine = create();
    engine.resume(NOON - 1, 0, 0, 1);
    deliveries.forEach(({ sample, at, ...rest }, i) => {
      if (i === crashAt) {
        const saved = engine.takeUnsaved(Number.POSITIVE_INFINITY);
        const now = engine.now;
        engine = create();
        for (const { key, snapshot } of saved) engine.restore(key, JSON.parse(JSON.stringify(snapshot)));
        engine.reschedule();
        engine.tick(now);
      }
      const { p, q, quality } = sample;
      const values = { ...(p === undefined ? {} : { p }), ...(q === undefined ? {} : { q }) };
      const seq = numbered ? rest.seq : null;
      const reading = buildReading(device, { values, qualities: { p: quality }, ts: rest.ts, receivedAt: at, seq });
      engine.step({ ...reading, subMs: rest.seq }, i + 2);
    });
    engine.tick(ts + 120_000);
    expect(engine.takeFaults()).toEqual([]);
    return seen;
  }

  it('give the same log however they came, numbered or not, and after a crash', () => {
    fc.assert(
      fc.property(story, fc.nat(60), (samples, crashAt) => {
        const log = told(samples, { delayed: false, numbered: false });
        expect(told(samples, { delayed: false, numbered: true })).toEqual(log);
        expect(told(samples, { delayed: true, numbered: false })).toEqual(log);
        expect(told(samples, { delayed: true, numbered: true })).toEqual(log);
        expect(told(samples, { delayed: true, numbered: true, crashAt })).toEqual(log);
      }),
      { numRuns: 200 },
    );
  });
});
