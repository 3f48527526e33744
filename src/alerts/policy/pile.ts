import type { Alarm, DigestLine, HeldFor } from '../../model/alarm.ts';
import type { GroupLabel } from '../../model/routing.ts';
import { TIERS, type Tier } from '../../model/tier.ts';

/** The parts of an alarm event that a desk looks at. */
export interface DeskEvent {
  /** Place in the event log. */
  readonly sequence: number;
  readonly line: DigestLine;
  readonly alarm: DeskAlarm;
}

export type DeskAlarm = Pick<Alarm, 'site' | 'device' | 'profile' | 'grid' | 'tier' | 'status' | 'nuisance'>;

/** Events that wait to be told at once. The events themselves lie elsewhere, under the key. */
export interface Pile {
  readonly key: string;
  /** Why they wait, the first reason first. */
  readonly reasons: readonly HeldFor[];
  /** What all of them share. */
  readonly group: Readonly<Record<string, string>>;
  /** Times of the first and the last event. */
  readonly from: number;
  readonly to: number;
  /** First and last place in the event log. */
  readonly log: { readonly from: number; readonly to: number };
  readonly dueAt: number;
  /** Of a group: least time between two digests. */
  readonly intervalMs: number | null;
  readonly events: number;
  /** How many of them are counted only. */
  readonly countedOnly: number;
  /** New alarms among those, by tier. */
  readonly raisedOnly: Readonly<Partial<Record<Tier, number>>>;
  /** What leads the digest: the alarm that began the flood, else the first event. */
  readonly firstOut: DigestLine;
}

/** One or several piles that are told now, as one. */
export interface ReadyPile extends Omit<Pile, 'key' | 'dueAt' | 'intervalMs'> {
  readonly keys: readonly string[];
}

/** Key of the pile in which a flood waits. */
export const FLOOD_PILE = 'flood';

/** The pile with one more event. `kept`: the event itself lies in it, and is not only counted. */
export function withEvent(pile: Pile, { sequence, line }: DeskEvent, reason: HeldFor, kept: boolean): Pile {
  const { reasons, events, countedOnly, raisedOnly } = pile;
  const added = {
    ...pile,
    reasons: reasons.includes(reason) ? reasons : [...reasons, reason],
    to: line.at,
    log: { from: pile.log.from, to: sequence },
    events: events + 1,
  };
  if (kept) return added;
  const raised = line.type === 'raised' ? { [line.tier]: (raisedOnly[line.tier] ?? 0) + 1 } : {};
  return { ...added, countedOnly: countedOnly + 1, raisedOnly: { ...raisedOnly, ...raised } };
}

/** Several piles as one, led by the alarm that began the flood if one of them was. */
export function together(piles: readonly [Pile, ...Pile[]]): ReadyPile {
  const [first] = piles;
  const raisedOnly: Partial<Record<Tier, number>> = {};
  for (const pile of piles) {
    for (const tier of TIERS) {
      const more = pile.raisedOnly[tier];
      if (more !== undefined) raisedOnly[tier] = (raisedOnly[tier] ?? 0) + more;
    }
  }
  return {
    keys: piles.map(({ key }) => key),
    reasons: [...new Set(piles.flatMap(({ reasons }) => reasons))],
    group: piles.length === 1 ? first.group : {},
    from: Math.min(...piles.map(({ from }) => from)),
    to: Math.max(...piles.map(({ to }) => to)),
    log: {
      from: Math.min(...piles.map(({ log }) => log.from)),
      to: Math.max(...piles.map(({ log }) => log.to)),
    },
    events: sum(piles, ({ events }) => events),
    countedOnly: sum(piles, ({ countedOnly }) => countedOnly),
    raisedOnly,
    firstOut: (piles.find(({ key }) => key === FLOOD_PILE) ?? oldest(piles)).firstOut,
  };
}

/** What the alarms of one group share. A device without a grid has the empty one. */
export function groupOf(by: readonly GroupLabel[], alarm: DeskAlarm): Readonly<Record<string, string>> {
  return Object.fromEntries(
    by.map((label) => [label, label === 'device' ? `${alarm.site}/${alarm.device}` : (alarm[label] ?? '')]),
  );
}

function oldest(piles: readonly [Pile, ...Pile[]]): Pile {
  return piles.reduce((first, pile) => (pile.log.from < first.log.from ? pile : first));
}

function sum(piles: readonly Pile[], of: (pile: Pile) => number): number {
  return piles.reduce((total, pile) => total + of(pile), 0);
}
