import type { Tier } from '../../model/tier.ts';
import type { Promises } from './fold.ts';
import type { Answers, Bucket, Counted } from './rows.ts';
import { countOf, mergeInto, quantileOf } from './sketch.ts';

/** How soon people answered. Shares are 0 to 1; null = there was nothing to answer. */
export interface AnswerFigures {
  readonly count: number;
  /** Milliseconds, within 2 %. */
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** What the tier promises now; null = nothing. What was kept counts by what it promised then. */
  readonly promisedMs: number | null;
  readonly kept: number;
  /** With those that still wait, beyond their time. */
  readonly missed: number;
  readonly keptShare: number | null;
}

/** Acknowledgements of one tier at the end of a span, epoch milliseconds. */
export function acknowledgedOf(counted: Counted, tier: Tier, end: number, promises: Promises): AnswerFigures {
  const promisedMs = promises[tier].acknowledgeWithinMs;
  const waiting = counted.watches.filter(
    (each) =>
      each.annunciatedTier === tier &&
      !each.hidden &&
      each.annunciatedAt !== null &&
      end - each.annunciatedAt > promisedMs,
  );
  return answersOf(counted, tier, ({ acknowledged }) => acknowledged, waiting.length, promisedMs);
}

/** Cases of one tier that were closed. */
export function closedOf(counted: Counted, tier: Tier, end: number, promises: Promises): AnswerFigures {
  const promisedMs = promises[tier].closeWithinMs;
  const waiting = counted.watches.filter(
    ({ caseTier, openedAt, closed }) =>
      caseTier === tier && openedAt !== null && !closed && promisedMs !== null && end - openedAt > promisedMs,
  );
  return answersOf(counted, tier, ({ closed }) => closed, waiting.length, promisedMs);
}

function answersOf(
  { buckets }: Counted,
  tier: Tier,
  read: (bucket: Bucket) => Answers,
  waiting: number,
  promisedMs: number | null,
): AnswerFigures {
  const all: Answers = { kept: 0, missed: waiting, times: {} };
  for (const { place, bucket } of buckets) {
    if (place.tier !== tier) continue;
    const answers = read(bucket);
    all.kept += answers.kept;
    all.missed += answers.missed;
    mergeInto(all.times, answers.times);
  }
  const promised = all.kept + all.missed;
  return {
    count: countOf(all.times),
    medianMs: quantileOf(all.times, 0.5),
    p95Ms: quantileOf(all.times, 0.95),
    promisedMs,
    kept: all.kept,
    missed: all.missed,
    keptShare: promised === 0 ? null : all.kept / promised,
  };
}

/** Something of each tier. */
export function eachTier<T>(read: (tier: Tier) => T): Record<Tier, T> {
  return { blue: read('blue'), yellow: read('yellow'), orange: read('orange'), red: read('red') };
}
