import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JournalGroup } from '../../../src/ingest/journal.ts';
import { openRaisingMessages } from '../../../src/ingest/raising-messages.ts';
import { type Environment, openEnvironment } from '../../../src/runtime/database.ts';
import { buildAlarm } from '../../helpers/alarm.ts';
import { NOON } from '../../helpers/readings.ts';

let directory: string;
let environment: Environment;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-messages-'));
  environment = openEnvironment(directory);
});
afterEach(async () => {
  await environment.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Groups of ten messages each, from `firstSeq` on. */
const groupAt = (firstSeq: number): JournalGroup => ({
  firstSeq,
  envelopes: Array.from({ length: 10 }, (_, index) => ({
    topic: `t/${firstSeq + index}`,
    payload: Buffer.from('x'.repeat(firstSeq + index === 5 ? 20_000 : 3)),
    client: 'cab-001',
    receivedAt: NOON,
    oversized: null,
  })),
});

/** A journal from record 21 on. */
function opened() {
  const reads: number[] = [];
  const journal = {
    *read(from: number) {
      reads.push(from);
      yield groupAt(Math.max(21, from - ((from - 1) % 10)));
    },
  };
  const log = pino({ level: 'silent' });
  return { reads, messages: openRaisingMessages(environment, journal, log) };
}

const alarmAt = (journalSeq: number) => buildAlarm({ id: `alm_${journalSeq}`, journalSeq });
const keep = (messages: ReturnType<typeof opened>['messages'], ...seqs: number[]) =>
  environment.commit((batch) => messages.keep(batch, seqs.map(alarmAt)));

test('what has just arrived is not read again', async () => {
  const { reads, messages } = opened();
  messages.see(groupAt(1));
  await keep(messages, 3, 5);
  expect(messages.of('alm_3')).toEqual({ topic: 't/3', client: 'cab-001', receivedAt: NOON, bytes: 3, payload: 'xxx' });
  expect(messages.of('alm_5')).toMatchObject({ bytes: 20_000, payload: 'x'.repeat(16_384) });
  expect(reads).toEqual([]);
  await environment.commit((batch) => messages.remove(batch, 'alm_3'));
  expect(messages.of('alm_3')).toBeNull();
});

test('a group of the journal is read once for all of its alarms, and what is freed is not found', async () => {
  const { reads, messages } = opened();
  messages.see(groupAt(51));
  await keep(messages, 44, 31, 41, 12, 0, 52);
  expect(['12', '0'].map((seq) => messages.of(`alm_${seq}`))).toEqual([null, null]);
  expect([31, 41, 44, 52].map((seq) => messages.of(`alm_${seq}`)?.topic)).toEqual(['t/31', 't/41', 't/44', 't/52']);
  expect(reads).toEqual([12, 31, 41]);
});

test('a flood of alarms from everywhere in the journal does not wait for it', async () => {
  const { reads, messages } = opened();
  await keep(messages, ...Array.from({ length: 500 }, (_, index) => 21 + index * 10));
  expect(reads.length).toBe(100);
});

test('an alarm is raised even where the journal cannot be read', async () => {
  const broken = {
    read(): Iterable<JournalGroup> {
      throw new Error('bad page');
    },
  };
  const messages = openRaisingMessages(environment, broken, pino({ level: 'silent' }));
  await keep(messages, 30);
  expect(messages.of('alm_30')).toBeNull();
});
