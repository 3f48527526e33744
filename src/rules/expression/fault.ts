import type { ASTNode } from '@marcbachmann/cel-js';
import { AppError } from '../../model/error.ts';
import type { TermType } from './term.ts';

const EXCERPT_LENGTH = 60;

/** How the types of CEL are called towards people. */
export const TYPE_NAMES: Readonly<Record<TermType, string>> = {
  number: 'a number',
  bool: 'true or false',
  string: 'a text',
};

/** The error `EXPRESSION_INVALID`; where a part of the expression is to blame, it is quoted. */
export function fault(message: string, node?: ASTNode): AppError {
  return new AppError('EXPRESSION_INVALID', node ? `${quote(node)}: ${message}` : message);
}

/** The text of a part of the expression, in backquotes. */
export function quote({ input, start, end }: Pick<ASTNode, 'input' | 'start' | 'end'>): string {
  const part = input.slice(start, end);
  return `\`${part.length > EXCERPT_LENGTH ? `${part.slice(0, EXCERPT_LENGTH)}…` : part}\``;
}
