import type { Point } from '../model/device.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';

/**
 * True where what a measure reads was silent when a delay was over. What weighs quality itself needs one input that was
 * not. A delay that was over by engine time is looked at in that moment; one that was over by source time, at `dueTs`, by
 * the times of the samples.
 */
export function wasSilent(
  { inputs, weighsQuality }: Measure,
  points: readonly Point[],
  samples: Samples,
  clock: 'dueTs' | 'dueAt',
  dueTs: number,
): boolean {
  const isSilent = (index: number) => {
    if (clock === 'dueAt') return samples.isStale(index);
    const staleAfterMs = points[index]?.staleAfterMs ?? Number.POSITIVE_INFINITY;
    return dueTs - samples.ts(index) > staleAfterMs;
  };
  return weighsQuality ? inputs.every(isSilent) : inputs.some(isSilent);
}

/** True where some of `inputs` have gone silent, and none of the others is bad. */
export function isOnlySilent(samples: Samples, inputs: readonly number[]): boolean {
  let silent = false;
  for (const index of inputs) {
    if (samples.isStale(index)) silent = true;
    else if (samples.quality(index) === 'bad') return false;
  }
  return silent;
}

/** True where nothing came from a point, and its first sample is not due yet: nothing is known of it. */
export function isAwaited(samples: Samples, index: number): boolean {
  return samples.ts(index) === Number.NEGATIVE_INFINITY && !samples.isStale(index);
}

/**
 * True where each bad one of `inputs` is bad only until its first sample is due. One of a device that reports on change
 * is never due, so there is nothing to wait for.
 */
export function areAwaited(samples: Samples, inputs: readonly number[], points: readonly Point[]): boolean {
  for (const index of inputs) {
    if (samples.quality(index) !== 'bad') continue;
    if (!isAwaited(samples, index) || (points[index]?.staleAfterMs ?? null) === null) return false;
  }
  return true;
}
