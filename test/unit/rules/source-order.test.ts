import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConditionChange } from '../../../src/model/condition.ts';
import type { Device } from '../../../src/model/device.ts';
import type { Quality } from '../../../src/model/quality.ts';
import type { Rule } from '../../../src/model/rule.ts';
import { Engine } from '../../../src/rules/engine.ts';
import { buildDevice, buildProfile, buildReading, NOON } from '../../helpers/readings.ts';
import { buildLimit, buildRate } from '../../helpers/watched.ts';

const LATENESS = 10_000;

const plainRule = { point: 0, title: null, unit: '', onBad: 'hold', byClock: true, why: null } as const;
const STEP = {
  name: '',
  rank: 1,
  deadband: 0.1,
  onDelayMs: 1_500,
  offDelayMs: 500,
  tier: 'yellow',
  latch: false,
} as const;
const learned = { spanMs: 60_000, minSamples: 3, resolution: 0.1, hoursOf: 'Asia/Shanghai' };
const STATISTICAL: readonly Rule[] = [
  {
    ...plainRule,
    id: 'p.ewma',
    spec: { kind: 'ewma', point: 0, side: 'either', norm: { mean: 5, sigma: 2 }, weight: { tauMs: 5_000 }, everyMs: 0 },
    levels: [{ ...STEP, at: 1, sense: 'above' }],
  },
  {
    ...plainRule,
    id: 'p.cusum',
    spec: { kind: 'cusum', point: 0, side: 'high', norm: learned, k: 0.2, h: 2, everyMs: 3_000 },
    levels: [{ ...STEP, at: 2, sense: 'above' }],
  },
  {
    ...plainRule,
    id: 'p.zscore',
    spec: { kind: 'zscore', point: 0, side: 'either', norm: learned },
    levels: [{ ...STEP, at: 2, sense: 'above' }],
  },
  {
    ...plainRule,
    id: 'p.forecast.HH',
    spec: {
      kind: 'forecast',
      point: 0,
      to: 'HH',
      overMs: 12_000,
      minSamples: 4,
      maxGapMs: 6_000,
      significance: 1,
      basis: 'byTier',
    },
    levels: [
      { ...STEP, name: 'yellow', at: 0.4, sense: 'below' },
      { ...STEP, name: 'red', rank: 2, at: 0.1, sense: 'below', tier: 'red' },
    ],
  },
];

/** Two points with everything that remembers: ladder with delays, slope, distance between the points. */
function orderedDevice(id: string): Device {
  const profile = buildProfile({ p: 'number', q: 'number' });
  const limits = [
    buildLimit('L', 2, { deadband: 0.5, onDelayMs: 2_000 }),
    buildLimit('H', 6, { onDelayMs: 3_000, offDelayMs: 5_000, deadband: 0.3 }),
    buildLimit('HH', 8, { deadband: 0.5, latch: true }),
  ];
  const rates = [buildRate('rising', 4, { overMs: 12_000, minSamples: 3, onDelayMs: 1_000 })];
  const points = profile.points.map((point) => ({ ...point, limits, rates }));
  const rules = [
    {
      id: 'p.deviation.either',
      spec: { kind: 'deviation', point: 0, from: { point: 1 }, side: 'either' },
      point: 0,
      title: null,
      unit: '',
      levels: [
        {
          name: '',
          rank: 1,
          at: 4,
          sense: 'above',
          deadband: 1,
          onDelayMs: 2_500,
          offDelayMs: 1_500,
          tier: 'yellow',
          latch: false,
        },
      ],
      onBad: 'hold',
      byClock: true,
      why: null,
    } as const,
    ...STATISTICAL,
  ];
  const reporting = { ...profile.reporting, order: 'source' as const };
  return { ...buildDevice({ ...profile, points, rules, reporting }, id), points, rules };
}

const devices = ['a', 'b'].map(orderedDevice);

interface Sample {
  readonly device: number;
  readonly gapMs: number;
  readonly p: number | null | undefined;
  readonly q: number | undefined;
  readonly quality: Quality;
  /** How long it is on its way, at most the lateness. */
  readonly delayMs: number;
  /** Delay of a second delivery; null = none. */
  readonly again: number | null;
}

const value = fc.double({ min: 0, max: 10, noNaN: true });
const delay = fc.integer({ min: 0, max: LATENESS });
const samples = fc.array(
  fc.record<Sample>({
    device: fc.nat(1),
    gapMs: fc.integer({ min: 0, max: 4_000 }),
    p: fc.oneof({ arbitrary: value, weight: 8 }, fc.constant(null), fc.constant(undefined)),
    q: fc.oneof(value, fc.constant(undefined)),
    quality: fc.constantFrom<Quality>('good', 'good', 'good', 'uncertain', 'bad'),
    delayMs: delay,
    again: fc.option(delay),
  }),
  { maxLength: 60, size: 'max' },
);

interface Delivery {
  readonly at: number;
  readonly sample: Sample;
  readonly ts: number;
  readonly seq: number;
}

/** The deliveries of a story in the order of their arrival. */
function deliveriesOf(story: readonly Sample[], delayed: boolean): { deliveries: Delivery[]; end: number } {
  const deliveries: Delivery[] = [];
  const seqs = [0, 0];
  let ts = NOON;
  for (const sample of story) {
    ts += sample.gapMs;
    const seq = (seqs[sample.device] ?? 0) + 1;
    seqs[sample.device] = seq;
    deliveries.push({ at: ts + (delayed ? sample.delayMs : 0), sample, ts, seq });
    if (delayed && sample.again !== null) deliveries.push({ at: ts + sample.again, sample, ts, seq });
  }
  return { deliveries: deliveries.sort((one, other) => one.at - other.at), end: ts + LATENESS + 60_000 };
}

/** Everything that must not depend on when and how often a reading arrived. */
function essence(changes: readonly ConditionChange[]) {
  return devices.map((device) =>
    changes
      .filter((change) => change.device === device)
      .map(({ direction, rule, point, level, value: shown, quality, occurredAt, effectiveAt }) => ({
        what: rule?.id ?? point?.id,
        direction,
        level,
        shown,
        quality,
        occurredAt: occurredAt - NOON,
        effectiveAt: effectiveAt - NOON,
      })),
  );
}

/** Runs a story; after `crashAfter` deliveries everything but the saved state is lost. */
function run(story: readonly Sample[], delayed: boolean, numbered = true, crashAfter = -1) {
  const changes: ConditionChange[] = [];
  const create = () =>
    new Engine(
      new Map(devices.map((device) => [device.key, device])),
      { liveWindowMs: 300_000, latenessMs: LATENESS },
      (change) => changes.push(change),
    );
  let engine = create();
  let journalSeq = 1;
  engine.resume(NOON - 1, 0, 0, journalSeq);
  const { deliveries, end } = deliveriesOf(story, delayed);
  deliveries.forEach(({ at, sample, ts, seq }, i) => {
    if (i === crashAfter) {
      const saved = engine.takeUnsaved(Number.POSITIVE_INFINITY);
      const now = engine.now;
      engine = create();
      for (const { key, snapshot } of saved) engine.restore(key, JSON.parse(JSON.stringify(snapshot)));
      engine.reschedule();
      engine.tick(now);
    }
    const { p, q } = sample;
    const values = { ...(p === undefined ? {} : { p }), ...(q === undefined ? {} : { q }) };
    const device = devices[sample.device] as Device;
    engine.step(
      buildReading(device, {
        values,
        qualities: { p: p === null ? 'bad' : sample.quality },
        ts,
        receivedAt: at,
        seq: numbered ? seq : null,
        subMs: seq,
      }),
      ++journalSeq,
    );
  });
  engine.tick(end);
  return essence(changes);
}

/** An engine over one device, from just before {@link NOON} on. */
function watching(device: Device, sink: (change: ConditionChange) => void): Engine {
  const engine = new Engine(new Map([[device.key, device]]), { liveWindowMs: 300_000, latenessMs: LATENESS }, sink);
  engine.resume(NOON - 1, 0, 0, 1);
  return engine;
}

describe('readings in the order of their source', () => {
  it('give the same log in any order of arrival within the lateness, delivered once or more', () => {
    fc.assert(
      fc.property(samples, (story) => {
        expect(run(story, true)).toEqual(run(story, false));
      }),
      { numRuns: 300 },
    );
  });

  it('give the same log whether they are numbered or not: only how soon differs', () => {
    fc.assert(
      fc.property(samples, (story) => {
        expect(run(story, true, false)).toEqual(run(story, false));
      }),
      { numRuns: 200 },
    );
  });

  it('give the same log after a crash at any point', () => {
    fc.assert(
      fc.property(samples, fc.nat(60), (story, crashAfter) => {
        expect(run(story, true, true, crashAfter)).toEqual(run(story, false));
      }),
      { numRuns: 300 },
    );
  });

  it('are not held up while their numbers have no gap', () => {
    const [device] = devices as [Device];
    const seen: number[] = [];
    const engine = watching(device, ({ level, at }) => level?.condition === 'p.HH' && seen.push(at - NOON));
    const send = (seq: number, ts: number, value: number) => {
      engine.step(buildReading(device, { values: { p: value }, ts: NOON + ts, receivedAt: NOON + ts, seq }), seq + 1);
    };
    // The first waits, since nobody knows what came before it.
    send(1, 0, 5);
    engine.tick(NOON + LATENESS + 1);
    send(2, 11_000, 9);
    expect(seen).toEqual([11_000]);
  });

  it('never leave the engine blind: a clock set back is believed after the lateness', () => {
    const [device] = devices as [Device];
    const seen: (string | undefined)[] = [];
    const engine = watching(device, ({ level }) => seen.push(level?.condition));
    const send = (at: number, ts: number, value: number, seq: number) => {
      engine.step(buildReading(device, { values: { p: value }, ts: NOON + ts, receivedAt: NOON + at }), seq);
    };
    send(0, 0, 5, 2);
    engine.tick(NOON + 15_000);
    for (let second = 16; second < 60; second++) send(second * 1000, (second - 40) * 1000, 9, second);
    engine.tick(NOON + 90_000);
    expect(seen).toContain('p.HH');
  });

  it('have their turn after the lateness at the latest, and in order, when our own clock is set', () => {
    const [device] = devices as [Device];
    const run = (shift: number, waited: number) => {
      const seen: [string | undefined, number][] = [];
      const engine = watching(device, ({ level, at }) => seen.push([level?.condition, at]));
      const send = (at: number, ts: number, value: number, seq: number) => {
        engine.step(buildReading(device, { values: { p: value }, ts, receivedAt: at, seq: null }), seq);
      };
      send(NOON + 2, NOON + 1, 9, 2);
      send(NOON + 3, NOON, 5, 3);
      const now = NOON + waited + shift;
      engine.resume(now, 0, shift, 4);
      for (let i = 1; i <= 30; i++) send(now + i * 1_000, now + i * 1_000, i < 15 ? 9 : 5, 4 + i);
      engine.tick(now + 60_000);
      return seen.map(([condition, at]) => [condition, at - now] as const);
    };
    for (const shift of [-3_600_000, -5_000, 5_000, 3_600_000]) {
      for (const waited of [4, 15_000]) {
        const [first, ...rest] = run(shift, waited);
        expect(first?.[0]).toBe('p.HH');
        if (waited === 4) expect(first?.[1]).toBeLessThanOrEqual(LATENESS + 1);
        expect(rest.find(([condition]) => condition === 'p.H')?.[1]).toBe(15_000 + LATENESS + 1);
      }
    }
  });
});
