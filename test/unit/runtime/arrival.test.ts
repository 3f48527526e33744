import { describe, expect, it } from 'vitest';
import { createArrivalClock, type Interruption } from '../../../src/runtime/arrival.ts';

function arrange() {
  let wall = 1_000_000;
  let monotonic = 0;
  const seen: [Interruption, number][] = [];
  const clock = { now: () => wall, sleep: async () => {} };
  const arrival = createArrivalClock(
    clock,
    () => monotonic,
    (interruption, at) => seen.push([interruption, at]),
  );
  return {
    seen,
    pass(elapsed: number, setBy = 0) {
      monotonic += elapsed;
      wall += elapsed + setBy;
      return arrival.now();
    },
  };
}

describe('arrival clock', () => {
  it('follows the computer clock and never runs backwards on a small correction', () => {
    const time = arrange();
    expect(time.pass(100)).toBe(1_000_100);
    expect(time.pass(10, -50)).toBe(1_000_100);
    expect(time.pass(100)).toBe(1_000_160);
    expect(time.seen).toEqual([]);
  });

  it('notices that the process was stopped', () => {
    const time = arrange();
    time.pass(30_000);
    expect(time.seen).toEqual([[{ downMs: 30_000, shiftMs: 0 }, 1_030_000]]);
  });

  it.each([7_200_000, -7_200_000])('notices that the clock was set by %i ms, and goes on from there', (setBy) => {
    const time = arrange();
    expect(time.pass(100, setBy)).toBe(1_000_100 + setBy);
    expect(time.seen).toEqual([[{ downMs: 0, shiftMs: setBy }, 1_000_100 + setBy]]);
    expect(time.pass(100)).toBe(1_000_200 + setBy);
    expect(time.seen).toHaveLength(1);
  });
});
