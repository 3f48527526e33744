import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Path, Reporter } from './fault.ts';

/** Where a configuration stands and the environment its secrets come from. */
export interface Surroundings {
  readonly directory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What the environment does not have is made up: the configuration is looked at, nothing is sent by it. */
  readonly secretsOptional?: boolean;
}

const ENV_KEYS = new Set(['url', 'secret', 'username', 'password', 'authorization']);
const ENV_ONLY_KEYS = new Set(['secret', 'password', 'authorization']);
/** All texts below it are secrets. */
const ENV_ONLY_SECTION = 'secrets';
/** Their URL holds a token. */
const ROBOTS = new Set(['dingtalk', 'wecom', 'feishu']);
/** By key: what stands in for a text whose variables are not set. */
const MADE_UP: Readonly<Record<string, string>> = {
  url: 'https://not-set.invalid/',
  secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
};
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * Replaces `${NAME}` in the texts that may hold one, in place.
 *
 * @returns the paths it found a fault at
 */
export function substituteEnvironment(data: unknown, surroundings: Surroundings, reporter: Reporter): Path[] {
  const faulty: Path[] = [];
  walk(data, [], (holder, key, value, path) => {
    const fail = (code: string, message: string) => {
      reporter.error(code, path, value, message);
      faulty.push(path);
    };
    const name = typeof key === 'string' ? key : '';
    const above = path.at(-2);
    const isSecret = ENV_ONLY_KEYS.has(name) || above === ENV_ONLY_SECTION;
    if (!value.includes('${')) {
      if (isSecret) {
        const file = above === ENV_ONLY_SECTION ? 'secretFiles' : `${name}File`;
        fail('SECRET_LITERAL', `write it as "\${NAME}" with the value in the environment, or use ${file}`);
      } else if (name === 'url' && typeof above === 'string' && ROBOTS.has(above)) {
        const message =
          'the address holds the token of the robot: write it as "${NAME}", with the value in the environment';
        reporter.warn('ROBOT_URL_LITERAL', path, value, message);
      }
      return;
    }
    if (!isSecret && !ENV_KEYS.has(name)) {
      fail('ENV_NOT_ALLOWED', `\${…} is replaced in url, username and secrets only`);
      return;
    }
    if (value.replaceAll(REFERENCE, '').includes('${')) {
      fail('ENV_INVALID', `a reference is \${NAME}: letters, digits and underscores`);
      return;
    }
    const missing = [...value.matchAll(REFERENCE)]
      .map((match) => match[1] ?? '')
      .filter((variable) => lookUp(surroundings.env, variable) === '');
    if (missing.length > 0) {
      if (!surroundings.secretsOptional) {
        const names = [...new Set(missing)].join(', ');
        reporter.error('ENV_MISSING', path, value, `the environment variable ${names} is not set: set it, then start`);
      }
      // Also where it is a fault: without its secret a receiver is still one that routes lead to.
      holder[key] = MADE_UP[name] ?? 'not-set';
      return;
    }
    holder[key] = value.replaceAll(REFERENCE, (_, variable: string) => lookUp(surroundings.env, variable));
  });
  return faulty;
}

function lookUp(env: Surroundings['env'], variable: string): string {
  return (Object.hasOwn(env, variable) ? env[variable] : undefined) ?? '';
}

/** Text of the file a `*File` key names, without the newline at its end; null and a fault when it cannot be read. */
export function readSecretFile(
  name: string,
  path: Path,
  surroundings: Surroundings,
  reporter: Reporter,
): string | null {
  const file = resolve(surroundings.directory, name);
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (text !== '') return text;
    reporter.error('FILE_EMPTY', path, name, 'the file is empty');
  } catch (error) {
    reporter.error('FILE_UNREADABLE', path, name, `cannot read ${file} (${(error as NodeJS.ErrnoException).code})`);
  }
  return null;
}

type Visit = (holder: Record<string | number, unknown>, key: string | number, value: string, path: Path) => void;

function walk(node: unknown, path: Path, visit: Visit): void {
  if (typeof node !== 'object' || node === null) return;
  const holder = node as Record<string | number, unknown>;
  const keys = Array.isArray(node) ? node.keys() : Object.keys(node);
  for (const key of keys) {
    const value = holder[key];
    if (typeof value === 'string') visit(holder, key, value, [...path, key]);
    else walk(value, [...path, key], visit);
  }
}
