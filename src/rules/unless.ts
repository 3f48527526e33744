import type { Point } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { Expression } from '../model/rule.ts';
import { type Working, working } from './compiled.ts';
import { GoodSamples, worstQuality } from './good-samples.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';

/**
 * A measure that is 0 while an excuse holds, and begins anew when it ends. Only good samples excuse: an alarm is not
 * kept away by what may be wrong.
 */
export class ExcusedMeasure implements Measure {
  readonly inputs: readonly number[];
  readonly followsTime: boolean;
  readonly ofQuality: boolean;
  readonly weighsQuality: boolean;
  private readonly measure: Measure;
  private readonly excuse: Working;

  constructor(measure: Measure, unless: Expression, points: readonly Point[]) {
    this.measure = measure;
    this.excuse = working(unless, points);
    this.inputs = [...new Set([...measure.inputs, ...this.excuse.inputs])];
    this.followsTime = this.excuse.followsTime || (measure.followsTime ?? false);
    this.ofQuality = measure.ofQuality ?? false;
    this.weighsQuality = !this.ofQuality;
  }

  observe(index: number, value: Value, quality: Quality, ts: number): void {
    if (this.measure.inputs.includes(index)) this.measure.observe?.(index, value, quality, ts);
    if (quality !== 'bad') this.excuse.state.observe(index, value, ts);
  }

  observeLate(index: number, value: Value, ts: number): void {
    if (this.measure.inputs.includes(index)) this.measure.observeLate?.(index, value, ts);
    this.excuse.state.observe(index, value, ts);
  }

  evaluate(samples: Samples, ts: number): number | null {
    if (this.excuse.state.evaluate(new GoodSamples(samples), ts) === true) {
      this.measure.forget?.();
      return 0;
    }
    if (this.weighsQuality && worstQuality(samples, this.measure.inputs) === 'bad') return null;
    return this.measure.evaluate(samples, ts);
  }

  forget(): void {
    this.measure.forget?.();
    this.excuse.state.forget();
  }

  snapshot(): unknown {
    const measure = this.measure.snapshot?.();
    const excuse = this.excuse.state.snapshot();
    return measure === undefined && excuse === undefined ? undefined : { measure, excuse };
  }

  restore(saved: unknown): void {
    const { measure, excuse } = saved as { measure?: unknown; excuse?: unknown };
    if (measure !== undefined) this.measure.restore?.(measure);
    this.excuse.state.restore(excuse);
  }
}
