/**
 * A SIGKILL leaves the page cache, so kills cannot show what a loss of power would. The order of system calls can:
 * between the arrival of a message and its PUBACK the journal's fdatasync must have returned.
 */
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ACKNOWLEDGES_BEFORE_FSYNC, createMutant, type Mutant } from './mutant.ts';
import { type Rig, startRig } from './rig.ts';
import { straced, traceOf } from './trace.ts';

const MESSAGES = 150;

let rig: Rig | null = null;
let mutant: Mutant | null = null;
afterEach(async () => {
  await rig?.dispose();
  await mutant?.dispose();
  rig = null;
  mutant = null;
});

/** What strace saw of one device that sends one message at a time. */
interface Order {
  readonly acknowledged: number;
  /** Acknowledged before the journal's fdatasync had returned. */
  readonly tooEarly: number;
}

async function observe(program?: string): Promise<Order> {
  rig = await startRig({
    seed: 1,
    store: { kind: 'duckdb' },
    devices: 1,
    window: 1,
    intervalMs: 5,
    ...(program === undefined ? {} : { program }),
  });
  await rig.engine.kill();
  const trace = join(rig.directory, 'strace.txt');
  const options = ['-y', '-s', '8', '-e', 'trace=read,write,writev,fdatasync'];
  await rig.engine.start({}, straced(trace, options));
  const { pid } = rig.engine;
  await rig.publisher.acknowledged(MESSAGES, 60_000);
  await rig.publisher.drain();
  await rig.engine.terminate();
  return orderIn(await traceOf(trace, pid));
}

/** A line that was cut by another thread's names its call and file first, and its result with `resumed`. */
function orderIn(trace: readonly string[]): Order {
  const syncing = new Set<string>();
  let synced = false;
  let acknowledged = 0;
  let tooEarly = 0;
  for (const line of trace) {
    const thread = /^\d+/.exec(line)?.[0] ?? '';
    if (/ fdatasync\(\d+<[^>]*journal[^>]*>/.test(line)) {
      if (line.includes('unfinished')) syncing.add(thread);
      else if (line.includes('= 0')) synced = true;
    } else if (line.includes('fdatasync resumed') && syncing.delete(thread) && line.includes('= 0')) {
      synced = true;
    } else if (/ read\(\d+<(?:socket|TCP)[^>]*>, "[2:]/.test(line)) {
      // PUBLISH of QoS 1, with and without DUP.
      synced = false;
    } else if (/ writev?\(\d+<(?:socket|TCP)[^>]*>, (?:\[\{iov_base=)?"@/.test(line)) {
      acknowledged++;
      if (!synced) tooEarly++;
    }
  }
  return { acknowledged, tooEarly };
}

describe('order of fdatasync and PUBACK', () => {
  test('no PUBACK leaves before the fdatasync that follows its message', { timeout: 90_000 }, async () => {
    const order = await observe();
    console.log(`fsync order: ${JSON.stringify(order)}`);
    expect(order.acknowledged).toBeGreaterThanOrEqual(MESSAGES);
    expect(order.tooEarly).toBe(0);
  });

  test('the same look catches an engine that acknowledges before it', { timeout: 90_000 }, async () => {
    mutant = await createMutant(ACKNOWLEDGES_BEFORE_FSYNC);
    const order = await observe(mutant.program);
    console.log(`fsync order of the mutant: ${JSON.stringify(order)}`);
    expect(order.acknowledged).toBeGreaterThanOrEqual(MESSAGES);
    expect(order.tooEarly).toBeGreaterThan(MESSAGES / 2);
  });
});
