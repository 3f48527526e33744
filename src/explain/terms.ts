import type { Value } from '../model/reading.ts';
import type { Rule } from '../model/rule.ts';
import type { Text } from '../model/text.ts';
import type { ExplainedCondition, Input, Origin, Situation } from './explanation.ts';

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

/** A change with its sign. */
export function signed(change: number, unit: string): string {
  return `${change > 0 ? '+' : ''}${amount(change, unit)}`;
}

/** A value as a person reads it, in its unit where it is a number. */
export function shown(value: Value, unit: string): Text {
  if (value === null) return { en: 'without a value', zh: '无值' };
  const text = typeof value === 'number' ? amount(value, unit) : String(value);
  return { en: text, zh: text };
}

/** An expression may read many points; a sentence names so many. */
const MOST_INPUTS = 4;

/** The expressions of a rule as they are written; null = the rule has none. */
export function expressionOf(rule: Rule | null): ExplainedCondition['expression'] {
  if (rule?.spec.kind !== 'expression') return null;
  const { spec } = rule;
  if ('measure' in spec) return { measure: spec.measure.text };
  return { when: spec.when.text, ...(spec.until && { until: spec.until.text }) };
}

/** The set point in force or the expression, and where it was decided. */
export function limitText({ watched, inputs }: Situation): Text {
  const from = originText(watched.origin, watched.unit ?? '');
  const parts = [...setPoint(watched), ...expressionText(watched.rule, inputs), from];
  const en = parts.map((part) => part.en).join(', ');
  return { en: ` (${en})`, zh: `（${parts.map(({ zh }) => zh).join('，')}）` };
}

function setPoint({ condition, level, unit, rule }: Situation['watched']): Text[] {
  if (level === null || unit === null) return [];
  if (rule && 'rate' in rule.spec) {
    const { by, overMs } = rule.spec.rate;
    const [en, zh] = RATES[rule.spec.kind];
    const over = duration(overMs);
    return [{ en: `${en} by ${amount(by, unit)} in ${over} trips`, zh: `${over} 内${zh} ${amount(by, unit)} 即报警` }];
  }
  const isSpan = condition === 'absent' || condition === 'clock';
  const at = isSpan ? duration(level.at * 1000) : amount(level.at, unit);
  const name = level.name === '' ? { en: 'limit', zh: '限值' } : { en: level.name, zh: level.name };
  return [{ en: `${name.en} ${at}`, zh: `${name.zh} ${at}` }];
}

const RATES = {
  rising: ['rising', '上升'],
  falling: ['falling', '下降'],
  changing: ['changing', '变化'],
} as const;

function expressionText(rule: Rule | null, inputs: readonly Input[]): Text[] {
  const expressions = Object.entries(expressionOf(rule) ?? {});
  if (expressions.length === 0) return [];
  const told = expressions.map(([key, text]) => `${key}: ${text}`);
  const first = inputs.slice(0, MOST_INPUTS).map(({ point, value, quality }): Text => {
    const { en, zh } = shown(value, point.unit);
    const grade = quality === 'good' ? '' : ` (${quality})`;
    return { en: `${point.id} ${en}${grade}`, zh: `${point.id} ${zh}${grade}` };
  });
  return [...told.map((text) => ({ en: text, zh: text })), ...first];
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
