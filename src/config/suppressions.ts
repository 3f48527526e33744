import { BYPASS_REFUSALS, judge, type Terms } from '../alerts/policy/governor.ts';
import type { Profile } from '../model/device.ts';
import { parseDuration } from '../model/duration.ts';
import type { Rule } from '../model/rule.ts';
import type { Suppression } from '../model/suppression.ts';
import type { ProfileFile } from '../rules/schema/profile.ts';
import type { SuppressEntry } from '../rules/schema/suppress.ts';
import type { Reporter } from './fault.ts';
import type { RuleContext, RulePlace } from './rules/draft.ts';
import { expressionOf } from './rules/expression.ts';
import { pointNamed } from './rules/reference.ts';
import type { Shape } from './shape.ts';
import { resolveTitle } from './text.ts';

/** Builds the suppressions of a profile; those with a fault are left out. */
export function buildSuppressions(
  { data, sound }: Shape<ProfileFile>,
  rules: readonly Rule[],
  context: RuleContext,
  reporter: Reporter,
): Suppression[] {
  const ids = new Set<string>();
  const entries = Array.isArray(data.suppress) ? data.suppress : [];
  return entries.flatMap((entry, index) => {
    const path = ['suppress', index];
    if (!sound(path)) return [];
    if (ids.has(entry.id)) reporter.error('DUPLICATE_ID', [...path, 'id'], entry.id, 'another one has this name');
    ids.add(entry.id);
    const place: RulePlace = {
      error: (code, key, value, message) => reporter.error(code, [...path, key], value, message),
      warn: (code, key, value, message) => reporter.warn(code, [...path, key], value, message),
    };
    const when = expressionOf(entry.when, 'bool', 'when', context, place);
    const hides = hiddenBy(entry, rules, context, place);
    if (!when) return [];
    const { id, title, upTo, onDelay, offDelay, max, reason, owner, approvedBy = null } = entry;
    const suppression: Suppression = {
      id,
      title: title === undefined ? null : resolveTitle(title, { en: id, zh: id }),
      when,
      upTo,
      hides,
      onDelayMs: parseDuration(onDelay),
      offDelayMs: parseDuration(offDelay),
      maxMs: max === undefined ? null : parseDuration(max),
      reason,
      owner,
      approvedBy,
    };
    return [suppression];
  });
}

function hiddenBy(
  { points, rules: ids }: SuppressEntry,
  rules: readonly Rule[],
  context: RuleContext,
  place: RulePlace,
): Suppression['hides'] {
  const rates = context.points.flatMap((point) => point.rates.map(({ direction }) => `${point.id}.${direction}`));
  const known = new Set([...rates, ...rules.map(({ id }) => id)]);
  for (const point of points ?? []) pointNamed(point, 'points', context, place);
  for (const id of ids ?? []) {
    if (known.has(id)) continue;
    place.error('RULE_UNKNOWN', 'rules', id, `no such rule; known: ${[...known].join(', ') || 'none'}`);
  }
  if (!points && !ids) return [{ point: null, rule: null }];
  return [
    ...(points ?? []).map((point) => ({ point, rule: null })),
    ...(ids ?? []).map((rule) => ({ point: null, rule })),
  ];
}

/** Reports the suppressions of a profile that the governor would refuse, by the terms of davylamp.yaml. */
export function checkSuppressions({ suppressions = [] }: Profile, terms: Terms, reporter: Reporter): void {
  for (const [index, { id, upTo, reason, owner, approvedBy, maxMs }] of suppressions.entries()) {
    const scope = { alarm: null, site: '', device: null, profile: null, point: null, rule: null };
    const origin = { kind: 'rule', id } as const;
    const none = { oneShot: false, replacement: null, workOrder: null };
    const asked = { kind: 'suppression', scope, upTo, reason, owner, approvedBy, origin, lengthMs: maxMs } as const;
    const verdict = judge({ ...asked, ...none }, [], terms, 0);
    if (verdict.kind !== 'refused') continue;
    const path = ['suppress', index];
    const message = `the engine would refuse it: ${BYPASS_REFUSALS[verdict.code]}`;
    const byAnother = judge({ ...asked, ...none, approvedBy: `${owner}, another` }, [], terms, 0);
    if (byAnother.kind === 'refused') reporter.error('SUPPRESSION_UNFOUNDED', path, id, message);
    else reporter.error('SUPPRESSION_UNAPPROVED', [...path, 'approvedBy'], approvedBy, message);
  }
}
