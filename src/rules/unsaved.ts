import type { Watch } from './watch.ts';

/** Watches that have changed since their last snapshot, in the order in which they did so first. */
export class Unsaved implements Iterable<Watch> {
  private readonly watches: Watch[] = [];

  /** Lowest sequence that some watch has seen since its snapshot; Infinity = all are saved. */
  get since(): number {
    return this.watches[0]?.dirtySince ?? Number.POSITIVE_INFINITY;
  }

  /** Adds a watch that record `seq` has changed, unless it is among them. To be called with `seq` rising. */
  add(watch: Watch, seq: number): void {
    if (watch.dirtySince !== 0) return;
    watch.dirtySince = seq;
    this.watches.push(watch);
  }

  /** Takes out up to `most` of those that changed at or before sequence `through`. */
  take(through: number, most: number): readonly Watch[] {
    let n = 0;
    while (n < most && n < this.watches.length && (this.watches[n]?.dirtySince ?? 0) <= through) n++;
    const taken = this.watches.splice(0, n);
    for (const watch of taken) watch.dirtySince = 0;
    return taken;
  }

  [Symbol.iterator](): Iterator<Watch> {
    return this.watches[Symbol.iterator]();
  }
}
