import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { FINDINGS_PATH, findingsReference } from '../../../scripts/findings-reference.ts';
import { codeOfNumber, FINDING_FAMILIES, FINDINGS, findingKind } from '../../../src/config/findings.ts';

const SRC = fileURLToPath(new URL('../../../src', import.meta.url));

/** What reports faults: the loader, the schemas of its files, and the reader of rule tests. */
const REPORTING = /^(?:config\/(?!findings)|trial\/|.*schema(?:\/[a-z-]+)?\.ts$)/;

/** Words of other tables that look like codes. */
const OTHERS = new Set(['ERR_ENCODING_INVALID_ENCODED_DATA']);

interface Use {
  readonly code: string;
  readonly path: string;
  /** Which call it is given to, where it is the first argument of one. */
  readonly call: string | null;
}

const uses = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && REPORTING.test(path))
  .flatMap(usesIn);

function usesIn(path: string): Use[] {
  const tree = ts.createSourceFile(path, readFileSync(join(SRC, path), 'utf8'), ts.ScriptTarget.ES2023, true);
  const found: Use[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) && /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(node.text) && !OTHERS.has(node.text)) {
      found.push({ code: node.text, path, call: callOf(node) });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function callOf(node: ts.StringLiteral): string | null {
  const { parent } = node;
  if (!ts.isCallExpression(parent) || parent.arguments[0] !== node) return null;
  return ts.isPropertyAccessExpression(parent.expression) ? parent.expression.name.text : null;
}

const known = new Set(FINDINGS.map(([code]) => code));

describe('the table of findings', () => {
  test('has every code that is reported: give a missing one a number in src/config/findings/', () => {
    const missing = uses.filter(({ code }) => !known.has(code)).map(({ code, path }) => `${code} (${path})`);
    expect([...new Set(missing)].sort()).toEqual([]);
  });

  test('has no code that nothing reports', () => {
    // Made of the name of the key: `site`, `profile`.
    const reported = new Set([...uses.map(({ code }) => code), 'SITE_UNKNOWN', 'PROFILE_UNKNOWN']);
    expect([...known].filter((code) => !reported.has(code))).toEqual([]);
  });

  test('agrees with the calls about what is an error', () => {
    const wrong = uses.filter(
      ({ code, call }) =>
        known.has(code) &&
        ((call === 'error' && findingKind(code).severity !== 'error') ||
          (call === 'warn' && findingKind(code).severity === 'error')),
    );
    expect(wrong.map(({ code, call, path }) => `${call} ${code} (${path})`)).toEqual([]);
  });

  test('gives each code a number of its own', () => {
    for (const [code, { number }] of FINDINGS) expect(codeOfNumber(number)).toBe(code);
    for (const [, { number }] of FINDINGS) expect(number).toMatch(/^DL[1-9][0-9]{2}$/);
    const listed = Object.values(FINDING_FAMILIES).flatMap((family) => Object.keys(family));
    expect(listed.filter((code, index) => listed.indexOf(code) !== index)).toEqual([]);
  });

  test.each(Object.entries(FINDING_FAMILIES))('numbers of "%s" rise, within one hundred', (_, family) => {
    const numbers = Object.values(family).map(({ number }) => Number(number.slice(2)));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(new Set(numbers.map((number) => Math.floor(number / 100))).size).toBeLessThanOrEqual(1);
  });

  test('explains each in sentences, and says where a ceiling comes from', () => {
    for (const [code, { explanation }] of FINDINGS) {
      expect(explanation, code).toMatch(/^.{25,}[.]$/s);
    }
    const ceilings = FINDINGS.filter(([code]) => code.startsWith('CEILING_'));
    expect(ceilings).toHaveLength(8);
    for (const [, { source }] of ceilings) {
      expect(source).toEqual({ text: 'GB/T 50493-2019, 5.5.2', basis: 'verified' });
    }
  });
});

test('docs/findings.md is what the table says (npx tsx scripts/findings-reference.ts makes it anew)', () => {
  expect(readFileSync(FINDINGS_PATH, 'utf8')).toBe(findingsReference());
});
