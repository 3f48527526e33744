import { describe, expect, it } from 'vitest';
import type { PointType } from '../../../src/model/device.ts';
import type { Value } from '../../../src/model/reading.ts';
import type { StateSpec } from '../../../src/model/rule.ts';
import { buildRule, ruledDevice, watch } from '../../helpers/watched.ts';

function device(type: PointType, listed: StateSpec['listed'], values: StateSpec['values'], level = {}, rest = {}) {
  const spec: StateSpec = { kind: 'state', point: 0, values, listed };
  return ruledDevice({ p: type }, [buildRule('p.state', spec, level, rest)]);
}

describe('state', () => {
  it.each<[PointType, StateSpec['listed'], StateSpec['values'], Value[], string[]]>([
    ['boolean', 'normal', [false], [false, true, false], ['p.state', '-state']],
    ['boolean', 'alarm', [false], [true, false, true], ['p.state', '-state']],
    ['string', 'normal', ['RUN', 'STANDBY'], ['RUN', 'STANDBY', 'run'], ['p.state']],
    ['string', 'alarm', ['FAULT', 'TRIP'], ['RUN', 'TRIP', 'FAULT', 'OFF'], ['p.state', '-state']],
    ['number', 'normal', [0, 1], [0, 1, 2, 1], ['p.state', '-state']],
    ['number', 'alarm', [4], [3, 5, 4], ['p.state']],
  ])('%s, %s %s: %s', (type, listed, listedValues, values, expected) => {
    const watching = watch(device(type, listed, listedValues));
    for (const [second, value] of values.entries()) watching.read(second, { p: value });
    expect(watching.seen().map(([, what]) => what)).toEqual(expected);
  });

  it('tells the state and no number', () => {
    const { changes } = watch(device('boolean', 'alarm', [true])).read(0, { p: true });
    expect(changes[0]).toMatchObject({ value: true, level: { condition: 'p.state', limit: null, measured: null } });
  });

  it('counts its on-delay by the clock when nothing more is said, across a restart', () => {
    const watching = watch(device('boolean', 'alarm', [true], { onDelayMs: 60_000 }));
    watching.read(0, { p: true }).restart().tick(59).tick(60);
    expect(watching.seen()).toEqual([[60, 'p.state']]);
    expect(
      watch(device('boolean', 'alarm', [true], { onDelayMs: 60_000 }))
        .read(0, { p: true })
        .read(59, { p: false })
        .tick(90)
        .seen(),
    ).toEqual([]);
  });

  it('clears only on a good value', () => {
    const watching = watch(device('boolean', 'alarm', [true], { offDelayMs: 30_000 })).read(0, { p: true });
    watching.read(1, { p: false }, { qualities: { p: 'uncertain' } }).read(2, { p: null }, { qualities: { p: 'bad' } });
    watching
      .tick(60)
      .read(61, { p: false })
      .read(70, { p: false }, { qualities: { p: 'bad' } })
      .tick(200);
    expect(watching.seen()).toEqual([[0, 'p.state']]);
    watching.read(201, { p: false }).tick(231);
    expect(watching.seen().at(-1)).toEqual([231, '-state']);
  });

  it('takes no value for the worst where told so', () => {
    const watching = watch(device('boolean', 'alarm', [true], {}, { onBad: 'alarm' }));
    watching.read(0, { p: false }).read(1, { p: null }, { qualities: { p: 'bad' } });
    expect(watching.seen()).toEqual([[1, 'p.state']]);
  });
});
