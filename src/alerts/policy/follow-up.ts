import { type Alarm, HIDDEN_STATES } from '../../model/alarm.ts';
import type { Case } from '../../model/case.ts';
import type { EscalationStep, TierSettings } from '../../model/routing.ts';
import type { Tier } from '../../model/tier.ts';

/** What is to be done about an alarm or its case without anybody asking, and when (epoch milliseconds). */
export type FollowUp =
  /** Nobody has acknowledged: step `step` (from 1) of the escalation tells further people. */
  | {
      readonly kind: 'escalate';
      readonly at: number;
      readonly step: number;
      readonly afterMs: number;
      readonly level: string | null;
      readonly to: readonly string[];
    }
  /** A promise of the tier was not kept. */
  | { readonly kind: 'overdue'; readonly at: number; readonly promise: 'acknowledge' | 'report' | 'close' }
  /** Nobody has acknowledged: those who were told are told again. */
  | { readonly kind: 'repeat'; readonly at: number }
  /** It was acknowledged, and still holds. */
  | { readonly kind: 'realarm'; readonly at: number };

/**
 * What is due next for an alarm and its case (null = it has none); null = nothing without a further event.
 *
 * - Escalation, and the promise to acknowledge where no step comes by then, count from `annunciatedAt`, while the alarm
 *   is unacknowledged and not hidden. Every step comes once; it is done when its `afterMs` is no more than the alarm's
 *   `escalatedMs`, so a changed plan neither repeats nor skips the ones that lie beyond.
 * - A repeat counts from the last one. A pause (a restart) makes one repeat due, not all that were missed.
 * - Re-alarm (ISA-18.2 C to B) counts from the acknowledgement.
 * - Report and close count from the opening of the case, by the tier it had at worst, and come once each.
 *
 * Of several at the same time the order is that of {@link FollowUp}.
 */
export function due(
  alarm: Alarm,
  found: Case | null,
  tiers: Readonly<Record<Tier, TierSettings>>,
  steps: readonly EscalationStep[],
): FollowUp | null {
  const settings = tiers[alarm.tier];
  return earliest([
    ...unanswered(alarm, settings, steps),
    found && promised(found, 'report', tiers[found.tier].reportWithinMs),
    found && promised(found, 'close', tiers[found.tier].closeWithinMs),
    repeat(alarm, settings),
    realarm(alarm, settings),
  ]);
}

/** True when time alone makes something of the alarm: it is shown and nobody has acknowledged it. */
export function isWaiting(alarm: Alarm): boolean {
  return alarm.annunciatedAt !== null && !HIDDEN_STATES.some((state) => state === alarm.state);
}

function unanswered(alarm: Alarm, settings: TierSettings, steps: readonly EscalationStep[]): (FollowUp | null)[] {
  if (!isWaiting(alarm) || alarm.annunciatedAt === null) return [];
  const since = alarm.annunciatedAt;
  const broken: FollowUp = { kind: 'overdue', at: since + settings.acknowledgeWithinMs, promise: 'acknowledge' };
  const done = alarm.escalatedMs ?? -1;
  const index = steps.findIndex(({ afterMs }) => afterMs > done);
  const step = steps[index];
  return [
    step
      ? {
          kind: 'escalate',
          at: since + step.afterMs,
          step: index + 1,
          afterMs: step.afterMs,
          level: step.level,
          to: step.to,
        }
      : null,
    // A step that came before has said so.
    alarm.escalations === 0 ? broken : null,
  ];
}

function repeat(alarm: Alarm, { repeatMs }: TierSettings): FollowUp | null {
  if (repeatMs === null || !isWaiting(alarm) || alarm.annunciatedAt === null) return null;
  return { kind: 'repeat', at: Math.max(alarm.annunciatedAt, alarm.repeatedAt ?? 0) + repeatMs };
}

function realarm(alarm: Alarm, { realarmMs }: TierSettings): FollowUp | null {
  if (realarmMs === null || alarm.state !== 'acknowledged' || alarm.acknowledgedAt === null) return null;
  return { kind: 'realarm', at: alarm.acknowledgedAt + realarmMs };
}

function promised(found: Case, promise: 'report' | 'close', withinMs: number | null): FollowUp | null {
  if (withinMs === null || found.state === 'closed' || found.overdue.includes(promise)) return null;
  if (promise === 'report' && found.reportedAt !== null) return null;
  return { kind: 'overdue', at: found.openedAt + withinMs, promise };
}

function earliest(followUps: readonly (FollowUp | null)[]): FollowUp | null {
  let first: FollowUp | null = null;
  for (const each of followUps) if (each && (first === null || each.at < first.at)) first = each;
  return first;
}
