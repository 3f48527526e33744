import type { Point } from '../../model/device.ts';
import { parseDuration } from '../../model/duration.ts';
import type { Why } from '../../model/limit.ts';
import type { Rule, RuleLevel } from '../../model/rule.ts';
import type { Text } from '../../model/text.ts';
import { tierRank } from '../../model/tier.ts';
import type { RulePatch } from '../../rules/schema/rule-override.ts';
import type { TermsEntry } from '../../rules/schema/rule-terms.ts';
import type { Path } from '../fault.ts';
import { missingWhy, resolveTitle, resolveWhy } from '../text.ts';

/** What rules are built against. */
export interface RuleContext {
  /** Reported points, then calculated ones. */
  readonly points: readonly Point[];
  /** null where the device reports by exception. */
  readonly intervalMs: number | null;
  /** IANA name of the zone whose wall clock expressions see. */
  readonly timezone: string;
}

/** Where a rule stands while it is built: faults are told of its keys. */
export interface RulePlace {
  error(code: string, key: string, value: unknown, message: string): void;
  warn(code: string, key: string, value: unknown, message: string): void;
}

/** A rule as written in a profile: it can be built as it stands, and once more for a device that changes it. */
export interface RuleDraft {
  readonly id: string;
  /** Where its keys stand in the profile. */
  pathOf(key: string): Path;
  /** The keys that a device may change. */
  readonly adjustable: readonly (keyof RulePatch)[];
  /** Reports what cannot work; null when there is no rule then. */
  build(patch: RulePatch, context: RuleContext, place: RulePlace): Rule | null;
}

/** What every rule as written may have beside its terms. */
interface Written extends TermsEntry {
  readonly onDelay?: string;
  readonly onBad?: Rule['onBad'];
}

/** What the kind makes of an entry: the rest of a rule follows from its terms. */
export interface RuleParts {
  readonly spec: Rule['spec'];
  readonly point: number | null;
  readonly unit: string | null;
  /** The set point and what belongs to it. */
  readonly at: number;
  readonly deadband: number;
  readonly byClock?: boolean;
}

const COMMON = ['tier', 'onDelay', 'offDelay', 'latch'] as const;

/**
 * Makes the draft of a rule with one level. `adjustable` are its keys beyond the terms; `make` gets the entry with what
 * a device changes.
 */
export function draft<E extends Written>(
  id: string,
  path: Path,
  entry: E,
  adjustable: readonly (keyof RulePatch)[],
  make: (entry: E & RulePatch, context: RuleContext, place: RulePlace) => RuleParts | null,
  pathOf: (key: string) => Path = (key) => [...path, key],
): RuleDraft {
  const common = COMMON.filter((key) => key !== 'onDelay' || entry.onDelay !== undefined);
  return {
    id,
    pathOf,
    adjustable: [...adjustable, ...common],
    build(patch, context, place) {
      const changed: E & RulePatch = { ...entry, ...patch };
      const parts = make(changed, context, place);
      if (!parts) return null;
      const rule = resolve(id, changed, parts);
      checkDeadbands(rule, place);
      checkReasons(rule, changed.onDelay, context, place);
      return rule;
    },
  };
}

function resolve(id: string, entry: Written, parts: RuleParts): Rule {
  const level: RuleLevel = {
    name: '',
    rank: 1,
    at: parts.at,
    sense: 'above',
    deadband: parts.deadband,
    onDelayMs: entry.onDelay === undefined ? 0 : parseDuration(entry.onDelay),
    offDelayMs: parseDuration(entry.offDelay),
    tier: entry.tier,
    latch: entry.latch,
  };
  return {
    id,
    spec: parts.spec,
    point: parts.point,
    title: titleOf(entry),
    unit: parts.unit,
    levels: [level],
    onBad: entry.onBad ?? 'hold',
    byClock: parts.byClock ?? true,
    why: entry.why ? resolveWhy(entry.why) : null,
  };
}

/** The title as written, or null: the rule is named by its kind then. */
export function titleOf({ title }: Pick<Written, 'title'>): Text | null {
  return title === undefined ? null : resolveTitle(title, { en: '', zh: '' });
}

/** Reports a deadband in which nothing clears. */
function checkDeadbands(rule: Rule, place: RulePlace): void {
  for (const level of rule.levels) {
    if (level.deadband < 0) place.error('DEADBAND_NEGATIVE', 'deadband', level.deadband, 'must be 0 or more');
    if (level.deadband >= level.at) {
      const message = `must be less than the set point (${level.at}), or the alarm never clears`;
      place.error('DEADBAND_TOO_WIDE', 'deadband', level.deadband, message);
    }
  }
}

/** Reports what nobody can act on: no reason given, or a delay (`onDelay` as written) beyond acting. */
export function checkReasons(rule: Rule, onDelay: string | undefined, context: RuleContext, place: RulePlace): void {
  const why = rule.why ?? (rule.point === null ? null : (context.points[rule.point]?.why ?? null));
  for (const level of rule.levels) {
    const missing = missingWhy(why);
    if (tierRank(level.tier) >= tierRank('orange') && missing.length > 0) {
      const message = `${rule.id} (${level.tier}) needs a why: add ${missing.join(', ')} in the profile`;
      place.error('WHY_MISSING', 'why', level.tier, message);
    }
    warnOfDelay(level, why, onDelay, place);
  }
}

function warnOfDelay(level: RuleLevel, why: Why | null, onDelay: string | undefined, place: RulePlace): void {
  const { responseTimeMs } = why ?? {};
  if (responseTimeMs === undefined || level.onDelayMs < responseTimeMs) return;
  const message = `the delay uses up the whole response time (${responseTimeMs / 1000} s): shorten it`;
  place.warn('DELAY_TOO_LONG', 'onDelay', onDelay, message);
}
