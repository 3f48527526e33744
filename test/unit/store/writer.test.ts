import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { AppError } from '../../../src/model/error.ts';
import type { Reading } from '../../../src/model/reading.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import type { ReadingStore } from '../../../src/store/port.ts';
import type { FiledRejection, SourceSlice } from '../../../src/store/source.ts';
import { createWriter, type Writer, type WriterLimits } from '../../../src/store/writer.ts';
import { buildDevice, buildReading } from '../../helpers/readings.ts';

const device = buildDevice();
const numberOf = (reading: Reading) => Number(reading.values[0]);

/** A record of the journal with one reading whose value is its sequence. */
function record(seq: number, rejections: FiledRejection[] = []): SourceSlice {
  const readings = [buildReading(device, { ts: 1_800_000_000_000 + seq, values: { pressure: seq } })];
  return { firstSeq: seq, lastSeq: seq, readings, seqs: [seq], rejections };
}

/** A store in memory that can be down and can refuse values. */
class MemoryStore implements ReadingStore {
  readonly kind = 'duckdb';
  readonly batches: number[][] = [];
  readonly refused = new Set<number>();
  down = false;
  starts = 0;
  tries = 0;
  beforeWrite: (values: number[]) => Promise<void> = async () => {};

  get stored(): number[] {
    return this.batches.flat();
  }
  async start() {
    this.starts++;
  }
  async write(readings: readonly Reading[]) {
    this.tries++;
    const values = readings.map(numberOf);
    await this.beforeWrite(values);
    if (this.down) throw new AppError('STORE_UNAVAILABLE', 'down');
    if (values.some((value) => this.refused.has(value))) throw new AppError('STORE_REFUSED', 'field type conflict');
    this.batches.push(values);
  }
  async history() {
    return [];
  }
  async *scan() {}
  async check() {}
  configure() {}
  async prune() {}
  async stop() {}
}

/** A journal, a checkpoint and a writer between them and a {@link MemoryStore}. */
function setUp(parts: { written?: number; position?: number; limits?: Partial<WriterLimits> } = {}) {
  const store = new MemoryStore();
  const records: SourceSlice[] = [];
  const letters = new Map<string, FiledRejection>();
  const events: string[] = [];
  const positions: number[] = [];
  let position = parts.position ?? 0;
  let head = 0;
  let rereads = 0;
  const append = (rejections: FiledRejection[] = []) => {
    const slice = record(++head, rejections);
    records.push(slice);
    return slice;
  };
  for (let i = 0; i < (parts.written ?? 0); i++) append();
  const writer = createWriter({
    store,
    source: {
      head: () => head,
      read(afterSeq, untilSeq, maxReadings) {
        rereads++;
        const found = records.slice(afterSeq, Math.min(untilSeq, afterSeq + maxReadings));
        const last = found.at(-1);
        if (!last) return null;
        return {
          firstSeq: afterSeq + 1,
          lastSeq: last.lastSeq,
          readings: found.flatMap((slice) => slice.readings),
          seqs: found.flatMap((slice) => slice.seqs),
          rejections: found.flatMap((slice) => slice.rejections),
        };
      },
    },
    checkpoint: {
      position: () => position,
      async commit(change) {
        for (const letter of change.deadLetters) letters.set(`${letter.seq}-${letter.index}`, letter);
        positions.push(change.through);
        position = change.through;
        const dealtWith = new Set([...store.stored, ...[...letters.values()].map((letter) => letter.seq)]);
        for (let seq = 1; seq <= change.through; seq++) {
          if (seq > (parts.position ?? 0) && !dealtWith.has(seq))
            events.push(`position ${change.through} covers ${seq}`);
        }
      },
    },
    clock: systemClock,
    log: pino({ level: 'silent' }),
    random: () => 0.5,
    limits: { lingerMs: 1, backoffMs: { min: 1, max: 5 }, flushMs: 500, ...parts.limits },
    onOutage: ({ code }) => events.push(`outage ${code}`),
    onRecovered: () => events.push('recovered'),
    onFailure: (error) => events.push(`failure ${error.message}`),
  });
  return {
    store,
    writer,
    letters,
    events,
    positions,
    rereads: () => rereads,
    position: () => position,
    append,
    offer: (rejections?: FiledRejection[]) => writer.offer(append(rejections)),
    settled: () => until(() => position === head),
  };
}

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not come about within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe('writer', () => {
  let writer: Writer | undefined;
  const begin = (parts?: Parameters<typeof setUp>[0]) => {
    const bench = setUp(parts);
    writer = bench.writer;
    return bench;
  };
  afterEach(async () => {
    await writer?.stop();
  });

  it('stores what is offered, in order, and moves the checkpoint to it', async () => {
    const bench = begin();
    bench.writer.start();
    for (let i = 0; i < 100; i++) bench.offer();
    await bench.settled();
    expect(bench.store.stored).toEqual(numbers(1, 100));
    expect(bench.writer.lag()).toMatchObject({ sequences: 0, queued: 0, backlog: 0, storeAvailable: true });
    expect(bench.events).toEqual([]);
    expect(bench.rereads()).toBe(0);
  });

  it('joins small offers into one write', async () => {
    const bench = begin({ limits: { lingerMs: 50 } });
    bench.writer.start();
    for (let i = 0; i < 30; i++) bench.offer();
    await bench.settled();
    expect(bench.store.batches).toEqual([numbers(1, 30)]);
  });

  it('cuts what is too much for one write', async () => {
    const bench = begin({ limits: { batch: 4, lingerMs: 20 } });
    bench.writer.start();
    for (let i = 0; i < 10; i++) bench.offer();
    await bench.settled();
    expect(bench.store.batches.map((batch) => batch.length)).toEqual([4, 4, 2]);
  });

  it('begins behind the checkpoint with what the journal holds', async () => {
    const bench = begin({ written: 50, position: 20, limits: { reread: 7 } });
    bench.writer.start();
    bench.offer();
    await bench.settled();
    expect([...bench.store.stored].sort((a, b) => a - b)).toEqual(numbers(21, 51));
  });

  it('does not take from an offer what it reads from the journal at the start', async () => {
    const bench = begin({ written: 3 });
    const early = bench.append();
    bench.writer.start();
    bench.writer.offer(early);
    await bench.settled();
    expect(bench.store.stored).toEqual(numbers(1, 4));
  });

  it('holds a bounded number of readings while the store is down, and stores every one afterwards', async () => {
    const bench = begin({ limits: { queued: 100, batch: 10 } });
    bench.store.down = true;
    bench.writer.start();
    for (let i = 0; i < 1000; i++) {
      bench.offer();
      expect(bench.writer.lag().queued).toBeLessThanOrEqual(100);
      if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(bench.writer.lag()).toMatchObject({ sequences: 1000, storeAvailable: false });
    expect(bench.writer.lag().backlog).toBeGreaterThan(800);
    expect(bench.position()).toBe(0);
    bench.store.down = false;
    await bench.settled();
    expect([...bench.store.stored].sort((a, b) => a - b)).toEqual(numbers(1, 1000));
    expect(bench.events).toEqual(['outage STORE_UNAVAILABLE', 'recovered']);
  });

  it('starts the store again before each try of an outage', async () => {
    const bench = begin();
    bench.store.down = true;
    bench.writer.start();
    bench.offer();
    await until(() => bench.store.tries > 3);
    expect(bench.store.starts).toBeGreaterThanOrEqual(bench.store.tries - 1);
    bench.store.down = false;
    await bench.settled();
  });

  it('takes an unexpected error for an outage', async () => {
    const bench = begin();
    let broken = true;
    bench.store.beforeWrite = async () => {
      if (broken) throw new TypeError('a defect');
    };
    bench.writer.start();
    bench.offer();
    await until(() => bench.events.length > 0);
    broken = false;
    await bench.settled();
    expect(bench.events).toEqual(['outage STORE_UNAVAILABLE', 'recovered']);
    expect(bench.store.stored).toEqual([1]);
  });

  it('lets live batches and batches of the backlog take turns', async () => {
    const bench = begin({ written: 100, limits: { batch: 10, reread: 10, lingerMs: 0 } });
    bench.store.beforeWrite = async () => {
      // Live readings keep coming as fast as the store takes batches.
      if (bench.store.batches.length < 15) for (let i = 0; i < 10; i++) bench.offer();
    };
    bench.writer.start();
    await bench.settled();
    const live = bench.store.batches.map((batch) => (batch[0] ?? 0) > 100);
    expect(live.slice(1, 11)).toEqual([true, false, true, false, true, false, true, false, true, false]);
    expect(bench.events).toEqual([]);
    expect([...new Set(bench.store.stored)].length).toBe(bench.position());
  });

  it('leaves the checkpoint before the oldest record that is not dealt with', async () => {
    const bench = begin({ written: 40, limits: { batch: 10, reread: 10, lingerMs: 0 } });
    const seen: number[] = [];
    bench.store.beforeWrite = async (values) => {
      seen.push(values[0] ?? 0);
      if (bench.store.batches.length < 3) for (let i = 0; i < 10; i++) bench.offer();
    };
    bench.writer.start();
    await bench.settled();
    // The commit itself checks that nothing at or below the position is missing.
    expect(bench.events).toEqual([]);
    expect(bench.positions).toEqual([...bench.positions].sort((a, b) => a - b));
    expect(seen.some((first, i) => first < (seen[i - 1] ?? 0))).toBe(true);
  });

  it('makes exactly the refused readings dead letters, with the words of the store', async () => {
    const bench = begin({ limits: { lingerMs: 20 } });
    for (const value of [3, 64, 65]) bench.store.refused.add(value);
    bench.writer.start();
    for (let i = 0; i < 100; i++) bench.offer();
    await bench.settled();
    expect([...bench.store.stored].sort((a, b) => a - b)).toEqual(
      numbers(1, 100).filter((value) => ![3, 64, 65].includes(value)),
    );
    expect([...bench.letters.keys()]).toEqual(['3-1000000', '64-1000000', '65-1000000']);
    expect(bench.letters.get('3-1000000')?.rejection).toMatchObject({
      reason: 'refusedByStore',
      message: 'field type conflict',
      topic: 'v1/wujin-gas/cab-001/telemetry',
      payload: '{"site":"wujin-gas","device":"cab-001","ts":1800000000003,"values":{"pressure":3}}',
    });
    expect(bench.writer.lag().storeAvailable).toBe(true);
  });

  it('goes on with the halves when the store goes down in the middle', async () => {
    const bench = begin({ limits: { lingerMs: 20 } });
    bench.store.refused.add(7);
    bench.store.beforeWrite = async () => {
      bench.store.down = bench.store.tries % 3 === 0;
    };
    bench.writer.start();
    for (let i = 0; i < 20; i++) bench.offer();
    await bench.settled();
    expect([...new Set(bench.store.stored)].sort((a, b) => a - b)).toEqual(
      numbers(1, 20).filter((value) => value !== 7),
    );
    expect([...bench.letters.keys()]).toEqual(['7-1000000']);
  });

  it('files the rejections of the decoder with the position behind them', async () => {
    const bench = begin();
    bench.writer.start();
    const rejection = { reason: 'notJson', message: '', topic: 't', client: 'c', receivedAt: 1, payload: '' } as const;
    bench.offer([{ seq: 1, index: 0, rejection }]);
    bench.writer.offer({ ...bench.append([{ seq: 2, index: 0, rejection }]), readings: [], seqs: [] });
    await bench.settled();
    expect([...bench.letters.keys()]).toEqual(['1-0', '2-0']);
  });

  it('writes what is queued when it stops', async () => {
    const bench = begin({ limits: { lingerMs: 10_000 } });
    bench.writer.start();
    for (let i = 0; i < 10; i++) bench.offer();
    await bench.writer.stop();
    expect(bench.position()).toBe(10);
  });

  it('stops at once when the store is down, and leaves the rest to the journal', async () => {
    const bench = begin({ limits: { flushMs: 60_000 } });
    bench.store.down = true;
    bench.writer.start();
    bench.offer();
    await until(() => bench.events.length > 0);
    const before = Date.now();
    await bench.writer.stop();
    expect(Date.now() - before).toBeLessThan(1000);
    expect(bench.position()).toBe(0);
  });

  it('stops within its time when the store is slow', async () => {
    const bench = begin({ limits: { batch: 1, flushMs: 50 } });
    bench.store.beforeWrite = async (values) => {
      if (values[0] === 2) bench.store.down = true;
    };
    bench.writer.start();
    for (let i = 0; i < 5; i++) bench.offer();
    await bench.writer.stop();
    expect(bench.store.stored).toEqual([1]);
    expect(bench.position()).toBe(1);
  });

  it('reports a checkpoint that cannot be committed', async () => {
    const bench = setUp();
    const failures: string[] = [];
    writer = createWriter({
      store: bench.store,
      source: { head: () => 0, read: () => null },
      checkpoint: { position: () => 0, commit: () => Promise.reject(new Error('disk full')) },
      clock: systemClock,
      log: pino({ level: 'silent' }),
      random: Math.random,
      limits: { lingerMs: 0 },
      onFailure: ({ code }) => failures.push(code),
    });
    writer.start();
    writer.offer(record(1));
    await until(() => failures.length > 0);
    expect(failures).toEqual(['WRITER_FAILED']);
  });
});
