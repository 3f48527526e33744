import type { Text } from '../model/text.ts';
import type { ConditionReason, Situation, Watched } from './explanation.ts';
import { amount, duration, limitText, moment, shown, signed } from './terms.ts';

/** What a sentence needs beside the state of the condition. */
export interface Telling {
  /** IANA name of the zone in which times are told. */
  readonly timezone: string;
  /** Source time since which the value is bad; null = not known. */
  readonly badSince: number | null;
  /** When the device was last heard, epoch milliseconds. */
  readonly seenAt: number;
}

/** Why there is an alarm or none, in one sentence: what was measured, against what, and where that was decided. */
export function sentenceOf(situation: Situation, reason: ConditionReason, telling: Telling): Text {
  const body = BODIES[reason](factsOf(situation, telling));
  const limit = limitText(situation);
  return { en: `${body.en}${limit.en}.`, zh: `${body.zh}${limit.zh}。` };
}

interface Facts {
  readonly name: Text;
  /** What was measured, as the end of "p is …". */
  readonly now: Text;
  readonly situation: Situation;
  readonly since: string;
  readonly dueAt: string;
  readonly badSince: string;
  readonly seenAt: string;
  readonly onDelay: string;
  readonly offDelay: string;
}

const BODIES: Readonly<Record<ConditionReason, (facts: Facts) => Text>> = {
  inForce: ({ name, now, since, situation: { watched } }) =>
    watched.condition === 'absent'
      ? { en: `Alarm: ${now.en}`, zh: `报警：${now.zh}` }
      : { en: `Alarm since ${since}: ${name.en} is ${now.en}`, zh: `自 ${since} 起报警：${name.zh}${now.zh}` },
  heldByBadQuality: ({ name, since, badSince }) => ({
    en: `Alarm since ${since}: ${name.en} is of bad quality since ${badSince}, so the alarm is held`,
    zh: `自 ${since} 起报警：${name.zh}自 ${badSince} 起质量无效，报警保持`,
  }),
  heldByUncertainQuality: ({ name, now, since }) => ({
    en: `Alarm since ${since}: ${name.en} is ${now.en}, but an uncertain value ends no alarm`,
    zh: `自 ${since} 起报警：${name.zh}${now.zh}，但不确定的值不能解除报警`,
  }),
  heldByDeadband: ({ name, now, since, situation }) =>
    situation.watched.unit === null
      ? {
          en: `Alarm since ${since}: ${name.en} is ${now.en}, but \`until\` is not true yet`,
          zh: `自 ${since} 起报警：${name.zh}${now.zh}，但 until 条件尚未成立`,
        }
      : {
          en: `Alarm since ${since}: ${name.en} is ${now.en} and clears only ${clearing(situation).en}`,
          zh: `自 ${since} 起报警：${name.zh}${now.zh}，${clearing(situation).zh}才解除`,
        },
  returning: ({ name, now, since, dueAt, offDelay }) => ({
    en: `Alarm, about to clear: ${name.en} is ${now.en}, clear since ${since}; the off-delay of ${offDelay} ends at ${dueAt}`,
    zh: `报警即将解除：${name.zh}${now.zh}，自 ${since} 起恢复；解除延时 ${offDelay} 于 ${dueAt} 结束`,
  }),
  pending: ({ name, now, since, dueAt, onDelay }) => ({
    en: `No alarm yet: ${name.en} is ${now.en}, beyond its limit since ${since}; the on-delay of ${onDelay} ends at ${dueAt}`,
    zh: `尚未报警：${name.zh}${now.zh}，自 ${since} 起越限；报警延时 ${onDelay} 于 ${dueAt} 结束`,
  }),
  notYetJudged: ({ name, now }) => ({
    en: `No alarm yet: ${name.en} was ${now.en} before these rules were in force; they judge the next sample`,
    zh: `尚未报警：这些规则生效之前${name.zh}${now.zh}，下一个样本按其判断`,
  }),
  drill: ({ name, now }) => ({
    en: `No alarm: the newest reading is an exercise or a test and raises nothing actual; before it ${name.en} was ${now.en}`,
    zh: `无报警：最新数据为演练或测试，不产生实际报警；此前${name.zh}${now.zh}`,
  }),
  historical: ({ name, now }) => ({
    en: `No alarm: the newest reading is historical (sent as backfill, or later than the live window): recorded, not judged; before it ${name.en} was ${now.en}`,
    zh: `无报警：最新数据为历史数据（补传，或晚于实时窗口），只记录不判断；此前${name.zh}${now.zh}`,
  }),
  badQuality: ({ name, badSince }) => ({
    en: `No alarm: ${name.en} is of bad quality since ${badSince} and is not judged`,
    zh: `无报警：${name.zh}自 ${badSince} 起质量无效，不作判断`,
  }),
  silent: ({ name, now, seenAt }) => ({
    en: `No alarm of ${name.en}: there is no live reading since ${seenAt}, when it was ${now.en}; the silence is an alarm of its own`,
    zh: `${name.zh}无报警：自 ${seenAt} 起无实时数据，当时${now.zh}；数据中断另有报警`,
  }),
  tooFewSamples: ({ name, situation: { window } }) => ({
    en: `No alarm: too few samples for a slope of ${name.en}: ${window?.n ?? 0}${window ? ` of ${window.minSamples}` : ''}`,
    zh: `无报警：${name.zh}的样本不足以求斜率：${window?.n ?? 0}${window ? `／${window.minSamples}` : ''}`,
  }),
  windowTooShort: ({ name, situation: { window } }) => ({
    en: `No alarm: the samples of ${name.en} span ${duration(span(window))}, less than half of the window of ${duration(window?.overMs ?? 0)}`,
    zh: `无报警：${name.zh}的样本仅跨 ${duration(span(window))}，不足窗口 ${duration(window?.overMs ?? 0)} 的一半`,
  }),
  gap: ({ name, situation: { window } }) => ({
    en: `No alarm: the samples of ${name.en} have a gap of ${duration(window?.widestGapMs ?? 0)}, and no slope is fitted over more than ${duration(window?.maxGapMs ?? 0)}`,
    zh: `无报警：${name.zh}的样本有 ${duration(window?.widestGapMs ?? 0)} 的间断，超过 ${duration(window?.maxGapMs ?? 0)} 不求斜率`,
  }),
  notSignificant: ({ name, situation: { window } }) => ({
    en: `No alarm: the slope of ${name.en} does not stand out of the noise (${amount(window?.significance ?? null, '')} standard errors, ${window?.neededSignificance ?? 0} needed)`,
    zh: `无报警：${name.zh}的斜率未超出噪声（${amount(window?.significance ?? null, '')} 倍标准误，需 ${window?.neededSignificance ?? 0} 倍）`,
  }),
  nothingMeasured: ({ name }) => ({
    en: `No alarm: nothing can be said of ${name.en} yet: an input has no value, or too few samples`,
    zh: `无报警：${name.zh}尚无法判断：输入无值或样本不足`,
  }),
  noSample: ({ name }) => ({
    en: `No alarm: there is no live sample of ${name.en}`,
    zh: `无报警：${name.zh}没有实时样本`,
  }),
  nearLimit: ({ name, now, situation: { watched } }) =>
    watched.unit === null
      ? {
          en: `No alarm: ${name.en} is ${now.en}; \`until\` is not true yet, which only keeps an alarm that is there`,
          zh: `无报警：${name.zh}${now.zh}；until 条件尚未成立，只保持已有的报警`,
        }
      : {
          en: `No alarm: ${name.en} is ${now.en} and does not reach ${watched.level?.name || 'the limit'}; within the deadband only an alarm that is there is kept`,
          zh: `无报警：${name.zh}${now.zh}，未达 ${watched.level?.name || '限值'}；死区只保持已有的报警`,
        },
  normal: normalOf,
  off: ({ name }) => ({
    en: `No alarm: ${name.en} is switched off for this device`,
    zh: `无报警：${name.zh}已对该设备停用`,
  }),
};

function normalOf({ name, now, situation: { watched } }: Facts): Text {
  const { condition, level, unit, rule } = watched;
  if (condition === 'absent') return { en: `No alarm: ${now.en}`, zh: `无报警：${now.zh}` };
  if (unit === null) return { en: `No alarm: ${name.en} is ${now.en}`, zh: `无报警：${name.zh}${now.zh}` };
  if (rule && 'rate' in rule.spec) {
    return {
      en: `No alarm: ${name.en} is ${now.en}, which is within its limit`,
      zh: `无报警：${name.zh}${now.zh}，未达限值`,
    };
  }
  const isLow = level?.sense === 'below';
  return {
    en: `No alarm: ${name.en} is ${now.en}, ${isLow ? 'above' : 'below'} its limit`,
    zh: `无报警：${name.zh}${now.zh}，${isLow ? '高于' : '低于'}限值`,
  };
}

function factsOf(situation: Situation, { timezone, badSince, seenAt }: Telling): Facts {
  const { watched, since, dueAt } = situation;
  const at = (time: number | null) => (time === null ? '?' : moment(time, timezone));
  return {
    name: nameOf(watched),
    now: watched.condition === 'absent' ? silence(situation, at(seenAt)) : nowOf(situation),
    situation,
    since: at(since),
    dueAt: at(dueAt),
    badSince: at(badSince),
    seenAt: at(seenAt),
    onDelay: duration(watched.level?.onDelayMs ?? 0),
    offDelay: duration(watched.level?.offDelayMs ?? 0),
  };
}

function silence({ measured }: Situation, seenAt: string): Text {
  const ms = (measured ?? 0) * 1000;
  return {
    en: `the device was last heard at ${seenAt}, ${duration(ms)} before`,
    zh: `设备最后一次上报于 ${seenAt}，距此 ${duration(ms)}`,
  };
}

function nameOf({ condition, point, rule }: Watched): Text {
  if (condition === 'clock') return { en: 'the offset of the device clock', zh: '设备时钟偏差' };
  if (condition === 'absent') return { en: 'silence', zh: '数据中断' };
  const title = rule?.title ?? point?.title ?? { en: condition, zh: condition };
  if (!rule || rule.title) return title;
  return point ? { en: `${title.en} (${rule.id})`, zh: `${title.zh}（${rule.id}）` } : { en: rule.id, zh: rule.id };
}

function nowOf({ watched, measured, value, window }: Situation): Text {
  const { rule, unit, point } = watched;
  const seen = shown(value, point?.unit ?? '');
  if (!rule) {
    const { en, zh } = watched.condition === 'clock' ? shown(measured, 's') : seen;
    return { en, zh: zh === seen.zh && value === null ? zh : `为 ${zh}` };
  }
  if (measured === null) return unknown(window);
  if (unit === null) {
    const [en, zh] = value === null ? ['', ''] : [` (${seen.en})`, `（${seen.zh}）`];
    return measured === 1
      ? { en: `in its alarm condition${en}`, zh: `处于报警条件${zh}` }
      : { en: `not in its alarm condition${en}`, zh: `不处于报警条件${zh}` };
  }
  if ('rate' in rule.spec) {
    const change = rule.spec.kind === 'changing' ? amount(measured, unit) : signed(measured, unit);
    const over = duration(rule.spec.rate.overMs);
    return { en: `changing by ${change} in ${over}`, zh: `在 ${over} 内变化 ${change}` };
  }
  return { en: amount(measured, unit), zh: `为 ${amount(measured, unit)}` };
}

/** Nothing measured is neither calm nor alarm: a person is told what is missing, and no number. */
function unknown(window: Situation['window']): Text {
  if (!window) return { en: 'not known (too little to go by)', zh: '尚不可知（依据不足）' };
  const { n, minSamples, overMs } = window;
  if (n < minSamples) {
    return { en: `not known (${n} of ${minSamples} samples)`, zh: `尚不可知（样本 ${n}／${minSamples}）` };
  }
  const [held, over] = [duration(span(window)), duration(overMs)];
  return {
    en: `not known (${n} samples over ${held} of ${over} give no clear slope)`,
    zh: `尚不可知（${n} 个样本，跨 ${held}／${over}，斜率不明确）`,
  };
}

function clearing({ watched: { level, unit } }: Situation): Text {
  if (!level) return { en: 'later', zh: '稍后' };
  if (level.sense === 'above') {
    const bound = amount(level.at - level.deadband, unit ?? '');
    return { en: `below ${bound}`, zh: `低于 ${bound} ` };
  }
  const bound = amount(level.at + level.deadband, unit ?? '');
  return { en: `above ${bound}`, zh: `高于 ${bound} ` };
}

function span(window: Situation['window']): number {
  return window ? window.to - window.from : 0;
}
