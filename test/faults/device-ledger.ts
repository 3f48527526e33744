import { readFile } from 'node:fs/promises';

/** What a device wrote down before it first published a reading. */
export interface SentLine {
  readonly kind: 'sent';
  readonly device: string;
  /** Gap-free per device, from 1. */
  readonly seq: number;
  /** Source time, epoch milliseconds; rises strictly per device. */
  readonly ts: number;
  readonly outletPressure: number;
  readonly pressureQuality?: 'uncertain' | 'bad';
  readonly gasLevel: number;
  /** Nonsense on purpose: acknowledged, and kept as a dead letter instead of a row. */
  readonly malformed?: true;
}

/** The PUBACK came in, or the reading was published once more. */
export interface SettledLine {
  readonly kind: 'acked' | 'resent';
  readonly device: string;
  readonly seq: number;
  /** Time on the publisher's clock, which is the engine's. */
  readonly at: number;
}

/** The device found the broker (again). */
export interface ConnectedLine {
  readonly kind: 'connected';
  readonly device: string;
  readonly at: number;
}

export type LedgerLine = SentLine | SettledLine | ConnectedLine;

/** The ledgers of all devices of a publisher, as they stand on disk. */
export interface DeviceLedger {
  /** In the order of publication, per device. */
  readonly sent: ReadonlyMap<string, readonly SentLine[]>;
  /** `{device}#{seq}`. */
  readonly acked: ReadonlySet<string>;
  readonly ackTimes: readonly number[];
  readonly resent: number;
  readonly connections: number;
}

export function ledgerKey(device: string, seq: number): string {
  return `${device}#${seq}`;
}

/** Reads the JSON lines a publisher wrote. */
export async function readDeviceLedger(file: string): Promise<DeviceLedger> {
  const sent = new Map<string, SentLine[]>();
  const acked = new Set<string>();
  const ackTimes: number[] = [];
  let resent = 0;
  let connections = 0;
  const text = await readFile(file, 'utf8');
  for (const row of text.split('\n')) {
    if (row === '') continue;
    const line = JSON.parse(row) as LedgerLine;
    switch (line.kind) {
      case 'sent': {
        const list = sent.get(line.device);
        if (list) list.push(line);
        else sent.set(line.device, [line]);
        break;
      }
      case 'acked':
        acked.add(ledgerKey(line.device, line.seq));
        ackTimes.push(line.at);
        break;
      case 'resent':
        resent++;
        break;
      case 'connected':
        connections++;
        break;
    }
  }
  return { sent, acked, ackTimes, resent, connections };
}
