import type { Direction } from '../model/alarm.ts';
import type { ActiveLevel, ConditionChange } from '../model/condition.ts';
import type { Point } from '../model/device.ts';
import type { LimitName } from '../model/limit.ts';
import type { Quality } from '../model/quality.ts';
import type { Status, Value } from '../model/reading.ts';
import type { ForecastSpec } from '../model/rule.ts';
import type { Text } from '../model/text.ts';

/** A rule of a device or of a group. */
type AnyRule = NonNullable<ConditionChange['rule']>;

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
  state: { en: 'not in its normal state', zh: '状态异常' },
  stuck: { en: 'does not move', zh: '数值长时间不变' },
  bad: { en: 'cannot be measured', zh: '测量值无效' },
  ewma: { en: 'has shifted from normal', zh: '偏离正常水平' },
  cusum: { en: 'has shifted from normal', zh: '偏离正常水平' },
  zscore: { en: 'is unusual', zh: '数值异常' },
};

/** A deviation to one side says to which. */
const SIDE_WORDS = {
  high: { en: 'too far above its set point', zh: '高于设定值过多' },
  low: { en: 'too far below its set point', zh: '低于设定值过多' },
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

function ruleSentence(change: ConditionChange, level: ActiveLevel): Text {
  const { device, point, rule, direction, value, quality } = change;
  const ofGroup = device.profile.id === 'group';
  const group = GROUP_SENTENCES[direction]?.(level, value, rule?.unit ?? '', ofGroup) ?? null;
  if (group) return group;
  if (direction === 'absent') return { en: 'no live data', zh: '数据中断' };
  if (direction === 'clock') {
    const off = level.measured === null ? { en: 'far ahead', zh: '严重超前' } : sameText(shown(level.measured, 's'));
    const limit = shown(level.limit, 's');
    return { en: `device clock off, ${off.en} (limit ${limit})`, zh: `设备时钟偏差，${off.zh}（限值 ${limit}）` };
  }
  const title = rule?.title ?? (rule && specTitle(rule, device.points)) ?? kindTitle(direction, point);
  const parts: Text[] = [title];
  if (value !== null) {
    // A code or a status word must be exact.
    const now = shown(rule?.unit === null ? String(value) : value, point?.unit ?? '');
    parts.push({ en: `now ${now}`, zh: `当前 ${now}` });
  }
  if (level.measured !== null) {
    const [measured, limit] = [shown(level.measured, rule?.unit ?? ''), shown(level.limit, rule?.unit ?? '')];
    parts.push({ en: `${measured} (limit ${limit})`, zh: `${measured}（限值 ${limit}）` });
  }
  if (rule && isBlind(rule, level, quality)) parts.push({ en: 'its input is bad', zh: '输入无效' });
  return { en: parts.map(({ en }) => en).join(', '), zh: parts.map(({ zh }) => zh).join('，') };
}

/** What alarms over several devices say; null = the alarm is of one. */
const GROUP_SENTENCES: Readonly<
  Partial<Record<Direction, (level: ActiveLevel, value: Value, unit: string, ofGroup: boolean) => Text | null>>
> = {
  absent: ({ measured }) =>
    measured === null ? null : { en: `no live data from ${measured} devices`, zh: `${measured} 台设备数据中断` },
  vote({ condition, measured, limit }, value, unit) {
    const word = LIMIT_WORDS[condition as LimitName];
    const now = shown(value, unit);
    const median = value === null ? { en: '', zh: '' } : { en: `, median ${now}`, zh: `，中位值 ${now}` };
    return {
      en: `${word.en}, ${votes(measured)} (${limit} needed)${median.en}`,
      zh: `${word.zh}报，${measured} 票（需 ${limit} 票）${median.zh}`,
    };
  },
  degraded: ({ condition, measured, limit }) =>
    condition === 'degraded'
      ? {
          en: `voting degraded, ${measured} of ${limit} channels good`,
          zh: `表决降级，${limit} 路中 ${measured} 路正常`,
        }
      : {
          en: `voting lost, good channels: ${measured} (${limit} needed)`,
          zh: `表决失效，${measured} 路正常（需 ${limit} 路）`,
        },
  deviation({ measured, limit }, value, unit, ofGroup) {
    if (!ofGroup) return null;
    const [distance, most] = [shown(measured, unit), shown(limit, unit)];
    return {
      en: `${value} is off the median, ${distance} (limit ${most})`,
      zh: `${value} 偏离中位值，${distance}（限值 ${most}）`,
    };
  },
  count: ({ measured, limit }) => ({
    en: `members in alarm: ${measured} (limit ${limit})`,
    zh: `${measured} 个成员报警（限值 ${limit}）`,
  }),
  firstOut: (_, value) => ({ en: `first out: ${value}`, zh: `首出报警：${value}` }),
};

function votes(count: number | null): string {
  return count === 1 ? '1 vote' : `${count} votes`;
}

/** True where it is not a value that tripped the rule but the want of one. */
function isBlind(rule: AnyRule, level: ActiveLevel, quality: Quality): boolean {
  return (
    'onBad' in rule && rule.onBad === 'alarm' && (quality === 'bad' || (rule.unit !== null && level.measured === null))
  );
}

/** What a rule says by what it looks at, where its kind alone says too little; null = it does not. */
function specTitle({ id, spec }: AnyRule, points: readonly Point[]): Text | null {
  const titleOf = (index: number) => points[index]?.title ?? sameText('');
  if (spec.kind === 'deviation' && 'side' in spec && spec.side !== 'either')
    return joined(titleOf(spec.point), SIDE_WORDS[spec.side]);
  // What several points say together has no name of its own but that of the rule.
  if (spec.kind === 'expression') return sameText(id);
  if (spec.kind === 'bits') {
    const { en, zh } = titleOf(spec.point);
    return { en: `${en}: ${spec.name}`, zh: `${zh}：${spec.name}` };
  }
  if (spec.kind === 'forecast') return forecastTitle(spec, points[spec.point]);
  if (spec.kind !== 'discrepancy') return null;
  if ('between' in spec) {
    const [one, other] = spec.between.map(titleOf);
    return { en: `${one?.en} and ${other?.en} disagree`, zh: `${one?.zh}与${other?.zh}不一致` };
  }
  const [command, feedback] = [titleOf(spec.command), titleOf(spec.feedback)];
  return { en: `${feedback.en} does not follow ${command.en}`, zh: `${feedback.zh}与${command.zh}指令不符` };
}

function forecastTitle({ to }: ForecastSpec, point: Point | undefined): Text {
  const { en, zh } = point?.title ?? sameText('');
  const value = typeof to === 'object' ? to.value : (point?.limits.find(({ name }) => name === to)?.at ?? null);
  const where = shown(value, point?.unit ?? '');
  if (typeof to === 'object') return { en: `${en} heading for ${where}`, zh: `${zh}正趋向${where}` };
  const word = LIMIT_WORDS[to];
  return { en: `${en} heading for ${word.en} (${where})`, zh: `${zh}正趋向${word.zh}限值（${where}）` };
}

function kindTitle(direction: Direction, point: Point | null): Text {
  const words = KIND_WORDS[direction] ?? sameText(direction);
  return point ? joined(point.title, words) : words;
}

function joined(title: Text, words: Text): Text {
  return { en: `${title.en} ${words.en}`, zh: `${title.zh}${words.zh}` };
}

/** At most six digits: more is noise to whoever reads it. */
function shown(value: Value, unit: string): string {
  return `${typeof value === 'number' ? Number(value.toPrecision(6)) : value} ${unit}`.trim();
}

function sameText(text: string): Text {
  return { en: text, zh: text };
}
