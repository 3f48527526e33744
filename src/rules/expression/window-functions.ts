import type { ASTNode } from '@marcbachmann/cel-js';
import { parseDuration } from '../../model/duration.ts';
import { hasCode } from '../../model/error.ts';
import { defaultGap } from '../../model/limit.ts';
import { maxGapMs } from '../statistics/regression.ts';
import { MAX_SAMPLES, type Window } from '../window.ts';
import { fault } from './fault.ts';
import { finite, lift, lift2 } from './logic.ts';
import { isKnown, pointOf, quantity } from './operand.ts';
import { crossings, deviation, integral, mean } from './statistics.ts';
import type { BuiltIn, ExpressionPoint, Run, Scope } from './term.ts';

/** A line through fewer samples is mostly noise [D]. */
const FIT_SAMPLES = 5;
const LEAST_SAMPLES = 2;

/**
 * Functions of the samples of a point over a length of time: the first argument is a point of type number, a later one
 * a text as "10m". They speak only with enough samples, over at least half the window, the newest of them known and not
 * older than the window is long. The line of slope and change is not drawn across a gap: nobody knows what was in
 * between. Windows are thinned to 240 samples, but no sample escapes minimum and maximum.
 */
export const WINDOW_FUNCTIONS: readonly (readonly [string, BuiltIn])[] = [
  // Unit of the point per minute.
  ['slope', fitted('slope', (window) => (window.change() / window.overMs) * 60_000)],
  // The slope times the length of the window.
  ['change', fitted('change', (window) => window.change())],
  ['mean', figure('mean', mean)],
  ['deviation', figure('deviation', deviation)],
  // Unit of the point times seconds.
  ['integral', figure('integral', integral)],
  ['minimum', extreme('minimum', -1)],
  ['maximum', extreme('maximum', 1)],
  ['crossings', countCrossings()],
];

/** A figure of the least-squares line through the window; the third argument is the least number of samples. */
function fitted(name: string, measure: (window: Window) => number): BuiltIn {
  return {
    usage: `${name}(point, "20m") or ${name}(point, "20m", samples)`,
    compile([point, over, least, ...rest], scope) {
      if (!point || !over || rest.length > 0) return null;
      const { overMs, run } = overWindow(point, over, least ? leastOf(least) : FIT_SAMPLES, scope);
      return { type: 'number', run: finite(lift(unbroken(run, defaultGap(overMs, scope.intervalMs)), measure)) };
    },
  };
}

/** The window where no two neighbouring samples are further apart than `gapMs`; null = however far they are. */
function unbroken(run: Run<Window>, gapMs: number | null): Run<Window> {
  if (gapMs === null) return run;
  return (samples, ts, memory) => {
    const window = run(samples, ts, memory);
    return window === null || maxGapMs(window) > gapMs ? null : window;
  };
}

function figure(name: string, measure: (window: Window) => number): BuiltIn {
  return {
    usage: `${name}(point, "10m")`,
    compile([point, over, ...rest], scope) {
      if (!point || !over || rest.length > 0) return null;
      return { type: 'number', run: finite(lift(overWindow(point, over, LEAST_SAMPLES, scope).run, measure)) };
    },
  };
}

function extreme(name: string, sign: 1 | -1): BuiltIn {
  return {
    usage: `${name}(point, "10m")`,
    compile([pointNode, over, ...rest], scope) {
      if (!pointNode || !over || rest.length > 0) return null;
      const { point, overMs, run } = overWindow(pointNode, over, LEAST_SAMPLES, scope);
      const slot = scope.plan.extreme(point, overMs, sign);
      return {
        type: 'number',
        run: (samples, ts, memory) =>
          run(samples, ts, memory) === null ? null : (memory.extremes[slot]?.value ?? null),
      };
    },
  };
}

function countCrossings(): BuiltIn {
  return {
    usage: 'crossings(point, level, "10m")',
    compile([point, level, over, ...rest], scope) {
      if (!point || !level || !over || rest.length > 0) return null;
      const { run } = overWindow(point, over, LEAST_SAMPLES, scope);
      return {
        type: 'number',
        run: lift2(run, quantity(level, scope), crossings),
      };
    },
  };
}

interface OverWindow {
  readonly point: ExpressionPoint;
  readonly overMs: number;
  /** The window, where it speaks. */
  readonly run: Run<Window>;
}

function overWindow(pointNode: ASTNode, overNode: ASTNode, least: number, scope: Scope): OverWindow {
  const point = pointOf(pointNode, scope);
  if (point.type !== 'number') throw fault(`${point.id} is no number; only numbers have a course over time`);
  const overMs = durationOf(overNode);
  const slot = scope.plan.window(point, overMs);
  const { index } = point;
  const run: Run<Window> = (samples, ts, memory) => {
    const window = memory.windows[slot];
    if (!window || window.count < least || window.spanMs < overMs / 2) return null;
    return isKnown(samples, index) && ts - samples.ts(index) <= overMs ? window : null;
  };
  return { point, overMs, run };
}

/** Milliseconds of a text in quotes, fixed when the expression is compiled. */
function durationOf(node: ASTNode): number {
  if (node.op !== 'value' || typeof node.args !== 'string') throw fault('write a length of time here, as "10m"', node);
  try {
    const ms = parseDuration(node.args);
    if (ms > 0 && Number.isFinite(ms)) return ms;
  } catch (cause) {
    if (!hasCode(cause, 'DURATION_INVALID')) throw cause;
    throw fault(cause.message);
  }
  throw fault('the length of time must be more than nothing', node);
}

function leastOf(node: ASTNode): number {
  const least = node.op === 'value' && typeof node.args === 'bigint' ? Number(node.args) : Number.NaN;
  if (Number.isInteger(least) && least >= LEAST_SAMPLES && least <= MAX_SAMPLES) return least;
  throw fault(`write a whole number of samples here, from ${LEAST_SAMPLES} to ${MAX_SAMPLES}`, node);
}
