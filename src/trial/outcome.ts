import type { Evaluation } from '../model/evaluation.ts';
import type { Trial } from './trial.ts';

/** One line of a comparison: as it should be, missing, or there although it should not be. */
export interface DiffLine {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** One thing that was not as the test says. */
export interface Failure {
  readonly kind: 'expect' | 'notified' | 'command' | 'reading' | 'also';
  /** Milliseconds since the start; null where it is about the whole test. */
  readonly at: number | null;
  readonly line: number | null;
  readonly expected: string;
  readonly was: string;
  /** Empty where {@link expected} and {@link was} say all. */
  readonly diff: readonly DiffLine[];
  /** The last judgements of the condition before it was looked at. */
  readonly evaluations: readonly Evaluation[];
}

/** What came of one test. */
export interface TrialOutcome {
  readonly trial: Trial;
  readonly failures: readonly Failure[];
  /** `{profile}|{condition}` and `{device or group}|{condition}` of everything that came into force. */
  readonly tripped: ReadonlySet<string>;
}

/**
 * The lines of two lists side by side: equal beginnings and ends are shared, what lies between was replaced. Of what is
 * shared no more than `context` lines are kept on each side.
 */
export function diff<E, A>(
  expected: readonly E[],
  actual: readonly A[],
  equal: (expected: E, actual: A) => boolean,
  show: { readonly expected: (one: E) => string; readonly actual: (one: A) => string },
  context = 3,
): DiffLine[] {
  const same = (e: number, a: number) => {
    const one = expected[e];
    const other = actual[a];
    return one !== undefined && other !== undefined && equal(one, other);
  };
  let head = 0;
  while (same(head, head)) head++;
  let tail = 0;
  const most = Math.min(expected.length, actual.length) - head;
  while (tail < most && same(expected.length - 1 - tail, actual.length - 1 - tail)) tail++;
  if (head === expected.length && head === actual.length) return [];
  const shared = (from: number, to: number): DiffLine[] =>
    actual.slice(Math.max(0, from), Math.max(0, to)).map((one) => ({ mark: ' ', text: show.actual(one) }));
  const ending = actual.length - tail;
  return [
    ...shared(head - context, head),
    ...expected.slice(head, expected.length - tail).map((one): DiffLine => ({ mark: '-', text: show.expected(one) })),
    ...actual.slice(head, ending).map((one): DiffLine => ({ mark: '+', text: show.actual(one) })),
    ...shared(ending, ending + context),
  ];
}
