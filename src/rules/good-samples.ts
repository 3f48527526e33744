import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { Samples } from './samples.ts';

/** Samples of which only the good ones count. What is still said of them rests on nothing uncertain. */
export class GoodSamples implements Samples {
  private readonly samples: Samples;

  constructor(samples: Samples) {
    this.samples = samples;
  }

  value(index: number): Value {
    return this.quality(index) === 'bad' ? null : this.samples.value(index);
  }

  quality(index: number): Quality {
    return this.samples.quality(index) === 'good' ? 'good' : 'bad';
  }

  ts(index: number): number {
    return this.samples.ts(index);
  }

  isStale(index: number): boolean {
    return this.samples.isStale(index);
  }
}

/** The worst quality among some points. */
export function worstQuality(samples: Samples, indexes: readonly number[]): Quality {
  let worst: Quality = 'good';
  for (const index of indexes) {
    const quality = samples.quality(index);
    if (quality === 'bad') return 'bad';
    if (quality === 'uncertain') worst = 'uncertain';
  }
  return worst;
}

/** True where one of some points is of uncertain quality, whatever the others are. */
export function isAnyUncertain(samples: Samples, indexes: readonly number[]): boolean {
  for (const index of indexes) if (samples.quality(index) === 'uncertain') return true;
  return false;
}
