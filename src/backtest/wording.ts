/** `2026-11-01 08:00:00` in a time zone. */
export function timeFormat(timezone: string): (at: number) => string {
  // Sweden writes times as ISO 8601 does.
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
  return (at) => format.format(at);
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** `2 d 3 h`, `5 min 10 s`, `12 s`, `0.3 s`: the two greatest units. */
export function durationText(ms: number): string {
  const size = Math.abs(ms);
  const sign = ms < 0 ? '-' : '';
  for (const [i, [unit, unitMs]] of UNITS.entries()) {
    if (size < unitMs) continue;
    const [lesser, lesserMs] = UNITS[i + 1] ?? ['s', 1000];
    const rest = Math.floor((size % unitMs) / lesserMs);
    return `${sign}${Math.floor(size / unitMs)} ${unit}${rest > 0 ? ` ${rest} ${lesser}` : ''}`;
  }
  return `${sign}${numberText(size / 1000)} s`;
}

/** At most four significant digits; whole numbers whole. */
export function numberText(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  return String(Number(value.toPrecision(4)));
}

export function shareText(share: number): string {
  return `${numberText(Number((share * 100).toFixed(2)))} %`;
}
