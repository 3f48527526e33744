import type { Alarm } from '../model/alarm.ts';
import type { DeviceSnapshot } from '../rules/device-snapshot.ts';
import type { ExplainedCondition, Explanation, Note, Question } from './explanation.ts';
import { MOST_READINGS } from './replay.ts';
import { situationOf } from './situation.ts';

/** What limits an answer. */
export interface Warnings {
  /** Only the newest readings were judged again. */
  readonly cut: boolean;
  /** Some rule remembers for longer than readings are judged again. */
  readonly memoryBeyond: boolean;
  readonly storeAvailable: boolean;
  /** The running rules have judged what the store does not have yet. */
  readonly behind: boolean;
  /** What judging the readings again came to; null = they were not, or there is nothing to compare with. */
  readonly replayed: DeviceSnapshot | null;
  readonly state: DeviceSnapshot;
  readonly at: number;
}

const TEXTS = {
  cut: {
    en: `Only the newest ${MOST_READINGS} readings were judged again: what began before them is not seen.`,
    zh: `只重新判断了最新的 ${MOST_READINGS} 条数据：更早开始的情况不可见。`,
  },
  memoryBeyond: {
    en: 'A rule remembers for longer than a day: what it learned before is not in the evaluations.',
    zh: '有规则的记忆超过一天：其更早学到的内容未体现在评估记录中。',
  },
  storeUnavailable: {
    en: 'The reading store cannot be reached: there are no older samples and no evaluations, only the state of the running rules.',
    zh: '无法访问数据存储：没有历史样本和评估记录，仅有运行中规则的状态。',
  },
  behind: {
    en: 'The newest readings wait for the store: the answer counts them, the evaluations do not.',
    zh: '最新数据尚待入库：结论已计入，评估记录未计入。',
  },
  differs: {
    en: 'The running rules stand otherwise than what the stored readings come to: their state began before those, or under other rules. The answer is that of the running rules.',
    zh: '运行中规则的状态与由存储数据重算的结果不同：其状态始于更早的数据或其他规则。结论以运行中的规则为准。',
  },
  foldedSilence: {
    en: 'The silence is told by the alarm of the gateway or the site.',
    zh: '该数据中断由网关或站点的报警统一发出。',
  },
} as const;

/** What must be known to read the answer aright. */
export function notesOf(question: Question, warnings: Warnings): Note[] {
  const { alarm, device } = question;
  const notes: Note[] = [];
  if (alarm && alarm.ruleVersion !== device.ruleVersion) {
    const [then, now] = [alarm.ruleVersion, device.ruleVersion];
    notes.push({
      code: 'rulesChanged',
      text: {
        en: `The rules have changed since: the alarm is of version ${then}, evaluated here with today's, ${now}.`,
        zh: `此后规则已变更：报警依据版本 ${then}，此处按现行版本 ${now} 评估。`,
      },
    });
  }
  const add = (code: keyof typeof TEXTS) => notes.push({ code, text: TEXTS[code] });
  if (!warnings.storeAvailable) add('storeUnavailable');
  if (warnings.cut) add('cut');
  if (warnings.memoryBeyond) add('memoryBeyond');
  if (warnings.behind) add('behind');
  if (!warnings.behind && differs(question, warnings)) add('differs');
  return notes;
}

/** What is hidden because of the state of the plant. */
export function suppressed({ device, points, condition }: Question, { suppressions = {} }: DeviceSnapshot): Note[] {
  return (device.profile.suppressions ?? []).flatMap(({ id, title, hides, upTo, reason, owner }): Note[] => {
    const concerns = hides.some(
      ({ point, rule }) =>
        (point === null || points.some((one) => one.id === point)) &&
        (rule === null || condition === null || condition === rule || condition.startsWith(`${rule}.`)),
    );
    if (!concerns || (suppressions[id]?.since ?? null) === null) return [];
    const { en, zh } = title ?? { en: id, zh: id };
    const text = {
      en: `Alarms up to ${upTo} are suppressed by ${en} (${id}): ${reason} (${owner}). They are judged and logged, and told to nobody.`,
      zh: `${upTo} 级及以下报警因 ${zh}（${id}）被抑制：${reason}（${owner}）。仍判断并记录，但不通知。`,
    };
    return [{ code: 'suppressed', text }];
  });
}

/** A silent device without an alarm of its own is behind a gateway or a site that is silent. */
export function foldedSilence(
  conditions: readonly ExplainedCondition[],
  openAlarms: readonly Alarm[],
  basis: Explanation['basis'],
): Note[] {
  const silent = conditions.some(({ watched, phase }) => watched.condition === 'absent' && phase === 'active');
  const isTold = openAlarms.some(({ condition }) => condition === 'absent');
  return basis === 'live' && silent && !isTold ? [{ code: 'foldedSilence', text: TEXTS.foldedSilence }] : [];
}

function differs({ watched, device }: Question, { replayed, state, at }: Warnings): boolean {
  if (!replayed) return false;
  return watched.some(
    (one) => situationOf(one, device, replayed, at).phase !== situationOf(one, device, state, at).phase,
  );
}
