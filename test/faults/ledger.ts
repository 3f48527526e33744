import { contractFaults, type ReceivedRequest } from '../helpers/receiver.ts';
import { type DeviceLedger, ledgerKey, type SentLine } from './device-ledger.ts';
import { alarmKey, type ExpectedEvent, expectedDelayed, expectedEvents } from './oracle.ts';
import { POINTS } from './site-plan.ts';
import type { StoredRow } from './stored-rows.ts';

/** A dead letter as the API lists it. */
export interface DeadLetter {
  readonly reason: string;
  readonly topic: string;
  readonly payload: string;
}

/** The readings, counted: S sent, A acknowledged, I rows, D dead letters. */
export interface ReadingCount {
  readonly sent: number;
  readonly acked: number;
  readonly rows: number;
  readonly deadLetters: number;
  /** A \ (I ∪ D): must be empty. */
  readonly lost: readonly string[];
  /** Rows that differ from what the device wrote down, or that no device sent. */
  readonly wrong: readonly string[];
  /** Identities with more than one row. */
  readonly duplicates: readonly string[];
}

const PRESSURE_RANGE = POINTS.find((point) => point.id === 'outletPressure')?.range ?? [0, 0];

/** The counting rule for readings. */
export function countReadings(
  ledger: DeviceLedger,
  rows: readonly StoredRow[],
  deadLetters: readonly DeadLetter[],
): ReadingCount {
  const sentByTime = new Map<string, SentLine>();
  for (const lines of ledger.sent.values()) {
    for (const line of lines) sentByTime.set(identity(line.device, timeOf(line)), line);
  }
  const stored = new Set<string>();
  const wrong: string[] = [];
  const duplicates: string[] = [];
  for (const row of rows) {
    const line = sentByTime.get(identity(row.device, row.time));
    if (!line || line.malformed) {
      wrong.push(`${row.device} ${row.time}: nobody sent it`);
      continue;
    }
    const key = ledgerKey(line.device, line.seq);
    if (stored.has(key)) duplicates.push(key);
    stored.add(key);
    if (!sameValues(row, line))
      wrong.push(`${key}: ${JSON.stringify(line)}, stored ${row.outletPressure} ${row.gasLevel}`);
  }
  const dead = new Set(deadLetters.flatMap(keyOfDeadLetter));
  const lost = [...ledger.acked].filter((key) => !stored.has(key) && !dead.has(key));
  return {
    sent: sentByTime.size,
    acked: ledger.acked.size,
    rows: rows.length,
    deadLetters: dead.size,
    lost,
    wrong,
    duplicates,
  };
}

function timeOf(line: SentLine): bigint {
  return BigInt(line.ts) * 1_000_000n + BigInt(line.seq % 1_000_000);
}

function identity(device: string, time: bigint): string {
  return `${device} ${time}`;
}

function sameValues(row: StoredRow, line: SentLine): boolean {
  const { outletPressure, gasLevel } = line;
  const outside = outletPressure < PRESSURE_RANGE[0] || outletPressure > PRESSURE_RANGE[1];
  const quality = outside ? 'bad' : (line.pressureQuality ?? null);
  return row.outletPressure === outletPressure && row.gasLevel === gasLevel && row.pressureQuality === quality;
}

function keyOfDeadLetter({ topic, payload }: DeadLetter): string[] {
  const device = topic.split('/')[2];
  const seq = (JSON.parse(payload) as { seq?: unknown }).seq;
  return device !== undefined && typeof seq === 'number' ? [ledgerKey(device, seq)] : [];
}

/** What came to one receiver, against what had to come. */
export interface EventCount {
  readonly expected: number;
  /** Alarm events, repeats of an id left out. */
  readonly received: number;
  readonly repeats: number;
  readonly system: number;
  /** E \ R, R \ E, wrong order, two bodies for one id, gaps in the sequence: must be empty. */
  readonly faults: readonly string[];
}

/** The counting rule for alarms, at one receiver. */
export function countEvents(ledger: DeviceLedger, requests: readonly ReceivedRequest[]): EventCount {
  const faults = [...contractFaults(requests)];
  const seen = new Set<string>();
  const arrived = new Map<string, ExpectedEvent[]>();
  let received = 0;
  let system = 0;
  for (const { id, accepted, event } of requests) {
    if (!accepted || seen.has(id)) continue;
    seen.add(id);
    const alarm = event.data.alarm as ReceivedAlarm | undefined;
    if (!alarm) {
      system++;
      continue;
    }
    received++;
    const key = alarmKey(alarm.device, alarm.point ?? '', alarm.direction);
    const type = event.type.slice('davylamp.alarm.'.length) as ExpectedEvent['type'];
    const list = arrived.get(key) ?? [];
    list.push({ type, condition: alarm.condition, tier: alarm.tier as ExpectedEvent['tier'], value: alarm.value });
    arrived.set(key, list);
  }
  const exact = expectedEvents(ledger.sent);
  for (const [key, expected] of exact) compare(key, expected, arrived.get(key) ?? [], faults);
  const delayed = expectedDelayed(ledger.sent);
  for (const [key, { atLeast, atMost }] of delayed) {
    const raised = alternating(key, arrived.get(key) ?? [], faults);
    if (raised < atLeast || raised > atMost) faults.push(`${key}: raised ${raised} times, not ${atLeast} to ${atMost}`);
  }
  for (const [key, events] of arrived) {
    if (!exact.has(key) && !delayed.has(key)) faults.push(`${key}: invented, ${JSON.stringify(events[0])}`);
  }
  return {
    expected: sum(exact),
    received,
    repeats: requests.filter(({ accepted }) => accepted).length - seen.size,
    system,
    faults,
  };
}

interface ReceivedAlarm {
  readonly device: string;
  readonly point: string | null;
  readonly direction: string;
  readonly condition: string;
  readonly tier: string;
  readonly value: number;
}

function compare(key: string, expected: readonly ExpectedEvent[], arrived: readonly ExpectedEvent[], faults: string[]) {
  const length = Math.max(expected.length, arrived.length);
  for (let i = 0; i < length; i++) {
    const want = JSON.stringify(expected[i]);
    const got = JSON.stringify(arrived[i]);
    if (want === got) continue;
    // The first difference shifts all that follow: one line says it.
    faults.push(`${key}: event ${i + 1} of ${expected.length}: expected ${want}, received ${got} of ${arrived.length}`);
    return;
  }
}

/** A delayed alarm goes on and off in turn; gives how often it was raised. */
function alternating(key: string, events: readonly ExpectedEvent[], faults: string[]): number {
  events.forEach(({ type }, i) => {
    if (type !== (i % 2 === 0 ? 'raised' : 'returned')) faults.push(`${key}: ${type} out of turn`);
  });
  return events.filter(({ type }) => type === 'raised').length;
}

function sum(expectation: ReadonlyMap<string, readonly ExpectedEvent[]>): number {
  return [...expectation.values()].reduce((total, events) => total + events.length, 0);
}
