import type { AlarmEventType, Nuisance } from '../../model/alarm.ts';

/** One time that a condition came and went. */
interface Visit {
  readonly from: number;
  readonly to: number;
}

/** What is known of the comings and goings of one alarm key; bounded. Times are epoch milliseconds. */
export interface NuisanceHistory {
  /** When the condition came; null = it does not hold. */
  readonly activeSince: number | null;
  /** The last visits, oldest first. */
  readonly visits: readonly Visit[];
  /** Last coming or going while it chattered; null = it does not. */
  readonly chatteredAt: number | null;
}

export const NO_VISITS: NuisanceHistory = {
  activeSince: null,
  visits: [],
  chatteredAt: null,
};

/** Visits kept of a key: enough for a proposal. */
const MOST_VISITS = 40;
/** EEMUA 191: comes and goes three times or more in a minute. */
const CHATTERS = 3;
const CHATTER_MS = 60_000;
/** So long without a coming or going, and it does not chatter any more [D]. */
const QUIET_MS = 600_000;
/** Gone before anybody could act [D], so often in an hour [D]. */
const FLEETING_MS = 10_000;
const FLEETINGS = 3;
const FLEETING_WINDOW_MS = 3_600_000;

/**
 * What an event of an alarm at engine time `at` says of its comings and goings. Chattering (EEMUA 191): it came and went
 * at least three times within a minute, and has not been quiet for ten minutes since. Fleeting: it was gone within ten
 * seconds three times in an hour, and did not come again at once.
 */
export function judgeNuisance(
  before: NuisanceHistory,
  type: AlarmEventType,
  at: number,
): { readonly history: NuisanceHistory; readonly nuisance: Nuisance | null } {
  const history = visited(before, type, at);
  const chatters = history.chatteredAt !== null && at - history.chatteredAt < QUIET_MS;
  if (chatters) return { history, nuisance: 'chattering' };
  const { visits } = history;
  const brief = visits.filter((visit, index) => {
    const repeats = visit.from - (visits[index - 1]?.to ?? Number.NEGATIVE_INFINITY) <= CHATTER_MS;
    return isFleeting(visit) && !repeats && at - visit.to < FLEETING_WINDOW_MS;
  });
  return { history, nuisance: brief.length >= FLEETINGS ? 'fleeting' : null };
}

function visited(before: NuisanceHistory, type: AlarmEventType, at: number): NuisanceHistory {
  const { activeSince, visits } = before;
  if (type === 'raised') {
    // Announced again after a bypass, it has not come again.
    if (activeSince !== null) return before;
    return withChatter({ ...before, activeSince: at }, at);
  }
  if ((type !== 'returned' && type !== 'cleared') || activeSince === null) return before;
  const visit = { from: activeSince, to: at };
  return withChatter(
    {
      ...before,
      activeSince: null,
      visits: [...visits, visit].slice(-MOST_VISITS),
    },
    at,
  );
}

/** Every coming and going of a chattering alarm puts its end off. */
function withChatter(history: NuisanceHistory, at: number): NuisanceHistory {
  const { chatteredAt, visits } = history;
  const oldest = visits.at(-CHATTERS);
  const now = oldest !== undefined && at - oldest.from <= CHATTER_MS;
  if (now) return { ...history, chatteredAt: at };
  return chatteredAt !== null && at - chatteredAt < QUIET_MS ? { ...history, chatteredAt: at } : history;
}

function isFleeting({ from, to }: Visit): boolean {
  return to - from < FLEETING_MS;
}

/** How an alarm could be calmed, from how it came and went; times are milliseconds. */
export interface Tuning {
  /** Off-delay that would have bridged 90 % of the gaps: the end of the alarm would be told so much later. */
  readonly offDelayMs: number | null;
  /** On-delay that would have kept 90 % of the brief visits quiet: a real alarm would be told so much later. */
  readonly onDelayMs: number | null;
}

const SHARE = 0.9;
/** A delay is proposed in whole seconds. */
const STEP_MS = 1_000;

/** A proposal for an alarm that is a nuisance; null = too little is known. Somebody who knows the plant must judge it. */
export function proposeTuning({ visits }: NuisanceHistory, nuisance: Nuisance): Tuning | null {
  if (nuisance === 'fleeting') {
    const brief = visits.filter(isFleeting).map(({ from, to }) => to - from);
    const delay = covering(brief);
    return delay === null ? null : { offDelayMs: null, onDelayMs: delay };
  }
  const gaps: number[] = [];
  for (const [index, { from }] of visits.entries()) {
    const earlier = visits[index - 1];
    // A longer gap is another occasion, which no off-delay should bridge.
    if (earlier && from - earlier.to <= CHATTER_MS) gaps.push(from - earlier.to);
  }
  const delay = covering(gaps);
  return delay === null ? null : { offDelayMs: delay, onDelayMs: null };
}

/** The delay, in whole seconds, that is longer than 90 % of the given times. */
function covering(times: readonly number[]): number | null {
  const sorted = [...times].sort((a, b) => a - b);
  const last = sorted[Math.ceil(sorted.length * SHARE) - 1];
  return last === undefined ? null : (Math.floor(last / STEP_MS) + 1) * STEP_MS;
}
