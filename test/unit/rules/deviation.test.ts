import { describe, expect, it } from 'vitest';
import type { DeviationSpec } from '../../../src/model/rule.ts';
import { buildRule, ruledDevice, watch } from '../../helpers/watched.ts';

function device(side: DeviationSpec['side'], from: DeviationSpec['from'], level = {}, rest = {}) {
  const spec: DeviationSpec = { kind: 'deviation', point: 0, from, side };
  const rule = buildRule(`p.deviation.${side}`, spec, { at: 0.5, deadband: 0.1, ...level }, { unit: 'kPa', ...rest });
  return ruledDevice({ p: 'number', setPoint: 'number' }, [rule]);
}

describe('deviation', () => {
  it.each([
    ['high', [2.5, 2.45, 2.39], ['p.deviation.high', '-deviation']],
    ['high', [1, 0, 2.49], []],
    ['low', [1.5, 1.55, 1.61], ['p.deviation.low', '-deviation']],
    ['low', [3, 9, 1.51], []],
    ['either', [2.5, 1.5, 2.39], ['p.deviation.either', '-deviation']],
  ] as const)('%s of a set point of 2: %s', (side, values, expected) => {
    const watching = watch(device(side, { value: 2 }));
    for (const [second, value] of values.entries()) watching.read(second, { p: value });
    expect(watching.seen().map(([, what]) => what)).toEqual(expected);
  });

  it('is told with its distance', () => {
    const { changes } = watch(device('low', { value: 2 })).read(0, { p: 1.25 });
    expect(changes[0]?.level).toMatchObject({ measured: 0.75, limit: 0.5, tier: 'yellow' });
    expect(changes[0]?.value).toBe(1.25);
  });

  it('follows a set point that moves', () => {
    const watching = watch(device('high', { point: 1 }));
    watching.read(0, { p: 3, setPoint: 3 }).read(10, { setPoint: 2 }).read(20, { p: 2.2 });
    expect(watching.seen()).toEqual([
      [10, 'p.deviation.high'],
      [20, '-deviation'],
    ]);
  });

  it('says nothing until both are there', () => {
    expect(
      watch(device('either', { point: 1 }))
        .read(0, { p: 9 })
        .tick(60)
        .seen(),
    ).toEqual([]);
  });

  it('waits for its delays, across a restart', () => {
    const delays = { onDelayMs: 30_000, offDelayMs: 60_000 };
    const watching = watch(device('high', { value: 2 }, delays));
    watching.read(0, { p: 3 }).restart().tick(29).tick(31).read(40, { p: 2 }).restart().tick(99).tick(101);
    expect(watching.seen()).toEqual([
      [30, 'p.deviation.high'],
      [100, '-deviation'],
    ]);
  });

  it('holds while the set point is bad, and counts it as tripped where told so', () => {
    const bad = { qualities: { setPoint: 'bad' } } as const;
    const hold = watch(device('high', { point: 1 })).read(0, { p: 3, setPoint: 2 });
    hold.read(10, { p: 2, setPoint: 2 }, bad);
    expect(hold.seen()).toEqual([[0, 'p.deviation.high']]);
    const alarm = watch(device('high', { point: 1 }, {}, { onBad: 'alarm' })).read(0, { p: 2, setPoint: 2 });
    alarm.read(10, { setPoint: 2 }, bad).read(20, { setPoint: 2 });
    expect(alarm.seen()).toEqual([
      [10, 'p.deviation.high'],
      [20, '-deviation'],
    ]);
    expect(alarm.changes[0]?.level?.measured).toBeNull();
  });

  it('is raised by uncertain values and not cleared by them', () => {
    const uncertain = { qualities: { p: 'uncertain' } } as const;
    const watching = watch(device('high', { value: 2 }))
      .read(0, { p: 3 }, uncertain)
      .read(10, { p: 2 }, uncertain);
    expect(watching.seen()).toEqual([[0, 'p.deviation.high']]);
  });
});
