import type { Alarm } from '../model/alarm.ts';
import type { Evaluation } from '../model/evaluation.ts';
import type { Text } from '../model/text.ts';
import type { DeviceSnapshot } from '../rules/device-snapshot.ts';
import type {
  ConditionReason,
  ExplainedCondition,
  Explanation,
  Member,
  Question,
  Reason,
  Series,
} from './explanation.ts';
import { shownEvaluations } from './fall.ts';
import { memberText } from './members.ts';
import { foldedSilence, notesOf, suppressed, type Warnings } from './notes.ts';
import { mostTelling, reasonOf } from './reason.ts';
import { badSince, type Sources, seriesOf, unjudgedLast } from './series.ts';
import { situationOf } from './situation.ts';
import { expressionOf, moment } from './terms.ts';
import { sentenceOf } from './words.ts';

/** So many evaluations are shown: the newest. */
const MOST_EVALUATIONS = 40;

/** Everything that an answer is made of. Times are epoch milliseconds. */
export interface Evidence extends Warnings {
  readonly question: Question;
  readonly at: number;
  readonly basis: 'live' | 'replay';
  /** The state that is explained. */
  readonly state: DeviceSnapshot;
  readonly sources: Sources;
  readonly evaluations: readonly Evaluation[];
  readonly openAlarms: readonly Alarm[];
  readonly journalSeq: number | null;
  readonly span: Explanation['span'];
  readonly timezone: string;
}

/** Says why there is an alarm, or none, by the evidence. */
export function answerOf(evidence: Evidence): Explanation {
  const { question, at, basis, state, sources, openAlarms, timezone } = evidence;
  const { device, watched, status, alarm, condition } = question;
  const series = question.points.map((point) => seriesOf(point, sources));
  const conditions = watched.map((one): ExplainedCondition => {
    const situation = situationOf(one, device, state, at);
    const unjudged = unjudgedLast(one.point, sources, status);
    const reason = reasonOf(situation, { silent: state.absent, unjudged });
    const since = badSinceOf(one.point?.id ?? null, series) ?? situation.ts;
    return {
      ...situation,
      reason,
      expression: expressionOf(one.rule),
      text: sentenceOf(situation, reason, { timezone, badSince: since, seenAt: state.seenAt }),
    };
  });
  const first = mostTelling(conditions.filter((one) => condition === null || one.watched.condition === condition));
  const { reason, answer } = told(question, first, timezone);
  return {
    question,
    deviceKey: device.key,
    status,
    at,
    basis,
    journalSeq: evidence.journalSeq,
    alarm,
    openAlarms,
    reason,
    answer,
    conditions,
    span: evidence.span,
    series,
    evaluations: shownEvaluations(evidence.evaluations.slice(-MOST_EVALUATIONS), watched),
    ruleVersion: device.ruleVersion,
    members: [],
    notes: [
      ...notesOf(question, evidence),
      ...suppressed(question, state),
      ...foldedSilence(conditions, openAlarms, basis),
    ],
  };
}

/** An alarm that is not of one device of the configuration in force: what it says of itself. */
export function answerOfAlarm(
  alarm: Alarm,
  openAlarms: readonly Alarm[],
  members: readonly Member[],
  at: number,
): Explanation {
  const gone = members.length === 0;
  const more: Text = gone
    ? { en: 'its device is no longer configured', zh: '其设备已不再配置' }
    : {
        en: `it is judged over several devices; now: ${members.map((one) => memberText(one).en).join('; ')}`,
        zh: `由多台设备共同判断，目前：${members.map((one) => memberText(one).zh).join('；')}`,
      };
  return {
    question: null,
    deviceKey: `${alarm.site}/${alarm.device}`,
    status: alarm.status,
    at,
    basis: 'alarm',
    journalSeq: null,
    alarm,
    openAlarms,
    reason: gone ? 'notReproduced' : 'severalDevices',
    answer: { en: `${alarm.message.en}; ${more.en}.`, zh: `${alarm.message.zh}；${more.zh}。` },
    conditions: [],
    span: null,
    series: [],
    evaluations: [],
    ruleVersion: null,
    members,
    notes: [],
  };
}

const RAISING: ReadonlySet<Reason> = new Set<ConditionReason>([
  'inForce',
  'heldByBadQuality',
  'heldByUncertainQuality',
  'heldByDeadband',
  'returning',
]);

function told({ alarm, device }: Question, first: ExplainedCondition | null, timezone: string) {
  if (alarm && !(first && RAISING.has(first.reason))) {
    const raised = moment(alarm.raisedAt, timezone);
    const answer = {
      en: `${alarm.message.en}: raised at ${raised} by rules of version ${alarm.ruleVersion}; today's rules do not come to it from the stored readings.`,
      zh: `${alarm.message.zh}：于 ${raised} 由规则版本 ${alarm.ruleVersion} 产生；按现行规则由存储的数据不能重现。`,
    };
    return { reason: 'notReproduced' as const, answer };
  }
  if (first) return { reason: first.reason, answer: first.text };
  const answer = {
    en: `No alarm: nothing is judged here; profile ${device.profile.id} sets no limit and no rule.`,
    zh: `无报警：此处不作判断；设备类型 ${device.profile.id} 未设限值或规则。`,
  };
  return { reason: 'notWatched' as const, answer };
}

function badSinceOf(pointId: string | null, series: readonly Series[]): number | null {
  const times = series.flatMap((one) => (pointId === null || one.point.id === pointId ? [badSince(one)] : []));
  return times.find((since) => since !== null) ?? null;
}
