import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Filed, openDeadLetters } from '../../../src/ingest/dead-letter.ts';
import { type Environment, openEnvironment } from '../../../src/runtime/database.ts';

const log = pino({ level: 'silent' });
let directory: string;
let environment: Environment;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-letters-'));
  environment = openEnvironment(directory);
});
afterEach(async () => {
  await environment.close();
  rmSync(directory, { recursive: true, force: true });
});

const letter = (seq: number, index = 0, reason: 'notJson' | 'wrongType' = 'notJson'): Filed => ({
  seq,
  index,
  rejection: { reason, message: 'why', topic: 't', client: 'c', receivedAt: seq, payload: '{' },
});

async function file(maxCount: number, ...batches: Filed[][]) {
  const letters = openDeadLetters(environment, maxCount, log);
  for (const batch of batches) await environment.commit((writes) => letters.file(writes, batch));
  return letters;
}

const ids = (letters: Awaited<ReturnType<typeof file>>) => letters.list({ limit: 100 }).items.map(({ id }) => id);

describe('dead letters', () => {
  it('are listed newest first, in pages, by reason, and filed once', async () => {
    const letters = await file(10, [letter(1), letter(2, 0, 'wrongType'), letter(2, 1)], [letter(3), letter(1)]);
    expect(ids(letters)).toEqual(['3-0', '2-1', '2-0', '1-0']);
    expect(letters.count()).toBe(4);
    const first = letters.list({ limit: 2 });
    expect(first.next).toBe('2-1');
    expect(letters.list({ limit: 9, before: first.next ?? '' }).items.map(({ id }) => id)).toEqual(['2-0', '1-0']);
    expect(letters.list({ limit: 9, reason: 'wrongType' }).items.map(({ id }) => id)).toEqual(['2-0']);
  });

  it('stay bounded: the oldest make room, also within one batch, and are counted', async () => {
    const letters = await file(3, [letter(1), letter(2)], [letter(3), letter(4)]);
    expect(ids(letters)).toEqual(['4-0', '3-0', '2-0']);
    expect(letters.evicted()).toBe(1);
    const many = await file(
      3,
      [5, 6, 7, 8, 9].map((seq) => letter(seq)),
    );
    expect(ids(many)).toEqual(['9-0', '8-0', '7-0']);
    expect(many.count()).toBe(3);
    expect((await file(3)).count()).toBe(3);
  });
});
