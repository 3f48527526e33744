import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanBatch } from '../../../src/store/scan.ts';
import { BATCH_ROWS, createSorter } from '../../../src/store/scan-order.ts';
import { buildProfile } from '../../helpers/readings.ts';

const { points } = buildProfile({ pressure: 'number', state: 'string' });

interface Row {
  readonly ts: number;
  readonly device: number;
  readonly subMs: number;
}

/** Each reading has its number as value. */
function batchOf(rows: readonly Row[], devices: readonly string[]): ScanBatch {
  return {
    rows: rows.length,
    ts: Float64Array.from(rows, ({ ts }) => ts),
    subMs: Uint32Array.from(rows, ({ subMs }) => subMs),
    receivedAt: null,
    device: Uint32Array.from(rows, ({ device }) => device),
    devices,
    marks: Uint8Array.from(rows, (_, row) => row % 2),
    points,
    values: [Float64Array.from(rows, (_, row) => row), rows.map((_, row) => String(row))],
    quality: [null, Uint8Array.from(rows, (_, row) => row % 4)],
  };
}

function expected(rows: readonly Row[], devices: readonly string[]): number[] {
  const key = ({ device }: Row) => devices[device] ?? '';
  return rows
    .map((row, number) => ({ row, number }))
    .sort(
      ({ row: a }, { row: b }) => a.ts - b.ts || (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) || a.subMs - b.subMs,
    )
    .map(({ number }) => number);
}

describe('the order of a scan', () => {
  const devices = ['s/b', 's/a', 't/a', 's/a.1'];

  it.each([
    ['a second', 1000],
    ['days', 1e9],
    ['centuries, too long for one number each', 9e12],
  ])('is by time, key and nanoseconds, for readings of %s', (_, span) => {
    const row = fc.record({
      ts: fc.oneof(fc.integer({ min: -span, max: span }), fc.constantFrom(0, 1)),
      device: fc.nat({ max: devices.length - 1 }),
      subMs: fc.nat({ max: 3 }),
    });
    const rows = fc.uniqueArray(row, {
      maxLength: 60,
      selector: ({ ts, device, subMs }) => `${ts} ${device} ${subMs}`,
    });
    fc.assert(
      fc.property(rows, (some) => {
        const sorted = createSorter()(batchOf(some, devices));
        expect(sorted.flatMap(({ values }) => [...(values[0] ?? [])])).toEqual(expected(some, devices));
      }),
    );
  });

  it('moves every column alike, and cuts batches', () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => ({ ts: (i * 7919) % 20_000, device: i % 4, subMs: 0 }));
    const batches = createSorter()(batchOf(rows, devices));
    expect(batches.map((batch) => batch.rows)).toEqual([BATCH_ROWS, BATCH_ROWS, 20_000 - 2 * BATCH_ROWS]);
    for (const { ts, device, values, marks, quality } of batches) {
      for (const [place, time] of ts.entries()) {
        const number = Number(values[1]?.[place]);
        expect([time, device[place], values[0]?.[place], marks?.[place], quality[1]?.[place]]).toEqual([
          rows[number]?.ts,
          number % 4,
          number,
          number % 2,
          number % 4,
        ]);
      }
    }
  });

  it('takes devices that are added later', () => {
    const sort = createSorter();
    const growing = ['s/m'];
    expect(sort(batchOf([{ ts: 0, device: 0, subMs: 0 }], growing))).toHaveLength(1);
    growing.push('s/a');
    const [batch] = sort(
      batchOf(
        [0, 1].map((device) => ({ ts: 0, device, subMs: 0 })),
        growing,
      ),
    );
    expect(batch?.device).toEqual(Uint32Array.of(1, 0));
  });

  it('has no batch for no readings', () => {
    expect(createSorter()(batchOf([], devices))).toEqual([]);
  });
});
