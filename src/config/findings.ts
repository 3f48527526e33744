import { DEVICE_FINDINGS } from './findings/devices.ts';
import { FILE_FINDINGS } from './findings/files.ts';
import { GROUP_FINDINGS } from './findings/groups.ts';
import type { FindingKind } from './findings/kind.ts';
import { POINT_FINDINGS } from './findings/points.ts';
import { ROUTE_FINDINGS } from './findings/routes.ts';
import { RULE_FINDINGS } from './findings/rules.ts';
import { SETTING_FINDINGS } from './findings/settings.ts';
import { STANDARD_FINDINGS } from './findings/standards.ts';
import { TRIAL_FINDINGS } from './findings/trials.ts';

/** The families of findings, by what they are about; numbers rise within each. */
export const FINDING_FAMILIES: Readonly<Record<string, Readonly<Record<string, FindingKind>>>> = {
  'Files, shape and names': FILE_FINDINGS,
  'Points, limits, rates and silence': POINT_FINDINGS,
  'Devices and their overrides': DEVICE_FINDINGS,
  'Receivers and routes': ROUTE_FINDINGS,
  'Listeners, store, times and accounts': SETTING_FINDINGS,
  'Ceilings of standards': STANDARD_FINDINGS,
  'Rules, expressions and groups': RULE_FINDINGS,
  'Groups over several devices': GROUP_FINDINGS,
  'Rule tests': TRIAL_FINDINGS,
};

const BY_CODE: ReadonlyMap<string, FindingKind> = new Map(
  Object.values(FINDING_FAMILIES).flatMap((family) => Object.entries(family)),
);

/** Every code with what is known of it. */
export const FINDINGS: readonly (readonly [code: string, kind: FindingKind])[] = [...BY_CODE];

const BY_NUMBER: ReadonlyMap<string, string> = new Map(FINDINGS.map(([code, { number }]) => [number, code]));

/** Stands for a code that is in no family; a test keeps that from happening. */
const UNNUMBERED: FindingKind = { number: 'DL000', severity: 'warning', explanation: '', source: null };

/** What is known of a code. */
export function findingKind(code: string): FindingKind {
  return BY_CODE.get(code) ?? UNNUMBERED;
}

/** The code of a number such as `DL214`; null = no finding has it. */
export function codeOfNumber(number: string): string | null {
  return BY_NUMBER.get(number) ?? null;
}
