import type { Snapshot } from '../runtime/snapshot.ts';
import { type ChainFault, type ChainLink, type ChainReport, followChain, GENESIS_HASH } from './chain.ts';

export interface CheckOptions {
  /** First and last sequence to look at; the whole log by default. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Hashes that somebody outside has kept. */
  readonly witnesses?: readonly ChainLink[] | undefined;
}

/**
 * What the log says to a witness: `agrees`; `differs`, the log was written anew since; `missing`, it ends before;
 * `notKept`, the event is older than what is kept.
 */
export type WitnessVerdict = 'agrees' | 'differs' | 'missing' | 'notKept';

/** Whether an event log is the one that was written. */
export interface LogCheck extends ChainReport {
  readonly ok: boolean;
  /** The last event, as it is kept apart from the log; null = nothing is chained yet. */
  readonly head: ChainLink | null;
  /** What the first event of the chain follows: the last one removed by retention, or the last one without a hash. */
  readonly anchor: ChainLink | null;
  /** Events of an earlier version, which have no hash: nothing can be said of them. */
  readonly unchained: number;
  readonly witnesses: readonly (ChainLink & { readonly verdict: WitnessVerdict })[];
}

/** The tables that are looked at. */
export const LOG_TABLES = ['events', 'chain'] as const;

type LogOnDisk = Snapshot<(typeof LOG_TABLES)[number]>;

/** Checks the event log as it is on disk at one moment, whether an engine runs on it or not. */
export function checkLog(disk: LogOnDisk, options: CheckOptions = {}): LogCheck {
  const head = linkOf(disk.get('chain', 'head'));
  const anchor = linkOf(disk.get('chain', 'anchor'));
  const before = beforeAnchor(disk, anchor);
  const report = chainReport(disk, { head, anchor, stranger: before.stranger }, options);
  const witnesses = (options.witnesses ?? []).map((witness) => ({
    ...witness,
    verdict: verdictOn(witness, disk, anchor),
  }));
  const ok = report.fault === null && witnesses.every(({ verdict }) => verdict === 'agrees' || verdict === 'notKept');
  return { ...report, ok, head, anchor, unchained: before.unchained, witnesses };
}

interface Ends {
  readonly head: ChainLink | null;
  readonly anchor: ChainLink | null;
  /** Where the first row lies that may not be before the chain; null = there is none. */
  readonly stranger: number | null;
}

function chainReport(disk: LogOnDisk, { head, anchor, stranger }: Ends, { from = 0, to }: CheckOptions): ChainReport {
  if (head === null && anchor === null && stranger === null) return broken(null);
  if (anchor === null) return broken({ sequence: stranger ?? 1, kind: 'anchorMissing' });
  if (head === null) return broken({ sequence: anchor.sequence + 1, kind: 'headMissing' });
  if (stranger !== null) return broken({ sequence: stranger, kind: 'inserted' });
  if (from > head.sequence + 1) return broken(null);
  const start = from <= anchor.sequence + 1 ? anchor : linkAt(disk, from - 1);
  if (start === null) return broken({ sequence: from - 1, kind: 'removed' });
  return followChain(disk.rows('events', start.sequence), start, head, to);
}

function broken(fault: ChainFault | null): ChainReport {
  return { events: 0, first: null, last: null, fault };
}

function verdictOn(witness: ChainLink, disk: LogOnDisk, anchor: ChainLink | null): WitnessVerdict {
  const { sequence, hash } = witness;
  if (anchor !== null && sequence < anchor.sequence) return 'notKept';
  const own = anchor?.sequence === sequence ? anchor : linkAt(disk, sequence);
  if (own === null) return 'missing';
  return own.hash === hash ? 'agrees' : 'differs';
}

function linkAt(disk: LogOnDisk, sequence: number): ChainLink | null {
  const value = disk.get('events', sequence);
  return hasHash(value) ? { sequence, hash: value.hash } : null;
}

/** Only events of an earlier version, which have no hash, may lie before the chain, and only where it began with them. */
function beforeAnchor(disk: LogOnDisk, anchor: ChainLink | null): { unchained: number; stranger: number | null } {
  const followsEarlierVersion = anchor === null || (anchor.sequence > 0 && anchor.hash === GENESIS_HASH);
  let unchained = 0;
  for (const { key, value } of disk.rows('events', null)) {
    if (anchor !== null && typeof key === 'number' && key > anchor.sequence) break;
    if (!followsEarlierVersion || typeof key !== 'number' || hasHash(value)) {
      return { unchained, stranger: typeof key === 'number' ? key : 0 };
    }
    unchained++;
  }
  return { unchained, stranger: null };
}

function linkOf(value: unknown): ChainLink | null {
  const isLink = hasHash(value) && 'sequence' in value && typeof value.sequence === 'number';
  return isLink ? { sequence: Number(value.sequence), hash: value.hash } : null;
}

function hasHash(value: unknown): value is { readonly hash: string } {
  return typeof value === 'object' && value !== null && 'hash' in value && typeof value.hash === 'string';
}
