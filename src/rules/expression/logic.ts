import type { Run } from './term.ts';

/** Applies `apply` where the operand is known. */
export function lift<A, T>(a: Run<A>, apply: (a: A) => T): Run<T> {
  return (samples, ts, memory) => {
    const value = a(samples, ts, memory);
    return value === null ? null : apply(value);
  };
}

/** Applies `apply` where both operands are known. */
export function lift2<A, B, T>(a: Run<A>, b: Run<B>, apply: (a: A, b: B) => T): Run<T> {
  return (samples, ts, memory) => {
    const left = a(samples, ts, memory);
    if (left === null) return null;
    const right = b(samples, ts, memory);
    return right === null ? null : apply(left, right);
  };
}

/** Division by zero, a root of -1 and an overflow are no numbers: nothing can be said. */
export function finite(a: Run<number>): Run<number> {
  return (samples, ts, memory) => {
    const value = a(samples, ts, memory);
    return value === null || !Number.isFinite(value) ? null : value;
  };
}

/** False where one side is false, whatever the other. */
export function and(a: Run<boolean>, b: Run<boolean>): Run<boolean> {
  return (samples, ts, memory) => {
    const left = a(samples, ts, memory);
    if (left === false) return false;
    const right = b(samples, ts, memory);
    if (right === false) return false;
    return left === null ? null : right;
  };
}

/** True where one side is true, whatever the other. */
export function or(a: Run<boolean>, b: Run<boolean>): Run<boolean> {
  return (samples, ts, memory) => {
    const left = a(samples, ts, memory);
    if (left === true) return true;
    const right = b(samples, ts, memory);
    if (right === true) return true;
    return left === null ? null : right;
  };
}

/** Where the condition is unknown, so is the outcome. */
export function choose<T>(condition: Run<boolean>, yes: Run<T>, no: Run<T>): Run<T> {
  return (samples, ts, memory) => {
    const value = condition(samples, ts, memory);
    if (value === null) return null;
    return value ? yes(samples, ts, memory) : no(samples, ts, memory);
  };
}

/** True where one element equals the value, also beside unknown ones. */
export function among<T>(value: Run<T>, elements: readonly Run<T>[]): Run<boolean> {
  return (samples, ts, memory) => {
    const wanted = value(samples, ts, memory);
    if (wanted === null) return null;
    let found: boolean | null = false;
    for (const element of elements) {
      const other = element(samples, ts, memory);
      if (other === wanted) return true;
      if (other === null) found = null;
    }
    return found;
  };
}
