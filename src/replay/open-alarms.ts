import { afterChange, subjectOf, subjectOfAlarm } from '../alerts/condition-alarm.ts';
import type { AlarmInput, Refused, Step } from '../alerts/machine/step.ts';
import { next } from '../alerts/machine.ts';
import type { Alarm } from '../model/alarm.ts';
import type { Cover } from '../model/bypass.ts';
import type { ConditionChange, SuppressionChange } from '../model/condition.ts';

/** The alarms that are not over: the alarm machine as in operation, without a disk. */
export class OpenAlarms {
  /** By subject. */
  private readonly open = new Map<string, Alarm>();
  /** Suppressions in force, by device. */
  private readonly suppressed = new Map<string, SuppressionChange[]>();

  /** Takes a change of the rules; null = it makes nothing of any alarm. */
  apply(change: ConditionChange): Step | null {
    const step = afterChange(this.open.get(subjectOf(change)), change, (alarm) => this.coversOf(alarm));
    if (step) this.keep(step.alarm);
    return step;
  }

  /** Takes a suppression that begins or is over, and gives what it makes of open alarms. */
  suppress(change: SuppressionChange): readonly Step[] {
    const { device, suppression, since, at } = change;
    const others = (this.suppressed.get(device.key) ?? []).filter((one) => one.suppression.id !== suppression.id);
    this.suppressed.set(device.key, since === null ? others : [...others, change]);
    return this.alarms().flatMap((alarm) => {
      if (alarm.site !== device.site || alarm.device !== device.id) return [];
      const step = next(alarm, { kind: 'cover' }, at, this.coversOf(alarm));
      if (step.kind !== 'step') return [];
      this.keep(step.alarm);
      return [step];
    });
  }

  /** Does at epoch time `at` what a person asks for about an open alarm. */
  command(alarm: Alarm, input: AlarmInput, at: number): Step | Refused {
    const outcome = next(alarm, input, at, this.coversOf(alarm));
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

  private coversOf({ site, device, point, rule }: Alarm): readonly Cover[] {
    const inForce = this.suppressed.get(`${site}/${device}`) ?? [];
    return inForce.flatMap(({ suppression: { id, upTo, hides } }): readonly Cover[] => {
      const applies = hides.some((one) => (one.point ?? point) === point && (one.rule ?? rule) === rule);
      return applies ? [{ id, kind: 'suppression', upTo }] : [];
    });
  }

  private keep(alarm: Alarm): void {
    const subject = subjectOfAlarm(alarm);
    if (alarm.state === 'normal') this.open.delete(subject);
    else this.open.set(subject, alarm);
  }
}
