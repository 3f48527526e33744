import { closeSync, openSync, writeSync } from 'node:fs';
import { AppError } from '../../src/model/error.ts';
import type { NumberedReading } from './feed.ts';

/**
 * The independent record of a run, JSON lines: `S` what is about to be sent,
 * `A` what the broker has acknowledged. Together with what a receiver stored
 * it proves that nothing acknowledged was lost.
 */
export interface Ledger {
  sent(device: string, readings: readonly NumberedReading[]): void;
  acked(device: string, readings: readonly NumberedReading[]): void;
  /** Writes what is left and closes the file. */
  close(): void;
}

const FLUSH_MS = 100;

/** A run without a ledger. */
export const noLedger: Ledger = { sent() {}, acked() {}, close() {} };

/**
 * Starts a ledger file, overwriting an older one; lines reach the file within 100 ms.
 *
 * @throws AppError `LEDGER_UNWRITABLE`
 */
export function createLedger(file: string): Ledger {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'w');
  } catch (cause) {
    throw new AppError('LEDGER_UNWRITABLE', `cannot write the ledger ${file}`, { cause });
  }
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.length === 0) return;
    const text = Buffer.from(`${lines.join('\n')}\n`);
    lines = [];
    for (let done = 0; done < text.length; ) done += writeSync(descriptor, text, done);
  };
  const timer = setInterval(flush, FLUSH_MS);
  return {
    sent(device, readings) {
      for (const { seq, ts, values, historical } of readings) {
        lines.push(JSON.stringify({ event: 'S', device, seq, ts, values, ...(historical ? { historical } : {}) }));
      }
    },
    acked(device, readings) {
      for (const { seq, ts } of readings) lines.push(JSON.stringify({ event: 'A', device, seq, ts }));
    },
    close() {
      clearInterval(timer);
      flush();
      closeSync(descriptor);
    },
  };
}
