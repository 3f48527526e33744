import type { RuleLevel } from '../model/rule.ts';
import { CONDITION_REASONS, type ConditionReason, type Situation } from './explanation.ts';

/** What is known of the device beside the state of one condition. */
export interface Circumstances {
  /** Silence of the device is an alarm now. */
  readonly silent: boolean;
  /** Why the newest reading was not judged; null = it was. */
  readonly unjudged: 'drill' | 'historical' | null;
}

/** Those that keep a limit from being judged at all say more of a point than a window that is not full. */
const OF_A_WINDOW: ReadonlySet<ConditionReason> = new Set([
  'tooFewSamples',
  'windowTooShort',
  'gap',
  'notSignificant',
  'nothingMeasured',
]);

/** Why the condition is an alarm, or none. */
export function reasonOf(situation: Situation, circumstances: Circumstances): ConditionReason {
  const { watched, phase } = situation;
  if (watched.level === null) return 'off';
  switch (phase) {
    case 'active':
      return whyHeld(situation, watched.level);
    case 'pendingOff':
      return 'returning';
    case 'pendingOn':
      return 'pending';
    case 'inactive':
      return whyNone(situation, watched.level, circumstances);
  }
}

/** The one of several that a person should hear first. */
export function mostTelling<T extends { readonly reason: ConditionReason } & Situation>(
  explained: readonly T[],
): T | null {
  // A point with a limit is about its limit, unless a window is all there is.
  const hasLimit = explained.some(({ watched, reason }) => watched.rule === null && reason !== 'off');
  const rank = ({ reason, watched }: T) => {
    const late = hasLimit && watched.rule !== null && OF_A_WINDOW.has(reason) ? CONDITION_REASONS.length : 0;
    return late + CONDITION_REASONS.indexOf(reason);
  };
  let first: T | null = null;
  for (const one of explained) {
    if (first === null || rank(one) < rank(first)) first = one;
    else if (rank(one) === rank(first) && isCloser(one, first)) first = one;
  }
  return first;
}

/** In force: the worse step. At rest: the one that is nearest to its set point. */
function isCloser(one: Situation, other: Situation): boolean {
  const { level } = one.watched;
  const { level: otherLevel } = other.watched;
  if (!level || !otherLevel) return level !== null;
  if (one.phase !== 'inactive') return level.rank > otherLevel.rank;
  if (one.watched.rule !== null || other.watched.rule !== null) {
    return one.watched.rule === null && other.watched.rule !== null;
  }
  return distance(one, level) < distance(other, otherLevel);
}

function distance({ measured }: Situation, { at }: RuleLevel): number {
  return measured === null ? Number.POSITIVE_INFINITY : Math.abs(measured - at);
}

function whyHeld({ quality, measured, watched }: Situation, level: RuleLevel): ConditionReason {
  if (watched.rule?.onBad !== 'alarm' && quality === 'bad') return 'heldByBadQuality';
  if (measured === null || isTripped(measured, level)) return 'inForce';
  if (isCleared(measured, level)) return quality === 'uncertain' ? 'heldByUncertainQuality' : 'inForce';
  return 'heldByDeadband';
}

function whyNone(situation: Situation, level: RuleLevel, { silent, unjudged }: Circumstances): ConditionReason {
  const { watched, measured, quality, ts } = situation;
  // Silence and the clock are judged whatever was measured.
  if (watched.condition === 'absent' || watched.condition === 'clock') return 'normal';
  if (unjudged) return unjudged;
  if (ts === null) return 'noSample';
  if (quality === 'bad') return 'badQuality';
  if (silent) return 'silent';
  if (measured === null) return whyNothing(situation);
  if (isTripped(measured, level)) return 'notYetJudged';
  return isCleared(measured, level) ? 'normal' : 'nearLimit';
}

/** Why a window does not speak. The slope speaks over at least half of its window. */
function whyNothing({ window, watched }: Situation): ConditionReason {
  const { rule } = watched;
  const fits = rule !== null && ('rate' in rule.spec || rule.spec.kind === 'forecast');
  if (!fits) return 'nothingMeasured';
  if (!window || window.n < window.minSamples) return 'tooFewSamples';
  if (window.to - window.from < window.overMs / 2) return 'windowTooShort';
  if (window.maxGapMs !== null && window.widestGapMs > window.maxGapMs) return 'gap';
  return 'notSignificant';
}

function isTripped(measured: number, { sense, at }: RuleLevel): boolean {
  return sense === 'above' ? measured >= at : measured <= at;
}

function isCleared(measured: number, { sense, at, deadband }: RuleLevel): boolean {
  return sense === 'above' ? measured < at - deadband : measured > at + deadband;
}
