import type { SystemEvent } from '../../model/alarm.ts';
import { TIERS, type Tier, tierRank } from '../../model/tier.ts';
import type { Notification } from './notification.ts';

const TIER_WORDS: Readonly<Record<Tier, string>> = { blue: '蓝色', yellow: '黄色', orange: '橙色', red: '红色' };

export const DELIVERY_FAILED = 'davylamp.system.delivery-failed';

/** What became dead letters of one receiver since the last report. */
export interface DeadLetterReport {
  readonly receiver: string;
  readonly at: number;
  readonly count: number;
  readonly byTier: Readonly<Record<Tier, number>>;
  readonly worst: Tier;
  /** Of the worst one. */
  readonly reason: string;
  readonly subject: string;
  readonly eventId: string;
}

/** One system event for the other receivers; they hear of many dead letters at once, not of each. */
export function deliveryFailedEvent(id: string, report: DeadLetterReport): SystemEvent {
  const { receiver, at, count, byTier, worst, reason, subject, eventId } = report;
  return {
    id,
    type: DELIVERY_FAILED,
    at,
    code: 'DELIVERY_FAILED',
    message: {
      en: `${count} ${count === 1 ? 'notification' : 'notifications'} could not be delivered to receiver ${receiver} (worst tier ${worst}: ${subject}): ${reason}. Tell them another way, then run: davylamp deliveries redeliver ${receiver}`,
      zh: `${count} 条通知无法送达接收方 ${receiver}（最高级别${TIER_WORDS[worst]}：${subject}）：${reason}。请改用其他方式通知，然后执行：davylamp deliveries redeliver ${receiver}`,
    },
    details: { receiver, count, ...byTier, worst, reason, subject, eventId },
  };
}

/** Collects the dead letters of one receiver until they are reported. */
export interface DeadLetterTally {
  add(notification: Notification): void;
  /** null if there is nothing to report; otherwise starts again from nothing. */
  take(at: number): DeadLetterReport | null;
}

/** An empty {@link DeadLetterTally}. */
export function createDeadLetterTally(receiver: string): DeadLetterTally {
  let letters: Notification | null = null;
  let byTier = noLetters();
  return {
    add(notification) {
      // The loss of such a report is not reported: two dead receivers would tell each other for ever.
      if (notification.type === DELIVERY_FAILED) return;
      byTier[notification.tier]++;
      if (letters === null || tierRank(notification.tier) > tierRank(letters.tier)) letters = notification;
    },
    take(at) {
      if (letters === null) return null;
      const { tier, lastError, subject, eventId } = letters;
      const count = TIERS.reduce((sum, each) => sum + byTier[each], 0);
      const reason = lastError ?? 'unknown';
      const report: DeadLetterReport = { receiver, at, count, byTier, worst: tier, reason, subject, eventId };
      letters = null;
      byTier = noLetters();
      return report;
    },
  };
}

function noLetters(): Record<Tier, number> {
  return { blue: 0, yellow: 0, orange: 0, red: 0 };
}
