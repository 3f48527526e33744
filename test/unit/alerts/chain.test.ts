import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ChainLink,
  canonicalJson,
  chained,
  followChain,
  GENESIS_HASH,
  hashAfter,
  type LogRow,
} from '../../../src/alerts/chain.ts';

const START: ChainLink = { sequence: 0, hash: GENESIS_HASH };

/** A log of events that say these things, as it lies on disk. */
function logOf(said: readonly object[], start: ChainLink = START): { rows: LogRow[]; head: ChainLink } {
  const rows: LogRow[] = [];
  let head = start;
  for (const event of said) {
    const { sequence, hash, ...rest } = chained(head, event);
    rows.push({ key: sequence, value: JSON.parse(JSON.stringify({ ...rest, sequence, hash })) });
    head = { sequence, hash };
  }
  return { rows, head };
}

const event = fc.record({ id: fc.string(), alarm: fc.object({ maxDepth: 2 }), comment: fc.option(fc.string()) });
const log = fc.array(event, { minLength: 1, maxLength: 12 });
const placed = log.chain((said) => fc.tuple(fc.constant(said), fc.nat({ max: said.length - 1 })));

describe('canonical JSON', () => {
  test('sorts keys at every depth and leaves nothing between', () => {
    expect(canonicalJson({ b: [{ d: 1, c: null }], a: 'é', 10: true, 9: 1e21 })).toBe(
      '{"10":true,"9":1e+21,"a":"é","b":[{"c":null,"d":1}]}',
    );
  });

  test('is the same before and after the disk, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.object({ withBigInt: false, maxDepth: 3 }), (value) => {
        const read: object = JSON.parse(JSON.stringify(value));
        const turned = Object.fromEntries(Object.entries(read).reverse());
        expect(canonicalJson(read)).toBe(canonicalJson(value));
        expect(canonicalJson(turned)).toBe(canonicalJson(value));
      }),
      { numRuns: 300 },
    );
    expect(canonicalJson({ a: -0, b: Number.NaN, c: undefined, d: '\ud800' })).toBe('{"a":0,"b":null,"d":"\\ud800"}');
  });
});

describe('hash chain', () => {
  test('is SHA-256 of the hash before, as text, and the canonical JSON: anybody can work it out', () => {
    const json = '{"id":"evt_1","sequence":1}';
    const expected = createHash('sha256').update(`${GENESIS_HASH}${json}`).digest('hex');
    expect(hashAfter(GENESIS_HASH, { sequence: 1, id: 'evt_1' })).toBe(expected);
    expect(chained(START, { id: 'evt_1' })).toEqual({ id: 'evt_1', sequence: 1, hash: expected });
  });

  test('holds for what was written', () => {
    fc.assert(
      fc.property(log, fc.nat({ max: 1000 }), (said, before) => {
        const start = { sequence: before, hash: hashAfter(GENESIS_HASH, { before }) };
        const { rows, head } = logOf(said, start);
        expect(followChain(rows, start, head)).toEqual({
          events: said.length,
          first: before + 1,
          last: before + said.length,
          fault: null,
        });
      }),
    );
  });

  test('a changed event is found', () => {
    fc.assert(
      fc.property(placed, fc.string(), ([said, index], word) => {
        const { rows, head } = logOf(said);
        const row = rows[index] as { key: number; value: { id: string } };
        fc.pre(row.value.id !== word);
        rows[index] = { key: row.key, value: { ...row.value, id: word } };
        expect(followChain(rows, START, head).fault).toEqual({ sequence: index + 1, kind: 'changed' });
      }),
    );
  });

  test('a changed event with its own hash worked out anew is found at the next one, or at the head', () => {
    fc.assert(
      fc.property(placed, ([said, index]) => {
        const { rows, head } = logOf(said);
        const previous = index === 0 ? START : (rows[index - 1]?.value as ChainLink);
        rows[index] = { key: index + 1, value: chained({ ...previous, sequence: index }, { id: 'forged' }) };
        const { fault } = followChain(rows, START, head);
        const isLast = index === said.length - 1;
        expect(fault).toEqual(
          isLast ? { sequence: index + 1, kind: 'headDiffers' } : { sequence: index + 2, kind: 'changed' },
        );
      }),
    );
  });

  test('a removed event is found, the last one too', () => {
    fc.assert(
      fc.property(placed, ([said, index]) => {
        const { rows, head } = logOf(said);
        rows.splice(index, 1);
        expect(followChain(rows, START, head).fault).toEqual({ sequence: index + 1, kind: 'removed' });
      }),
    );
  });

  test('an inserted event is found: between two, at the end, or in the place of another that moves on', () => {
    fc.assert(
      fc.property(placed, ([said, index]) => {
        const { rows, head } = logOf(said);
        const between = [...rows];
        between.splice(index + 1, 0, { key: index + 1.5, value: { id: 'forged' } });
        expect(followChain(between, START, head).fault).toEqual({ sequence: index + 2, kind: 'inserted' });

        const after = [...rows, { key: said.length + 1, value: chained(head, { id: 'forged' }) }];
        expect(followChain(after, START, head).fault).toEqual({ sequence: said.length + 1, kind: 'inserted' });

        const [first, ...rest] = rows.slice(index);
        const shifted = [
          ...rows.slice(0, index),
          { key: index + 1, value: { ...(first?.value as object), id: 'forged' } },
          ...[first, ...rest].map((row, by) => ({ key: index + 2 + by, value: row?.value })),
        ];
        expect(followChain(shifted, START, head).fault?.sequence).toBe(index + 1);
      }),
    );
  });

  test('two events that change places are found', () => {
    fc.assert(
      fc.property(
        log.filter(({ length }) => length > 1),
        fc.nat(),
        fc.nat(),
        (said, a, b) => {
          const { rows, head } = logOf(said);
          const [one, other] = [a % said.length, b % said.length].sort((x, y) => x - y) as [number, number];
          fc.pre(one !== other);
          const [first, second] = [rows[one]?.value, rows[other]?.value];
          rows[one] = { key: one + 1, value: second };
          rows[other] = { key: other + 1, value: first };
          expect(followChain(rows, START, head).fault).toEqual({ sequence: one + 1, kind: 'moved' });
        },
      ),
    );
  });

  test('a row without a hash, or that is no event, is found', () => {
    const { rows, head } = logOf([{ id: 'a' }, { id: 'b' }]);
    const [first] = rows as [LogRow];
    const second = (value: unknown) => followChain([first, { key: 2, value }], START, head).fault;
    expect(second({ id: 'b', sequence: 2 })).toEqual({ sequence: 2, kind: 'unhashed' });
    expect(second(undefined)).toEqual({ sequence: 2, kind: 'changed' });
  });

  test('a range is followed up to its end only', () => {
    const { rows, head } = logOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
    rows[2] = { key: 3, value: {} };
    expect(followChain(rows, START, head, 2)).toEqual({ events: 2, first: 1, last: 2, fault: null });
  });
});
