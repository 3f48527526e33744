import type { SystemEvent } from '../model/alarm.ts';
import { iso } from '../model/alarm-wire.ts';
import type { Bypass, BypassEnd, BypassKind } from '../model/bypass.ts';
import type { Text } from '../model/text.ts';
import type { Tier } from '../model/tier.ts';

/** What happens to a bypass: `davylamp.system.bypass-{step}`. */
export type BypassStep = 'requested' | 'begun' | 'expiring' | 'ended';

const KINDS: Readonly<Record<BypassKind, Text>> = {
  shelf: { en: 'shelf', zh: '搁置' },
  suppression: { en: 'suppression', zh: '抑制' },
  outOfService: { en: 'removal from service', zh: '停用' },
};

const ENDS: Readonly<Record<BypassEnd, Text>> = {
  expired: { en: 'its time is over', zh: '到期' },
  lifted: { en: 'lifted', zh: '解除' },
  cleared: { en: 'the alarm is over', zh: '报警已结束' },
  refused: { en: 'refused', zh: '被拒绝' },
  notApproved: { en: 'nobody approved it in time', zh: '逾期未批准' },
  conditionOver: { en: 'the plant state is over', zh: '工况结束' },
  windowOver: { en: 'the maintenance window is over', zh: '检修窗口结束' },
};

const TIERS_WORDS: Readonly<Record<Tier, Text>> = {
  blue: { en: 'blue', zh: '蓝色' },
  yellow: { en: 'yellow', zh: '黄色' },
  orange: { en: 'orange', zh: '橙色' },
  red: { en: 'red', zh: '红色' },
};

const MINUTE_MS = 60_000;

/** The record of what happened to a bypass, for the log and for whoever has to act. */
export function bypassNotice(
  bypass: Bypass,
  step: BypassStep,
  at: number,
): Omit<SystemEvent, 'id' | 'type'> & { name: string } {
  const { scope, owner, approvedBy, reason, from, until, end, hidden } = bypass;
  return {
    name: `bypass-${step}`,
    code: `BYPASS_${step.toUpperCase()}`,
    at,
    message: messageOf(bypass, step, at),
    details: {
      bypass: bypass.id,
      kind: bypass.kind,
      upTo: bypass.upTo,
      alarm: scope.alarm,
      site: scope.site,
      device: scope.device,
      profile: scope.profile,
      point: scope.point,
      rule: scope.rule,
      owner,
      approvedBy,
      reason,
      from: from === null ? null : iso(from),
      until: until === null ? null : iso(until),
      end,
      hidden,
    },
  };
}

function messageOf(bypass: Bypass, step: BypassStep, at: number): Text {
  const { owner, reason, end } = bypass;
  const { en, zh } = placeOf(bypass);
  const kind = KINDS[bypass.kind];
  const tier = TIERS_WORDS[bypass.upTo];
  // How long it takes is the same in every time zone.
  const left = bypass.until === null ? null : shownLength(bypass.until - at);
  switch (step) {
    case 'requested':
      return {
        en: `${owner} asks for a ${kind.en} of ${en} up to ${tier.en}: a second person must approve it${left ? ` within ${left.en}` : ''} (${reason})`,
        zh: `${owner} 申请${kind.zh}${zh}（${tier.zh}及以下），须由第二人${left ? `在 ${left.zh}内` : ''}批准（${reason}）`,
      };
    case 'begun':
      return {
        en: `${kind.en} of ${en} up to ${tier.en}${left ? ` for ${left.en}` : ''}: ${owner} (${reason})`,
        zh: `已${kind.zh}${zh}（${tier.zh}及以下）${left ? `，时长 ${left.zh}` : ''}：${owner}（${reason}）`,
      };
    case 'expiring':
      return {
        en: `the ${kind.en} of ${en} ends${left ? ` in ${left.en}` : ' soon'}: what holds then is announced again`,
        zh: `${zh.trimStart()}的${kind.zh}将${left ? `于 ${left.zh}后` : '很快'}结束，届时仍存在的报警将重新发出`,
      };
    case 'ended': {
      const why = end ? ENDS[end] : ENDS.lifted;
      return {
        en: `the ${kind.en} of ${en} has ended: ${why.en}`,
        zh: `${zh.trimStart()}的${kind.zh}已结束：${why.zh}`,
      };
    }
  }
}

/** In whole minutes from two on, else in seconds. */
function shownLength(ms: number): Text {
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes >= 2) return { en: `${minutes} min`, zh: `${minutes} 分钟` };
  const seconds = Math.max(1, Math.round(ms / 1000));
  return { en: `${seconds} s`, zh: `${seconds} 秒` };
}

function placeOf({ scope }: Bypass): Text {
  const place = scope.device === null ? scope.site : `${scope.site}/${scope.device}`;
  // An alarm has one profile, point and rule; its own are the last two.
  const named = scope.alarm === null ? [scope.profile, scope.point, scope.rule] : [scope.rule ?? scope.point];
  const parts = named.filter((part) => part !== null);
  if (parts.length === 0) return { en: place, zh: ` ${place} ` };
  return { en: `${place} (${parts.join(', ')})`, zh: ` ${place}（${parts.join('、')}）` };
}
