import type { WallTime } from '../../model/local-time.ts';
import type { Calendar, TimeMatch } from '../../model/routing.ts';

/**
 * True while a time match applies. Hours that go past midnight belong to the day on which they began: `weekdays: [fri]`
 * with `hours: "22:00-06:00"` holds on Saturday at 05:59, and not on Friday at 05:59. A name without a calendar has no day.
 */
export function applies(match: TimeMatch, calendars: ReadonlyMap<string, Calendar>, wall: WallTime): boolean {
  const { minute, today, yesterday } = wall;
  const onDay = ({ weekday, date }: WallTime['today']): boolean => {
    if (match.weekdays.length > 0 && !match.weekdays.includes(weekday)) return false;
    if (match.calendars.length > 0 && !match.calendars.some((name) => hasDay(calendars.get(name), date))) return false;
    return !match.except.some((name) => hasDay(calendars.get(name), date));
  };
  if (match.hours.length === 0) return onDay(today);
  return match.hours.some(({ from, to }) => {
    if (from < to) return minute >= from && minute < to && onDay(today);
    return (minute >= from && onDay(today)) || (minute < to && onDay(yesterday));
  });
}

/** True when a local date, as `2026-10-01`, is among the days of a calendar. */
export function hasDay(calendar: Calendar | undefined, date: string): boolean {
  return calendar?.some(({ from, to }) => from <= date && date <= to) ?? false;
}
