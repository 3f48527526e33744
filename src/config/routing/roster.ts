import type { DaysEntry, RosterEntry, WhenEntry } from '../../alerts/policy/schema/roster.ts';
import { WEEKDAYS } from '../../alerts/policy/schema/roster.ts';
import type { Calendar, Roster, TimeMatch } from '../../model/routing.ts';
import type { Path } from '../fault.ts';
import { checkNames } from '../known-names.ts';
import { resolveTitle, sameText } from '../text.ts';
import { checkRecipients, many, type RoutingContext } from './context.ts';

/** Builds one roster; null where its shape is at fault. */
export function buildRoster(name: string, entry: RosterEntry, context: RoutingContext): Roster | null {
  const path = ['rosters', name];
  if (!context.sound(path)) return null;
  const turns = entry.turns.map(({ when, to }, index) => {
    const own = [...path, 'turns', index];
    checkRecipients(to, [...own, 'to'], context, 'receivers');
    return { when: buildWhen(when, [...own, 'when'], context), to };
  });
  checkRecipients(entry.otherwise, [...path, 'otherwise'], context, 'receivers');
  return { turns, otherwise: entry.otherwise };
}

/** Builds one calendar; null where its shape is at fault. */
export function buildCalendar(name: string, entry: readonly DaysEntry[], context: RoutingContext): Calendar | null {
  const path = ['calendars', name];
  const { reporter, sound } = context;
  if (!sound(path)) return null;
  return entry.map((days, index) => {
    for (const key of ['from', 'to'] as const) {
      const date = days[key];
      if (date === undefined || isDay(date)) continue;
      reporter.error('DATE_INVALID', [...path, index, key], date, 'there is no such day');
    }
    const { from, to = from, title } = days;
    if (to < from) {
      reporter.error('CALENDAR_ORDER', [...path, index, 'to'], to, `the last day lies before the first, ${from}`);
    }
    return { from, to, title: resolveTitle(title, sameText(name)) };
  });
}

/** Builds what has a sound shape. */
export function buildWhen(entry: WhenEntry, path: Path, { calendars, reporter }: RoutingContext): TimeMatch {
  const named = { calendars: many(entry.calendars), except: many(entry.except) };
  for (const key of ['calendars', 'except'] as const) {
    checkNames(named[key], calendars, { code: 'CALENDAR_UNKNOWN', what: 'calendar', path: [...path, key], reporter });
  }
  return { weekdays: many(entry.weekdays).map(weekdayOf), hours: many(entry.hours).map(hoursOf), ...named };
}

function weekdayOf(day: (typeof WEEKDAYS)[number] | number): number {
  return typeof day === 'number' ? day : WEEKDAYS.indexOf(day) + 1;
}

function hoursOf(text: string): TimeMatch['hours'][number] {
  const [from = 0, to = 0] = text.split('-').map((time) => {
    const [hour, minute] = time.split(':');
    return Number(hour) * 60 + Number(minute);
  });
  return { from, to };
}

function isDay(date: string): boolean {
  const at = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date);
}
