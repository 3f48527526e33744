import type { AnswerFigures } from '../alerts/statistics/answers.ts';
import type { TargetResult } from '../alerts/statistics/targets.ts';
import type { Language, Text } from '../model/text.ts';
import { TIERS, type Tier } from '../model/tier.ts';
import type { Assessment, Compared, Listed } from './assessment.ts';
import type { Table } from './page.ts';
import { durationText, numberText, PROMISE_WORDS, shareText, TARGET_WORDS, timeFormat } from './wording.ts';

const TIERS_DOWN: readonly Tier[] = [...TIERS].reverse();

/** The tables of an assessment, in its language. */
export function assessmentTables(assessment: Assessment): Table[] {
  const { language, timezone } = assessment;
  const time = timeFormat(timezone);
  const say = (en: string, zh: string) => ({ en, zh })[language];
  const table = <T>(
    title: string,
    head: readonly string[],
    { total, items }: Listed<T>,
    row: (item: T) => readonly string[],
    right: readonly number[] = [],
    tierColumn?: number,
  ): Table => ({
    title: `${title} (${total})`,
    head,
    rows: items.map(row),
    right,
    more: total - items.length,
    ...(tierColumn === undefined ? {} : { tierColumn }),
  });
  const device = say('device', '设备');
  const point = say('point', '测点');
  const condition = say('condition', '报警条件');
  const when = (at: number | null) => (at === null ? '-' : time(at));
  const caseHead = [
    say('tier', '级别'),
    device,
    condition,
    say('state', '状态'),
    say('open since', '立案时间'),
    say('overdue', '超期'),
  ];
  return [
    countTable(assessment, say),
    table(
      say('Points near a limit', '临近限值的测点'),
      [
        device,
        point,
        say('value', '当前值'),
        say('limit', '限值'),
        say('distance', '余量'),
        say('share of the span', '接近程度'),
      ],
      assessment.nearLimits,
      ({ device: key, point: id, unit, value, limit, distance, share }) => [
        key,
        id,
        `${numberText(value)} ${unit}`,
        `${limit.name} ${numberText(limit.at)}`,
        numberText(distance),
        shareText(share),
      ],
      [2, 3, 4, 5],
    ),
    table(
      say('Steepest towards a limit', '变化最快的测点'),
      [
        device,
        point,
        say('per hour', '每小时变化'),
        say('limit', '限值'),
        say('of the span in a day', '日变化占比'),
        say('there in', '预计到达'),
      ],
      assessment.slopes,
      ({ device: key, point: id, unit, perHour, limit, spanPerDay, reachesInMs }) => [
        key,
        id,
        `${numberText(perHour)} ${unit}`,
        `${limit.name} ${numberText(limit.at)}`,
        shareText(spanPerDay),
        durationText(reachesInMs),
      ],
      [2, 3, 4, 5],
    ),
    table(
      say('Hidden', '屏蔽清单'),
      [
        say('kind', '方式'),
        say('place', '范围'),
        say('up to', '最高级别'),
        say('owner', '责任人'),
        say('approved by', '批准人'),
        say('reason', '原因'),
        say('until', '截止'),
        say('hid', '已屏蔽'),
      ],
      assessment.hidden,
      ({ kind, place, upTo, owner, approvedBy, reason, until, hidden }) => [
        BYPASS_WORDS[kind][language],
        place,
        upTo,
        owner,
        approvedBy ?? '-',
        reason,
        when(until),
        numberText(hidden),
      ],
      [7],
      2,
    ),
    ...(['overdue', 'supervised'] as const).map((list) =>
      table(
        list === 'overdue' ? say('Overdue cases', '超期案件') : say('Supervised cases', '督办案件'),
        caseHead,
        assessment[list],
        ({ tier, device: key, condition: name, state, openedAt, overdue }) => [
          tier,
          key,
          name,
          CASE_WORDS[state][language],
          time(openedAt),
          overdue.map((promise) => PROMISE_WORDS[promise][language]).join(say(', ', '、')),
        ],
        [],
        0,
      ),
    ),
    table(
      say('Most frequent alarms', '高频报警'),
      [
        device,
        condition,
        say('tier', '级别'),
        say('alarms', '次数'),
        say('share', '占比'),
        say('chattering', '抖动'),
        say('in force', '持续'),
      ],
      { total: assessment.figures.badActors.length, items: assessment.figures.badActors },
      ({ device: key, condition: name, tier, count, share, chattering, activeMs }) => [
        key,
        name,
        tier,
        numberText(count),
        shareText(share),
        numberText(chattering),
        durationText(activeMs),
      ],
      [3, 4, 5, 6],
      2,
    ),
    table(
      say('Proposals for nuisance alarms', '扰动报警整定建议'),
      [device, condition, say('nuisance', '类型'), say('proposal', '建议')],
      assessment.nuisances,
      ({ site, device: id, condition: name, nuisance, tuning }) => [
        `${site}/${id}`,
        name,
        nuisance === 'chattering' ? say('chattering', '抖动') : say('fleeting', '瞬时'),
        [
          ...(tuning?.onDelayMs == null ? [] : [`onDelay ${durationText(tuning.onDelayMs)}`]),
          ...(tuning?.offDelayMs == null ? [] : [`offDelay ${durationText(tuning.offDelayMs)}`]),
        ].join(', ') || '-',
      ],
    ),
    answerTable(assessment, say),
    table(
      say('Floods', '报警泛滥'),
      [say('from', '开始'), say('to', '结束')],
      { total: assessment.figures.floods.length, items: assessment.figures.floods.slice(0, 50) },
      ({ from, to }) => [time(from), time(to)],
    ),
    table(
      say('Sites', '站点'),
      [say('site', '站点'), say('alarms', '报警'), say('calls', '提示'), say('red', '红色')],
      { total: assessment.sites.length, items: assessment.sites.slice(0, 50) },
      ({ site, alarms, calls, red }) => [site, numberText(alarms), numberText(calls), numberText(red)],
      [1, 2, 3],
    ),
    targetTable(assessment, say),
    table(say('Silent devices', '离线设备'), [device], assessment.devices.silent, (key) => [key]),
    table(say('Points of bad quality', '数据无效测点'), [point], assessment.quality.bad, (key) => [key]),
  ];
}

type Say = (en: string, zh: string) => string;

function countTable({ counts }: Assessment, say: Say): Table {
  const row = (name: string, { day, dayBefore, weekBefore, change }: Compared) => [
    name,
    numberText(day),
    numberText(dayBefore),
    numberText(weekBefore),
    change === null ? '-' : `${change > 0 ? '+' : ''}${shareText(change)}`,
  ];
  return {
    title: say('Alarms by tier', '各级报警'),
    head: [
      say('tier', '级别'),
      say('day', '当日'),
      say('day before', '前一日'),
      say('week before', '上周同日'),
      say('change', '环比'),
    ],
    rows: [...TIERS_DOWN.map((tier) => row(tier, counts[tier])), row(say('all', '合计'), counts.all)],
    right: [1, 2, 3, 4],
    more: 0,
    tierColumn: 0,
  };
}

function answerTable({ figures }: Assessment, say: Say): Table {
  const row = (tier: Tier, what: string, { count, medianMs, p95Ms, promisedMs, keptShare, missed }: AnswerFigures) => [
    tier,
    what,
    numberText(count),
    medianMs === null ? '-' : durationText(medianMs),
    p95Ms === null ? '-' : durationText(p95Ms),
    promisedMs === null ? '-' : durationText(promisedMs),
    keptShare === null ? '-' : shareText(keptShare),
    numberText(missed),
  ];
  return {
    title: say('Answers against the promise of the tier', '响应时限'),
    head: [
      say('tier', '级别'),
      '',
      say('count', '次数'),
      say('median', '中位'),
      'p95',
      say('promise', '时限'),
      say('kept', '按时率'),
      say('missed', '超时'),
    ],
    rows: TIERS_DOWN.flatMap((tier) => [
      row(tier, say('acknowledged', '确认'), figures.acknowledged[tier]),
      row(tier, say('closed', '销号'), figures.closed[tier]),
    ]),
    right: [2, 3, 4, 5, 6, 7],
    more: 0,
    tierColumn: 0,
  };
}

function targetTable({ figures }: Assessment, say: Say): Table {
  const figure = (value: number, { unit }: TargetResult) =>
    unit === 'share' ? shareText(value) : `${numberText(Number(value.toFixed(2)))}${unit === 'perHour' ? '/h' : ''}`;
  return {
    title: say('Load on one operator', '单人报警负荷'),
    head: [say('figure', '指标'), say('value', '数值'), say('target', '目标'), '', say('source', '来源')],
    rows: figures.targets.map((target) => [
      say(target.name, TARGET_WORDS[target.name] ?? target.name),
      figure(target.value, target),
      `${target.below ? '<' : '<='} ${figure(target.target, target)}`,
      target.met ? say('met', '达标') : say('missed', '未达标'),
      say(target.source, target.verified ? target.source : `${target.source.split(',')[0]}（未经核对）`),
    ]),
    right: [1, 2],
    more: 0,
  };
}

const BYPASS_WORDS: Readonly<Record<Assessment['hidden']['items'][number]['kind'], Text>> = {
  shelf: { en: 'shelf', zh: '搁置' },
  suppression: { en: 'suppression', zh: '抑制' },
  outOfService: { en: 'out of service', zh: '停用' },
};

const CASE_WORDS: Readonly<Record<Assessment['overdue']['items'][number]['state'], Record<Language, string>>> = {
  open: { en: 'open', zh: '接警' },
  verifying: { en: 'verifying', zh: '核实' },
  disposing: { en: 'disposing', zh: '处置' },
  reported: { en: 'reported', zh: '反馈' },
  closed: { en: 'closed', zh: '销号' },
};
