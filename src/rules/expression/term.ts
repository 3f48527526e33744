import type { ASTNode } from '@marcbachmann/cel-js';
import type { Limit } from '../../model/limit.ts';
import type { Samples } from '../samples.ts';
import type { Memory, Plan } from './memory.ts';

/** A point that an expression may name. */
export interface ExpressionPoint {
  readonly id: string;
  readonly index: number;
  readonly type: 'number' | 'boolean' | 'string';
  readonly limits: readonly Pick<Limit, 'name' | 'at'>[];
}

/**
 * Works out a part of an expression as of source time `ts`; null = it cannot be said. It never throws and never gives
 * NaN or an infinity: these compare as false with every limit, which would be a calm that nothing proves.
 */
export type Run<T> = (samples: Samples, ts: number, memory: Memory) => T | null;

/** A compiled part of an expression. Every number is a double, so literals of CEL's type int mix with values. */
export type Term =
  | { readonly type: 'number'; readonly run: Run<number> }
  | { readonly type: 'bool'; readonly run: Run<boolean> }
  | { readonly type: 'string'; readonly run: Run<string> };

export type TermType = Term['type'];

/** What the parts of one expression share while it is compiled. */
export interface Scope {
  readonly points: ReadonlyMap<string, ExpressionPoint>;
  /** IANA name of the zone that hour(), minuteOfDay() and weekday() follow. */
  readonly timezone: string;
  /** How often the device reports, milliseconds; null = on change only. */
  readonly intervalMs: number | null;
  /** Collects what each device must remember. */
  readonly plan: Plan;
  compile(node: ASTNode): Term;
}

/** A function of the language. */
export interface BuiltIn {
  /** How it is written, for the message that says so. */
  readonly usage: string;
  /** null = the number of arguments is wrong. */
  compile(args: readonly ASTNode[], scope: Scope): Term | null;
}
