import type { Reading } from '../model/reading.ts';

/**
 * Puts readings that come in the order of their source times into the order in which they were received. It holds what
 * may still be overtaken and no more, since a reading older than the live window is not judged anyway.
 */
export class ArrivalOrder {
  /** A binary heap, earliest first. */
  private readonly heap: { readonly order: number; readonly reading: Reading }[] = [];
  private readonly liveWindowMs: number;
  private readonly aheadMs: number;
  private taken = 0;
  /** Readings that came too late to be judged. */
  late = 0;

  /** `aheadMs`: how far before its source time a reading may have been received. */
  constructor(liveWindowMs: number, aheadMs: number) {
    this.liveWindowMs = liveWindowMs;
    this.aheadMs = aheadMs;
  }

  /** Takes the next reading by source time. */
  take(reading: Reading): void {
    if (reading.receivedAt - reading.ts > this.liveWindowMs) {
      this.late++;
      return;
    }
    const { heap } = this;
    heap.push({ order: this.taken++, reading });
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!this.swapIfBefore(i, parent)) return;
      i = parent;
    }
  }

  /** The reading received next, if no later one by source time than `ts` can have been received before; or null. */
  next(ts: number): Reading | null {
    const { heap } = this;
    const top = heap[0];
    if (!top || top.reading.receivedAt > ts - this.aheadMs) return null;
    const last = heap.pop();
    if (!last || heap.length === 0) return top.reading;
    heap[0] = last;
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      if (left >= heap.length) return top.reading;
      const child = left + 1 < heap.length && this.isBefore(left + 1, left) ? left + 1 : left;
      if (!this.swapIfBefore(child, i)) return top.reading;
      i = child;
    }
  }

  private isBefore(i: number, j: number): boolean {
    const a = this.heap[i];
    const b = this.heap[j];
    if (!a || !b) return false;
    const { receivedAt } = a.reading;
    return receivedAt < b.reading.receivedAt || (receivedAt === b.reading.receivedAt && a.order < b.order);
  }

  private swapIfBefore(i: number, j: number): boolean {
    const a = this.heap[i];
    const b = this.heap[j];
    if (!a || !b || !this.isBefore(i, j)) return false;
    this.heap[i] = b;
    this.heap[j] = a;
    return true;
  }
}
