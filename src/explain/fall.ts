import type { Evaluation } from '../model/evaluation.ts';
import type { Rule, RuleLevel } from '../model/rule.ts';
import type { Watched } from './explanation.ts';

/** Rules about a fall count it upwards. People are shown the change of the point itself, with its sign. */
export function isFall(rule: Rule | null): boolean {
  return rule?.spec.kind === 'falling';
}

/** A fall by 0.8 is a change of -0.8 or less. */
export function shownLevel(rule: Rule, level: RuleLevel): RuleLevel {
  return isFall(rule) ? { ...level, at: 0 - level.at, sense: 'below' } : level;
}

/** What a rule measured, a fall as a negative change. */
export function shownMeasure(rule: Rule, measured: number | null): number | null {
  return isFall(rule) ? negated(measured) : measured;
}

/** Judgements with falls as negative changes; one that had nothing to compare was of nothing known. */
export function shownEvaluations(evaluations: readonly Evaluation[], watched: readonly Watched[]): Evaluation[] {
  const falls = new Set(watched.filter(({ rule }) => isFall(rule)).map(({ condition }) => condition));
  return evaluations.map((one) => {
    const verdict = one.measured === null && one.verdict === 'between' ? 'unknown' : one.verdict;
    if (!falls.has(one.condition)) return { ...one, verdict };
    const { measured, limit } = one;
    return { ...one, verdict, measured: negated(measured), limit: negated(limit) };
  });
}

/** 0 stays 0: a person is not shown -0. */
function negated(change: number | null): number | null {
  return change === null ? null : 0 - change;
}
