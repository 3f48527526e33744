import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { test } from 'vitest';
import { parse, stringify } from 'yaml';
import { FIXTURES, faultsOf, loadFiles, ROUTING_ENV } from './directory.ts';

const RULES = [
  `${FIXTURES}annotated-good/`,
  `${FIXTURES}rules-good/`,
  `${FIXTURES}statistics-good/`,
  `${FIXTURES}groups-good/`,
];
const ROUTING = [`${FIXTURES}routing-good/`];

/** Every place of a value in a tree. */
function places(node: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof node !== 'object' || node === null) return [path];
  return [path, ...Object.entries(node).flatMap(([key, value]) => places(value, [...path, key]))];
}

function replaceAt(node: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const copy = structuredClone(node) as Record<string | number, unknown>;
  copy[key] = replaceAt(copy[key], rest, value);
  return copy;
}

const anything = fc.oneof(
  fc.constantFrom(null, true, -1, 0, 1e308, '', `\${X}`, '${', 'red', '5s', 'never', [], {}, [null], { a: 1 }, [{}]),
  fc.jsonValue(),
);

test.each([
  ['rules', RULES, 300],
  ['routing', ROUTING, 300],
])(
  'whatever stands in place of any value of %s is a configuration or a list of faults, never a crash',
  (_, roots, numRuns) => {
    const files = roots.flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.yaml') || name.endsWith('.pem'))
        .map((name) => [name, readFileSync(root + name, 'utf8')] as const),
    );
    const targets = files
      .filter(([name]) => name.endsWith('.yaml'))
      .flatMap(([name, text]) => places(parse(text)).map((path) => ({ name, path })));
    fc.assert(
      fc.property(fc.constantFrom(...targets), anything, ({ name, path }, value) => {
        const changed = files.map(([file, text]): [string, string] => [
          file,
          file === name ? stringify(replaceAt(parse(text), path, value)) : text,
        ]);
        const result = loadFiles(Object.fromEntries(changed), ROUTING_ENV);
        if ('configuration' in result) return;
        if (faultsOf(result).every((fault) => fault.severity !== 'error')) throw new Error('refused without an error');
      }),
      { numRuns },
    );
  },
  120_000,
);
