import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AlarmLog, type ChainedEvent } from '../../../src/alerts/alarm-log.ts';
import { chained } from '../../../src/alerts/chain.ts';
import { type VerifyOptions, verify } from '../../../src/cli/verify.ts';
import { openEnvironment } from '../../../src/runtime/database.ts';
import { buildAlarmEvent } from '../../helpers/delivery-rig.ts';

let data: string;
let head: { sequence: number; hash: string };

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'davylamp-verify-'));
  const environment = openEnvironment(join(data, 'state'));
  const log = new AlarmLog(environment);
  const events: ChainedEvent[] = [];
  head = log.head();
  for (const alarm of [1, 2, 3]) {
    const event = chained(head, buildAlarmEvent(alarm));
    events.push(event);
    head = { sequence: event.sequence, hash: event.hash };
  }
  await environment.commit((batch) => log.writeEvents(batch, events));
  await environment.close();
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

async function run(options: Partial<VerifyOptions> = {}) {
  const lines: string[] = [];
  const say = (line: string) => void lines.push(line);
  const code = await verify({ data, ...options }, { out: say, err: say });
  return { code, lines };
}

test('says how far the log holds, and gives its head', async () => {
  expect(await run()).toEqual({
    code: 0,
    lines: ['events 1 to 3: each follows from the one before (3 checked)', `head 3:${head.hash}`],
  });
  expect((await run({ from: '2', to: '2' })).lines[0]).toBe(
    'events 2 to 2: each follows from the one before (1 checked)',
  );
});

test('a log that ends before what was asked for is not proved', async () => {
  expect(await run({ from: '4' })).toMatchObject({ code: 0 });
  const { code, lines } = await run({ from: '5' });
  expect([code, lines.at(-1)]).toEqual([1, 'BROKEN: event 5 is not in the log: it was cut off, or is another log']);
  expect(JSON.parse((await run({ from: '5', json: true })).lines[0] ?? '')).toMatchObject({ ok: false });
  expect((await run({ from: '3', to: '2' })).code).toBe(2);
});

test('says where it breaks, and exits with 1', async () => {
  const environment = openEnvironment(join(data, 'state'));
  const events = environment.table<object>('events', 'json');
  await environment.commit((batch) => batch.put(events, 2, { ...events.get(2), by: 'nobody' }));
  await environment.close();
  const { code, lines } = await run();
  expect(code).toBe(1);
  expect(lines).toContain('BROKEN: event 2 is not what was written');
  const told = await run({ json: true });
  expect(JSON.parse(told.lines[0] ?? '')).toMatchObject({
    ok: false,
    fault: { sequence: 2, kind: 'changed' },
    last: 1,
  });
});

test('asks the log for what a witness holds', async () => {
  const good = `3:${head.hash.toUpperCase()}`;
  expect(await run({ witness: [good] })).toMatchObject({ code: 0, lines: [{}, {}, 'witness 3 agrees'] });
  const other = await run({ witness: [good, `2:${head.hash}`, `9:${head.hash}`] });
  expect(other.code).toBe(1);
  expect(other.lines.filter((line) => line.startsWith('witness'))).toHaveLength(3);
});

test('what cannot be understood is refused, and a directory without a log said', async () => {
  expect((await run({ witness: ['3'] })).code).toBe(2);
  expect((await run({ from: '-1' })).code).toBe(2);
  await expect(run({ data: join(data, 'nowhere') })).rejects.toMatchObject({ code: 'DATABASE_OPEN_FAILED' });
});
