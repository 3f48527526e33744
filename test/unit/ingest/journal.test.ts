import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CORRUPT_TOPIC, type Envelope } from '../../../src/ingest/envelope.ts';
import { type Journal, type JournalGroup, openJournal } from '../../../src/ingest/journal.ts';
import { resumedEnvelope } from '../../../src/ingest/pipeline.ts';
import { openEnvironment } from '../../../src/runtime/database.ts';

const log = pino({ level: 'silent' });
let directory: string;
let opened: Opened[] = [];

/** A journal and everything it told. */
interface Opened {
  readonly journal: Journal;
  readonly committed: JournalGroup[];
  readonly told: string[];
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'davylamp-journal-'));
});
afterEach(async () => {
  for (const { journal } of opened) await journal.close();
  opened = [];
  await rm(directory, { recursive: true, force: true });
});

function open({ maxBytes = 100_000_000, minSeq = 0 } = {}): Opened {
  const committed: JournalGroup[] = [];
  const told: string[] = [];
  const journal = openJournal(
    {
      directory,
      maxBytes,
      log,
      onCommitted: (group) => committed.push(group),
      now: () => Date.now(),
      onFatal: (error) => told.push(error.code),
      onFull: (full) => told.push(full ? 'full' : 'room'),
    },
    minSeq,
  );
  const one = { journal, committed, told };
  opened.push(one);
  return one;
}

async function close(one: Opened): Promise<void> {
  opened = opened.filter((other) => other !== one);
  await one.journal.close();
}

function build(text: string): Envelope {
  return {
    topic: 'v1/wujin/cab-1/telemetry',
    client: 'wujin/cab-1',
    payload: Buffer.from(text),
    receivedAt: 1000,
    oversized: null,
  };
}

/** Appends and resolves with the code of the refusal, or `durable`. */
function append(journal: Journal, text: string): Promise<string> {
  return new Promise((resolve) => journal.append(build(text), (error) => resolve(error ? error.code : 'durable')));
}

function texts(groups: Iterable<JournalGroup>): string[] {
  return [...groups].flatMap(({ envelopes }) => envelopes.map(({ payload }) => Buffer.from(payload).toString()));
}

function sequences(groups: Iterable<JournalGroup>): number[] {
  return [...groups].flatMap(({ firstSeq, envelopes }) => envelopes.map((_, i) => firstSeq + i));
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

describe('journal', () => {
  test('acknowledges in the order of arrival and hands over in the order of sequence', async () => {
    const { journal, committed } = open();
    const acknowledged: number[] = [];
    let rounds = 0;
    // A second wave arrives while the first is on its way to the disk, as under load.
    await new Promise<void>((resolve) => {
      const wave = () => {
        const round = rounds++;
        for (let i = 0; i < 100; i++) {
          const number = round * 100 + i;
          journal.append(build(String(number)), () => {
            acknowledged.push(number);
            if (i === 0 && rounds < 5) wave();
            if (number === 499) resolve();
          });
        }
      };
      wave();
    });
    await journal.drain();
    expect(acknowledged).toEqual(numbers(0, 499));
    expect(texts(committed).map(Number)).toEqual(numbers(0, 499));
    expect(sequences(committed)).toEqual(numbers(1, 500));
    expect(committed.length).toBeLessThan(100);
  });

  test('acknowledges a message only when a reader of the file finds it', async () => {
    const { journal } = open();
    for (let i = 1; i <= 20; i++) {
      const found = await new Promise<string[]>((resolve) => {
        journal.append(build(`m${i}`), () => resolve(texts(journal.read(i))));
      });
      expect(found).toEqual([`m${i}`]);
      expect(journal.head()).toBe(i);
    }
  });

  test('reads from the middle of a group on, beginning with that group', async () => {
    const { journal } = open();
    await Promise.all(numbers(1, 10).map((n) => append(journal, `a${n}`)));
    await Promise.all(numbers(11, 20).map((n) => append(journal, `b${n}`)));
    const [first] = journal.read(15);
    expect(first?.firstSeq).toBe(11);
    expect(sequences(journal.read(15))).toEqual(numbers(11, 20));
    expect(sequences(journal.read(21))).toEqual(numbers(11, 20));
  });

  test('splits what arrived together into groups of bounded size', async () => {
    const { journal, committed } = open();
    const large = 'x'.repeat(100_000);
    await Promise.all(numbers(1, 7).map(() => append(journal, large)));
    expect(committed.map(({ envelopes }) => envelopes.length)).toEqual([2, 2, 2, 1]);
    expect(sequences(journal.read(1))).toEqual(numbers(1, 7));
  });

  test('goes on with the next sequence after it was closed and opened', async () => {
    const before = open();
    await Promise.all(numbers(1, 5).map((n) => append(before.journal, `${n}`)));
    const bytes = before.journal.bytes();
    await close(before);
    const { journal } = open();
    expect(journal.head()).toBe(5);
    expect(journal.bytes()).toBe(bytes);
    await append(journal, '6');
    expect(texts(journal.read(1))).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(sequences(journal.read(6)).at(-1)).toBe(6);
  });

  test('never gives a sequence twice that a consumer has seen, even when all was trimmed', async () => {
    const before = open();
    await Promise.all(numbers(1, 5).map((n) => append(before.journal, `${n}`)));
    await before.journal.trim(5);
    await close(before);
    const { journal, committed } = open({ minSeq: 5 });
    expect(journal.head()).toBe(5);
    await append(journal, 'next');
    expect(sequences(committed)).toEqual([6]);
  });

  test('trims only groups that were wholly read', async () => {
    const { journal } = open();
    await Promise.all(numbers(1, 10).map((n) => append(journal, `${n}`)));
    await Promise.all(numbers(11, 20).map((n) => append(journal, `${n}`)));
    await journal.trim(15);
    expect(sequences(journal.read(1))).toEqual(numbers(11, 20));
    await journal.trim(9);
    expect(sequences(journal.read(1))).toEqual(numbers(11, 20));
    await journal.trim(20);
    expect(sequences(journal.read(1))).toEqual([]);
    expect(journal.bytes()).toBe(0);
  });

  test('acknowledges nothing while full, and everything in its order once there is room', async () => {
    const { journal, told } = open({ maxBytes: 5000 });
    await append(journal, 'x'.repeat(4000));
    const acknowledged: string[] = [];
    const waiting = ['a', 'b'].map(async (text) => {
      const outcome = await append(journal, text.repeat(1000));
      acknowledged.push(text);
      return outcome;
    });
    await expect.poll(() => told).toEqual(['full']);
    expect(journal.isFull()).toBe(true);
    expect(acknowledged).toEqual([]);
    expect(journal.head()).toBe(1);
    await journal.trim(1);
    expect(await Promise.all(waiting)).toEqual(['durable', 'durable']);
    expect(acknowledged).toEqual(['a', 'b']);
    expect(told).toEqual(['full', 'room']);
    expect(sequences(journal.read(2))).toEqual([2, 3]);
  });

  test('works off what piled up while it was full, even when it is more than fits at once', async () => {
    const { journal, committed } = open({ maxBytes: 5000 });
    await append(journal, 'x'.repeat(4000));
    const waiting = numbers(1, 12).map((n) => append(journal, String(n % 10).repeat(1000)));
    for (let seq = 1; journal.head() < 13; seq = journal.head()) {
      await journal.trim(seq);
      await expect.poll(() => journal.head()).toBeGreaterThan(seq);
      expect(journal.bytes()).toBeLessThanOrEqual(5000);
    }
    expect(await Promise.all(waiting)).toEqual(new Array(12).fill('durable'));
    expect(sequences(committed)).toEqual(numbers(1, 13));
  });

  test('is not waited for while it is full: what waits was never acknowledged', async () => {
    const { journal } = open({ maxBytes: 5000 });
    await append(journal, 'x'.repeat(4000));
    const waiting = append(journal, 'y'.repeat(4000));
    await journal.drain();
    await journal.close();
    expect(await waiting).toBe('JOURNAL_CLOSED');
  });

  test("has room for the engine's own records even when it is full", async () => {
    const first = open();
    await append(first.journal, 'x'.repeat(1000));
    await close(first);
    const { journal, committed } = open({ maxBytes: 500 });
    const own = resumedEnvelope({ downMs: 5000, shiftMs: 0 }, 2000);
    await new Promise<void>((resolve, reject) => journal.append(own, (error) => (error ? reject(error) : resolve())));
    expect(committed.flatMap(({ envelopes }) => envelopes.map(({ topic }) => topic))).toEqual([own.topic]);
  });

  test('receives what had to wait only when there is room, and holds up no clock meanwhile', async () => {
    const { journal, committed } = open({ maxBytes: 1000 });
    await append(journal, 'x'.repeat(800));
    const waited = append(journal, 'y'.repeat(800));
    await expect.poll(() => journal.isFull()).toBe(true);
    expect(journal.oldestWaiting()).toBe(Number.POSITIVE_INFINITY);
    const before = Date.now();
    await journal.trim(1);
    expect(await waited).toBe('durable');
    expect(committed.at(-1)?.envelopes[0]?.receivedAt).toBeGreaterThanOrEqual(before);
  });

  test('refuses what comes after it was closed', async () => {
    const one = open();
    await close(one);
    expect(await append(one.journal, 'late')).toBe('JOURNAL_CLOSED');
  });

  test('hands out a damaged group as such, and what follows it as it was', async () => {
    const before = open();
    for (const text of ['before', 'damaged', 'after']) await append(before.journal, text);
    await close(before);
    const environment = openEnvironment(directory);
    const groups = environment.table<Buffer>('groups', 'binary');
    const bytes = Buffer.from(groups.get(2) ?? '');
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await environment.commit((batch) => batch.put(groups, 2, bytes));
    await environment.close();
    const { journal } = open();
    const read = [...journal.read(1)];
    expect(read.map(({ firstSeq }) => firstSeq)).toEqual([1, 2, 3]);
    expect(read[1]?.envelopes).toEqual([expect.objectContaining({ topic: CORRUPT_TOPIC, payload: bytes })]);
    expect(texts([read[0], read[2]].filter((group) => group !== undefined))).toEqual(['before', 'after']);
  });
});
