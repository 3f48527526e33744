import type { Alarm } from '../model/alarm.ts';
import type { ActiveLevel, ConditionChange } from '../model/condition.ts';
import type { Point } from '../model/device.ts';
import type { LimitName } from '../model/limit.ts';
import type { Status } from '../model/reading.ts';
import type { Text } from '../model/text.ts';
import { groupSentence, groupTitle, silenceEnded } from './message/group-sentence.ts';
import { nowOf, ruleSentence, ruleTitle } from './message/rule-sentence.ts';
import { LIMIT_WORDS, listed, sameText, shown } from './message/words.ts';

const STATUS_MARKS: Readonly<Record<Status, Text>> = {
  actual: { en: '', zh: '' },
  exercise: { en: 'EXERCISE: ', zh: '【演练】' },
  test: { en: 'TEST: ', zh: '【测试】' },
};

/** The sentence an operator reads, in both languages: where, what, how much, against which limit. */
export function alarmMessage(change: ConditionChange, level: ActiveLevel): Text {
  return placed(change, activeSentence(change, level));
}

/**
 * The sentence for a condition that is over: what it was, and the value now. It says "back to normal" only of a good
 * value within every limit; a condition may also end because its limit was changed or taken away.
 */
export function endedMessage(change: ConditionChange, was: Pick<Alarm, 'condition' | 'limit'>): Text {
  return placed(change, endedSentence(change, was));
}

function placed({ device, status }: ConditionChange, what: Text): Text {
  // Whoever only reads the sentence must see that it is not the real thing.
  const mark = STATUS_MARKS[status];
  return {
    en: `${mark.en}${device.siteTitle.en} / ${device.title.en}: ${what.en}`,
    zh: `${mark.zh}${device.siteTitle.zh} / ${device.title.zh}：${what.zh}`,
  };
}

function activeSentence(change: ConditionChange, level: ActiveLevel): Text {
  const { point, rule, direction } = change;
  if (point && !rule) return ladderSentence(change, point, level);
  const group = groupSentence(change, level);
  if (group) return group;
  if (direction === 'absent') return { en: 'no live data', zh: '数据中断' };
  return direction === 'clock' ? clockSentence(level) : ruleSentence(change, level);
}

function ladderSentence({ value }: ConditionChange, point: Point, level: ActiveLevel): Text {
  const now = shown(value, point.unit);
  const limit = shown(level.limit, point.unit);
  const word = LIMIT_WORDS[limitOf(point, level.condition)];
  return {
    en: `${point.title.en} ${word.en}, ${now} (limit ${limit})`,
    zh: `${point.title.zh}${word.zh}报，${now}（限值 ${limit}）`,
  };
}

function clockSentence({ measured, limit }: ActiveLevel): Text {
  const off = measured === null ? { en: 'far ahead', zh: '严重超前' } : sameText(shown(measured, 's'));
  const most = shown(limit, 's');
  return { en: `device clock off, ${off.en} (limit ${most})`, zh: `设备时钟偏差，${off.zh}（限值 ${most}）` };
}

function endedSentence(change: ConditionChange, was: Pick<Alarm, 'condition' | 'limit'>): Text {
  const { point, rule, direction } = change;
  if (point && !rule) return ladderEnded(change, point, was);
  if (direction === 'absent') return silenceEnded(change);
  if (direction === 'clock') return { en: 'device clock alarm over', zh: '设备时钟偏差报警解除' };
  const { en, zh } = groupTitle(change) ?? ruleTitle(change);
  const over = { en: `${en}: over`, zh: `${zh}：已解除` };
  // The value of a group is a median or a name, which says nothing of an alarm that is over.
  const now = point ? nowOf(change) : null;
  return now ? listed([over, now]) : over;
}

function ladderEnded(change: ConditionChange, point: Point, was: Pick<Alarm, 'condition' | 'limit'>): Text {
  const name = limitOf(point, was.condition);
  const limit = shown(was.limit, point.unit);
  const calm = isCalm(change, point, name, was.limit);
  const over = calm ? { en: 'back to normal', zh: '恢复正常' } : { en: 'alarm over', zh: '报警解除' };
  const now = nowOf(change);
  return {
    en: `${point.title.en} ${over.en}${now ? `, ${now.en}` : ''} (was: ${LIMIT_WORDS[name].en}, limit ${limit})`,
    zh: `${point.title.zh}${over.zh}${now ? `，${now.zh}` : ''}（原${LIMIT_WORDS[name].zh}报，限值 ${limit}）`,
  };
}

function isCalm({ value, quality }: ConditionChange, point: Point, name: LimitName, limit: number | null): boolean {
  if (typeof value !== 'number' || quality !== 'good') return false;
  if (limit !== null && isBeyond(name, limit, value)) return false;
  return !point.limits.some((one) => isBeyond(one.name, one.at, value));
}

function isBeyond(name: LimitName, at: number, value: number): boolean {
  return name === 'H' || name === 'HH' ? value >= at : value <= at;
}

function limitOf(point: Point, condition: string): LimitName {
  return condition.slice(point.id.length + 1) as LimitName;
}
