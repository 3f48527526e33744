import { type ASTNode, Environment, ParseError } from '@marcbachmann/cel-js';
import type { Value } from '../model/reading.ts';
import { compile } from './expression/compile.ts';
import { fault, quote, TYPE_NAMES } from './expression/fault.ts';
import { Memory, Plan } from './expression/memory.ts';
import type { ExpressionPoint, Scope, Term, TermType } from './expression/term.ts';
import type { Samples } from './samples.ts';

const MAX_TEXT = 2000;
const MAX_NODES = 500;
const MAX_DEPTH = 50;

/** Parser of the Common Expression Language; it takes no more than these limits allow. */
const CEL = new Environment({ limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH } });

/** Mistakes by what stands where the parser stopped, and what to write instead. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^=/, 'write == to compare'],
  [/^(?:&|and\b)/i, 'write && for "and"'],
  [/^(?:\||or\b)/i, 'write || for "or"'],
  [/^[≥≤≠]/, 'write >=, <= or !='],
];

/** An expression over the points of a device, checked once for all devices of a profile. */
export interface CompiledExpression {
  readonly text: string;
  /** Indexes of the points it reads, rising. */
  readonly inputs: readonly number[];
  readonly type: TermType;
  /**
   * True where the outcome changes with time alone (age, hour, minuteOfDay, weekday): it wants to be worked out at
   * every reading of the device, and not only at those of its inputs.
   */
  readonly followsTime: boolean;
  /** The state for one device: `points` are those it was compiled for, with the limits in force for the device. */
  instantiate(points: readonly ExpressionPoint[]): ExpressionState;
}

/** An expression at work for one device, with the samples it needs to remember. */
export interface ExpressionState {
  /** Takes a sample of good or uncertain quality of one of the inputs; a late one goes to its place. */
  observe(index: number, value: Value, ts: number): void;
  /**
   * The outcome as of source time `ts`; null = it cannot be said: an input has no value or a bad one, a window holds too
   * few samples, a division by zero. Takes the same time whatever the samples are, and never throws.
   */
  evaluate(samples: Samples, ts: number): boolean | number | string | null;
  /** Forgets every sample: the source's clock was set back. */
  forget(): void;
  /** What it remembers, as plain data; undefined where it needs no memory. */
  snapshot(): unknown;
  restore(saved: unknown): void;
}

export interface ExpressionOptions {
  /** What the expression must give; `any` leaves it to the expression. */
  readonly wanted: 'bool' | 'number' | 'any';
  /** IANA name of the zone whose wall clock hour(), minuteOfDay() and weekday() show. */
  readonly timezone: string;
  /** How often the device reports, milliseconds; null = on change only. */
  readonly intervalMs: number | null;
}

/**
 * Compiles an expression of the Common Expression Language (CEL) in which points are named by their id. The language is
 * cut down to what ends in bounded time: no macros, no regular expressions, at most 2,000 characters. Every number is a
 * double, so that `level > 4` needs no `4.0` and `1 / 2` is 0.5.
 *
 * @throws AppError `EXPRESSION_INVALID`
 */
export function compileExpression(
  text: string,
  points: readonly ExpressionPoint[],
  { wanted, timezone, intervalMs }: ExpressionOptions,
): CompiledExpression {
  const plan = new Plan();
  const scope: Scope = {
    points: new Map(points.map((point) => [point.id, point])),
    timezone,
    intervalMs,
    plan,
    compile: (node) => compile(node, scope),
  };
  const root = parse(text);
  const term = scope.compile(root);
  if (wanted !== 'any' && term.type !== wanted) {
    throw fault(`must give ${TYPE_NAMES[wanted]}, but gives ${TYPE_NAMES[term.type]}`, root);
  }
  const { inputs, followsTime } = plan;
  if (inputs.size === 0 && !followsTime) throw fault('names no point, so it would never be worked out', root);
  return {
    text,
    inputs: [...inputs].sort((a, b) => a - b),
    type: term.type,
    followsTime,
    instantiate: (ofDevice) => new DeviceExpression(term, new Memory(plan, ofDevice)),
  };
}

class DeviceExpression implements ExpressionState {
  private readonly term: Term;
  private readonly memory: Memory;

  constructor(term: Term, memory: Memory) {
    this.term = term;
    this.memory = memory;
  }

  observe(index: number, value: Value, ts: number): void {
    this.memory.observe(index, value, ts);
  }

  evaluate(samples: Samples, ts: number): boolean | number | string | null {
    return this.term.run(samples, ts, this.memory);
  }

  forget(): void {
    this.memory.clear();
  }

  snapshot(): unknown {
    return this.memory.isUsed ? this.memory.snapshot() : undefined;
  }

  restore(saved: unknown): void {
    this.memory.restore(saved);
  }
}

function parse(text: string): ASTNode {
  if (text.trim() === '') throw fault('the expression is empty; write for example x > 4');
  if (text.length > MAX_TEXT) throw fault(`${text.length} characters; at most ${MAX_TEXT} are allowed`);
  try {
    return CEL.parse(text).ast;
  } catch (cause) {
    if (cause instanceof ParseError) throw unreadable(text, cause);
    throw cause;
  }
}

function unreadable(text: string, { code, summary, range }: ParseError): Error {
  if (code === 'limit_exceeded') return fault('the expression has too many parts; split it into calculated points');
  const start = range?.start ?? 0;
  const rest = text.slice(start);
  if (rest.trim() === '') return fault(`${quote({ input: text, start: 0, end: text.length })} ends too early`);
  const hint = HINTS.find(([pattern]) => pattern.test(rest))?.[1];
  const at = quote({ input: text, start, end: text.length });
  return fault(`cannot be read from ${at} on (character ${start + 1}): ${hint ?? summary}`);
}
