import type { Point } from '../model/device.ts';
import type { Quality } from '../model/quality.ts';
import type { Value } from '../model/reading.ts';
import type { ConditionSpec, QuantitySpec } from '../model/rule.ts';
import { type Working, working } from './compiled.ts';
import type { Measure } from './measure.ts';
import type { Samples } from './samples.ts';

/** Neither tripped (1) nor cleared (0): the level's deadband of {@link UNTIL_DEADBAND} holds it. */
const BETWEEN = 0.5;

/** Deadband of a condition with an `until`, on the scale of 0 and 1. */
export const UNTIL_DEADBAND = 0.5;

/** 1 while the condition is true, 0 while it is false; with an `until`, 0 only while that is true. */
export class ConditionMeasure implements Measure {
  readonly inputs: readonly number[];
  readonly followsTime: boolean;
  readonly weighsQuality = true;
  private readonly when: Working;
  private readonly until: Working | null;

  constructor({ when, until }: ConditionSpec, points: readonly Point[]) {
    this.when = working(when, points);
    this.until = until && working(until, points);
    this.inputs = this.until ? [...new Set([...this.when.inputs, ...this.until.inputs])] : this.when.inputs;
    this.followsTime = this.when.followsTime || (this.until?.followsTime ?? false);
  }

  observe(index: number, value: Value, _quality: Quality, ts: number): void {
    this.observeLate(index, value, ts);
  }

  observeLate(index: number, value: Value, ts: number): void {
    this.when.state.observe(index, value, ts);
    this.until?.state.observe(index, value, ts);
  }

  evaluate(samples: Samples, ts: number): number | null {
    const tripped = this.when.state.evaluate(samples, ts);
    if (tripped === null) return null;
    if (tripped === true) return 1;
    return this.until === null || this.until.state.evaluate(samples, ts) === true ? 0 : BETWEEN;
  }

  forget(): void {
    this.when.state.forget();
    this.until?.state.forget();
  }

  snapshot(): unknown {
    const when = this.when.state.snapshot();
    const until = this.until?.state.snapshot();
    return when === undefined && until === undefined ? undefined : { when, until };
  }

  restore(saved: unknown): void {
    const { when, until } = saved as { when?: unknown; until?: unknown };
    this.when.state.restore(when);
    this.until?.state.restore(until);
  }
}

/** What a numeric expression gives, in the unit of the rule. */
export class QuantityMeasure implements Measure {
  readonly inputs: readonly number[];
  readonly followsTime: boolean;
  readonly weighsQuality = true;
  private readonly quantity: Working;

  constructor({ measure }: QuantitySpec, points: readonly Point[]) {
    this.quantity = working(measure, points);
    this.inputs = this.quantity.inputs;
    this.followsTime = this.quantity.followsTime;
  }

  observe(index: number, value: Value, _quality: Quality, ts: number): void {
    this.quantity.state.observe(index, value, ts);
  }

  observeLate(index: number, value: Value, ts: number): void {
    this.quantity.state.observe(index, value, ts);
  }

  evaluate(samples: Samples, ts: number): number | null {
    const value = this.quantity.state.evaluate(samples, ts);
    return typeof value === 'number' ? value : null;
  }

  forget(): void {
    this.quantity.state.forget();
  }

  snapshot(): unknown {
    return this.quantity.state.snapshot();
  }

  restore(saved: unknown): void {
    this.quantity.state.restore(saved);
  }
}
