import type { Batch } from '../runtime/database.ts';

/**
 * The changes of one table on their way to the disk. A read of the table finds committed data only, so what is changed
 * here is found here until its commit has ended.
 */
export class Page<V> {
  private readonly read: (key: string) => V | undefined;
  private readonly write: (batch: Batch, value: V) => void;
  private readonly unwritten = new Map<string, V>();
  private pending = new Map<string, V>();

  /** `read`: what the disk has; `write` also keeps the indexes of the table. */
  constructor(read: (key: string) => V | undefined, write: (batch: Batch, value: V) => void) {
    this.read = read;
    this.write = write;
  }

  get hasPending(): boolean {
    return this.pending.size > 0;
  }

  get(key: string): V | undefined {
    return this.unwritten.get(key) ?? this.read(key);
  }

  put(key: string, value: V): void {
    this.pending.set(key, value);
    this.unwritten.set(key, value);
  }

  /** Begins a commit: gives what writes the changes up to now, and what is to be called when they are on disk. */
  turn(): { readonly write: (batch: Batch) => void; readonly written: () => void } {
    const { pending } = this;
    this.pending = new Map();
    return {
      write: (batch) => {
        for (const value of pending.values()) this.write(batch, value);
      },
      written: () => {
        for (const [key, value] of pending) if (this.unwritten.get(key) === value) this.unwritten.delete(key);
      },
    };
  }
}
