import { describe, expect, it } from 'vitest';
import { buildLimit, watch, watchedDevice } from '../../helpers/watched.ts';

const device = watchedDevice({ absentAfterMs: 180_000, limits: [buildLimit('H', 3, { offDelayMs: 600_000 })] });

describe('absence', () => {
  it('raises after the silence and ends with the next live reading', () => {
    expect(watch(device).at(0, 1).at(60, 1).tick(239).tick(250).at(300, 1).seen()).toEqual([
      [240, 'absent'],
      [300, '-absent'],
    ]);
  });

  it('raises for a device that never reported', () => {
    expect(watch(device).tick(1000).seen()).toEqual([[180, 'absent']]);
  });

  it('takes backfill and old data for silence', () => {
    const watching = watch(device).at(0, 1).at(100, 1, { historical: true }).at(-400, 1, { received: 150 });
    expect(watching.tick(181).seen()).toEqual([[180, 'absent']]);
  });

  it('does not hold our own downtime against the device', () => {
    const watching = watch(device).at(0, 1).resume(1000, 990);
    expect(watching.tick(1100).seen()).toEqual([]);
    expect(watching.tick(1200).seen()).toEqual([[1170, 'absent']]);
  });

  it('proves no calm: a pending clear does not run out in silence', () => {
    const watching = watch(device).at(0, 4).at(10, 1).tick(2000);
    expect(watching.seen()).toEqual([
      [0, 'p.H'],
      [190, 'absent'],
    ]);
  });
});
