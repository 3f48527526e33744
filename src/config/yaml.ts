import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Path } from './fault.ts';

/** A YAML text, read. */
export interface YamlText {
  readonly data: unknown;
  readonly faults: readonly YamlFault[];
  lineOf(path: Path): number | null;
}

export interface YamlFault {
  readonly code: string;
  readonly path: Path;
  readonly line: number | null;
  readonly message: string;
}

const MAX_ALIASES = 100;
const MAX_DEPTH = 100;

// The parser's own words may quote the text, and the text may be a password.
const MESSAGES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this key stands twice in the same mapping: keep one',
  TAB_AS_INDENT: 'indent with spaces, not with a tab',
  BAD_INDENT: 'wrong indentation',
  MISSING_CHAR: 'a colon, comma, quote or bracket is missing',
  MULTIPLE_DOCS: 'one document a file: remove the ---',
  NON_STRING_KEY: 'a key must be a text: put it in quotes',
  BAD_ALIAS: 'an alias (*name) without its anchor: put a text that begins with * in quotes',
  BAD_SCALAR_START: 'put a text that begins with %, @ or ` in quotes',
  TAG_RESOLVE_FAILED: 'tags (!name) are not used here: put a text that begins with ! in quotes',
};

/** Reads YAML 1.2 strictly: duplicate keys, unknown tags, aliases without end and several documents are faults. */
export function readYaml(text: string): YamlText {
  const data = readJson(text);
  if (data === null) return parseYaml(text);
  // Lines are asked for where there is something to report: rarely, and not at all of most files.
  let parsed: YamlText | null = null;
  return {
    data,
    faults: [],
    lineOf(path) {
      parsed ??= parseYaml(text);
      return parsed.lineOf(path);
    },
  };
}

/**
 * JSON is YAML, and a program that lists thousands of devices writes it: its own parser is some fifty times faster.
 *
 * @returns null where the text is no JSON mapping, or one that YAML may read in another way or refuse
 */
function readJson(text: string): object | null {
  if (!text.startsWith('{') || /[\t\r]/.test(text)) return null;
  let data: object;
  try {
    data = JSON.parse(text) as object;
  } catch {
    return null;
  }
  // Of a key that stands twice in a mapping, JSON.parse keeps one.
  let written = 0;
  for (const [string] of text.matchAll(/"(?:[^"\\]|\\.)*":?/g)) if (string.endsWith(':')) written++;
  return countKeys(data, 0) === written ? data : null;
}

/** Keys of all mappings of a value; NaN where they are nested deeper than any configuration is. */
function countKeys(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > MAX_DEPTH) return Number.NaN;
  const inner: readonly unknown[] = Object.values(value);
  const own = Array.isArray(value) ? 0 : inner.length;
  return inner.reduce<number>((sum, one) => sum + countKeys(one, depth + 1), own);
}

function parseYaml(text: string): YamlText {
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      stringKeys: true,
      logLevel: 'silent',
    });
    const faults = [...document.errors, ...document.warnings].map((problem) => ({
      code: problem.code === 'DUPLICATE_KEY' ? 'DUPLICATE_KEY' : 'YAML_INVALID',
      // What a broken text takes for a key may be a password: only the line is told.
      path: problem.code === 'DUPLICATE_KEY' ? pathAt(document.contents, problem.pos[0]) : [],
      line: lines.linePos(problem.pos[0]).line,
      message: MESSAGES[problem.code] ?? `not well-formed YAML (${problem.code})`,
    }));
    const unreadable = faults.some((fault) => fault.code !== 'DUPLICATE_KEY');
    return {
      data: unreadable ? undefined : document.toJS({ maxAliasCount: MAX_ALIASES }),
      faults,
      lineOf: (path) => lineOf(document.contents, path, lines),
    };
  } catch (error) {
    // Aliases that multiply (ReferenceError), nesting that exhausts the stack (RangeError).
    const aliases = error instanceof ReferenceError;
    return {
      data: undefined,
      faults: [
        {
          code: aliases ? 'YAML_ALIASES' : 'YAML_INVALID',
          path: [],
          line: null,
          message: aliases ? `more than ${MAX_ALIASES} values by alias: write them out` : 'not readable as YAML',
        },
      ],
      lineOf: () => null,
    };
  }
}

/** Line of the key or item a path names, or of the nearest one above it. */
function lineOf(root: unknown, path: Path, lines: LineCounter): number | null {
  let node = root;
  let offset = isNode(root) ? root.range?.[0] : undefined;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
      if (!pair) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof part === 'number') {
      node = node.items[part];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    } else break;
  }
  return offset === undefined ? null : lines.linePos(offset).line;
}

/** Path of what stands at an offset of the text. */
function pathAt(root: unknown, offset: number): Path {
  const path: (string | number)[] = [];
  let node = root;
  while (isMap(node) || isSeq(node)) {
    if (isSeq(node)) {
      const index = node.items.findIndex((item) => covers(item, item, offset));
      if (index < 0) break;
      path.push(index);
      node = node.items[index];
    } else {
      const pair = node.items.find((item) => covers(item.key, item.value ?? item.key, offset));
      if (!pair || !isScalar(pair.key)) break;
      path.push(String(pair.key.value));
      if (covers(pair.key, pair.key, offset)) break;
      node = pair.value;
    }
  }
  return path;
}

function covers(first: unknown, last: unknown, offset: number): boolean {
  const begin = isNode(first) ? first.range?.[0] : undefined;
  const end = isNode(last) ? last.range?.[2] : undefined;
  return begin !== undefined && end !== undefined && begin <= offset && offset < end;
}
