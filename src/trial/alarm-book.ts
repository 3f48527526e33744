import { type AlarmInput, isHidden, type Step } from '../alerts/machine/step.ts';
import { recipients } from '../alerts/policy/route.ts';
import type { Alarm, AlarmEventType } from '../model/alarm.ts';
import type { ConditionChange, SuppressionChange } from '../model/condition.ts';
import type { WallTime } from '../model/local-time.ts';
import type { Routing } from '../model/routing.ts';
import { OpenAlarms } from '../replay/open-alarms.ts';
import type { Command, Selector } from './trial.ts';

/** Who is told of what, and by which clock on the wall. */
export interface Telling {
  readonly routing: Routing;
  readonly wallClock: (at: number) => WallTime;
}

/** One event that would be sent. */
export interface SentEvent {
  readonly type: AlarmEventType;
  readonly alarm: Alarm;
  /** Engine time, epoch milliseconds. */
  readonly at: number;
  /** Source time from which it counts. */
  readonly effectiveAt: number;
  readonly occurredAt: number;
  readonly receivers: readonly string[];
}

const CALLS: ReadonlySet<AlarmEventType> = new Set(['raised', 'escalated', 'deescalated', 'returned']);

/** What it holds, as plain data. */
export interface AlarmBookSnapshot {
  readonly open: readonly Alarm[];
  readonly told: readonly (readonly [string, readonly string[]])[];
}

/** The open alarms of a test and what is sent of them: alarm machine and routing as in operation, without a disk. */
export class AlarmBook {
  private readonly telling: Telling;
  private readonly send: (event: SentEvent) => void;
  private readonly open = new OpenAlarms();
  /** By alarm: who has heard of it. */
  private readonly told = new Map<string, readonly string[]>();

  constructor(telling: Telling, send: (event: SentEvent) => void) {
    this.telling = telling;
    this.send = send;
  }

  /** Takes a change of the rules. */
  apply(change: ConditionChange): void {
    const step = this.open.apply(change);
    if (step) this.take(step, change.at, change.effectiveAt, change.occurredAt);
  }

  /** Takes a suppression that begins or is over. */
  suppress(change: SuppressionChange): void {
    for (const step of this.open.suppress(change)) this.take(step, change.at, change.at, change.at);
  }

  /** Does what an operator does at epoch time `at`; gives what kept it from being done, or null. */
  obey(command: Command, at: number): string | null {
    const input: AlarmInput =
      command.kind === 'acknowledge' ? { kind: 'acknowledge', by: command.by } : { kind: 'reset' };
    const chosen = this.open.alarms().filter((alarm) => selects(command.which, alarm));
    // Without a name it means whatever can be acknowledged or reset.
    const named = command.which.condition !== null;
    let refusal: string | null = null;
    let done = 0;
    for (const alarm of chosen) {
      const outcome = this.open.command(alarm, input, at);
      if (outcome.kind === 'refused') {
        refusal = `${alarm.condition} is ${alarm.state}: ${outcome.code}`;
        continue;
      }
      done++;
      this.take(outcome, at, at, at);
    }
    if (done > 0 && (!named || refusal === null)) return null;
    return refusal ?? 'no such alarm is open';
  }

  /** Alarms that are not over, in the order in which they were raised. */
  alarms(): readonly Alarm[] {
    return this.open.alarms();
  }

  snapshot(): AlarmBookSnapshot {
    return { open: this.alarms(), told: [...this.told] };
  }

  restore(saved: AlarmBookSnapshot): void {
    this.open.restore(saved.open);
    for (const [id, receivers] of saved.told) this.told.set(id, receivers);
  }

  private take(step: Step, at: number, effectiveAt: number, occurredAt: number): void {
    for (const { type, alarm } of step.events) {
      // What happens to an alarm that is hidden is told to nobody, but that it is.
      if (isHidden(alarm) && CALLS.has(type)) continue;
      const before = this.told.get(alarm.id) ?? [];
      const { routing, wallClock } = this.telling;
      const receivers = recipients(routing, alarm, before, wallClock(at)).recipients.map(({ receiver }) => receiver);
      this.told.set(alarm.id, [...new Set([...before, ...receivers])]);
      this.send({ type, alarm, at, effectiveAt, occurredAt, receivers });
    }
    if (step.alarm.state === 'normal') this.told.delete(step.alarm.id);
  }
}

/** True when an alarm is meant. */
export function selects({ device, condition, ladder }: Selector, alarm: Alarm): boolean {
  if (device !== null && device !== `${alarm.site}/${alarm.device}`) return false;
  if (condition !== null && condition !== alarm.condition && condition !== alarm.rule) return false;
  return ladder === null || (alarm.point === ladder && (alarm.direction === 'high' || alarm.direction === 'low'));
}
