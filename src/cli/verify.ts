import { join } from 'node:path';
import type { ChainFaultKind, ChainLink } from '../alerts/chain.ts';
import { checkLog, LOG_TABLES, type LogCheck, type WitnessVerdict } from '../alerts/log-check.ts';
import { openSnapshot } from '../runtime/snapshot.ts';

export interface VerifyOptions {
  /** Data directory. */
  readonly data: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** `SEQUENCE:HASH`, as webhooks carry them. */
  readonly witness?: readonly string[] | undefined;
  readonly json?: boolean | undefined;
}

/** Where the command writes. */
export interface VerifyOutput {
  out(line: string): void;
  err(line: string): void;
}

const EXIT_USAGE = 2;

/**
 * `davylamp verify`: is the event log the one that was written? Works beside a running engine, and changes nothing.
 *
 * @returns the exit code: 0 = it is, 1 = it is not, 2 = used wrongly
 * @throws AppError `DATABASE_OPEN_FAILED`
 */
export async function verify(options: VerifyOptions, io: VerifyOutput): Promise<number> {
  const from = sequenceOf(options.from);
  const to = sequenceOf(options.to);
  const witnesses = (options.witness ?? []).map(witnessOf);
  const isBackwards = from != null && to != null && from > to;
  if (from === null || to === null || isBackwards || witnesses.includes(null)) {
    io.err(
      '--from and --to take a sequence of the event log, --to none before --from, --witness a sequence and its hash, as 1042:9f86d0…',
    );
    return EXIT_USAGE;
  }
  const disk = openSnapshot(join(options.data, 'state'), LOG_TABLES);
  let found: LogCheck;
  try {
    found = checkLog(disk, { from, to, witnesses: witnesses.filter((witness) => witness !== null) });
  } finally {
    await disk.close();
  }
  // One after the last is where the next look begins; further on the log is shorter than whoever asks has seen it.
  const isCutOff = from !== undefined && from > (found.head?.sequence ?? 0) + 1;
  const ok = found.ok && !isCutOff;
  if (options.json) io.out(JSON.stringify({ ...found, ok }));
  else {
    for (const line of linesOf(found)) io.out(line);
    if (isCutOff) io.out(`BROKEN: event ${from} is not in the log: it was cut off, or is another log`);
  }
  return ok ? 0 : 1;
}

/** undefined where nothing was asked, null where it is no sequence. */
function sequenceOf(asked: string | undefined): number | undefined | null {
  if (asked === undefined) return undefined;
  return /^[0-9]{1,15}$/.test(asked) ? Number(asked) : null;
}

function witnessOf(asked: string): ChainLink | null {
  const [, sequence, hash] = /^([0-9]{1,15}):([0-9a-fA-F]{64})$/.exec(asked) ?? [];
  return sequence === undefined || hash === undefined ? null : { sequence: Number(sequence), hash: hash.toLowerCase() };
}

const FAULTS: Readonly<Record<ChainFaultKind, string>> = {
  changed: 'is not what was written',
  unhashed: 'has no hash: something else than this engine, or an earlier version of it, wrote it',
  moved: 'is another event, moved here',
  removed: 'is missing',
  inserted: 'was inserted: the log never had it here',
  headMissing: 'cannot be proved: the record of the last event is gone',
  anchorMissing: 'cannot be proved: the record of where the chain begins is gone',
  headDiffers: 'has another hash than the one kept apart: the log was written anew',
};

const VERDICTS: Readonly<Record<WitnessVerdict, string>> = {
  agrees: 'agrees',
  differs: 'does NOT agree: the log was written anew after this hash was given out',
  missing: 'is not in the log: it was cut off, or is another log',
  notKept: 'is older than what is kept',
};

function linesOf({ events, first, last, fault, head, anchor, unchained, witnesses }: LogCheck): string[] {
  const lines: string[] = [];
  if (unchained > 0)
    lines.push(`${unchained} events of an earlier version without hashes: nothing can be said of them`);
  if (anchor && anchor.sequence > unchained) lines.push(`events up to ${anchor.sequence} are no longer kept`);
  if (events > 0) lines.push(`events ${first} to ${last}: each follows from the one before (${events} checked)`);
  else if (!fault) lines.push('no chained events to check');
  if (fault) lines.push(`BROKEN: event ${fault.sequence} ${FAULTS[fault.kind]}`);
  if (head) lines.push(`head ${head.sequence}:${head.hash}`);
  for (const { sequence, verdict } of witnesses) lines.push(`witness ${sequence} ${VERDICTS[verdict]}`);
  return lines;
}
