import type { Batch, Environment } from '../../runtime/database.ts';

/** Which events of the log each digest carries, so that a trace finds the digest that told of an event. */
export interface Carried {
  /** `events`: places in the log, ascending. */
  put(batch: Batch, receiver: string, digest: number, events: readonly number[]): void;
  remove(batch: Batch, receiver: string, digest: number): void;
  /** Sequences of the digests to a receiver that carry an event; mostly one. */
  digestsOf(receiver: string, event: number): number[];
}

/** First and last place of events that follow each other: those of a flood nearly all do. */
type Run = readonly [from: number, to: number];

/** Opens the table; rows go with their notifications. */
export function openCarried(environment: Environment): Carried {
  const table = environment.table<readonly Run[]>('outbox-carried', 'json');
  return {
    put: (batch, receiver, digest, events) => batch.put(table, [receiver, digest], runsOf(events)),
    remove: (batch, receiver, digest) => batch.remove(table, [receiver, digest]),
    digestsOf(receiver, event) {
      const found: number[] = [];
      const range = table.getRange({ start: [receiver, 0], end: [receiver, Number.MAX_SAFE_INTEGER] });
      for (const { key, value } of range) {
        if (!value.some(([from, to]) => from <= event && event <= to)) continue;
        const [, digest] = key as [string, number];
        found.push(digest);
      }
      return found;
    },
  };
}

function runsOf(events: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const event of events) {
    const last = runs.at(-1);
    if (last && event === last[1] + 1) runs[runs.length - 1] = [last[0], event];
    else runs.push([event, event]);
  }
  return runs;
}
