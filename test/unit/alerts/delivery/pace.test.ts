import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createPace } from '../../../../src/alerts/delivery/pace.ts';

const RATE = { messages: 20, perMs: 60_000 };
const AT = 1_795_299_592_000;

/** Times at which requests begin that are all wanted from `AT` on, red ones first. */
function begins(
  wanted: readonly boolean[],
  rate = RATE,
  begun: readonly number[] = [],
): { at: number; isRed: boolean }[] {
  const pace = createPace(rate, begun);
  const waiting = [...wanted].sort((a, b) => Number(b) - Number(a));
  const began: { at: number; isRed: boolean }[] = [];
  let at = AT;
  while (waiting.length > 0) {
    const isRed = waiting[0] === true;
    const free = pace.freeAt(isRed, at);
    if (free > at) {
      at = free;
      continue;
    }
    pace.begin(at);
    began.push({ at, isRed });
    waiting.shift();
  }
  return began;
}

function mostInAWindow(times: readonly number[], perMs: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + perMs).length));
}

describe('pace', () => {
  test('without a rate nothing waits', () => {
    const pace = createPace(null);
    for (let count = 0; count < 1000; count++) pace.begin(AT);
    expect(pace.freeAt(false, AT)).toBeLessThan(AT);
  });

  test('a fifth is kept for red', () => {
    const pace = createPace(RATE);
    for (let count = 0; count < 16; count++) {
      expect(pace.freeAt(false, AT)).toBeLessThanOrEqual(AT);
      pace.begin(AT);
    }
    expect(pace.freeAt(false, AT)).toBeGreaterThan(AT);
    expect(pace.freeAt(true, AT)).toBeLessThanOrEqual(AT);
  });

  test('what began before a restart counts', () => {
    const begun = Array.from({ length: 20 }, () => AT - 30_000);
    const [first] = begins([true], RATE, begun);
    expect(first?.at).toBeGreaterThanOrEqual(AT + 30_000);
    expect(first?.at).toBeLessThanOrEqual(AT + 31_000);
  });

  test('a clock that was set back holds nothing for longer than a window', () => {
    const pace = createPace(RATE);
    for (let count = 0; count < 20; count++) pace.begin(AT + 3_600_000);
    expect(pace.freeAt(true, AT)).toBeLessThanOrEqual(AT + 61_000);
  });

  test('no window ever has more than the rate, and waiting is never in vain', () => {
    const rates = fc.record({
      messages: fc.integer({ min: 1, max: 30 }),
      perMs: fc.integer({ min: 60, max: 120_000 }),
    });
    fc.assert(
      fc.property(rates, fc.array(fc.boolean(), { maxLength: 80 }), (rate, wanted) => {
        const began = begins(wanted, rate);
        expect(began).toHaveLength(wanted.length);
        const times = began.map(({ at }) => at);
        if (times.length === 0) return;
        expect(mostInAWindow(times, rate.perMs)).toBeLessThanOrEqual(rate.messages);
        // As fast as the rate allows, but for the reserve and the sixtieth that a part may count too long.
        const windows = Math.ceil(wanted.length / Math.max(1, rate.messages - Math.floor(rate.messages / 5)));
        expect((times.at(-1) ?? AT) - AT).toBeLessThanOrEqual(windows * (rate.perMs * (1 + 1 / 60) + 1));
      }),
    );
  });
});
