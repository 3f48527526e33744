import type { Promised } from '../model/alarm.ts';
import type { Text } from '../model/text.ts';

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

/** Names of the targets of an alarm load in Chinese, by those in English. */
export const TARGET_WORDS: Readonly<Record<string, string>> = {
  'average per operator hour': '平均每人每小时',
  'average per operator hour, acceptable': '平均每人每小时（可接受）',
  'average per operator hour, still manageable': '平均每人每小时（尚可应对）',
  'busiest hour, per operator': '最忙一小时（每人）',
  'busiest minute, per operator': '最忙一分钟（每人）',
  'busiest 10 minutes, per operator': '最忙十分钟（每人）',
  '10-minute periods with more than 10': '超过10条的十分钟时段占比',
  'time in flood': '泛滥时间占比',
  'ten most frequent alarms': '前十位报警占比',
  'chattering alarms': '抖动报警数',
  'stale alarms at once': '同时陈旧报警数（24小时以上）',
};

/** What was promised and not kept. */
export const PROMISE_WORDS: Readonly<Record<Promised, Text>> = {
  acknowledge: { en: 'acknowledge', zh: '确认' },
  report: { en: 'report', zh: '反馈' },
  close: { en: 'close', zh: '销号' },
};
