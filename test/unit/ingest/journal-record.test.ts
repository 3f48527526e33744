import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Envelope } from '../../../src/ingest/envelope.ts';
import { decodeGroup, encodeGroup, recordSize } from '../../../src/ingest/journal-record.ts';

const envelope: fc.Arbitrary<Envelope> = fc.record({
  topic: fc.string({ unit: 'grapheme', maxLength: 80 }),
  client: fc.string({ unit: 'grapheme', maxLength: 40 }),
  payload: fc.uint8Array({ maxLength: 300 }),
  receivedAt: fc.integer({ min: 0, max: 9_000_000_000_000 }),
  oversized: fc.option(fc.integer({ min: 1, max: 0xffff_ffff })),
});

const group = fc.array(envelope, { minLength: 1, maxLength: 20 });

/** Payloads come back as views into the group. */
function plain({ payload, ...rest }: Envelope) {
  return { ...rest, payload: [...payload] };
}

describe('journal record', () => {
  test('comes back as it was written', () => {
    fc.assert(
      fc.property(group, (envelopes) => {
        expect(decodeGroup(encodeGroup(envelopes)).map(plain)).toEqual(envelopes.map(plain));
      }),
    );
  });

  test('takes no more room than was counted for it', () => {
    fc.assert(
      fc.property(group, (envelopes) => {
        const counted = envelopes.reduce((sum, each) => sum + recordSize(each), 0);
        expect(encodeGroup(envelopes).length).toBeLessThanOrEqual(counted + 9);
      }),
    );
  });

  test('keeps the declared length of an oversized message up to 4 GiB', () => {
    const huge = { topic: 't', client: 'c', payload: Buffer.of(1), receivedAt: 5, oversized: 2 ** 40 };
    expect(decodeGroup(encodeGroup([huge]))[0]?.oversized).toBe(0xffff_ffff);
  });

  test('is refused when any one bit of it has flipped', () => {
    fc.assert(
      fc.property(group, fc.nat(), fc.integer({ min: 0, max: 7 }), (envelopes, place, bit) => {
        const bytes = encodeGroup(envelopes);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        expect(() => decodeGroup(bytes)).toThrow(expect.objectContaining({ code: 'JOURNAL_CORRUPT' }));
      }),
    );
  });

  test('is refused when it was cut at any length', () => {
    const bytes = encodeGroup([
      {
        topic: 'v1/a/b/telemetry',
        client: 'a/b',
        payload: Buffer.from('{"values":{"p":1}}'),
        receivedAt: 7,
        oversized: null,
      },
    ]);
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeGroup(bytes.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ code: 'JOURNAL_CORRUPT' }),
      );
    }
  });
});
