import type { BitsSpec } from '../model/rule.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';

const WORD = 2 ** 32;

/**
 * 1 while the masked bits of a status word are as told, else 0. A negative word is taken as two's complement, as
 * gateways read signed registers; a number that is not whole, or beyond 2^53, says nothing.
 */
export class BitsMeasure implements Measure {
  readonly inputs: readonly number[];
  private readonly spec: BitsSpec;
  // JavaScript's bit operators see 32 bits: the word is judged in two halves.
  private readonly maskHigh: number;
  private readonly maskLow: number;

  constructor(spec: BitsSpec) {
    this.spec = spec;
    this.inputs = [spec.point];
    this.maskHigh = Math.floor(spec.mask / WORD);
    this.maskLow = spec.mask >>> 0;
  }

  evaluate(samples: Samples): number | null {
    const word = samples.value(this.spec.point);
    if (typeof word !== 'number' || !Number.isSafeInteger(word)) return null;
    const high = (Math.floor(word / WORD) & this.maskHigh) >>> 0;
    const low = (word & this.maskLow) >>> 0;
    const masked = high * WORD + low;
    const { equals } = this.spec;
    return (equals === null ? masked !== 0 : masked === equals) ? 1 : 0;
  }
}
