/** Journal records that are to be read again, as ranges in ascending order. */
export interface Backlog {
  /** Number of records. */
  readonly size: number;
  /** First record of all, or null. */
  readonly first: number | null;
  /** Adds a range that lies behind all others. */
  add(firstSeq: number, lastSeq: number): void;
  /** The oldest range, or null. */
  next(): { readonly firstSeq: number; readonly lastSeq: number } | null;
  /** Takes the records up to `seq` off the oldest range. */
  taken(seq: number): void;
}

export function createBacklog(): Backlog {
  const ranges: { firstSeq: number; lastSeq: number }[] = [];
  return {
    get size() {
      return ranges.reduce((sum, range) => sum + range.lastSeq - range.firstSeq + 1, 0);
    },
    get first() {
      return ranges[0]?.firstSeq ?? null;
    },
    add(firstSeq, lastSeq) {
      if (lastSeq < firstSeq) return;
      const last = ranges.at(-1);
      if (last && firstSeq <= last.lastSeq + 1) last.lastSeq = Math.max(last.lastSeq, lastSeq);
      else ranges.push({ firstSeq, lastSeq });
    },
    next: () => ranges[0] ?? null,
    taken(seq) {
      const range = ranges[0];
      if (!range) return;
      range.firstSeq = seq + 1;
      if (range.firstSeq > range.lastSeq) ranges.shift();
    },
  };
}
