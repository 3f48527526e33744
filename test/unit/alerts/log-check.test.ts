import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AlarmLog } from '../../../src/alerts/alarm-log.ts';
import { chained, GENESIS_HASH } from '../../../src/alerts/chain.ts';
import { type CheckOptions, checkLog, LOG_TABLES } from '../../../src/alerts/log-check.ts';
import { type Batch, type Environment, openEnvironment, type Table } from '../../../src/runtime/database.ts';
import { openSnapshot } from '../../../src/runtime/snapshot.ts';
import { buildAlarmEvent } from '../../helpers/delivery-rig.ts';

const AT = Date.UTC(2026, 10, 21);
let directory: string;
let environment: Environment;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-chain-'));
  environment = openEnvironment(directory);
});
afterEach(async () => {
  await environment.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Writes so many events more, a second apart, as the ledger does. */
async function write(count: number): Promise<void> {
  const alarms = new AlarmLog(environment);
  let head = alarms.head();
  const events = Array.from({ length: count }, () => {
    const at = AT + head.sequence * 1000;
    const event = chained(head, buildAlarmEvent(head.sequence, 'raised', { at, value: Math.sin(head.sequence) }));
    head = event;
    return event;
  });
  await environment.commit((batch) => alarms.writeEvents(batch, events));
}

/** Writes to the table of events without the engine. */
function tamper(work: (batch: Batch, events: Table<object>) => void): Promise<void> {
  const events = environment.table<object>('events', 'json');
  return environment.commit((batch) => work(batch, events));
}

function row(sequence: number): object {
  return environment.table<object>('events', 'json').get(sequence) ?? {};
}

async function check(options: CheckOptions = {}) {
  const disk = openSnapshot(directory, LOG_TABLES);
  try {
    return checkLog(disk, options);
  } finally {
    await disk.close();
  }
}

async function prune(before: number): Promise<void> {
  const remove = new AlarmLog(environment).prunable(
    before,
    () => true,
    () => {},
  );
  if (remove) await environment.commit(remove);
}

describe('event log on disk', () => {
  test('holds as it was written, by one engine after the other', async () => {
    expect(await check()).toMatchObject({ ok: true, events: 0, head: null, anchor: null });
    await write(3);
    await write(2);
    expect(await check()).toMatchObject({ ok: true, events: 5, first: 1, last: 5, unchained: 0, fault: null });
    expect(new AlarmLog(environment).listEvents({ limit: 9 }).items.every(({ hash }) => hash?.length === 64)).toBe(
      true,
    );
  });

  test('what retention has removed is not missed', async () => {
    await write(10);
    await prune(AT + 4000);
    expect(await check()).toMatchObject({ ok: true, first: 5, last: 10, anchor: { sequence: 4 } });
    await write(1);
    await prune(AT + 3600_000);
    expect(await check(), 'the last one stays').toMatchObject({ ok: true, first: 11, last: 11 });
    await tamper((batch, events) => batch.put(events, 2, { id: 'forged' }));
    expect(await check()).toMatchObject({ ok: false, fault: { sequence: 2, kind: 'inserted' } });
  });

  test('events of an earlier version stand before the chain, and are counted', async () => {
    await tamper((batch, events) => {
      for (const sequence of [1, 2, 3]) batch.put(events, sequence, { ...buildAlarmEvent(sequence), sequence });
    });
    expect(await check()).toMatchObject({ ok: true, events: 0, unchained: 3, anchor: null });
    await write(2);
    const anchor = { sequence: 3, hash: GENESIS_HASH };
    expect(await check()).toMatchObject({ ok: true, first: 4, last: 5, unchained: 3, anchor });
    expect(new AlarmLog(environment).listEvents({ limit: 9 }).items.map(({ hash }) => hash === null)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  test('one row changed, removed, inserted or moved is found, wherever it lies', async () => {
    await write(12);
    const kinds = {
      changed: (at: number, batch: Batch, events: Table<object>) => batch.put(events, at, { ...row(at), comment: 'x' }),
      removed: (at: number, batch: Batch, events: Table<object>) => batch.remove(events, at),
      inserted: (at: number, batch: Batch, events: Table<object>) => batch.put(events, at - 0.5, row(at)),
      moved: (at: number, batch: Batch, events: Table<object>) => batch.put(events, at, row(at === 12 ? 1 : at + 1)),
    };
    const kind = fc.constantFrom<keyof typeof kinds>('changed', 'removed', 'inserted', 'moved');
    await fc.assert(
      fc.asyncProperty(kind, fc.integer({ min: 1, max: 12 }), async (done, at) => {
        const before = row(at);
        await tamper((batch, events) => kinds[done](at, batch, events));
        expect(await check()).toMatchObject({ ok: false, fault: { sequence: at, kind: done } });
        await tamper((batch, events) => {
          batch.put(events, at, before);
          batch.remove(events, at - 0.5);
        });
        expect((await check()).ok).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test('a tail that was cut off stays missing when the engine goes on', async () => {
    await write(6);
    await tamper((batch, events) => {
      batch.remove(events, 5);
      batch.remove(events, 6);
    });
    expect((await check()).fault).toEqual({ sequence: 5, kind: 'removed' });
    await write(2);
    expect(await check()).toMatchObject({ fault: { sequence: 5, kind: 'removed' }, head: { sequence: 8 } });
  });

  test('without its head or anchor nothing is proved, and a start does not mend that', async () => {
    await write(4);
    const chain = environment.table('chain', 'json');
    await environment.commit((batch) => batch.remove(chain, 'head'));
    expect((await check()).fault).toEqual({ sequence: 1, kind: 'headMissing' });
    await environment.commit((batch) => batch.remove(chain, 'anchor'));
    expect((await check()).fault).toEqual({ sequence: 1, kind: 'anchorMissing' });
    await write(1);
    expect((await check()).fault).toEqual({ sequence: 1, kind: 'anchorMissing' });
  });

  test('a log that was written anew as a whole is found by whoever has kept a hash', async () => {
    await write(4);
    const { head } = await check();
    if (!head) throw new Error('no head');
    const witnesses = [head, { sequence: 9, hash: head.hash }];
    expect((await check({ witnesses })).witnesses.map(({ verdict }) => verdict)).toEqual(['agrees', 'missing']);
    const chain = environment.table('chain', 'json');
    await environment.commit((batch) => {
      for (const key of ['head', 'anchor']) batch.remove(chain, key);
    });
    await tamper((batch, events) => {
      for (const sequence of [1, 2, 3, 4]) batch.remove(events, sequence);
    });
    const alarms = new AlarmLog(environment);
    const forged = chained(alarms.head(), buildAlarmEvent('forged', 'raised', { at: AT }));
    await environment.commit((batch) => alarms.writeEvents(batch, [forged]));
    await write(3);
    expect(await check()).toMatchObject({ ok: true, events: 4 });
    expect(await check({ witnesses })).toMatchObject({
      ok: false,
      fault: null,
      witnesses: [{ verdict: 'differs' }, {}],
    });
    await prune(AT + 3600_000);
    expect(await check({ witnesses: [{ ...head, sequence: 1 }] })).toMatchObject({
      ok: true,
      witnesses: [{ verdict: 'notKept' }],
    });
  });

  test('a range is checked by itself', async () => {
    await write(9);
    await tamper((batch, events) => batch.put(events, 3, { ...row(3), comment: 'x' }));
    expect(await check({ from: 4, to: 7 })).toMatchObject({ ok: true, first: 4, last: 7, events: 4 });
    expect(await check({ from: 4 })).toMatchObject({ ok: true, first: 4, last: 9 });
    expect(await check({ to: 2 })).toMatchObject({ ok: true, last: 2 });
    expect(await check({ from: 2, to: 5 })).toMatchObject({ fault: { sequence: 3, kind: 'changed' } });
    expect(await check({ from: 50 })).toMatchObject({ ok: true, events: 0 });
  });
});
