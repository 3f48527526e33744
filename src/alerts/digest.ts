import { type AlarmEvent, alarmEventType, type Digest, type DigestLine, type HeldFor } from '../model/alarm.ts';
import type { Text } from '../model/text.ts';
import { TIERS, type Tier, tierRank } from '../model/tier.ts';
import { alarmSubject } from './delivery/cloud-event.ts';
import type { ReadyPile } from './policy/pile.ts';

/** Lines of a digest; the log has the rest. */
const MOST_LINES = 100;

const TIER_WORDS: Readonly<Record<Tier, string>> = { blue: '蓝色', yellow: '黄色', orange: '橙色', red: '红色' };

const REASON_WORDS: Readonly<Record<HeldFor, Text>> = {
  flood: { en: 'alarm flood', zh: '报警泛滥' },
  nuisance: { en: 'nuisance alarms', zh: '频繁报警' },
  rate: { en: 'rate limit', zh: '发送限速' },
  group: { en: 'group', zh: '分组' },
};

/** One line of a digest. */
export function digestLine(event: AlarmEvent): DigestLine {
  const { at, alarm } = event;
  const { id, revision, tier, state, condition, message } = alarm;
  return {
    alarm: id,
    revision,
    type: alarmEventType(event),
    tier,
    state,
    subject: alarmSubject(alarm),
    condition,
    at,
    message,
  };
}

/** What one receiver is told of events that waited. `lines`: of those that were kept, in the order of the log. */
export function composeDigest(receiver: string, pile: ReadyPile, lines: readonly DigestLine[]): Digest {
  const { reasons, group, from, to, events, log } = pile;
  const alarms = alarmsByTier(lines, pile.raisedOnly);
  const told = mostUrgent(lines);
  return {
    receiver,
    reasons,
    group,
    from,
    to,
    events,
    alarms,
    firstOut: pile.firstOut,
    lines: told,
    omitted: events - told.length,
    log,
    message: messageOf(pile, alarms),
  };
}

/** Each alarm once, by the most urgent tier it had; of events that were only counted, the new alarms. */
function alarmsByTier(lines: readonly DigestLine[], raisedOnly: ReadyPile['raisedOnly']): Record<Tier, number> {
  const worst = new Map<string, Tier>();
  for (const { alarm, tier } of lines) {
    const known = worst.get(alarm);
    if (known === undefined || tierRank(tier) > tierRank(known)) worst.set(alarm, tier);
  }
  const counts: Record<Tier, number> = { blue: 0, yellow: 0, orange: 0, red: 0, ...raisedOnly };
  for (const tier of worst.values()) counts[tier]++;
  return counts;
}

/** The most urgent ones, then the newest. */
function mostUrgent(lines: readonly DigestLine[]): readonly DigestLine[] {
  return lines
    .map((line, index) => ({ line, index }))
    .sort((a, b) => tierRank(b.line.tier) - tierRank(a.line.tier) || b.index - a.index)
    .slice(0, MOST_LINES)
    .map(({ line }) => line);
}

function messageOf({ reasons, group, events, firstOut }: ReadyPile, alarms: Record<Tier, number>): Text {
  const present = [...TIERS].reverse().filter((tier) => alarms[tier] > 0);
  const total = present.reduce((sum, tier) => sum + alarms[tier], 0);
  const en = present.map((tier) => `${tier} ${alarms[tier]}`).join(', ');
  const zh = present.map((tier) => `${TIER_WORDS[tier]} ${alarms[tier]}`).join('、');
  const shared = Object.values(group).filter((part) => part !== '');
  const place = shared.length > 0 ? ` ${shared.join(', ')}` : '';
  const why = reasons.map((reason) => REASON_WORDS[reason]);
  return {
    en: `${why.map((word) => word.en).join(', ')}${place}: ${events} events of ${total} alarms (${en}); first: ${firstOut.message.en}`,
    zh: `${why.map((word) => word.zh).join('、')}${place}：${total} 个报警共 ${events} 条事件（${zh}）；首发：${firstOut.message.zh}`,
  };
}
