import { applies } from '../../alerts/policy/calendar.ts';
import type { WallTime } from '../../model/local-time.ts';
import type { Calendar, Roster, Routing } from '../../model/routing.ts';
import type { Reporter } from '../fault.ts';

/** Days of a calendar entry that are looked at: whatever holds for longer holds within them. */
const MOST_DAYS = 400;
const DAY_MS = 86_400_000;

/**
 * Warns of turns of rosters that never come, and of calendars that are over.
 *
 * @param today local date, as `2026-10-01`; null = no day is over
 */
export function lintRosters({ rosters, calendars }: Routing, today: string | null, reporter: Reporter): void {
  const past = new Set<string>();
  for (const [name, calendar] of calendars) {
    if (today === null || calendar.some(({ to }) => to >= today)) continue;
    past.add(name);
    const message = 'all of its days are over: whatever waits for them never comes. Add those of this year';
    reporter.warn('CALENDAR_PAST', ['calendars', name], calendar.at(-1)?.to, message);
  }
  for (const [name, roster] of rosters) {
    const times = timesOf(roster, calendars, today);
    const came = new Set(times.map((wall) => roster.turns.findIndex(({ when }) => applies(when, calendars, wall))));
    for (const [index, { when }] of roster.turns.entries()) {
      // Said of the calendar already.
      if (came.has(index) || when.calendars.some((calendar) => past.has(calendar))) continue;
      const message =
        'there is no time at which it is this turn: turns before it come first, or its parts exclude each other';
      reporter.warn('ROSTER_TURN_NEVER', ['rosters', name, 'turns', index], null, message);
    }
  }
}

/** Times among which every case of a roster lies: at each change of hours, on ordinary days and on those of calendars. */
function timesOf(
  { turns }: Roster,
  calendars: ReadonlyMap<string, Calendar>,
  today: string | null,
): readonly WallTime[] {
  const named = turns.flatMap(({ when }) => [...when.calendars, ...when.except]);
  const entries = named.flatMap((name) => calendars.get(name) ?? []);
  const days = new Set<number>();
  for (const { from, to } of entries) {
    const last = dayNumber(to);
    // From the day before, on which a turn past midnight begins.
    for (let day = dayNumber(from) - 1, count = 0; day <= last + 1 && count < MOST_DAYS; day++, count++) days.add(day);
  }
  const ordinary = Math.max(0, ...entries.map(({ to }) => dayNumber(to)), today === null ? 0 : dayNumber(today)) + 2;
  for (let day = ordinary; day < ordinary + 8; day++) days.add(day);
  const minutes = new Set(turns.flatMap(({ when }) => when.hours.flatMap(({ from, to }) => [from, to % 1440])));
  const times: WallTime[] = [];
  for (const day of days) {
    const now = localDay(day);
    if (today !== null && now.date < today) continue;
    for (const minute of minutes.add(0)) times.push({ minute, today: now, yesterday: localDay(day - 1) });
  }
  return times;
}

function dayNumber(date: string): number {
  return Math.floor(new Date(`${date}T00:00:00Z`).getTime() / DAY_MS);
}

/** Day 0 is 1970-01-01, a Thursday. */
function localDay(day: number): WallTime['today'] {
  return { weekday: ((((day + 3) % 7) + 7) % 7) + 1, date: new Date(day * DAY_MS).toISOString().slice(0, 10) };
}
