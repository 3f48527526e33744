import type { Step } from '../alerts/machine/step.ts';
import type { Alarm, Direction } from '../model/alarm.ts';
import type { ConditionChange, SuppressionChange } from '../model/condition.ts';
import type { Text } from '../model/text.ts';
import { type Tier, tierRank } from '../model/tier.ts';
import { OpenAlarms } from '../replay/open-alarms.ts';

/** One alarm of the past, from its raise to its return. Times are epoch milliseconds. */
export interface PastAlarm {
  /** `{device key}|{rule or point}|{direction}|{status}`. */
  readonly key: string;
  /** `{site}/{id}` of a device or a group. */
  readonly device: string;
  readonly profile: string;
  /** null where the alarm is about the whole device. */
  readonly point: string | null;
  readonly rule: string | null;
  readonly direction: Direction;
  /** The worst condition that it reached, with its tier and limit. */
  readonly condition: string;
  readonly tier: Tier;
  readonly limit: number | null;
  readonly unit: string;
  /** What was told when it was raised. */
  readonly message: Text;
  /** Source time of the sample that started it. */
  readonly occurredAt: number;
  readonly raisedAt: number;
  /** null = in force at the end. */
  readonly returnedAt: number | null;
  /** When it called the operator: at its raise and at each escalation. */
  readonly calls: readonly number[];
  /**
   * Of a limit ladder the furthest value while it was in force; of a rule what it measured when it reached its worst
   * step, or the value of its point where it measures none; null = no number.
   */
  readonly peak: number | null;
}

/** An alarm that is in force, so far. */
export interface CurrentAlarm extends PastAlarm {
  condition: string;
  tier: Tier;
  limit: number | null;
  returnedAt: number | null;
  readonly calls: number[];
  peak: number | null;
}

const OPERATOR = 'backtest';

/**
 * Writes down the alarms that changes of the rules bring about. The operator is thought to acknowledge at once, and to
 * reset a latched alarm as soon as its condition is over: so each raise is an alarm of its own. What a suppression by
 * design hides calls nobody and is none; what holds when the suppression ends is an alarm that is raised then.
 */
export class AlarmRecorder {
  /** In the order of their raise. */
  readonly alarms: PastAlarm[] = [];
  private readonly open = new OpenAlarms();
  private readonly current = new Map<string, CurrentAlarm>();
  private readonly laddersByDevice = new Map<string, CurrentAlarm[]>();

  /** Takes a change of the rules. */
  take(change: ConditionChange): void {
    const step = this.open.apply(change);
    if (step) this.write(step, change.at);
  }

  /** Takes a suppression that begins or is over. */
  suppress(change: SuppressionChange): void {
    for (const step of this.open.suppress(change)) this.write(step, change.at);
  }

  /** The alarms of limit ladders in force on a device; the array stays the same and changes with them. */
  laddersOf(device: string): CurrentAlarm[] {
    const known = this.laddersByDevice.get(device);
    if (known) return known;
    const ladders: CurrentAlarm[] = [];
    this.laddersByDevice.set(device, ladders);
    return ladders;
  }

  private write({ events, alarm: after }: Step, at: number): void {
    for (const { type, alarm } of events) {
      const isHidden = alarm.state !== alarm.shown;
      if (isHidden || type === 'returned' || type === 'cleared') this.end(alarm, at);
      else if (type === 'raised') this.raise(alarm, at);
      else if (type === 'escalated') this.escalate(alarm, at);
    }
    this.operate(after, at);
  }

  private operate(alarm: Alarm, at: number): void {
    if (alarm.state === 'unacknowledged') this.open.command(alarm, { kind: 'acknowledge', by: OPERATOR }, at);
    if (alarm.state === 'latchedAcknowledged') this.open.command(alarm, { kind: 'reset' }, at);
  }

  private raise(alarm: Alarm, at: number): void {
    const { key, profile, point, rule, direction, condition, tier, limit, unit, message, occurredAt } = alarm;
    const device = `${alarm.site}/${alarm.device}`;
    const record: CurrentAlarm = {
      key,
      device,
      profile,
      point,
      rule,
      direction,
      condition,
      tier,
      limit,
      unit,
      message,
      occurredAt,
      raisedAt: at,
      returnedAt: null,
      calls: [at],
      peak: measuredOf(alarm),
    };
    this.alarms.push(record);
    this.current.set(key, record);
    if (isLadder(record)) this.laddersOf(device).push(record);
  }

  private escalate(alarm: Alarm, at: number): void {
    const record = this.current.get(alarm.key);
    if (!record) return;
    record.calls.push(at);
    record.condition = alarm.condition;
    record.limit = alarm.limit;
    if (tierRank(alarm.tier) > tierRank(record.tier)) record.tier = alarm.tier;
    if (!isLadder(record)) record.peak = measuredOf(alarm);
  }

  private end(alarm: Alarm, at: number): void {
    const record = this.current.get(alarm.key);
    if (!record) return;
    record.returnedAt = at;
    this.current.delete(alarm.key);
    if (!isLadder(record)) return;
    const ladders = this.laddersOf(record.device);
    ladders.splice(ladders.indexOf(record), 1);
  }
}

/** Takes a good value of the point into account while the alarm is in force. */
export function notePeak(alarm: CurrentAlarm, value: number): void {
  if (alarm.peak === null || (alarm.direction === 'high' ? value > alarm.peak : value < alarm.peak)) alarm.peak = value;
}

function isLadder({ direction }: PastAlarm): boolean {
  return direction === 'high' || direction === 'low';
}

function measuredOf({ measured, value }: Alarm): number | null {
  if (measured !== null) return measured;
  return typeof value === 'number' ? value : null;
}

/** The alarms of each key, in their order. */
export function alarmsByKey(alarms: readonly PastAlarm[]): Map<string, PastAlarm[]> {
  const byKey = new Map<string, PastAlarm[]>();
  for (const alarm of alarms) {
    const same = byKey.get(alarm.key);
    if (same) same.push(alarm);
    else byKey.set(alarm.key, [alarm]);
  }
  return byKey;
}
