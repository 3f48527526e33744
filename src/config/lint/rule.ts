import type { Profile } from '../../model/device.ts';
import type { Rule } from '../../model/rule.ts';
import type { Path, Reporter } from '../fault.ts';
import { spoken } from './place.ts';

/** Where the parts of a profile stand. */
export interface ProfileSource {
  readonly reporter: Reporter;
  /** Where a key of a rule stands; null = there is no such rule. */
  pathOfRule(id: string, key: string): Path | null;
}

/** Warns of rules that chatter or come late, as limits do. */
export function lintRules({ points, calculated, rules }: Profile, source: ProfileSource): void {
  const everyPoint = [...points, ...calculated];
  for (const rule of rules) {
    const why = rule.why ?? (rule.point === null ? null : everyPoint[rule.point]?.why);
    lintDeadband(rule, source);
    lintOrder(rule, source);
    lintResponse(rule, why?.responseTimeMs, source);
  }
}

/** Kinds whose quantity is analogue, so that it dithers about a set point. */
const ANALOGUE: ReadonlySet<string> = new Set(['deviation', 'discrepancy']);

function lintDeadband({ id, spec, unit, levels }: Rule, { reporter, pathOfRule }: ProfileSource): void {
  const path = pathOfRule(id, 'deadband');
  // Without a unit it answers yes or no.
  if (!path || unit === null || !ANALOGUE.has(spec.kind) || levels.every(({ deadband }) => deadband > 0)) return;
  const message = `${id} has no deadband and will come and go with the noise of the signal: give one`;
  reporter.warn('DEADBAND_NONE', path, 0, message);
}

function lintOrder({ id, levels }: Rule, { reporter, pathOfRule }: ProfileSource): void {
  const path = pathOfRule(id, 'onDelay');
  for (const [index, outer] of levels.entries()) {
    const inner = levels[index - 1];
    if (!path || !inner || outer.onDelayMs <= inner.onDelayMs) continue;
    const message = `${id}: ${outer.name} waits ${spoken(outer.onDelayMs)}, ${inner.name} ${spoken(inner.onDelayMs)}: the worse must not come later`;
    reporter.warn('DELAY_ORDER', path, outer.onDelayMs / 1000, message);
  }
}

function lintResponse({ id, levels }: Rule, responseTimeMs: number | undefined, source: ProfileSource): void {
  const path = source.pathOfRule(id, 'onDelay');
  const longest = Math.max(...levels.map(({ onDelayMs }) => onDelayMs));
  // A delay of the whole response time is told of where the rule is built.
  if (!path || responseTimeMs === undefined || 2 * longest < responseTimeMs || longest >= responseTimeMs) return;
  const message = `${id} takes ${spoken(longest)} of the ${spoken(responseTimeMs)} there are to respond: leave more than half`;
  source.reporter.warn('DELAY_EATS_RESPONSE', path, longest / 1000, message);
}
