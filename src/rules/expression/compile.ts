import type { ASTNode } from '@marcbachmann/cel-js';
import { fault } from './fault.ts';
import { compileCall } from './functions.ts';
import { among, and, choose, finite, lift, lift2, or } from './logic.ts';
import { condition, newestOf, pointOf, quantity, text, unlike } from './operand.ts';
import type { Run, Scope, Term } from './term.ts';

type Arithmetic = '+' | '-' | '*' | '/' | '%';
type Comparison = '<' | '<=' | '>' | '>=';

const ARITHMETIC: Readonly<Record<Arithmetic, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

const COMPARISONS: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** Methods of texts. `matches` is not among them: a regular expression can take time without bound. */
const METHODS: ReadonlyMap<string, (whole: string, part: string) => boolean> = new Map([
  ['contains', (whole, part) => whole.includes(part)],
  ['startsWith', (whole, part) => whole.startsWith(part)],
  ['endsWith', (whole, part) => whole.endsWith(part)],
]);

/**
 * Turns a parsed expression into functions, and checks types on the way. The logic has three values, as that of CEL,
 * whose errors `&&` and `||` absorb: what cannot be said decides nothing where the other side decides.
 *
 * @throws AppError `EXPRESSION_INVALID`
 */
export function compile(node: ASTNode, scope: Scope): Term {
  switch (node.op) {
    case 'value':
      return literal(node, node.args);
    case 'id':
      return newestOf(pointOf(node, scope));
    case '&&':
      return { type: 'bool', run: and(condition(node.args[0], scope), condition(node.args[1], scope)) };
    case '||':
      return { type: 'bool', run: or(condition(node.args[0], scope), condition(node.args[1], scope)) };
    case '!_':
      return { type: 'bool', run: lift(condition(node.args, scope), (a) => !a) };
    case '-_':
      return { type: 'number', run: lift(quantity(node.args, scope), (a) => -a) };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%': {
      const [a, b] = node.args;
      return { type: 'number', run: finite(lift2(quantity(a, scope), quantity(b, scope), ARITHMETIC[node.op])) };
    }
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const [a, b] = node.args;
      return { type: 'bool', run: lift2(quantity(a, scope), quantity(b, scope), COMPARISONS[node.op]) };
    }
    case '==':
      return { type: 'bool', run: equality(node.args[0], node.args[1], scope) };
    case '!=':
      return { type: 'bool', run: lift(equality(node.args[0], node.args[1], scope), (same) => !same) };
    case 'in':
      return { type: 'bool', run: membership(node.args[0], node.args[1], scope) };
    case '?:':
      return choice(node.args, scope);
    case 'call':
      return compileCall(node, node.args[0], node.args[1], scope);
    case 'rcall':
      return { type: 'bool', run: method(node, node.args, scope) };
    case 'list':
      throw fault('a list may only stand behind `in`, as in mode in ["auto", "manual"]', node);
    case '.':
    case '.?':
    case '[]':
    case '[?]':
    case 'map':
      throw fault('fields and maps are not available; points are named by their id alone', node);
  }
}

/** Numbers with and without a decimal point are the same here: 1 / 2 is 0.5. */
function literal(node: ASTNode, value: unknown): Term {
  if (typeof value === 'boolean') return { type: 'bool', run: () => value };
  if (typeof value === 'string') return { type: 'string', run: () => value };
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw fault('write a number, a text in quotes, true or false', node);
  }
  const number = Number(value);
  if (!Number.isFinite(number)) throw fault('this number is too great', node);
  return { type: 'number', run: () => number };
}

function equality(a: ASTNode, b: ASTNode, scope: Scope): Run<boolean> {
  const left = scope.compile(a);
  const right = scope.compile(b);
  if (left.type !== right.type) throw unlike(a, left, b, right);
  return lift2<unknown, unknown, boolean>(left.run, right.run, (x, y) => x === y);
}

function membership(a: ASTNode, list: ASTNode, scope: Scope): Run<boolean> {
  if (list.op !== 'list' || list.args.length === 0) {
    throw fault('a list of at least one element is needed behind `in`, as in mode in ["auto", "manual"]', list);
  }
  const value = scope.compile(a);
  const elements = list.args.map((element) => {
    const term = scope.compile(element);
    if (term.type !== value.type) throw unlike(a, value, element, term);
    return term.run;
  });
  return among<unknown>(value.run, elements);
}

function choice([test, yes, no]: readonly [ASTNode, ASTNode, ASTNode], scope: Scope): Term {
  const decide = condition(test, scope);
  const a = scope.compile(yes);
  const b = scope.compile(no);
  if (a.type === 'number' && b.type === 'number') return { type: 'number', run: choose(decide, a.run, b.run) };
  if (a.type === 'bool' && b.type === 'bool') return { type: 'bool', run: choose(decide, a.run, b.run) };
  if (a.type === 'string' && b.type === 'string') return { type: 'string', run: choose(decide, a.run, b.run) };
  throw unlike(yes, a, no, b);
}

function method(
  node: ASTNode,
  [name, receiver, args]: readonly [string, ASTNode, readonly ASTNode[]],
  scope: Scope,
): Run<boolean> {
  const apply = METHODS.get(name);
  if (!apply) throw fault(`no method ${name}; known: ${[...METHODS.keys()].join(', ')}`, node);
  const [part] = args;
  if (!part || args.length > 1) throw fault(`write text.${name}("part")`, node);
  return lift2(text(receiver, scope), text(part, scope), apply);
}
