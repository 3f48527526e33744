import { afterChange, subjectOf, subjectOfAlarm } from '../alerts/condition-alarm.ts';
import { type AlarmInput, next, type Refused, type Step } from '../alerts/machine.ts';
import type { Alarm } from '../model/alarm.ts';
import type { ConditionChange } from '../model/condition.ts';

/** The alarms that are not over: the alarm machine as in operation, without a disk. */
export class OpenAlarms {
  /** By subject. */
  private readonly open = new Map<string, Alarm>();

  /** Takes a change of the rules; null = it makes nothing of any alarm. */
  apply(change: ConditionChange): Step | null {
    const step = afterChange(this.open.get(subjectOf(change)), change);
    if (step) this.keep(step.alarm);
    return step;
  }

  /** Does at epoch time `at` what a person asks for about an open alarm. */
  command(alarm: Alarm, input: AlarmInput, at: number): Step | Refused {
    const outcome = next(alarm, input, at);
    if (outcome.kind === 'step') this.keep(outcome.alarm);
    return outcome;
  }

  /** In the order in which they were raised. */
  alarms(): readonly Alarm[] {
    return [...this.open.values()];
  }

  /** Takes up alarms that were open before. */
  restore(alarms: readonly Alarm[]): void {
    for (const alarm of alarms) this.keep(alarm);
  }

  private keep(alarm: Alarm): void {
    const subject = subjectOfAlarm(alarm);
    if (alarm.state === 'normal') this.open.delete(subject);
    else this.open.set(subject, alarm);
  }
}
