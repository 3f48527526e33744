import type { FindingSeverity } from './findings/kind.ts';
import { findingKind } from './findings.ts';

/** Something wrong in a configuration. An error stops it from being used; a warning does not. */
export interface Fault {
  /** Relative to the configuration directory. */
  readonly file: string;
  /** Where in the file, as `points.outletPressure.limits.H.at` or `devices[3].id`; empty = the whole file. */
  readonly path: string;
  /** From 1; null where it has no line. */
  readonly line: number | null;
  /** What stands there, cut to a line; secrets are never shown. */
  readonly value: string | number | boolean | null;
  readonly code: string;
  /** Number of the code, as `DL214`. */
  readonly number: string;
  /** What is wrong and what to do. */
  readonly message: string;
  readonly severity: FindingSeverity;
  /** Why it is right here; left out where nobody said so. Never of an error. */
  readonly allowed?: string;
}

export type Path = readonly (string | number)[];

/** Files the faults of one file. */
export interface Reporter {
  readonly file: string;
  /** `line` where the path alone does not tell it. */
  error(code: string, path: Path, value: unknown, message: string, line?: number | null): void;
  /** A warning, or a note where the table of findings calls the code `info`. */
  warn(code: string, path: Path, value: unknown, message: string): void;
}

/** Collects the faults of all files of one load. */
export interface FaultList {
  /** `lineOf` finds the line of a path, for the faults that are reported; `guarded` files may hold secrets. */
  reporter(file: string, options?: { guarded?: boolean; lineOf?: (path: Path) => number | null }): Reporter;
  hasErrors(): boolean;
  /** Files of which an error left something out. A variable that is not set leaves nothing out. */
  flawed(): ReadonlySet<string>;
  /** Findings of a number at a path of a file and below it are right, and why. Errors stay what they are. */
  allow(allowance: Allowance): void;
  /** The allowances that no finding so far has needed. */
  unused(): Allowance[];
  /** In the order of files, then lines, then paths. */
  sorted(): Fault[];
}

/** A finding that somebody said is right in a file, or in a part of it. */
export interface Allowance {
  readonly reporter: Reporter;
  /** Part of the file it holds for. */
  readonly path: Path;
  /** Where the allowance itself stands. */
  readonly own: Path;
  readonly number: string;
  readonly reason: string;
}

export const REDACTED = '[redacted]';

const SECRET_KEYS = new Set(['secret', 'secrets', 'password', 'authorization', 'hash']);
const MAX_SHOWN = 80;

/** `points.outletPressure.range[0]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? part : `.${part}`;
  }
  return text;
}

export function createFaultList(): FaultList {
  const entries: { fault: Fault; rank: number }[] = [];
  const allowances: Allowance[] = [];
  let files = 0;
  return {
    reporter(file, options = {}) {
      const rank = files++;
      const add = (
        severity: 'error' | 'warning',
        code: string,
        path: Path,
        value: unknown,
        message: string,
        line: number | null = options.lineOf?.(path) ?? null,
      ) => {
        const kind = findingKind(code);
        entries.push({
          rank,
          fault: {
            file,
            path: formatPath(path),
            line,
            value: shown(path, value, options.guarded === true && code === 'UNKNOWN_KEY'),
            code,
            number: kind.number,
            message,
            severity: severity === 'warning' && kind.severity === 'info' ? 'info' : severity,
          },
        });
      };
      return {
        file,
        error: (code, path, value, message, line) => add('error', code, path, value, message, line),
        warn: (code, path, value, message) => add('warning', code, path, value, message),
      };
    },
    hasErrors: () => entries.some((entry) => entry.fault.severity === 'error'),
    flawed: () =>
      new Set(
        entries.flatMap(({ fault: { severity, code, file } }) =>
          severity === 'error' && code !== 'ENV_MISSING' ? [file] : [],
        ),
      ),
    allow: (allowance) => void allowances.push(allowance),
    unused: () => allowances.filter((one) => !entries.some(({ fault }) => isAllowed(fault, one))),
    sorted: () =>
      entries
        .toSorted(
          (a, b) =>
            a.rank - b.rank ||
            (a.fault.line ?? 0) - (b.fault.line ?? 0) ||
            compare(a.fault.path, b.fault.path) ||
            compare(a.fault.code, b.fault.code),
        )
        .map(({ fault }) => {
          const allowance = allowances.find((one) => isAllowed(fault, one));
          return allowance ? { ...fault, allowed: allowance.reason } : fault;
        }),
  };
}

function isAllowed(fault: Fault, { reporter, path, number }: Allowance): boolean {
  if (fault.severity === 'error' || fault.number !== number || fault.file !== reporter.file) return false;
  const part = formatPath(path);
  return (
    part === '' || fault.path === part || (fault.path.startsWith(part) && /^[.[]/.test(fault.path.slice(part.length)))
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A value as a person may see it. A misspelt key may hold a password, so `hidden` texts are not shown either. */
function shown(path: Path, value: unknown, hidden: boolean): Fault['value'] {
  if (value === undefined || value === null) return null;
  if (typeof value === 'boolean') return value;
  if (path.some((part) => typeof part === 'string' && SECRET_KEYS.has(part))) return REDACTED;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (Array.isArray(value)) return `[${value.length} items]`;
  if (typeof value !== 'string') return '{…}';
  if (hidden || /whsec_|scrypt\$/.test(value)) return REDACTED;
  if (/:\/\//.test(value) || path.at(-1) === 'url') return shownUrl(value);
  return value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
}

/** Scheme and host: user, path and query of a URL may be secrets. */
function shownUrl(value: string): string {
  if (!URL.canParse(value)) return REDACTED;
  const { protocol, host } = new URL(value);
  return host === '' ? REDACTED : `${protocol}//${host}/…`;
}
