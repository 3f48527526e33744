import type { Configuration } from './configuration.ts';

/** Something wrong in the files of a configuration. An error keeps it from being used; the others do not. */
export interface Finding {
  readonly severity: 'error' | 'warning' | 'info';
  readonly code: string;
  /** Number of the code, as `DL214`. */
  readonly number: string;
  /** Relative to the configuration directory. */
  readonly file: string;
  /** Where in the file, as `points.outletPressure.limits.H.at`; empty = the whole file. */
  readonly path: string;
  /** From 1; null where it has no line. */
  readonly line: number | null;
  /** What stands there; secrets are never shown. */
  readonly value: string | number | boolean | null;
  /** What is wrong and what to do. */
  readonly message: string;
}

/** What reading the files came to: a configuration ready to run, or everything that keeps it from running. */
export type Loaded =
  | { readonly configuration: Configuration; readonly warnings: readonly Finding[] }
  | { readonly faults: readonly Finding[] };

/** Why a configuration was not taken over. */
export const REFUSALS = ['CONFIGURATION_INVALID', 'RESTART_NEEDED', 'STORE_SCHEMA_CONFLICT', 'RELOAD_FAILED'] as const;

/** What became of one look at the configuration files; all of them count, or none. */
export type ReloadOutcome = {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly by: 'api' | 'signal';
  /** The version in force after it. */
  readonly version: string;
  /** Faults of what was refused, warnings of what was applied. */
  readonly findings: readonly Finding[];
} & (
  | { readonly result: 'applied'; readonly previous: string }
  | { readonly result: 'refused'; readonly code: (typeof REFUSALS)[number]; readonly reason: string }
);
