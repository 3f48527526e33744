import type { Device } from '../model/device.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { Reading, Status } from '../model/reading.ts';
import type { DeviceSnapshot } from '../rules/device-snapshot.ts';
import { Engine, type EngineSettings } from '../rules/engine.ts';
import type { Trace } from '../rules/trace.ts';
import { readingAt, type ScanBatch, type ScanSource } from '../store/scan.ts';

/** More readings than this are not judged again: the newest are. */
export const MOST_READINGS = 10_000;
/** So many evaluations of one condition are kept. */
const KEPT = 20;
/** The process has alarms to raise: after so long others have their turn. */
const SLICE_MS = 5;

/** Readings of one device in the order in which they arrived. */
export interface Past {
  readonly readings: readonly Reading[];
  /** Older ones were left out. */
  readonly cut: boolean;
}

/** The moment that is explained, and how far back readings are taken. Epoch milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
  /** How far before its source time a reading may have been received. */
  readonly aheadMs: number;
}

/**
 * The stored readings of a device that had arrived by the end of the span; the newest {@link MOST_READINGS} of them.
 *
 * @throws AppError `SCAN_CANCELLED`, `STORE_UNAVAILABLE`, `STORE_SCHEMA_CONFLICT`
 */
export async function readPast(store: ScanSource, device: Device, span: Span, signal: AbortSignal): Promise<Past> {
  const { from, to, aheadMs } = span;
  const turns = createTurns();
  const batches: ScanBatch[] = [];
  let rows = 0;
  let cut = false;
  const query = {
    profile: device.profile,
    devices: [device.key],
    everyStatus: true,
    from,
    to: to + aheadMs + 1,
    signal,
  };
  for await (const batch of store.scan(query)) {
    batches.push(batch);
    rows += batch.rows;
    for (let first = batches[0]; first && rows - first.rows >= MOST_READINGS; first = batches[0]) {
      rows -= first.rows;
      cut = true;
      batches.shift();
    }
    await turns.next();
  }
  const readings: Reading[] = [];
  let skipped = Math.max(0, rows - MOST_READINGS);
  cut ||= skipped > 0;
  for (const batch of batches) {
    for (let row = 0; row < batch.rows; row++) {
      if (skipped-- > 0) continue;
      const reading = readingAt(batch, row, device);
      if (reading.receivedAt <= to) readings.push(reading);
      await turns.next();
    }
  }
  // Where receive times are not kept they are the source times, and this changes nothing.
  readings.sort((a, b) => a.receivedAt - b.receivedAt);
  return { readings, cut };
}

/** What the rules made of the past. */
export interface Replayed {
  /** The last ones of each condition that was asked for, oldest first. */
  readonly evaluations: readonly Evaluation[];
  readonly state: DeviceSnapshot;
}

/** Judges the readings of one status again by today's rules, with the engine as in operation, up to the end of the span. */
export async function replay(
  device: Device,
  { readings }: Past,
  { from, to }: Span,
  options: { readonly settings: EngineSettings; readonly status: Status; readonly conditions: ReadonlySet<string> },
): Promise<Replayed> {
  const { settings, status, conditions } = options;
  const turns = createTurns();
  const kept = new Map<string, Evaluation[]>();
  const engine = new Engine(new Map([[device.key, device]]), settings, () => {});
  let seq = 1;
  engine.resume(Math.min(from, readings[0]?.receivedAt ?? from), 0, 0, seq);
  engine.follow(device, traceInto(kept, device.key, conditions));
  for (const reading of readings) {
    // A drill is judged by the same limits, in a state of its own.
    if (reading.status === status) engine.step({ ...reading, status: 'actual' }, ++seq);
    await turns.next();
  }
  engine.tick(to);
  const state = engine.state(device.key, 'actual');
  const evaluations = [...kept.values()].flat().sort((a, b) => a.at - b.at);
  return { evaluations, state: state ?? { seq: 0, seenAt: from, absent: false, points: {}, rules: {} } };
}

function traceInto(kept: Map<string, Evaluation[]>, device: string, conditions: ReadonlySet<string>): Trace {
  return (condition, ts, at, value, quality, measured, limit, verdict, before, hold) => {
    if (!conditions.has(condition)) return;
    const last = kept.get(condition) ?? [];
    const waits = hold.phase === 'pendingOn' || hold.phase === 'pendingOff';
    const dueTs = waits ? hold.dueTs : null;
    const after = hold.phase;
    last.push({ device, condition, ts, at, value, quality, measured, limit, verdict, before, after, dueTs });
    if (last.length > KEPT) last.shift();
    kept.set(condition, last);
  };
}

/** Lets everything else have its turn whenever a slice of time is used up. */
function createTurns() {
  let begun = performance.now();
  return {
    next(): Promise<void> | undefined {
      if (performance.now() - begun < SLICE_MS) return undefined;
      return new Promise((resolve) => {
        setImmediate(() => {
          begun = performance.now();
          resolve();
        });
      });
    },
  };
}
