import type { Quality } from '../../../../src/model/quality.ts';
import type { Value } from '../../../../src/model/reading.ts';
import type { ExpressionPoint } from '../../../../src/rules/expression/term.ts';
import { type CompiledExpression, compileExpression, type ExpressionState } from '../../../../src/rules/expression.ts';
import type { Samples } from '../../../../src/rules/samples.ts';

/** 2026-11-21 22:19:52 in UTC, a Saturday. */
export const START = 1_795_299_592_000;

export const POINTS: readonly ExpressionPoint[] = [
  {
    id: 'x',
    index: 0,
    type: 'number',
    limits: [
      { name: 'L', at: 2 },
      { name: 'HH', at: 9 },
    ],
  },
  { id: 'y', index: 1, type: 'number', limits: [] },
  { id: 'open', index: 2, type: 'boolean', limits: [] },
  { id: 'running', index: 3, type: 'boolean', limits: [] },
  { id: 'mode', index: 4, type: 'string', limits: [] },
];

export function compileAny(text: string, timezone = 'UTC', intervalMs: number | null = null): CompiledExpression {
  return compileExpression(text, POINTS, { wanted: 'any', timezone, intervalMs });
}

interface Sample {
  readonly value: Value;
  readonly quality: Quality;
  readonly ts: number;
}

/** Newest samples by point id; a point that is not named has none. */
export function samplesOf(samples: Readonly<Record<string, Partial<Sample>>>): Samples {
  const find = (index: number) => samples[POINTS.find((point) => point.index === index)?.id ?? ''];
  return {
    value: (index) => find(index)?.value ?? null,
    quality: (index) => (find(index) ? (find(index)?.quality ?? 'good') : 'bad'),
    ts: (index) => (find(index) ? (find(index)?.ts ?? START) : Number.NEGATIVE_INFINITY),
    isStale: () => false,
  };
}

/** Outcome of an expression for one set of values. */
export function evaluate(text: string, values: Readonly<Record<string, Value>> = {}, timezone = 'UTC') {
  const samples = samplesOf(Object.fromEntries(Object.entries(values).map(([id, value]) => [id, { value }])));
  return compileAny(text, timezone).instantiate(POINTS).evaluate(samples, START);
}

/** An expression at work, fed with samples of `x`, at seconds after {@link START}. */
export class Feed {
  readonly state: ExpressionState;
  private newest = { value: null as Value, ts: Number.NEGATIVE_INFINITY };

  /** `intervalMs`: how often the device reports; null = on change only. */
  constructor(text: string, intervalMs: number | null = null) {
    this.state = compileAny(text, 'UTC', intervalMs).instantiate(POINTS);
  }

  at(second: number, value: Value): this {
    const ts = START + second * 1000;
    this.state.observe(0, value, ts);
    if (ts >= this.newest.ts) this.newest = { value, ts };
    return this;
  }

  /** The outcome, at the newest sample or some seconds later. */
  outcome({ later = 0, quality = 'good' as Quality } = {}) {
    return this.state.evaluate(samplesOf({ x: { ...this.newest, quality } }), this.newest.ts + later * 1000);
  }
}
