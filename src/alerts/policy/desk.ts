import type { AlarmEventType, DigestLine, HeldFor } from '../../model/alarm.ts';
import type { Grouping, Receiver } from '../../model/routing.ts';
import type { Tier } from '../../model/tier.ts';
import { calmAt, type Raises, raisedIn, withRaise } from './flood-window.ts';
import { type DeskEvent, FLOOD_PILE, groupOf, type Pile, type ReadyPile, together, withEvent } from './pile.ts';
import { type Bucket, refilled, spent, tokenAt } from './token-bucket.ts';

/** What the receiver can take. */
export type DeskSettings = Pick<Receiver, 'flood' | 'rate'>;

/** What is known of an event beside what it says. */
export interface DeskFacts {
  /** The most urgent tier that the alarm ever had: the end of a red alarm is as urgent as its begin. */
  readonly tier: Tier;
  /** Of the route that named the receiver. */
  readonly grouping: Grouping | null;
  /** Key of the pile in which an earlier event of the alarm waits; null = none does. */
  readonly waitingIn: string | null;
}

export type Verdict =
  | { readonly kind: 'now' }
  /** `kept`: the event lies in the pile; else it is only counted, since the desk is full. */
  | { readonly kind: 'held'; readonly for: HeldFor; readonly pile: string; readonly kept: boolean };

/** An alarm flood as one receiver has it. */
export interface Flood {
  readonly beganAt: number;
  /** The alarm that began it. */
  readonly firstOut: DigestLine;
  /** New alarms since, and events held. */
  readonly raised: number;
  readonly held: number;
}

/** What one receiver's desk remembers; plain JSON of a bounded size. Times are epoch milliseconds. */
export interface DeskState {
  readonly at: number;
  readonly raises: Raises;
  readonly flood: Flood | null;
  readonly bucket: Bucket | null;
  readonly piles: readonly Pile[];
  /** By the key of a group: when it may have its next digest. */
  readonly nextOfGroup: Readonly<Record<string, number>>;
  readonly lastDigestAt: number | null;
  /** No digest before that: one was sent in a flood. */
  readonly spacedUntil: number | null;
}

export interface Decision {
  readonly state: DeskState;
  readonly verdict: Verdict;
  /** The event began a flood: the receiver is told so. */
  readonly began: Flood | null;
}

export interface Flushed {
  readonly state: DeskState;
  readonly ready: readonly ReadyPile[];
  /** The flood that is over: the receiver is told so. */
  readonly ended: Flood | null;
}

export const EMPTY_DESK: DeskState = {
  at: 0,
  raises: [],
  flood: null,
  bucket: null,
  piles: [],
  nextOfGroup: {},
  lastDigestAt: null,
  spacedUntil: null,
};

/** Events that lie in the piles of one desk; beyond it they are counted. */
export const MOST_KEPT = 10_000;
/** Further groups wait together. */
const MOST_PILES = 100;
/** How long a flood gathers before its first digest [D]. */
const SETTLE_MS = 5_000;
/** A chattering alarm says so often how it stands [D]. */
const NUISANCE_MS = 300_000;
/** The clock was set back, and what is due by the old one would come too late. */
const CLOCK_STEP_MS = 1_000;

/** People are at work on it, or a promise was broken: outside a flood a digest comes too late for that. */
const HARDLY_WAIT: ReadonlySet<AlarmEventType> = new Set([
  'overdue',
  'shelved',
  'unshelved',
  'suppressed',
  'unsuppressed',
  'removedFromService',
  'returnedToService',
]);

/**
 * Whether an event goes to the receiver at once or waits for a digest, at engine time `at`.
 *
 * Red never waits, nor does an exercise or test, which measures the way that red takes. Of the rest waits what chatters,
 * but for a receiver without floods, which wants every event by itself; in a flood everything, broken promises too, which
 * follow a flood by the thousand; a group for others of it; and what the receiver's rate does not allow. An event whose alarm has others waiting joins them, so that a receiver hears of an alarm
 * in order; where it is one that can hardly wait, all of them go at once. Where red goes ahead of waiting events of its
 * own alarm, their lines tell by their revision that they are older.
 *
 * A flood (EEMUA 191) begins when more than `start` alarms were raised in the window, and ends when fewer than `end` are;
 * red counts, nuisance, exercises and tests do not. A broken promise calls people as a new alarm does, and counts too,
 * but for red, which calls on its own.
 */
export function decide(
  before: DeskState,
  settings: DeskSettings,
  event: DeskEvent,
  facts: DeskFacts,
  at: number,
): Decision {
  const counted = withCount(atTime(before, at), settings, event, at);
  const began = counted.flood && !before.flood ? counted.flood : null;
  const place = placeFor(counted, settings, event, facts, at);
  if (!place) return { state: withMessage(counted, settings, at), verdict: { kind: 'now' }, began };
  const { pile, reason } = place;
  const kept = keptIn(counted.piles) < MOST_KEPT;
  const others = counted.piles.filter(({ key }) => key !== pile.key);
  const { flood } = counted;
  const state = {
    ...counted,
    flood: flood && { ...flood, held: flood.held + 1 },
    piles: [...others, withEvent(pile, event, reason, kept)],
  };
  return { state, verdict: { kind: 'held', for: reason, pile: pile.key, kept }, began };
}

/** One message goes out that does not ask: of Davylamp itself. */
export function withMessage(state: DeskState, { rate }: DeskSettings, at: number): DeskState {
  return rate ? { ...state, bucket: spent(refilled(state.bucket, rate, at)) } : state;
}

/** When {@link flush} has something to do; null = not before a further event. */
export function due(state: DeskState, settings: DeskSettings): number | null {
  const times = state.piles.map((pile) => readyAt(state, settings, pile));
  if (state.flood) times.push(settings.flood ? calmAt(state.raises, settings.flood) : state.at);
  return times.length === 0 ? null : Math.min(...times);
}

/** What is to be told at engine time `at`: in a flood all that waits as one digest, else one of each pile that is due. */
export function flush(before: DeskState, settings: DeskSettings, at: number): Flushed {
  let state = atTime(before, at);
  const ready: ReadyPile[] = [];
  const calm = !settings.flood || raisedIn(state.raises, settings.flood.windowMs, at) < settings.flood.end;
  const ended = calm ? state.flood : null;
  if (ended) state = { ...state, flood: null };
  for (;;) {
    const due = state.piles.filter((pile) => readyAt(state, settings, pile) <= at);
    const [first, ...others] = due;
    if (!first) return { state, ready, ended };
    const taken = state.flood ? ([first, ...others] as const) : ([first] as const);
    const told = together(taken);
    ready.push(state.flood ? { ...told, firstOut: state.flood.firstOut } : told);
    state = without(state, settings, taken, at);
  }
}

/** All that waits, at once: nobody will ask this desk again. */
export function flushAll(state: DeskState): readonly ReadyPile[] {
  const [first, ...others] = state.piles;
  return first ? [together([first, ...others])] : [];
}

/** Where an event waits and why; null = it goes at once. */
function placeFor(
  state: DeskState,
  settings: DeskSettings,
  event: DeskEvent,
  facts: DeskFacts,
  at: number,
): { readonly pile: Pile; readonly reason: HeldFor } | null {
  const { line, alarm } = event;
  if (facts.tier === 'red' || line.tier === 'red' || alarm.status !== 'actual') return null;
  const place = (key: string, reason: HeldFor, dueAt: number, parts: Partial<Pile> = {}) => ({
    pile: state.piles.find((pile) => pile.key === key) ?? newPile(key, event, dueAt, parts),
    reason,
  });
  const { flood } = state;
  const chatters = settings.flood !== null && alarm.nuisance === 'chattering' && line.type !== 'escalated';
  const reason = chatters ? 'nuisance' : flood ? 'flood' : null;
  const waiting = state.piles.find(({ key }) => key === facts.waitingIn);
  const isPressing = !flood && HARDLY_WAIT.has(line.type);
  if (waiting && !(waiting.key === 'nuisance' && line.type === 'escalated')) {
    const pile = isPressing ? { ...waiting, dueAt: Math.min(waiting.dueAt, at) } : waiting;
    return { pile, reason: reason ?? waiting.reasons[0] ?? 'group' };
  }
  if (isPressing) return null;
  if (flood) return place(FLOOD_PILE, reason ?? 'flood', at, { firstOut: flood.firstOut });
  if (chatters) return place('nuisance', 'nuisance', at + NUISANCE_MS);
  if (facts.grouping) return placeOfGroup(state, facts.grouping, event, at);
  const { rate } = settings;
  if (!rate) return null;
  const free = tokenAt(refilled(state.bucket, rate, at), rate) <= at;
  // What came first goes first.
  return free && !state.piles.some(({ key }) => key === 'rate') ? null : place('rate', 'rate', at);
}

function placeOfGroup(state: DeskState, { by, waitMs, intervalMs }: Grouping, event: DeskEvent, at: number) {
  const group = groupOf(by, event.alarm);
  const own = `group ${JSON.stringify(group)}`;
  const isOwn = state.piles.length < MOST_PILES || state.piles.some(({ key }) => key === own);
  const key = isOwn ? own : 'group';
  const dueAt = Math.max(at + waitMs, state.nextOfGroup[key] ?? 0);
  const found = state.piles.find((pile) => pile.key === key);
  const parts = isOwn ? { group, intervalMs } : { intervalMs };
  return { pile: found ?? newPile(key, event, dueAt, parts), reason: 'group' } as const;
}

function newPile(key: string, { sequence, line }: DeskEvent, dueAt: number, parts: Partial<Pile>): Pile {
  return {
    key,
    reasons: [],
    group: {},
    from: line.at,
    to: line.at,
    log: { from: sequence, to: sequence },
    dueAt,
    intervalMs: null,
    events: 0,
    countedOnly: 0,
    raisedOnly: {},
    firstOut: line,
    ...parts,
  };
}

/** Counts a new alarm or a broken promise, and begins a flood where it is one too many. */
function withCount(state: DeskState, { flood }: DeskSettings, { line, alarm }: DeskEvent, at: number): DeskState {
  const isNew = line.type === 'raised';
  if (!flood || !(isNew || (line.type === 'overdue' && line.tier !== 'red'))) return state;
  if (alarm.status !== 'actual' || alarm.nuisance !== null) return state;
  const raises = withRaise(state.raises, flood.windowMs, at);
  const raised = isNew ? 1 : 0;
  if (state.flood) return { ...state, raises, flood: { ...state.flood, raised: state.flood.raised + raised } };
  if (raisedIn(raises, flood.windowMs, at) <= flood.start) return { ...state, raises };
  return { ...state, raises, flood: { beganAt: at, firstOut: line, raised, held: 0 } };
}

function readyAt(state: DeskState, { flood, rate }: DeskSettings, pile: Pile): number {
  const token = rate && state.bucket ? tokenAt(state.bucket, rate) : 0;
  if (!state.flood || !flood) return Math.max(pile.dueAt, state.spacedUntil ?? 0, token);
  const spaced = state.lastDigestAt === null ? 0 : state.lastDigestAt + flood.digestEveryMs;
  return Math.max(state.flood.beganAt + SETTLE_MS, spaced, token);
}

/** The state after these piles were told as one message. */
function without(state: DeskState, settings: DeskSettings, told: readonly Pile[], at: number): DeskState {
  const nextOfGroup = Object.fromEntries(Object.entries(state.nextOfGroup).filter(([, next]) => next > at));
  for (const { key, intervalMs } of told) if (intervalMs !== null) nextOfGroup[key] = at + intervalMs;
  const spacing = state.flood !== null && settings.flood ? at + settings.flood.digestEveryMs : null;
  return withMessage(
    {
      ...state,
      piles: state.piles.filter((pile) => !told.includes(pile)),
      nextOfGroup,
      lastDigestAt: at,
      spacedUntil: spacing ?? (state.spacedUntil !== null && state.spacedUntil > at ? state.spacedUntil : null),
    },
    settings,
    at,
  );
}

function keptIn(piles: readonly Pile[]): number {
  return piles.reduce((sum, { events, countedOnly }) => sum + events - countedOnly, 0);
}

/** The state at `at`. If the clock was set back, all that was to come is moved with it. */
function atTime(state: DeskState, at: number): DeskState {
  if (at >= state.at - CLOCK_STEP_MS) return { ...state, at: Math.max(at, state.at) };
  const backMs = state.at - at;
  const { flood, bucket, piles, lastDigestAt, spacedUntil } = state;
  return {
    ...state,
    at,
    raises: [],
    flood: flood && { ...flood, beganAt: flood.beganAt - backMs },
    bucket: bucket && { ...bucket, at: bucket.at - backMs },
    piles: piles.map((pile) => ({ ...pile, dueAt: pile.dueAt - backMs })),
    nextOfGroup: {},
    lastDigestAt: lastDigestAt === null ? null : lastDigestAt - backMs,
    spacedUntil: spacedUntil === null ? null : spacedUntil - backMs,
  };
}
