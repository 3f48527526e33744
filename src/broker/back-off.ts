/** Failures of one key before it has to wait. */
export interface BackOffSettings {
  readonly free: number;
  /** Wait after the first failure beyond `free`; doubles with each further one. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** A key without a failure for this long is forgotten. */
  readonly forgetMs: number;
}

interface Failures {
  count: number;
  lastAt: number;
  until: number;
}

/** Most keys that are remembered; the one that failed longest ago goes first. */
const MOST_KEYS = 10_000;

/** Counts failures by key and says how long each key has to wait. Bounded; a success does not reset others. */
export class BackOff {
  readonly #settings: BackOffSettings;
  readonly #failures = new Map<string, Failures>();

  constructor(settings: BackOffSettings) {
    this.#settings = settings;
  }

  /** Failures of `key` that are still remembered. */
  failures(key: string, at: number): number {
    const known = this.#failures.get(key);
    return known === undefined || at - known.lastAt > this.#settings.forgetMs ? 0 : known.count;
  }

  /** True while `key` has to wait. */
  waits(key: string, at: number): boolean {
    const known = this.#failures.get(key);
    // A clock that was set back must not turn a minute into hours.
    return known !== undefined && known.until > at && at >= known.lastAt;
  }

  failed(key: string, at: number): void {
    const { free, firstMs, longestMs } = this.#settings;
    const count = this.failures(key, at) + 1;
    const over = count - free;
    const until = over <= 0 ? 0 : at + Math.min(longestMs, firstMs * 2 ** Math.min(over - 1, 30));
    this.#failures.delete(key);
    this.#failures.set(key, { count, lastAt: at, until });
    if (this.#failures.size <= MOST_KEYS) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }

  succeeded(key: string): void {
    this.#failures.delete(key);
  }
}
