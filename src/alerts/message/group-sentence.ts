import type { Direction } from '../../model/alarm.ts';
import type { ActiveLevel, Behind, ConditionChange } from '../../model/condition.ts';
import type { LimitName } from '../../model/limit.ts';
import type { Text } from '../../model/text.ts';
import { joined, LIMIT_WORDS, sameText, shown, shownMeasured, shownNames, shownTime } from './words.ts';

type Sentence = (change: ConditionChange, level: ActiveLevel) => Text | null;

/** What an alarm over several devices says; null = the alarm is of one. */
export function groupSentence(change: ConditionChange, level: ActiveLevel): Text | null {
  return SENTENCES[change.direction]?.(change, level) ?? null;
}

/** What was wrong, where an alarm of a group has ended; null = the alarm was of one device. */
export function groupTitle({ direction, device }: ConditionChange): Text | null {
  if (direction === 'deviation' && device.profile.id !== 'group') return null;
  return TITLES[direction] ?? null;
}

/** Why the alarm of a silence is over: the silence is, or it goes on as part of a wider one. */
export function silenceEnded({ quality }: ConditionChange): Text {
  if (quality === 'good') return { en: 'data again', zh: '数据恢复' };
  return {
    en: 'still no live data, now part of the alarm of its gateway or site',
    zh: '数据仍中断，已并入网关或全站报警',
  };
}

const TITLES: Readonly<Partial<Record<Direction, Text>>> = {
  vote: { en: 'vote', zh: '表决报警' },
  degraded: { en: 'voting degraded or lost', zh: '表决降级或失效' },
  deviation: { en: 'deviation from the median', zh: '偏离中位值' },
  count: { en: 'too many members in alarm', zh: '报警成员过多' },
  firstOut: { en: 'first-out alarm', zh: '首出报警' },
};

const SENTENCES: Readonly<Partial<Record<Direction, Sentence>>> = {
  absent: (_, { measured }) =>
    measured === null ? null : { en: `no live data from ${measured} devices`, zh: `${measured} 台设备数据中断` },
  vote: ({ behind, value }, level) => (behind?.kind === 'vote' ? voteSentence(behind, level, value) : null),
  degraded: (_, { condition, measured, limit }) =>
    condition === 'degraded'
      ? {
          en: `voting degraded, ${measured} of ${limit} channels good`,
          zh: `表决降级，${limit} 路中 ${measured} 路正常`,
        }
      : {
          en: `voting lost, good channels: ${measured} (${limit} needed)`,
          zh: `表决失效，${measured} 路正常（需 ${limit} 路）`,
        },
  deviation({ device, rule, value }, { measured, limit }) {
    if (device.profile.id !== 'group') return null;
    const [distance, most] = [shownMeasured(measured, rule?.unit ?? ''), shown(limit, rule?.unit ?? '')];
    return {
      en: `${value} is off the median, ${distance} (limit ${most})`,
      zh: `${value} 偏离中位值，${distance}（限值 ${most}）`,
    };
  },
  count({ behind }, { measured, limit }) {
    const members = behind?.kind === 'count' ? behind.members : [];
    const names = shownNames(members);
    const some = members.length > 0;
    return {
      en: `${measured} ${measured === 1 ? 'member' : 'members'} in alarm (limit ${limit})${some ? `: ${names.en}` : ''}`,
      zh: `${measured} 个成员报警（限值 ${limit}）${some ? `：${names.zh}` : ''}`,
    };
  },
  firstOut({ behind, value }) {
    const first = behind?.kind === 'firstOut' ? firstTitle(behind) : sameText(String(value));
    return { en: `first out: ${first.en}`, zh: `首出报警：${first.zh}` };
  },
};

type VoteBehind = Extract<Behind, { kind: 'vote' }>;

function voteSentence(behind: VoteBehind, level: ActiveLevel, median: ConditionChange['value']): Text {
  const { at, unit, channels, lost, lostCount, voting } = behind;
  const word = LIMIT_WORDS[level.condition as LimitName];
  const within = behind.windowMs > 0 ? shownTime(behind.windowMs) : null;
  const names = shownNames(voting);
  const limit = shown(at, unit);
  const en = [
    `${word.en}, ${voting.length} of ${channels} detectors at the limit ${limit}${within ? ` within ${within.en}` : ''}`,
  ];
  const zh = [
    `${word.zh}报，${channels} 台探测器中 ${voting.length} 台${within ? `在 ${within.zh}内` : ''}达到限值 ${limit}`,
  ];
  if (voting.length > 0) {
    en.push(`: ${names.en}`);
    zh.push(`：${names.zh}`);
  }
  if (lost > 0) {
    en.push(`, ${lost} lost${lostCount ? ' and counted as votes' : ''}`);
    zh.push(`，${lost} 台失效${lostCount ? '并计为赞成票' : ''}`);
  }
  en.push(` (${level.limit} needed)`);
  zh.push(`（需 ${level.limit} 票）`);
  if (median !== null) {
    en.push(`, median ${shown(median, unit)}`);
    zh.push(`，中位值 ${shown(median, unit)}`);
  }
  return { en: en.join(''), zh: zh.join('') };
}

function firstTitle({ device, point, rule, condition }: Extract<Behind, { kind: 'firstOut' }>): Text {
  const limit = LIMIT_WORDS[condition.slice(condition.lastIndexOf('.') + 1) as LimitName];
  if (rule) return { en: `${device.en}, ${rule.en}`, zh: `${device.zh}，${rule.zh}` };
  // A limit is said in words; what any other rule is called, only its name tells.
  if (!point || !limit) return { en: `${device.en} (${condition})`, zh: `${device.zh}（${condition}）` };
  const what = joined(point, limit);
  return { en: `${device.en}, ${what.en}`, zh: `${device.zh}，${what.zh}` };
}
