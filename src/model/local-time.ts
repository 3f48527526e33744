/** Offsets of the zones of today change at whole quarters of an hour only. */
const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;
/** Furthest time that a calendar knows (ECMA-262, 21.4.1.1). */
const LAST_MS = 8.64e15;

/** Milliseconds of a time as a clock on the wall shows them, counted as if the zone were UTC. */
export type LocalTime = (ts: number) => number | null;

/**
 * The wall clock of a zone, by its IANA name, with daylight saving time. One offset is remembered, as times that follow
 * each other mostly share it. null = the calendar does not reach so far.
 */
export function createLocalTime(timezone: string): LocalTime {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
  let quarter = Number.NaN;
  let offsetMs = 0;
  return (ts) => {
    if (!(Math.abs(ts) <= LAST_MS)) return null;
    const current = Math.floor(ts / QUARTER_MS);
    if (current !== quarter) {
      offsetMs = parseOffset(format.format(ts));
      quarter = current;
    }
    return ts + offsetMs;
  };
}

/** A day as a calendar on the wall shows it. */
export interface LocalDay {
  /** 1 Monday to 7 Sunday. */
  readonly weekday: number;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

/** A time as clock and calendar on the wall show it. */
export interface WallTime {
  /** Minute since midnight, 0 to 1439. */
  readonly minute: number;
  readonly today: LocalDay;
  readonly yesterday: LocalDay;
}

/**
 * Clock and calendar of a zone, by its IANA name, for epoch milliseconds.
 *
 * @throws RangeError beyond what a calendar knows
 */
export function createWallClock(timezone: string): (at: number) => WallTime {
  const local = createLocalTime(timezone);
  return (at) => {
    const localMs = local(at) ?? at;
    return { minute: minuteOf(localMs), today: dayOf(localMs), yesterday: dayOf(localMs - DAY_MS) };
  };
}

function dayOf(localMs: number): LocalDay {
  return { weekday: weekdayOf(localMs), date: new Date(localMs).toISOString().slice(0, 10) };
}

/** Hour, 0 to 23. */
export function hourOf(localMs: number): number {
  return Math.floor(minuteOf(localMs) / 60);
}

/** Minute since midnight, 0 to 1439. */
export function minuteOf(localMs: number): number {
  return Math.floor((localMs - Math.floor(localMs / DAY_MS) * DAY_MS) / 60_000);
}

/** Day of the week as ISO 8601 counts: 1 = Monday … 7 = Sunday. 1970-01-01 was a Thursday. */
export function weekdayOf(localMs: number): number {
  const day = (Math.floor(localMs / DAY_MS) + 3) % 7;
  return (day < 0 ? day + 7 : day) + 1;
}

/** Milliseconds of the `GMT+08:00` that a text ends with; some zones had seconds before 1970. */
function parseOffset(text: string): number {
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  const seconds = Number(match?.[2] ?? 0) * 3600 + Number(match?.[3] ?? 0) * 60 + Number(match?.[4] ?? 0);
  return (match?.[1] === '-' ? -seconds : seconds) * 1000;
}
