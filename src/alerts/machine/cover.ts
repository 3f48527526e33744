import type { Alarm, AlarmEventType, HiddenState } from '../../model/alarm.ts';
import { BYPASS_KINDS, type BypassKind, type Cover, HIDDEN_BY } from '../../model/bypass.ts';
import { type Tier, tierRank } from '../../model/tier.ts';
import {
  annunciated,
  type Change,
  isHidden,
  LEAVING,
  type Step,
  type StepEvent,
  silent,
  step,
  unheard,
} from './step.ts';

const ENTERING: Readonly<Record<BypassKind, AlarmEventType>> = {
  shelf: 'shelved',
  suppression: 'suppressed',
  outOfService: 'removedFromService',
};

/** Hides or shows what an input has made of the alarm. */
export function settle(before: Alarm, { types, parts }: Change, at: number, covers: readonly Cover[]): Step {
  const after = { ...before, ...parts };
  const plain = types.map((type) => ({ type, bypass: null }));
  if (after.shown === 'normal') return step(before, plain, { ...parts, ...silent, state: 'normal' });
  const cover = strongest(covers, after);
  if (cover) {
    const hidden = { ...parts, state: HIDDEN_BY[cover.kind], bypass: cover.id };
    return step(before, [...plain, ...moved(before, cover)], hidden);
  }
  if (isHidden(before)) return shownAgain(before, after, types, parts, at);
  return step(before, plain, { ...parts, state: after.shown, bypass: null });
}

/** The event of an alarm that this cover hides now, where another one, or none, did before. */
function moved(before: Alarm, cover: Cover): Pick<StepEvent, 'type' | 'bypass'>[] {
  if (before.bypass === cover.id && before.state === HIDDEN_BY[cover.kind]) return [];
  const left = leavingOf(before);
  const weaker = left !== null && kindRank(cover.kind) < BYPASS_KINDS.findIndex((k) => HIDDEN_BY[k] === before.state);
  return weaker ? [{ type: left, bypass: before.bypass }] : [{ type: ENTERING[cover.kind], bypass: cover.id }];
}

/** Leaving a bypass: what holds is announced anew; what is over is shown only where somebody still has to answer. */
function shownAgain(
  before: Alarm,
  after: Alarm,
  types: readonly AlarmEventType[],
  parts: Partial<Alarm>,
  at: number,
): Step {
  const left = { type: leavingOf(before) ?? 'unshelved', bypass: before.bypass };
  const plain = types.map((type) => ({ type, bypass: null }));
  const raised = { type: 'raised', bypass: null } as const;
  const visible = { ...parts, bypass: null };
  const again = annunciated(after, at);
  switch (after.shown) {
    case 'unacknowledged':
    case 'acknowledged': {
      const told = types.some((type) => type === 'raised' || type === 'escalated');
      const events = told ? [left, ...plain] : [...plain, left, raised];
      return step(before, events, { ...visible, ...unheard, ...again, state: 'unacknowledged' });
    }
    case 'latchedUnacknowledged': {
      // Only a person releases a latch, so whoever was never asked is asked now.
      const events = before.annunciatedAt === null ? [...plain, left, raised] : [...plain, left];
      return step(before, events, { ...visible, ...again, state: after.shown });
    }
    case 'returned':
      if (before.annunciatedAt !== null)
        return step(before, [...plain, left], { ...visible, ...again, state: 'returned' });
      return step(before, [...plain, left, { type: 'cleared', bypass: null }], {
        ...visible,
        ...silent,
        shown: 'normal',
        state: 'normal',
      });
    case 'latchedAcknowledged':
    case 'normal':
      return step(before, [...plain, left], { ...visible, state: after.shown });
  }
}

function leavingOf(alarm: Alarm): AlarmEventType | null {
  return alarm.state in LEAVING ? LEAVING[alarm.state as HiddenState] : null;
}

/**
 * Of the covers that reach up to the alarm: the strongest kind, and of equals the one that hides it already. An alarm that
 * was more urgent and that nobody has acknowledged since counts as that urgent: a shelf for yellow does not take back red
 * because the value dips.
 */
export function strongest(covers: readonly Cover[], alarm: Alarm): Cover | null {
  let found: Cover | null = null;
  const tier = tierRank(tierToHide(alarm));
  for (const cover of covers) {
    if (tierRank(cover.upTo) < tier) continue;
    const better = found === null ? 1 : kindRank(cover.kind) - kindRank(found.kind);
    if (better > 0 || (better === 0 && cover.id === alarm.bypass)) found = cover;
  }
  return found;
}

/** The tier that a bypass must reach up to in order to hide the alarm as it is now. */
export function tierToHide({ tier, annunciatedTier }: Pick<Alarm, 'tier' | 'annunciatedTier'>): Tier {
  return annunciatedTier !== null && tierRank(annunciatedTier) > tierRank(tier) ? annunciatedTier : tier;
}

function kindRank(kind: BypassKind): number {
  return BYPASS_KINDS.indexOf(kind);
}
