import { describe, expect, it } from 'vitest';
import type { Device, Point } from '../../../src/model/device.ts';
import { buildLimit, buildRule, ruledDevice, watch, watchedDevice } from '../../helpers/watched.ts';

/** The device, with samples that are stale after 15 s. */
function withStale(device: Device): Device {
  const points: Point[] = device.points.map((point) => ({ ...point, staleAfterMs: 15_000 }));
  return { ...device, points, profile: { ...device.profile, points } };
}

describe('silence', () => {
  const limits = [buildLimit('H', 4, { deadband: 0.2, onDelayMs: 20_000, offDelayMs: 60_000 })];
  const device = withStale(watchedDevice({ limits }));

  it('lets an on-delay run out, and no off-delay: loss of data clears nothing', () => {
    const watching = watch(device).at(0, 4.2).tick(20).at(30, 2).tick(500);
    expect(watching.seen()).toEqual([[20, 'p.H']]);
    watching.at(510, 2);
    expect(watching.seen()).toEqual([
      [20, 'p.H'],
      [510, '-high'],
    ]);
  });

  it('lets an off-delay run out while the sample is fresh, also after a restart', () => {
    const brief = [buildLimit('H', 4, { offDelayMs: 10_000 })];
    const watching = watch(withStale(watchedDevice({ limits: brief })))
      .at(0, 5)
      .at(5, 2)
      .restart()
      .tick(15);
    expect(watching.seen().at(-1)).toEqual([15, '-high']);
  });

  it('of one point while others report makes it bad: what compares with it holds, and is told', () => {
    const rules = [
      buildRule('apart', { kind: 'discrepancy', between: [0, 1] }, { at: 20, deadband: 5 }, { point: null }),
      buildRule('a.bad', { kind: 'bad', point: 0, uncertain: false }, { onDelayMs: 5_000, tier: 'orange' }),
    ];
    const watching = watch(withStale(ruledDevice({ a: 'number', b: 'number' }, rules)));
    watching.read(0, { a: 100, b: 150 });
    for (let second = 5; second <= 60; second += 5) watching.read(second, { b: 150 - second });
    expect(watching.seen()).toEqual([
      [0, 'apart'],
      [25, 'a.bad'],
    ]);
    watching.read(65, { a: 90, b: 90 });
    expect(watching.seen().slice(2)).toEqual([
      [65, '-discrepancy'],
      [65, '-bad'],
    ]);
  });

  it('of what a drill does not play is no loss of measurement', () => {
    const rules = [
      buildRule('a.bad', { kind: 'bad', point: 0, uncertain: false }),
      buildRule('b.bad', { kind: 'bad', point: 1, uncertain: false }),
    ];
    const watching = watch(withStale(ruledDevice({ a: 'number', b: 'number' }, rules)));
    for (let second = 0; second <= 20; second += 5) watching.read(second, { b: 1 }, { status: 'exercise' });
    expect(watching.tick(500).seen()).toEqual([]);
    expect(watching.read(501, { a: 1, b: null }, { status: 'exercise' }).seen()).toEqual([[501, 'b.bad']]);
  });

  it('of a point that never came is told once its first sample is overdue', () => {
    const rules = [buildRule('a.bad', { kind: 'bad', point: 0, uncertain: false })];
    const watching = watch(withStale(ruledDevice({ a: 'number', b: 'number' }, rules)));
    for (let second = 0; second <= 20; second += 5) watching.read(second, { b: 1 });
    expect(watching.seen()).toEqual([[20, 'a.bad']]);
  });

  describe('of a point that never came, to a rule that counts bad input as tripped', () => {
    const between = { kind: 'discrepancy', between: [0, 1] } as const;
    const when = { text: 'a > 10 && b > 0', timezone: 'UTC', intervalMs: null };
    const rules = [
      buildRule('apart', between, { at: 20 }, { point: null, onBad: 'alarm' }),
      buildRule('both', { kind: 'expression', when, until: null }, {}, { point: null, onBad: 'alarm' }),
    ];
    const points = ruledDevice({ a: 'number', b: 'number' }, rules);

    it('is a failure once its first sample is overdue, and none before', () => {
      const watching = watch(withStale(points));
      for (let second = 0; second <= 20; second += 5) watching.read(second, { b: 1 });
      expect(watching.seen()).toEqual([
        [20, 'apart'],
        [20, 'both'],
      ]);
      watching.read(25, { a: 1, b: 1 });
      expect(watching.seen()).toHaveLength(4);
    });

    it('is a failure at once where another input is bad, or where no sample is ever due', () => {
      const bad = { qualities: { b: 'bad' } } as const;
      expect(watch(withStale(points)).read(0, { b: 1 }, bad).seen()).toHaveLength(2);
      expect(watch(points).read(0, { b: 1 }).seen()).toHaveLength(2);
    });

    it('ends nothing: what is in force when its unit is changed stays', () => {
      const before = watch(withStale(points)).read(0, { a: 50, b: 1 }).read(5, { a: 50, b: 1 });
      expect(before.seen()).toHaveLength(2);
      const changed = points.points.map((point, i) => (i === 0 ? { ...point, unit: 'Pa' } : point));
      const after = watch(withStale({ ...points, points: changed }));
      after.engine.takeOver(before.engine, 0);
      after.tick(6);
      for (let i = 0; i < 8; i++) after.read(10, { b: 1 });
      expect(after.seen()).toEqual([]);
    });
  });
});

describe('a clock that is always wrong by the same', () => {
  const clock = { withinMs: 30_000, forMs: 300_000, tier: 'yellow' as const };
  const plain = watchedDevice({ limits: [buildLimit('H', 4)] });
  const device = { ...plain, profile: { ...plain.profile, clock } };

  it('makes nobody blind: once it is known, readings count as of their arrival', () => {
    const watching = watch(device);
    for (let second = 0; second <= 320; second += 20) watching.at(second - 600, 5, { received: second });
    expect(watching.seen()).toEqual([
      [60, 'p.H'],
      [300, 'clock'],
    ]);
    expect(
      watching
        .restart()
        .at(340 - 600, 3, { received: 340 })
        .seen()
        .at(-1),
    ).toEqual([340, '-high']);
  });

  it('that was set back in the midst of it makes nobody blind for longer than a minute', () => {
    const watching = watch(device);
    for (let second = 0; second < 300; second += 1) watching.at(second, 2);
    for (let second = 300; second <= 400; second += 1) {
      watching.at(second - 3600, second < 330 ? 2 : 5, { received: second });
    }
    expect(watching.seen()).toEqual([[360, 'p.H']]);
  });

  it.each([1.2, 2, 60])(
    'is told from stored readings that are sent late, %f times faster: they never count',
    (pace) => {
      const watching = watch(device);
      for (let second = 0; second <= 600; second += 10) watching.at(-80_000 + second * pace, 5, { received: second });
      expect(watching.seen()).toEqual([[300, 'clock']]);
    },
  );
});
