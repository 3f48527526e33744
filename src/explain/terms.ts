import type { Text } from '../model/text.ts';
import type { Origin, Watched } from './explanation.ts';

/** At most six digits: more is noise to whoever reads it. */
export function amount(value: number | null, unit: string): string {
  return value === null ? '?' : `${Number(value.toPrecision(6))} ${unit}`.trim();
}

const STEPS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** A span of time as a person says it: `90 s` stays seconds, `1.5 h` are hours. */
export function duration(ms: number): string {
  const [unit, name] = STEPS.find(([each]) => ms >= 2 * each) ?? [1_000, 's'];
  return `${Number((ms / unit).toPrecision(3))} ${name}`;
}

/** Wall-clock time in a zone (IANA name), to the second. */
export function moment(at: number, timezone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' }).format(at);
}

/** The set point, and where it was decided. */
export function limitText({ condition, level, unit, origin }: Watched): Text {
  const from = originText(origin, unit ?? '');
  if (level === null || unit === null) return { en: ` (${from.en})`, zh: `（${from.zh}）` };
  const isSpan = condition === 'absent' || condition === 'clock';
  const at = isSpan ? duration(level.at * 1000) : amount(level.at, unit);
  const name = level.name === '' ? { en: 'limit', zh: '限值' } : { en: level.name, zh: level.name };
  return { en: ` (${name.en} ${at}, ${from.en})`, zh: `（${name.zh} ${at}，${from.zh}）` };
}

function originText(origin: Origin, unit: string): Text {
  const { kind, profile, profileAt, change, source, expires } = origin;
  if (kind === 'profile') return { en: `by profile ${profile}`, zh: `按设备类型 ${profile}` };
  const parts: Text[] = [{ en: 'set for this device', zh: '按本设备设定' }];
  if (profileAt !== null) {
    const at = amount(profileAt, unit);
    parts.push({ en: `profile ${profile} says ${at}`, zh: `设备类型 ${profile} 为 ${at}` });
  }
  if (change !== null) parts.push({ en: `change ${change}`, zh: `变更单 ${change}` });
  if (source !== null) parts.push({ en: `from ${source}`, zh: `依据 ${source}` });
  if (expires !== null) parts.push({ en: `approved until ${expires}`, zh: `批准至 ${expires}` });
  return { en: parts.map(({ en }) => en).join(', '), zh: parts.map(({ zh }) => zh).join('，') };
}
