import type { Language } from '../../model/text.ts';
import type { Path, Reporter } from '../fault.ts';
import { checkNames, type KnownNames } from '../known-names.ts';
import type { Surroundings } from '../secrets.ts';
import type { Shape } from '../shape.ts';

/** What the builders of routes.yaml share. */
export interface RoutingContext extends KnownNames {
  /** Names of receivers, rosters and calendars, those with faults too. */
  readonly receivers: ReadonlySet<string>;
  readonly rosters: ReadonlySet<string>;
  readonly calendars: ReadonlySet<string>;
  readonly reporter: Reporter;
  readonly sound: Shape<unknown>['sound'];
}

/** What the builder of a receiver looks at beside its entry. */
export interface ReceiverPlace {
  readonly surroundings: Surroundings;
  readonly language: Language;
  readonly sound: Shape<unknown>['sound'];
  readonly reporter: Reporter;
}

/** Reports receivers, or receivers and rosters, that are not there, each at its place in the list. */
export function checkRecipients(
  to: readonly string[],
  path: Path,
  context: RoutingContext,
  allowed: 'receivers' | 'receivers and rosters',
): void {
  const { receivers, rosters, reporter } = context;
  const known = allowed === 'receivers' ? receivers : new Set([...receivers, ...rosters]);
  const what = allowed === 'receivers' ? 'receiver' : 'receiver or roster';
  for (const [index, name] of to.entries()) {
    checkNames([name], known, { code: 'RECEIVER_UNKNOWN', what, path: [...path, index], reporter });
  }
}

/** A list of one value or several, or of none. */
export function many<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}

/** True for what YAML calls a mapping. */
export function isMapping(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
