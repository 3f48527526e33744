import { parseDuration } from '../../model/duration.ts';
import { hasCode } from '../../model/error.ts';
import type { Expression, Rule, RuleLevel } from '../../model/rule.ts';
import { TIERS } from '../../model/tier.ts';
import { compiledOf } from '../../rules/compiled.ts';
import { UNTIL_DEADBAND } from '../../rules/expression-rule.ts';
import type { RuleEntry, TieredEntry } from '../../rules/schema/rule.ts';
import type { RulePatch } from '../../rules/schema/rule-override.ts';
import type { StepsEntry, StepsPatch } from '../../rules/schema/rule-terms.ts';
import type { Path } from '../fault.ts';
import { resolveWhy } from '../text.ts';
import { checkReasons, draft, type RuleContext, type RuleDraft, type RulePlace, titleOf } from './draft.ts';
import { pointNamed } from './reference.ts';

/** `rules[].when`: a condition over several points. */
export function conditionDraft(rule: TieredEntry, path: Path): RuleDraft {
  return draft(rule.id, path, rule, ['when', 'until'], (entry, context, place) => {
    const when = expressionOf(entry.when, 'bool', 'when', context, place);
    const until = expressionOf(entry.until, 'bool', 'until', context, place);
    const point = entry.point === undefined ? null : pointNamed(entry.point, 'point', context, place);
    if (!when) return null;
    return {
      spec: { kind: 'expression', when, until },
      point: point?.index ?? null,
      unit: null,
      at: 1,
      deadband: until ? UNTIL_DEADBAND : 0,
    };
  });
}

/** `rules[].measure`: a number over several points, with steps. */
export function quantityDraft(rule: RuleEntry, path: Path): RuleDraft {
  return {
    id: rule.id,
    pathOf: (key) => [...path, ...key.split('.')],
    adjustable: ['measure', 'above', 'below', 'deadband', 'onDelay', 'offDelay', 'latch'],
    build(patch, context, place) {
      const { above, below, ...plain } = patch;
      const entry = { ...rule, ...plain };
      const measure = expressionOf(entry.measure, 'number', 'measure', context, place);
      const point = entry.point === undefined ? null : pointNamed(entry.point, 'point', context, place);
      const levels = levelsOf(entry, { above, below }, place);
      if (!measure || !levels) return null;
      const built: Rule = {
        id: rule.id,
        spec: { kind: 'expression', measure },
        point: point?.index ?? null,
        title: titleOf(entry),
        unit: entry.unit ?? '',
        levels,
        onBad: entry.onBad,
        byClock: true,
        why: entry.why ? resolveWhy(entry.why) : null,
      };
      checkReasons(built, entry.onDelay, context, place);
      return built;
    },
  };
}

/** What `unless` puts into the spec of a rule. */
export function excuseOf(
  text: string | undefined,
  context: RuleContext,
  place: RulePlace,
): { readonly unless?: Expression } {
  const unless = expressionOf(text, 'bool', 'unless', context, place);
  return unless ? { unless } : {};
}

const TYPE_WORDS = { bool: 'true or false', number: 'a number', string: 'a text' } as const;

/** The expression at `key`, or null: there is none, or it has a fault. */
export function expressionOf(
  text: string | undefined,
  wanted: 'bool' | 'number',
  key: string,
  { points, timezone, intervalMs }: RuleContext,
  place: RulePlace,
): Expression | null {
  if (text === undefined) return null;
  const expression = { text, timezone, intervalMs };
  try {
    const { type } = compiledOf(expression, points);
    if (type === wanted) return expression;
    const message = `must give ${TYPE_WORDS[wanted]}, but gives ${TYPE_WORDS[type]}`;
    place.error('EXPRESSION_INVALID', key, text, message);
  } catch (cause) {
    if (!hasCode(cause, 'EXPRESSION_INVALID')) throw cause;
    place.error('EXPRESSION_INVALID', key, text, cause.message);
  }
  return null;
}

type Senses = { readonly [S in RuleLevel['sense']]?: StepsPatch | undefined };

function levelsOf(
  entry: RuleEntry & Pick<RulePatch, 'deadband'>,
  patch: Senses,
  place: RulePlace,
): readonly RuleLevel[] | null {
  const above = merged(entry.above, patch.above);
  const below = merged(entry.below, patch.below);
  const steps = above ?? below;
  if (!steps || (above && below)) {
    place.error('RULE_KIND', 'above', null, 'give the steps of `measure` either `above` or `below`');
    return null;
  }
  const sense = above ? 'above' : 'below';
  const levels: RuleLevel[] = [];
  for (const tier of TIERS) {
    const step = steps[tier];
    if (!step) continue;
    const key = `${sense}.${tier}`;
    if (step.at === undefined) {
      place.error('MISSING_KEY', `${key}.at`, null, 'at is required here: add it');
      return null;
    }
    const level: RuleLevel = {
      name: tier,
      rank: levels.length + 1,
      at: step.at,
      sense,
      deadband: step.deadband ?? entry.deadband ?? 0,
      onDelayMs: parseDuration(step.onDelay ?? entry.onDelay),
      offDelayMs: parseDuration(step.offDelay ?? entry.offDelay),
      tier,
      latch: step.latch ?? entry.latch,
    };
    checkStep(level, levels.at(-1), key, place);
    levels.push(level);
  }
  return levels;
}

function merged(steps: StepsEntry | undefined, patch: StepsPatch | undefined): StepsPatch | null {
  if (!steps && !patch) return null;
  const tiers = TIERS.filter((tier) => steps?.[tier] ?? patch?.[tier]);
  return Object.fromEntries(tiers.map((tier) => [tier, { ...steps?.[tier], ...patch?.[tier] }]));
}

/** `milder`: the step before it. */
function checkStep(level: RuleLevel, milder: RuleLevel | undefined, key: string, place: RulePlace): void {
  const { at, sense, deadband, tier } = level;
  if (deadband < 0) place.error('DEADBAND_NEGATIVE', `${key}.deadband`, deadband, 'must be 0 or more');
  if (!milder || (sense === 'above' ? at > milder.at : at < milder.at)) return;
  const message = `${tier} must be ${sense} ${milder.tier}, which is ${milder.at}`;
  place.error('STEP_ORDER', `${key}.at`, at, message);
}
