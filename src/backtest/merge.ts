import type { ScanBatch } from '../store/scan.ts';

/** Takes the rows `from` to `to` (exclusive) of a batch of scan number `scan`. */
export type RowSink = (scan: number, batch: ScanBatch, from: number, to: number) => void;

interface Head {
  readonly scan: number;
  readonly batches: AsyncIterator<ScanBatch>;
  batch: ScanBatch;
  row: number;
}

/** Gives the rows of several scans in the order of their source times; of equal times, the earlier scan's first. */
export async function mergeScans(scans: readonly AsyncIterable<ScanBatch>[], sink: RowSink): Promise<void> {
  const iterators = scans.map((scan) => scan[Symbol.asyncIterator]());
  try {
    const first = await Promise.all(iterators.map((batches) => nextBatch(batches)));
    const heads: Head[] = [];
    for (const [scan, batches] of iterators.entries()) {
      const batch = first[scan];
      if (batch) heads.push({ scan, batches, batch, row: 0 });
    }
    while (heads.length > 0) {
      const head = earliest(heads);
      const to = reach(head, heads);
      sink(head.scan, head.batch, head.row, to);
      head.row = to;
      if (to < head.batch.rows) continue;
      const batch = await nextBatch(head.batches);
      if (batch) Object.assign(head, { batch, row: 0 });
      else heads.splice(heads.indexOf(head), 1);
    }
  } finally {
    await Promise.allSettled(iterators.map((batches) => batches.return?.()));
  }
}

async function nextBatch(batches: AsyncIterator<ScanBatch>): Promise<ScanBatch | null> {
  for (;;) {
    const next = await batches.next();
    if (next.done) return null;
    if (next.value.rows > 0) return next.value;
  }
}

function timeOf({ batch, row }: Head): number {
  return batch.ts[row] ?? Number.POSITIVE_INFINITY;
}

function earliest(heads: readonly Head[]): Head {
  return heads.reduce((best, head) => (timeOf(head) < timeOf(best) ? head : best));
}

/** The row up to which `head` comes before all others. */
function reach(head: Head, heads: readonly Head[]): number {
  const { batch, row } = head;
  let to = batch.rows;
  for (const other of heads) {
    if (other === head) continue;
    const limit = timeOf(other);
    const inclusive = head.scan < other.scan;
    let end = row;
    while (end < to && ((batch.ts[end] ?? 0) < limit || (inclusive && batch.ts[end] === limit))) end++;
    to = end;
  }
  return to;
}
