import { describe, expect, it } from 'vitest';
import { buildLimit, watch, watchedDevice } from '../../helpers/watched.ts';

describe("a step of this machine's own clock", () => {
  const clock = { withinMs: 30_000, forMs: 300_000, tier: 'blue' as const };
  const plain = watchedDevice({ limits: [buildLimit('H', 4)] });
  const device = { ...plain, profile: { ...plain.profile, clock } };

  /** Ten minutes of good readings of a device `offset` seconds behind, then a step, then ten more with another value. */
  function stepped(step: number, offset = 0) {
    const watching = watch(device);
    for (let second = 0; second <= 600; second += 20) watching.at(second - offset, 1, { received: second });
    watching.resume(600 + step, 0, step);
    for (let second = 620; second <= 1200; second += 20) {
      // Decoding believes no source time further ahead than a minute.
      const ahead = step < -60 ? { ts: second + step } : { ts: second - offset };
      watching.at(ahead.ts, 5, { received: second + step, clockAhead: step < -60 });
    }
    return watching;
  }

  it('is no fault of the device, nor does it make anyone blind', () => {
    for (const step of [45, 3600, -45, -3600]) {
      expect([step, ...stepped(step).seen()]).toEqual([step, [620 + step, 'p.H']]);
    }
  });

  it('does not hide a clock that is wrong by itself', () => {
    const watching = stepped(90, 50);
    expect(watching.seen()).toEqual([
      [300, 'clock'],
      [710, 'p.H'],
    ]);
    // Right by ours as it was before the step, and later by ours as it is.
    expect(watching.at(1210, 5, { received: 1300 }).seen().at(-1)).toEqual([1300, '-clock']);
    for (let second = 1320; second <= 1700; second += 20) watching.at(second, 5, { received: second });
    expect(watching.seen().at(-1)).toEqual([1300, '-clock']);
    // From then on a difference is its own again.
    for (let second = 1720; second <= 2100; second += 20) watching.at(second - 90, 5, { received: second });
    expect(watching.seen().at(-1)).toEqual([2020, 'clock']);
  });

  it('is over when the clock is set back right, across a restart', () => {
    const watching = stepped(3600).restart();
    watching.resume(1200, 0, -3600);
    for (let second = 1220; second <= 1700; second += 20) watching.at(second, 5, { received: second });
    expect(watching.seen()).toEqual([[4220, 'p.H']]);
    for (let second = 1720; second <= 2040; second += 20) watching.at(second - 40, 5, { received: second });
    expect(watching.seen().at(-1)).toEqual([2020, 'clock']);
  });
});
