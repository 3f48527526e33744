import { describe, expect, it } from 'vitest';
import { buildRule, ruledDevice, watch } from '../../helpers/watched.ts';

function device(uncertain = false) {
  const spec = { kind: 'bad', point: 0, uncertain } as const;
  const delays = { onDelayMs: 30_000, offDelayMs: 10_000 };
  return ruledDevice({ p: 'number', q: 'number' }, [buildRule('p.bad', spec, delays)]);
}

const bad = { qualities: { p: 'bad' } } as const;
const uncertain = { qualities: { p: 'uncertain' } } as const;

describe('bad measurement', () => {
  it('is told after its delay, and is over after good values', () => {
    const watching = watch(device()).read(0, { p: 99 }, bad).read(20, { p: 99 }, bad).tick(30);
    watching.read(40, { p: 5 }).tick(49).read(50, { p: 5 });
    expect(watching.seen()).toEqual([
      [30, 'p.bad'],
      [50, '-bad'],
    ]);
    expect(watching.changes[0]).toMatchObject({ value: 99, quality: 'bad', level: { limit: null, measured: null } });
  });

  it('is not told of a single bad sample', () => {
    expect(watch(device()).read(0, { p: 99 }, bad).read(10, { p: 5 }).tick(100).seen()).toEqual([]);
  });

  it('takes no value for a bad one', () => {
    expect(watch(device()).read(0, { p: null }).tick(30).seen()).toEqual([[30, 'p.bad']]);
  });

  it('looks at its own point alone, and not at what never came', () => {
    expect(watch(device()).read(0, { q: 1 }).tick(100).seen()).toEqual([]);
  });

  it('counts uncertain values where told so', () => {
    expect(watch(device()).read(0, { p: 5 }, uncertain).tick(100).seen()).toEqual([]);
    expect(watch(device(true)).read(0, { p: 5 }, uncertain).tick(100).seen()).toEqual([[30, 'p.bad']]);
  });

  it('keeps its delays across a restart', () => {
    const watching = watch(device()).read(0, { p: 99 }, bad).restart().tick(29).tick(31);
    watching.read(40, { p: 5 }).restart().tick(51);
    expect(watching.seen()).toEqual([
      [30, 'p.bad'],
      [50, '-bad'],
    ]);
  });
});
