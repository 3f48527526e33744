/** What can be put on the list: it remembers when it is due, so that an entry overtaken by an earlier one is void. */
export interface Due {
  readonly order: string;
  scheduledAt: number;
}

/** Below this many entries nothing is cleared away. */
const SLACK = 64;

interface Entry<T> {
  readonly at: number;
  readonly due: T;
}

/**
 * Engine-time deadlines, earliest first (a binary heap). Each owner has one entry that counts: its earliest. Moving a
 * deadline back costs nothing (the owner looks again when the entry comes up), so a reading never pays for it.
 */
export class Deadlines<T extends Due> {
  private readonly heap: Entry<T>[] = [];
  private owners = 0;

  get size(): number {
    return this.heap.length;
  }

  /** Makes sure that `due` comes up at `at` or before. */
  schedule(due: T, at: number): void {
    if (at >= due.scheduledAt) return;
    if (due.scheduledAt === Number.POSITIVE_INFINITY) this.owners++;
    due.scheduledAt = at;
    if (this.heap.length >= SLACK && this.heap.length >= 2 * this.owners) this.compact();
    this.heap.push({ at, due });
    this.up(this.heap.length - 1);
  }

  /** Takes the earliest owner due at or before `until` off the list, with its time, or null. */
  take(until: number): { at: number; due: T } | null {
    for (let top = this.heap[0]; top && top.at <= until; top = this.heap[0]) {
      this.pop();
      if (top.at !== top.due.scheduledAt) continue;
      top.due.scheduledAt = Number.POSITIVE_INFINITY;
      this.owners--;
      return top;
    }
    return null;
  }

  /** Takes `due` off the list; its entries are void from now on. */
  remove(due: T): void {
    if (due.scheduledAt === Number.POSITIVE_INFINITY) return;
    due.scheduledAt = Number.POSITIVE_INFINITY;
    this.owners--;
  }

  /** When the earliest owner is due; Infinity = there is none. */
  next(): number {
    for (let top = this.heap[0]; top; top = this.heap[0]) {
      if (top.at === top.due.scheduledAt) return top.at;
      this.pop();
    }
    return Number.POSITIVE_INFINITY;
  }

  clear(): void {
    for (const entry of this.heap) entry.due.scheduledAt = Number.POSITIVE_INFINITY;
    this.heap.length = 0;
    this.owners = 0;
  }

  /** Drops the entries that an earlier one has made void: a flapping point must not fill the memory with them. */
  private compact(): void {
    const valid = this.heap.filter(({ at, due }) => at === due.scheduledAt);
    this.heap.length = 0;
    for (const entry of valid) {
      this.heap.push(entry);
      this.up(this.heap.length - 1);
    }
  }

  private before(a: Entry<T>, b: Entry<T>): boolean {
    return a.at < b.at || (a.at === b.at && a.due.order < b.due.order);
  }

  private up(start: number): void {
    let i = start;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.swapIfBefore(i, parent)) return;
      i = parent;
    }
  }

  private pop(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    let i = 0;
    for (;;) {
      const left = 2 * i + 1;
      const a = this.heap[left];
      if (a === undefined) return;
      const b = this.heap[left + 1];
      const child = b !== undefined && this.before(b, a) ? left + 1 : left;
      if (!this.swapIfBefore(child, i)) return;
      i = child;
    }
  }

  private swapIfBefore(child: number, parent: number): boolean {
    const c = this.heap[child];
    const p = this.heap[parent];
    if (c === undefined || p === undefined || !this.before(c, p)) return false;
    this.heap[child] = p;
    this.heap[parent] = c;
    return true;
  }
}
