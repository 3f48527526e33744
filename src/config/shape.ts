import type { Static, TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject } from 'ajv';
import { formatPath, type Path, type Reporter } from './fault.ts';

/** Data whose shape was looked at: read only the parts that are {@link Shape.sound}. */
export interface Shape<T> {
  readonly data: T;
  /** True when nothing at, above or below the path has the wrong shape. Unknown keys do not count. */
  sound(path: Path): boolean;
}

interface Branch {
  broken: boolean;
  readonly below: Map<string | number, Branch>;
}

type SchemaNode = Readonly<Record<string, unknown>>;

// `faultCode`: code of a wrong value; `expects`: what would be right; `names`: the grammar of the keys of a map;
// `whenMissing`: what to write where a required key is not there; `later`: keys that later versions know, which must not be ignored until then.
const ajv = new Ajv({
  allErrors: true,
  strict: true,
  useDefaults: true,
  verbose: true,
  ownProperties: true,
  // Tidying the code of a schema takes longer than running it over any configuration saves.
  code: { optimize: false },
});
ajv.addVocabulary(['faultCode', 'expects', 'names', 'whenMissing', 'later']);

/**
 * Checks `data` against a schema, fills in the defaults and reports every fault. Paths in `known` are at fault
 * already: they are not reported again, and not sound.
 *
 * @returns null when the data is no mapping at all
 */
export function checkShape<T extends TSchema>(
  schema: T,
  data: unknown,
  reporter: Reporter,
  known: readonly Path[] = [],
): Shape<Static<T>> | null {
  const validate = ajv.compile(schema);
  const root: Branch = { broken: false, below: new Map() };
  for (const path of known) mark(root, path);
  const alreadyKnown = new Set(known.map(formatPath));
  if (!validate(data)) {
    for (const error of collapse(validate.errors ?? [])) {
      const path = locate(data, error);
      if (!isUnknownKey(error)) mark(root, path);
      if (alreadyKnown.has(formatPath(path))) continue;
      const { code, message } = describe(error);
      // A receiver of a later kind lacks its webhook: one fault says it.
      if (error.keyword === 'required' && hasLaterKey(error)) continue;
      reporter.error(code, path, valueAt(data, path), message);
    }
  }
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return null;
  return { data: data as Static<T>, sound: (path) => isSound(root, path) };
}

function mark(root: Branch, path: Path): void {
  let branch = root;
  for (const part of path) {
    let next = branch.below.get(part);
    if (!next) {
      next = { broken: false, below: new Map() };
      branch.below.set(part, next);
    }
    branch = next;
  }
  branch.broken = true;
}

function isSound(root: Branch, path: Path): boolean {
  let branch: Branch | undefined = root;
  // A fault of the whole file (an unknown key is none) leaves its parts readable as far as they are.
  for (const part of path) {
    branch = branch.below.get(part);
    if (!branch) return true;
    if (branch.broken) return false;
  }
  return !branch.broken && branch.below.size === 0;
}

/** Of a union, keeps the faults of the one branch whose type fits, else the fault of the union itself. */
function collapse(errors: readonly ErrorObject[]): ErrorObject[] {
  const kept: ErrorObject[] = [];
  for (const error of errors) {
    if (error.keyword !== 'anyOf') {
      kept.push(error);
      continue;
    }
    const inner: ErrorObject[] = [];
    for (let last = kept.at(-1); last && isInside(last, error); last = kept.at(-1)) {
      inner.unshift(last);
      kept.pop();
    }
    const branches = (error.schema as SchemaNode[]).map((branch, index) => ({ branch, index }));
    const fitting = branches.filter(({ branch }) => branch['const'] === undefined && fits(branch, error.data));
    const only = fitting.length === 1 ? fitting[0] : undefined;
    const detailed = inner.filter((one) => one.schemaPath.startsWith(`${error.schemaPath}/${only?.index}/`));
    if (only && detailed.length > 0) kept.push(...detailed);
    else kept.push(error);
  }
  return kept;
}

function isInside(inner: ErrorObject, union: ErrorObject): boolean {
  return inner.schemaPath.startsWith(`${union.schemaPath}/`) && inner.instancePath.startsWith(union.instancePath);
}

function fits(branch: SchemaNode, data: unknown): boolean {
  const type = Array.isArray(data) ? 'array' : typeof data;
  return branch['type'] === type || (Array.isArray(branch['anyOf']) && type === 'string');
}

function isUnknownKey(error: ErrorObject): boolean {
  return error.keyword === 'additionalProperties';
}

/** Path of a fault; of a missing or an unknown key, the path of that key. */
function locate(data: unknown, error: ErrorObject): Path {
  const path: (string | number)[] = [];
  let value = data;
  for (const raw of error.instancePath.split('/').slice(1)) {
    const part = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(Array.isArray(value) ? Number(part) : part);
    value = (value as Record<string, unknown>)[part];
  }
  const params = error.params as { missingProperty?: string; additionalProperty?: string };
  const key = params.missingProperty ?? params.additionalProperty;
  return key === undefined ? path : [...path, key];
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

function hasLaterKey(error: ErrorObject): boolean {
  const later = (error.parentSchema as SchemaNode)['later'] as string[] | undefined;
  return later?.some((key) => Object.hasOwn(error.data as object, key)) ?? false;
}

function describe(error: ErrorObject): { code: string; message: string } {
  const schema = error.parentSchema as SchemaNode;
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'additionalProperties') return describeUnknownKey(String(params['additionalProperty']), schema);
  if (error.keyword === 'required') {
    const key = String(params['missingProperty']);
    const property = (schema['properties'] as Readonly<Record<string, SchemaNode>> | undefined)?.[key];
    return {
      code: 'MISSING_KEY',
      message: `${key} is required here: ${String(property?.['whenMissing'] ?? 'add it')}`,
    };
  }
  const wrongType = error.keyword === 'type';
  const code = (schema['faultCode'] as string | undefined) ?? (wrongType ? 'WRONG_TYPE' : 'VALUE_INVALID');
  const quotes = schema['type'] === 'string' && typeof error.data === 'number' ? ' (put it in quotes)' : '';
  return { code, message: `must be ${expectation(error, schema)}${quotes}` };
}

function describeUnknownKey(key: string, schema: SchemaNode): { code: string; message: string } {
  if ((schema['later'] as string[] | undefined)?.includes(key)) {
    return {
      code: 'NOT_SUPPORTED_YET',
      message: `${key} is not evaluated by this version; remove it: what is silently ignored would be a false calm`,
    };
  }
  if (schema['names'] !== undefined || schema['patternProperties'] !== undefined) {
    return { code: 'NAME_INVALID', message: String(schema['names'] ?? 'this is not the name of a point') };
  }
  const keys = Object.keys((schema['properties'] as object | undefined) ?? {});
  return { code: 'UNKNOWN_KEY', message: `unknown key; known here: ${keys.join(', ')}` };
}

function expectation(error: ErrorObject, schema: SchemaNode): string {
  const options = schema['anyOf'] as SchemaNode[] | undefined;
  if (options?.every((option) => option['const'] !== undefined)) {
    return `one of ${options.map((option) => String(option['const'])).join(', ')}`;
  }
  if (typeof schema['expects'] === 'string') return schema['expects'];
  if (error.keyword === 'type')
    return `a ${String(schema['type']).replace('object', 'mapping').replace('array', 'list')}`;
  return (error.message ?? 'right').replace(/^must (be )?/, '');
}
