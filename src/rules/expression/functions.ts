import type { ASTNode } from '@marcbachmann/cel-js';
import { LIMIT_NAMES } from '../../model/limit.ts';
import { createLocalTime, hourOf, minuteOf, weekdayOf } from '../../model/local-time.ts';
import { fault } from './fault.ts';
import { finite, lift, lift2 } from './logic.ts';
import { isKnown, namedPoint, pointOf, quantity, readAs } from './operand.ts';
import type { BuiltIn, Scope, Term } from './term.ts';
import { WINDOW_FUNCTIONS } from './window-functions.ts';

const FUNCTIONS: ReadonlyMap<string, BuiltIn> = new Map([
  ...WINDOW_FUNCTIONS,
  ['previous', { usage: 'previous(point)', compile: compilePrevious }],
  ['limit', { usage: 'limit(point, "HH")', compile: compileLimit }],
  ['age', { usage: 'age(point)', compile: compileAge }],
  ['hour', ofLocalTime('hour', hourOf)],
  ['minuteOfDay', ofLocalTime('minuteOfDay', minuteOf)],
  ['weekday', ofLocalTime('weekday', weekdayOf)],
  ['abs', ofNumber('abs', Math.abs)],
  ['sqrt', ofNumber('sqrt', Math.sqrt)],
  ['exp', ofNumber('exp', Math.exp)],
  ['ln', ofNumber('ln', Math.log)],
  ['floor', ofNumber('floor', Math.floor)],
  ['ceil', ofNumber('ceil', Math.ceil)],
  ['pow', { usage: 'pow(base, exponent)', compile: compilePower }],
  ['min', ofSeveral('min', Math.min)],
  ['max', ofSeveral('max', Math.max)],
]);

/** Compiles the call of a function by its name. */
export function compileCall(node: ASTNode, name: string, args: readonly ASTNode[], scope: Scope): Term {
  const known = FUNCTIONS.get(name);
  if (!known) throw fault(`no function ${name}; known: ${[...FUNCTIONS.keys()].join(', ')}`);
  const term = known.compile(args, scope);
  if (!term) throw fault(`write ${known.usage}`, node);
  return term;
}

/** The sample before the newest, as a reference for what has just changed. */
function compilePrevious([node, ...rest]: readonly ASTNode[], scope: Scope): Term | null {
  if (!node || rest.length > 0) return null;
  const point = pointOf(node, scope);
  const slot = scope.plan.last(point);
  const { index } = point;
  return readAs(point.type, (samples, _ts, memory) =>
    isKnown(samples, index) ? (memory.previous[slot]?.value ?? null) : null,
  );
}

/** The set point of a limit, as it is in force for the device. The samples of the point are not asked for. */
function compileLimit([node, nameNode, ...rest]: readonly ASTNode[], scope: Scope): Term | null {
  if (!node || !nameNode || rest.length > 0) return null;
  const point = namedPoint(node, scope);
  const name = nameNode.op === 'value' ? LIMIT_NAMES.find((one) => one === nameNode.args) : undefined;
  if (!name) throw fault('write the name of a limit here: "LL", "L", "H" or "HH"', nameNode);
  if (!point.limits.some((limit) => limit.name === name)) {
    const known = point.limits.map((limit) => limit.name).join(', ') || 'none';
    throw fault(`${point.id} has no limit ${name}; it has ${known}: give it one in the profile, or write a number`);
  }
  const slot = scope.plan.limit(point, name);
  return { type: 'number', run: (_samples, _ts, memory) => memory.limits[slot] ?? null };
}

/** Seconds between the newest reading of the device and the newest sample of a point, whatever its quality. */
function compileAge([node, ...rest]: readonly ASTNode[], scope: Scope): Term | null {
  if (!node || rest.length > 0) return null;
  const { index } = pointOf(node, scope);
  scope.plan.followsTime = true;
  return { type: 'number', run: finite((samples, ts) => Math.max(0, ts - samples.ts(index)) / 1000) };
}

/** A figure of the time of the sample, as the wall clock of the configured zone shows it. */
function ofLocalTime(name: string, measure: (localMs: number) => number): BuiltIn {
  return {
    usage: `${name}()`,
    compile(args, { timezone, plan }) {
      if (args.length > 0) return null;
      plan.followsTime = true;
      const localTime = createLocalTime(timezone);
      return { type: 'number', run: lift((_samples, ts) => localTime(ts), measure) };
    },
  };
}

function ofNumber(name: string, apply: (value: number) => number): BuiltIn {
  return {
    usage: `${name}(number)`,
    compile([a, ...rest], scope) {
      if (!a || rest.length > 0) return null;
      return { type: 'number', run: finite(lift(quantity(a, scope), apply)) };
    },
  };
}

function compilePower([base, exponent, ...rest]: readonly ASTNode[], scope: Scope): Term | null {
  if (!base || !exponent || rest.length > 0) return null;
  return { type: 'number', run: finite(lift2(quantity(base, scope), quantity(exponent, scope), Math.pow)) };
}

/** The least or greatest of several numbers of the same moment; over time there are minimum and maximum. */
function ofSeveral(name: string, apply: (a: number, b: number) => number): BuiltIn {
  return {
    usage: `${name}(number, number, …); over time ${name}imum(point, "10m")`,
    compile(args, scope) {
      if (args.length < 2) return null;
      const runs = args.map((arg) => quantity(arg, scope));
      return { type: 'number', run: runs.reduce((a, b) => lift2(a, b, apply)) };
    },
  };
}
