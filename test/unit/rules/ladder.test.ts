import { describe, expect, it } from 'vitest';
import { buildLimit, watch, watchedDevice } from '../../helpers/watched.ts';

const plain = watchedDevice({
  limits: [
    buildLimit('LL', 1),
    buildLimit('L', 1.5),
    buildLimit('H', 3.2, { deadband: 0.1 }),
    buildLimit('HH', 4, { deadband: 0.2 }),
  ],
});

describe('limit ladder', () => {
  it('trips at the set point and clears only beyond the deadband', () => {
    const seen = watch(plain).at(0, 3.19).at(1, 3.2).at(2, 3.15).at(3, 3.1).at(4, 3.09).seen();
    expect(seen).toEqual([
      [1, 'p.H'],
      [4, '-high'],
    ]);
  });

  it('mirrors the low side', () => {
    const seen = watch(plain).at(0, 1.51).at(1, 1.5).at(2, 0.9).at(3, 1.2).at(4, 2).seen();
    expect(seen).toEqual([
      [1, 'p.L'],
      [2, 'p.LL'],
      [3, 'p.L'],
      [4, '-low'],
    ]);
  });

  it('goes straight to HH on a jump, steps down to H, and ends', () => {
    const seen = watch(plain).at(0, 5).at(1, 3.5).at(2, 2).seen();
    expect(seen).toEqual([
      [0, 'p.HH'],
      [1, 'p.H'],
      [2, '-high'],
    ]);
  });

  it('waits for the on-delay in source time and forgets it when the value falls back', () => {
    const device = watchedDevice({ limits: [buildLimit('H', 3, { onDelayMs: 5_000 })] });
    expect(watch(device).at(0, 4).at(4, 2).at(5, 2).tick(20).seen()).toEqual([]);
    expect(watch(device).at(0, 4).at(4, 4).at(6, 4).seen()).toEqual([[5, 'p.H']]);
  });

  it('fires the on-delay by tick when samples stop, at the instant it was over', () => {
    const device = watchedDevice({ limits: [buildLimit('H', 3, { onDelayMs: 5_000 })] });
    expect(watch(device).at(0, 4).tick(4.9).tick(60).seen()).toEqual([[5, 'p.H']]);
  });

  it('tells H before HH however late it looks', () => {
    const device = watchedDevice({
      limits: [buildLimit('H', 3, { onDelayMs: 2_000 }), buildLimit('HH', 4, { onDelayMs: 5_000 })],
    });
    const late = { received: 100 };
    expect(
      watch(device)
        .at(0, 5, late)
        .at(7, 5, late)
        .seen()
        .map(([, what]) => what),
    ).toEqual(['p.H', 'p.HH']);
  });

  it('waits for the off-delay, and a relapse starts it anew', () => {
    const device = watchedDevice({ limits: [buildLimit('H', 3, { offDelayMs: 10_000 })] });
    const seen = watch(device).at(0, 4).at(1, 2).at(5, 4).at(6, 2).tick(15.9).tick(17).seen();
    expect(seen).toEqual([
      [0, 'p.H'],
      [16, '-high'],
    ]);
  });
});

describe('quality', () => {
  it('never judges a bad value', () => {
    expect(watch(plain).at(0, 9, { quality: 'bad' }).at(1, null, { quality: 'bad' }).seen()).toEqual([]);
  });

  it('never clears on a bad or missing value, nor lets a pending clear run out on one', () => {
    const device = watchedDevice({ limits: [buildLimit('H', 3, { offDelayMs: 10_000 })] });
    const watching = watch(device).at(0, 4).at(1, 2).at(5, 2, { quality: 'bad' }).tick(60);
    expect(watching.seen()).toEqual([[0, 'p.H']]);
    expect(watching.at(61, 2).tick(75).seen()).toEqual([
      [0, 'p.H'],
      [71, '-high'],
    ]);
  });

  it('raises but does not clear on an uncertain value', () => {
    const seen = watch(plain).at(0, 3.5, { quality: 'uncertain' }).at(1, 2, { quality: 'uncertain' }).at(2, 2).seen();
    expect(seen).toEqual([
      [0, 'p.H'],
      [2, '-high'],
    ]);
  });

  it('keeps a pending raise through bad and uncertain values', () => {
    const device = watchedDevice({ limits: [buildLimit('H', 3, { onDelayMs: 5_000 })] });
    expect(
      watch(device).at(0, 4).at(1, null, { quality: 'bad' }).at(2, 1, { quality: 'uncertain' }).tick(6).seen(),
    ).toEqual([[5, 'p.H']]);
  });
});

describe('time', () => {
  it('records but does not judge what is historical, older than the live window, or overtaken', () => {
    const seen = watch(plain)
      .at(10, 2)
      .at(20, 9, { historical: true })
      .at(-400, 9, { received: 21 })
      .at(9, 9, { received: 22 })
      .seen();
    expect(seen).toEqual([]);
  });

  it('does not clear a live alarm with old data', () => {
    const seen = watch(plain).at(10, 3.5).at(9, 2, { received: 11 }).at(-400, 2, { received: 12 }).seen();
    expect(seen).toEqual([[10, 'p.H']]);
  });

  it('keeps exercises apart: a drill neither raises nor calms what is actual', () => {
    const watching = watch(plain).at(0, 3.5).at(1, 2, { status: 'exercise' }).at(2, 5, { status: 'exercise' });
    expect(watching.changes.map((change) => [change.status, change.level?.condition])).toEqual([
      ['actual', 'p.H'],
      ['exercise', 'p.HH'],
    ]);
  });

  it('holds no clear against time in which nobody watched', () => {
    const device = watchedDevice({ limits: [buildLimit('H', 3, { offDelayMs: 10_000 })] });
    const watching = watch(device).at(0, 4).at(1, 2).resume(100, 90);
    expect(watching.tick(100).seen()).toEqual([[0, 'p.H']]);
    expect(watching.tick(102).seen()).toEqual([
      [0, 'p.H'],
      [101, '-high'],
    ]);
  });

  it("sees again at once when the computer's clock was set back", () => {
    const watching = watch(plain).at(0, 2).resume(-3600, 0, -3600);
    expect(watching.at(-3599, 5).seen()).toEqual([[-3599, 'p.HH']]);
  });

  it('is not blinded by a device clock that ran ahead and was set right', () => {
    expect(watch(plain).at(59, 2, { received: 0 }).at(1, 5).seen()).toEqual([[1, 'p.HH']]);
  });

  it('takes a device clock that was set back for such after three intervals, and late data before it for late', () => {
    const watching = watch(plain).at(300, 2);
    for (let s = 301; s < 500; s++) watching.at(s - 200, 5, { received: s });
    expect(watching.seen()).toEqual([[481, 'p.HH']]);
  });

  it('is changed by no backlog of old readings while live ones come in between, however seldom', () => {
    const watching = watch(plain).at(300, 5);
    for (let s = 301; s < 600; s++) {
      watching.at(s - 200, 2, { received: s });
      if (s % 60 === 0) watching.at(s, 5);
    }
    expect(watching.seen()).toEqual([[300, 'p.HH']]);
  });

  it('moves delays with a clock that was set back', () => {
    const device = watchedDevice({ limits: [buildLimit('H', 3, { onDelayMs: 60_000 })] });
    expect(watch(device).at(0, 4).resume(-7190, 0, -7200).tick(-7141).tick(-7139).seen()).toEqual([[-7140, 'p.H']]);
  });
});
