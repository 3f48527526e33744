import type { Direction } from '../../model/alarm.ts';
import type { ActiveLevel, ConditionChange } from '../../model/condition.ts';
import type { Point } from '../../model/device.ts';
import type { Quality } from '../../model/quality.ts';
import type { DeviationSpec, ForecastSpec, RateSpec, RuleSpec } from '../../model/rule.ts';
import type { Text } from '../../model/text.ts';
import { joined, LIMIT_WORDS, listed, sameText, shown, shownMeasured, shownTime } from './words.ts';

/** A rule of a device or of a group. */
type AnyRule = NonNullable<ConditionChange['rule']>;

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

/** A deviation says to which side. */
const SIDE_WORDS = {
  high: { en: 'above its set point', zh: '高于设定值' },
  low: { en: 'below its set point', zh: '低于设定值' },
  either: { en: 'off its set point', zh: '偏离设定值' },
};

/** What a rule of one device says: what it found, against which limit, and the value. */
export function ruleSentence(change: ConditionChange, level: ActiveLevel): Text {
  const { rule, quality } = change;
  const title = ruleTitle(change);
  const finding = level.measured === null ? null : findingOf(change, level, level.measured);
  const now = nowOf(change);
  const parts = [finding ?? title];
  if (now) parts.push(now);
  if (!finding && level.measured !== null) {
    const [measured, limit] = [shownMeasured(level.measured, rule?.unit ?? ''), shown(level.limit, rule?.unit ?? '')];
    parts.push({ en: `${measured} (limit ${limit})`, zh: `${measured}（限值 ${limit}）` });
  }
  if (rule && isBlind(rule, level, quality)) parts.push({ en: 'its input is bad', zh: '输入无效' });
  return listed(parts);
}

/** What a rule of one device is about, without a figure. */
export function ruleTitle({ device, point, rule, direction }: ConditionChange): Text {
  return rule?.title ?? (rule && specTitle(rule, device.points)) ?? kindTitle(direction, point);
}

/** `now 3 kPa`; null where there is no value. */
export function nowOf({ value, rule, point }: ConditionChange): Text | null {
  if (value === null) return null;
  // A code or a status word must be exact.
  const now = shown(rule?.unit === null ? String(value) : value, point?.unit ?? '');
  return { en: `now ${now}`, zh: `当前 ${now}` };
}

/** What the rule measured, in the words of its kind; null = it has none of its own. */
function findingOf(change: ConditionChange, level: ActiveLevel, measured: number): Text | null {
  const { point, rule } = change;
  if (!rule || !point || !isOfDevice(rule.spec)) return null;
  const { spec } = rule;
  if ('rate' in spec) return rateFinding(ruleTitle(change), spec, point, level, measured);
  if (spec.kind === 'deviation')
    return deviationFinding(rule.title ?? point.title, rule.title !== null, spec, point, level, measured);
  return spec.kind === 'forecast' ? forecastFinding(change, spec, point, level, measured) : null;
}

function rateFinding(title: Text, { kind, rate }: RateSpec, { unit }: Point, level: ActiveLevel, by: number): Text {
  // A falling rate is measured downwards; one of either way has lost its sign.
  const change = shownMeasured(kind === 'falling' ? -by : by, unit);
  const sign = kind === 'rising' && by > 0 ? '+' : '';
  const over = shownTime(rate.overMs);
  const limit = shown(level.limit, unit);
  return listed([
    title,
    {
      en: `${sign}${change} in ${over.en} (limit ${limit} in ${over.en})`,
      zh: `${over.zh}内 ${sign}${change}（限值 ${over.zh} ${limit}）`,
    },
  ]);
}

function deviationFinding(
  subject: Text,
  named: boolean,
  { side }: DeviationSpec,
  { unit }: Point,
  level: ActiveLevel,
  by: number,
): Text {
  const [distance, limit] = [shownMeasured(by, unit), shown(level.limit, unit)];
  const finding = {
    en: `${distance} ${SIDE_WORDS[side].en} (limit ${limit})`,
    zh: `${SIDE_WORDS[side].zh} ${distance}（限值 ${limit}）`,
  };
  return named ? listed([subject, finding]) : joined(subject, finding);
}

function forecastFinding(
  { rule, value }: ConditionChange,
  spec: ForecastSpec,
  point: Point,
  level: ActiveLevel,
  minutes: number,
): Text {
  const target = forecastTarget(spec, point);
  const finding = minutes > 0 ? timeTo(target.title, spec, level, minutes) : arrival(target, value);
  return rule?.title ? listed([rule.title, finding]) : joined(point.title, finding);
}

function timeTo(where: Text, { basis }: ForecastSpec, { tier, limit }: ActiveLevel, minutes: number): Text {
  const earliest = basis === 'earliest' || (basis === 'byTier' && tier === 'red');
  const time = shownMeasured(minutes, '');
  return {
    en: `${earliest ? 'may reach' : 'reaches'} ${where.en} in ${time} min (alarm within ${limit} min)`,
    zh: `${earliest ? '最早' : '预计'} ${time} 分钟后达到${where.zh}（${limit} 分钟内报警）`,
  };
}

/** No time is left. The line may be there before the value is. */
function arrival({ title, at, above }: ForecastTarget, value: ConditionChange['value']): Text {
  const there = typeof value === 'number' && at !== null && (above ? value >= at : value <= at);
  return there
    ? { en: `has reached ${title.en}`, zh: `已达到${title.zh}` }
    : { en: `is reaching ${title.en}`, zh: `即将达到${title.zh}` };
}

interface ForecastTarget {
  /** `high-high (92 %)`. */
  readonly title: Text;
  readonly at: number | null;
  readonly above: boolean;
}

function forecastTarget({ to }: ForecastSpec, { limits, unit }: Point): ForecastTarget {
  if (typeof to === 'object') {
    const where = shown(to.value, unit);
    return { title: { en: where, zh: ` ${where}` }, at: to.value, above: to.sense === 'above' };
  }
  const at = limits.find(({ name }) => name === to)?.at ?? null;
  const [word, where] = [LIMIT_WORDS[to], shown(at, unit)];
  const title = { en: `${word.en} (${where})`, zh: `${word.zh}限值（${where}）` };
  return { title, at, above: to === 'H' || to === 'HH' };
}

function isOfDevice(spec: AnyRule['spec']): spec is RuleSpec {
  return 'point' in spec;
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
  if (spec.kind === 'deviation' && 'side' in spec && spec.side !== 'either') {
    const { en, zh } = SIDE_WORDS[spec.side];
    return joined(titleOf(spec.point), { en: `too far ${en}`, zh: `${zh}过多` });
  }
  // What several points say together has no name of its own but that of the rule.
  if (spec.kind === 'expression') return sameText(id);
  if (spec.kind === 'bits') {
    const { en, zh } = titleOf(spec.point);
    return { en: `${en}: ${spec.name}`, zh: `${zh}：${spec.name}` };
  }
  if (spec.kind === 'forecast') {
    const point = points[spec.point];
    const where = point && forecastTarget(spec, point).title;
    return point && where ? joined(point.title, { en: `heading for ${where.en}`, zh: `正趋向${where.zh}` }) : null;
  }
  if (spec.kind !== 'discrepancy') return null;
  if ('between' in spec) {
    const [one, other] = spec.between.map(titleOf);
    return { en: `${one?.en} and ${other?.en} disagree`, zh: `${one?.zh}与${other?.zh}不一致` };
  }
  const [command, feedback] = [titleOf(spec.command), titleOf(spec.feedback)];
  return { en: `${feedback.en} does not follow ${command.en}`, zh: `${feedback.zh}与${command.zh}指令不符` };
}

function kindTitle(direction: Direction, point: Point | null): Text {
  const words = KIND_WORDS[direction] ?? sameText(direction);
  return point ? joined(point.title, words) : words;
}
