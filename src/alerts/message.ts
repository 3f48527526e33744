import type { Direction } from '../model/alarm.ts';
import type { ActiveLevel, ConditionChange } from '../model/condition.ts';
import type { Point } from '../model/device.ts';
import type { LimitName } from '../model/limit.ts';
import type { Status, Value } from '../model/reading.ts';
import type { Text } from '../model/text.ts';

const LIMIT_WORDS: Readonly<Record<LimitName, Text>> = {
  LL: { en: 'low-low', zh: '低低' },
  L: { en: 'low', zh: '低' },
  H: { en: 'high', zh: '高' },
  HH: { en: 'high-high', zh: '高高' },
};

/** What the kinds of rules say of a point; a rule with a title says that. */
const KIND_WORDS: Readonly<Partial<Record<Direction, Text>>> = {
  rising: { en: 'rising fast', zh: '上升过快' },
  falling: { en: 'falling fast', zh: '下降过快' },
  changing: { en: 'changing fast', zh: '变化过快' },
  deviation: { en: 'off its set point', zh: '偏离设定值' },
};

const STATUS_MARKS: Readonly<Record<Status, Text>> = {
  actual: { en: '', zh: '' },
  exercise: { en: 'EXERCISE: ', zh: '【演练】' },
  test: { en: 'TEST: ', zh: '【测试】' },
};

/** The sentence an operator reads, in both languages: where, what, how much, against which limit. */
export function alarmMessage(change: ConditionChange, level: ActiveLevel): Text {
  const { device, point } = change;
  const where = {
    en: `${device.siteTitle.en} / ${device.title.en}`,
    zh: `${device.siteTitle.zh} / ${device.title.zh}`,
  };
  const what = point === null || change.rule ? ruleSentence(change, level) : ladderSentence(point, level, change.value);
  // Whoever only reads the sentence must see that it is not the real thing.
  const mark = STATUS_MARKS[change.status];
  return { en: `${mark.en}${where.en}: ${what.en}`, zh: `${mark.zh}${where.zh}：${what.zh}` };
}

function ladderSentence(point: Point, level: ActiveLevel, value: Value): Text {
  const now = shown(value, point.unit);
  const limit = shown(level.limit, point.unit);
  const word = LIMIT_WORDS[level.condition.slice(point.id.length + 1) as LimitName];
  return {
    en: `${point.title.en} ${word.en}, ${now} (limit ${limit})`,
    zh: `${point.title.zh}${word.zh}报，${now}（限值 ${limit}）`,
  };
}

function ruleSentence({ point, rule, direction, value }: ConditionChange, level: ActiveLevel): Text {
  if (direction === 'absent') return { en: 'no live data', zh: '数据中断' };
  if (direction === 'clock') {
    const off = level.measured === null ? { en: 'far ahead', zh: '严重超前' } : sameText(shown(level.measured, 's'));
    const limit = shown(level.limit, 's');
    return { en: `device clock off, ${off.en} (limit ${limit})`, zh: `设备时钟偏差，${off.zh}（限值 ${limit}）` };
  }
  const title = rule?.title ?? kindTitle(direction, point);
  const now = value === null ? null : shown(value, point?.unit ?? '');
  const measured = level.measured === null ? null : shown(level.measured, rule?.unit ?? '');
  const limit = shown(level.limit, rule?.unit ?? '');
  return {
    en: `${title.en}${now === null ? '' : `, now ${now}`}${measured === null ? '' : `, ${measured} (limit ${limit})`}`,
    zh: `${title.zh}${now === null ? '' : `，当前 ${now}`}${measured === null ? '' : `，${measured}（限值 ${limit}）`}`,
  };
}

function kindTitle(direction: Direction, point: Point | null): Text {
  const words = KIND_WORDS[direction] ?? sameText(direction);
  return point ? { en: `${point.title.en} ${words.en}`, zh: `${point.title.zh}${words.zh}` } : words;
}

/** At most six digits: more is noise to whoever reads it. */
function shown(value: Value, unit: string): string {
  return `${typeof value === 'number' ? Number(value.toPrecision(6)) : value} ${unit}`.trim();
}

function sameText(text: string): Text {
  return { en: text, zh: text };
}
