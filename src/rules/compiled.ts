import type { Point } from '../model/device.ts';
import type { Expression } from '../model/rule.ts';
import { type CompiledExpression, compileExpression, type ExpressionState } from './expression.ts';

const compiled = new WeakMap<Expression, CompiledExpression>();

/**
 * Compiles an expression once for all devices of its profile, which agree in the names, types and order of their
 * `points` and in which limits these have. Where the limits are is no part of it.
 *
 * @throws AppError `EXPRESSION_INVALID`
 */
export function compiledOf(expression: Expression, points: readonly Point[]): CompiledExpression {
  const known = compiled.get(expression);
  if (known) return known;
  const { text, timezone, intervalMs } = expression;
  const result = compileExpression(text, points, { wanted: 'any', timezone, intervalMs });
  compiled.set(expression, result);
  return result;
}

/** An expression at work for one device, with what is known of it beforehand. */
export interface Working extends Pick<CompiledExpression, 'inputs' | 'followsTime'> {
  readonly state: ExpressionState;
}

/** Makes an expression work for one device with `points`, whose limits are those in force. */
export function working(expression: Expression, points: readonly Point[]): Working {
  const { inputs, followsTime, instantiate } = compiledOf(expression, points);
  return { inputs, followsTime, state: instantiate(points) };
}
