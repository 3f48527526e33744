import type { ASTNode } from '@marcbachmann/cel-js';
import type { AppError } from '../../model/error.ts';
import type { Value } from '../../model/reading.ts';
import type { Samples } from '../samples.ts';
import { fault, quote, TYPE_NAMES } from './fault.ts';
import type { ExpressionPoint, Run, Scope, Term } from './term.ts';

/** The point that a part of the expression names. It becomes an input. */
export function pointOf(node: ASTNode, scope: Scope): ExpressionPoint {
  const point = namedPoint(node, scope);
  scope.plan.inputs.add(point.index);
  return point;
}

/** The point that a part of the expression names without reading its samples. */
export function namedPoint(node: ASTNode, { points }: Scope): ExpressionPoint {
  if (node.op !== 'id') throw fault(`name a point here; known: ${[...points.keys()].join(', ')}`, node);
  const point = points.get(node.args);
  if (!point) throw fault(`no point ${node.args}; known: ${[...points.keys()].join(', ')}`);
  return point;
}

/** The newest value of a point, which is unknown while its quality is bad. */
export function newestOf({ index, type }: ExpressionPoint): Term {
  return readAs(type, (samples) => (samples.quality(index) === 'bad' ? null : samples.value(index)));
}

/** A term of the type of a point; a value of another type counts as none. */
export function readAs(type: ExpressionPoint['type'], read: Run<NonNullable<Value>>): Term {
  switch (type) {
    case 'number':
      return { type: 'number', run: narrow(read, (value) => typeof value === 'number') };
    case 'boolean':
      return { type: 'bool', run: narrow(read, (value) => typeof value === 'boolean') };
    case 'string':
      return { type: 'string', run: narrow(read, (value) => typeof value === 'string') };
  }
}

/** True where the newest sample of a point has a value that may be used. */
export function isKnown(samples: Samples, index: number): boolean {
  return samples.value(index) !== null && samples.quality(index) !== 'bad';
}

/** A part that must be a number. */
export function quantity(node: ASTNode, scope: Scope): Run<number> {
  const term = scope.compile(node);
  if (term.type === 'number') return term.run;
  throw fault(`a number is needed here, but this is ${TYPE_NAMES[term.type]}`, node);
}

/** A part that must be true or false. */
export function condition(node: ASTNode, scope: Scope): Run<boolean> {
  const term = scope.compile(node);
  if (term.type === 'bool') return term.run;
  throw fault(`true or false is needed here, but this is ${TYPE_NAMES[term.type]}; compare it, as in x > 4`, node);
}

/** A part that must be a text. */
export function text(node: ASTNode, scope: Scope): Run<string> {
  const term = scope.compile(node);
  if (term.type === 'string') return term.run;
  throw fault(`a text is needed here, but this is ${TYPE_NAMES[term.type]}`, node);
}

/** The error where two parts that are compared or chosen between differ in type. */
export function unlike(a: ASTNode, left: Term, b: ASTNode, right: Term): AppError {
  return fault(`${quote(a)} is ${TYPE_NAMES[left.type]}, but ${quote(b)} is ${TYPE_NAMES[right.type]}`);
}

function narrow<T extends Value>(read: Run<NonNullable<Value>>, is: (value: Value) => value is T): Run<T> {
  return (samples, ts, memory) => {
    const value = read(samples, ts, memory);
    return is(value) ? value : null;
  };
}
