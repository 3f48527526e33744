import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/model/reading.ts';
import { BitsMeasure } from '../../../src/rules/bits.ts';
import type { Samples } from '../../../src/rules/samples.ts';
import { buildRule, ruledDevice, watch } from '../../helpers/watched.ts';

function measured(word: Value, mask: number, equals: number | null = null): number | null {
  const samples: Samples = { value: () => word, quality: () => 'good', ts: () => 0, isStale: () => false };
  return new BitsMeasure({ kind: 'bits', point: 0, name: 'x', mask, equals }).evaluate(samples);
}

describe('bits', () => {
  it.each<[Value, number, number | null, number | null]>([
    [0b1000, 0b1000, null, 1],
    [0b0111, 0b1000, null, 0],
    [0b0100, 0b1100, null, 1],
    [0b0100, 0b1100, 0b0100, 1],
    [0b1100, 0b1100, 0b0100, 0],
    [0b0011, 0b1100, 0, 1],
    [2 ** 31, 2 ** 31, null, 1],
    [2 ** 40 + 1, 2 ** 40, null, 1],
    [2 ** 40 + 1, 2 ** 8, null, 0],
    [Number.MAX_SAFE_INTEGER, 2 ** 52, 2 ** 52, 1],
    [-32_768, 2 ** 15, null, 1],
    [-32_768, 2 ** 14, null, 0],
    [1.5, 1, null, null],
    [2 ** 53, 1, null, null],
    ['1', 1, null, null],
    [null, 1, null, null],
  ])('%s under mask %s, equals %s: %s', (word, mask, equals, expected) => {
    expect(measured(word, mask, equals)).toBe(expected);
  });

  it('agrees with big integers on every word and mask', () => {
    const word = fc.maxSafeInteger();
    const mask = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(word, mask, mask, (value, bits, other) => {
        // 53 bits are what a mask can reach; two's complement beyond them is all ones or all zeros.
        const masked = BigInt.asUintN(64, BigInt(value)) & BigInt(bits);
        expect(measured(value, bits)).toBe(masked === 0n ? 0 : 1);
        expect(measured(value, bits, Number(masked))).toBe(1);
        expect(measured(value, bits, other)).toBe(masked === BigInt(other) ? 1 : 0);
      }),
      { numRuns: 500 },
    );
  });

  it('holds its state on a word that says nothing, and keeps its delay across a restart', () => {
    const spec = { kind: 'bits', point: 0, name: 'overheated', mask: 4, equals: null } as const;
    const rule = buildRule('p.bits.overheated', spec, { onDelayMs: 10_000 });
    const watching = watch(ruledDevice({ p: 'number' }, [rule]))
      .read(0, { p: 5 })
      .restart()
      .tick(10);
    watching
      .read(20, { p: 4.5 })
      .read(30, { p: 0 }, { qualities: { p: 'uncertain' } })
      .read(40, { p: 3 });
    expect(watching.seen()).toEqual([
      [10, 'p.bits.overheated'],
      [40, '-bits'],
    ]);
  });
});
