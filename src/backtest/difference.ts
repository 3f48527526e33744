import type { Span } from '../alerts/statistics/load.ts';
import { alarmsByKey, type PastAlarm } from './past-alarm.ts';

/** The same alarm before and after a change. */
export interface Pair {
  readonly before: PastAlarm;
  readonly after: PastAlarm;
  /** How much later it is raised after the change; negative = earlier. */
  readonly delayMs: number;
}

/** What a change of the rules does to the alarms of the same span. */
export interface Difference {
  /** Raised only after the change. */
  readonly added: readonly PastAlarm[];
  /** Raised only before it, and no other is in force in its place. */
  readonly removed: readonly PastAlarm[];
  /** Raised only before it: after it, another raise of the same alarm is still in force then. */
  readonly merged: readonly PastAlarm[];
  readonly earlier: readonly Pair[];
  readonly later: readonly Pair[];
  /** Alarms that reach another tier. */
  readonly retiered: readonly Pair[];
  /** Alarms in both, whether moved or not. */
  readonly kept: number;
  /** Of the alarms in both that come later; null = none does. */
  readonly delay: { readonly meanMs: number; readonly maxMs: number } | null;
}

/** Compares two runs over the same readings: alarms with the same key that overlap in time are the same. */
export function differenceOf(before: readonly PastAlarm[], after: readonly PastAlarm[], end: number): Difference {
  const beforeByKey = alarmsByKey(before);
  const afterByKey = alarmsByKey(after);
  const added: PastAlarm[] = [];
  const removed: PastAlarm[] = [];
  const merged: PastAlarm[] = [];
  const pairs: Pair[] = [];
  for (const key of new Set([...beforeByKey.keys(), ...afterByKey.keys()])) {
    const olds = beforeByKey.get(key) ?? [];
    const news = afterByKey.get(key) ?? [];
    const matches = matchInOrder(olds, news, end);
    for (const [i, one] of olds.entries()) {
      const match = matches.get(i);
      const other = match === undefined ? undefined : news[match];
      if (other) pairs.push({ before: one, after: other, delayMs: other.raisedAt - one.raisedAt });
      else if (news.some((candidate) => overlap(one, candidate, end))) merged.push(one);
      else removed.push(one);
    }
    const matched = new Set(matches.values());
    added.push(...news.filter((_, i) => !matched.has(i)));
  }
  const later = pairs.filter(({ delayMs }) => delayMs > 0);
  const delays = later.map(({ delayMs }) => delayMs);
  const byRaise = (a: PastAlarm, b: PastAlarm) => a.raisedAt - b.raisedAt || (a.key < b.key ? -1 : 1);
  const byBefore = (a: Pair, b: Pair) => byRaise(a.before, b.before);
  return {
    added: added.sort(byRaise),
    removed: removed.sort(byRaise),
    merged: merged.sort(byRaise),
    earlier: pairs.filter(({ delayMs }) => delayMs < 0).sort(byBefore),
    later: later.sort(byBefore),
    retiered: pairs.filter((pair) => pair.before.tier !== pair.after.tier).sort(byBefore),
    kept: pairs.length,
    delay: delays.length === 0 ? null : { meanMs: mean(delays), maxMs: delays.reduce((a, b) => Math.max(a, b)) },
  };
}

/** Each alarm with the first of the other run that overlaps it and is not taken: place before to place after. */
function matchInOrder(olds: readonly PastAlarm[], news: readonly PastAlarm[], end: number): Map<number, number> {
  const matches = new Map<number, number>();
  let next = 0;
  for (const [i, one] of olds.entries()) {
    // What ended before this one began can match nothing any more, as both are in the order of time.
    for (let candidate = news[next]; candidate; candidate = news[next]) {
      if (overlap(one, candidate, end)) {
        matches.set(i, next++);
        break;
      }
      if (spanOf(candidate, end).from > spanOf(one, end).from) break;
      next++;
    }
  }
  return matches;
}

function overlap(one: PastAlarm, other: PastAlarm, end: number): boolean {
  const a = spanOf(one, end);
  const b = spanOf(other, end);
  return a.from <= b.to && b.from <= a.to;
}

/** From the first sample beyond the limit, so that a longer delay still overlaps. */
function spanOf({ occurredAt, raisedAt, returnedAt }: PastAlarm, end: number): Span {
  return { from: Math.min(occurredAt, raisedAt), to: returnedAt ?? end };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
