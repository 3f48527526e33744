import type { LimitName } from '../../model/limit.ts';
import type { Value } from '../../model/reading.ts';
import type { Text } from '../../model/text.ts';

export const LIMIT_WORDS: Readonly<Record<LimitName, Text>> = {
  LL: { en: 'low-low', zh: '低低' },
  L: { en: 'low', zh: '低' },
  H: { en: 'high', zh: '高' },
  HH: { en: 'high-high', zh: '高高' },
};

/** Digits of what was measured: more says nothing about a slope or a distance. */
const MEASURED_DIGITS = 3;
const NAMES_SHOWN = 3;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** A value or a limit as it is, to six digits at most: more is noise to whoever reads it. */
export function shown(value: Value, unit: string): string {
  return `${typeof value === 'number' ? Number(value.toPrecision(6)) : value} ${unit}`.trim();
}

/** A measured figure with three significant digits; of 1000 and more with all before the point. */
export function shownMeasured(value: number | null, unit: string): string {
  if (value === null) return shown(value, unit);
  const whole = Math.trunc(Math.abs(value)).toString().length;
  // Six digits at most, as everywhere.
  return shown(Number(value.toPrecision(Math.min(6, Math.max(MEASURED_DIGITS, whole)))), unit);
}

/** A time as `60 s`, `5 min` or `2 h`: in the greatest unit that leaves no fraction, minutes from two on. */
export function shownTime(ms: number): Text {
  if (ms >= 2 * HOUR_MS && ms % HOUR_MS === 0) return { en: `${ms / HOUR_MS} h`, zh: `${ms / HOUR_MS} 小时` };
  if (ms >= 2 * MINUTE_MS && ms % MINUTE_MS === 0) return { en: `${ms / MINUTE_MS} min`, zh: `${ms / MINUTE_MS} 分钟` };
  return { en: `${ms / 1000} s`, zh: `${ms / 1000} 秒` };
}

/** `a, b, c and 2 more`. */
export function shownNames(names: readonly string[]): Text {
  const first = names.slice(0, NAMES_SHOWN);
  const more = names.length - first.length;
  return {
    en: `${first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    zh: `${first.join('、')}${more > 0 ? `等 ${names.length} 个` : ''}`,
  };
}

/** A subject and what is said of it. */
export function joined(subject: Text, words: Text): Text {
  return { en: `${subject.en} ${words.en}`, zh: `${subject.zh}${words.zh}` };
}

export function listed(parts: readonly Text[]): Text {
  return { en: parts.map(({ en }) => en).join(', '), zh: parts.map(({ zh }) => zh).join('，') };
}

export function sameText(text: string): Text {
  return { en: text, zh: text };
}
