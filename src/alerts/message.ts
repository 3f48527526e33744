import type { ActiveLevel } from '../model/condition.ts';
import type { Device, LimitName, Point } from '../model/device.ts';
import type { Status, Value } from '../model/reading.ts';
import type { Text } from '../model/text.ts';

const LIMIT_WORDS: Readonly<Record<LimitName, Text>> = {
  LL: { en: 'low-low', zh: '低低' },
  L: { en: 'low', zh: '低' },
  H: { en: 'high', zh: '高' },
  HH: { en: 'high-high', zh: '高高' },
};

const STATUS_MARKS: Readonly<Record<Status, Text>> = {
  actual: { en: '', zh: '' },
  exercise: { en: 'EXERCISE: ', zh: '【演练】' },
  test: { en: 'TEST: ', zh: '【测试】' },
};

/** The sentence an operator reads, in both languages: where, what, how much, against which limit. */
export function alarmMessage(
  device: Device,
  point: Point | null,
  level: ActiveLevel,
  value: Value,
  status: Status,
): Text {
  const { en, zh } = sentence(device, point, level, value);
  // Whoever only reads the sentence must see that it is not the real thing.
  const mark = STATUS_MARKS[status];
  return { en: mark.en + en, zh: mark.zh + zh };
}

function sentence(device: Device, point: Point | null, level: ActiveLevel, value: Value): Text {
  const where = {
    en: `${device.siteTitle.en} / ${device.title.en}`,
    zh: `${device.siteTitle.zh} / ${device.title.zh}`,
  };
  if (point === null) {
    return { en: `${where.en}: no live data`, zh: `${where.zh}：数据中断` };
  }
  const shown = typeof value === 'number' ? Number(value.toPrecision(6)) : value;
  const now = `${shown} ${point.unit}`.trim();
  const limit = `${level.limit} ${point.unit}`.trim();
  const kind = level.condition.slice(point.id.length + 1);
  if (kind === 'rising' || kind === 'falling') {
    return {
      en: `${where.en}: ${point.title.en} ${kind} fast, now ${now} (limit ${limit} per window)`,
      zh: `${where.zh}：${point.title.zh}${kind === 'rising' ? '上升' : '下降'}过快，当前 ${now}（限值 ${limit}/窗口）`,
    };
  }
  const word = LIMIT_WORDS[kind as LimitName];
  return {
    en: `${where.en}: ${point.title.en} ${word.en}, ${now} (limit ${limit})`,
    zh: `${where.zh}：${point.title.zh}${word.zh}报，${now}（限值 ${limit}）`,
  };
}
