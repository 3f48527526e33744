import type { Alarm, EventDetails } from '../model/alarm.ts';
import type { Case } from '../model/case.ts';
import type { EscalationStep } from '../model/routing.ts';
import { Deadlines, type Due } from '../rules/deadlines.ts';
import type { Bypassing } from './bypassing.ts';
import { act, miss } from './case.ts';
import type { CaseBook } from './case-book.ts';
import type { Ledger } from './ledger.ts';
import type { AlarmInput, Step } from './machine/step.ts';
import { next } from './machine.ts';
import { due, type FollowUp, isWaiting } from './policy/follow-up.ts';
import type { Terms } from './policy/governor.ts';

/**
 * The steps of the escalation of an alarm, with who is on duty at engine time `at`. When they come must not depend on
 * `at`: a plan that changes with the configuration is looked at after {@link FollowUps.lookAtAll}.
 */
export type EscalationOf = (alarm: Alarm, at: number) => readonly EscalationStep[];

/** More than an alarm can have due at once. */
const MOST_AT_ONCE = 1_000;
const WATCHER = 'davylamp';

interface Ward extends Due {
  readonly id: string;
}

/** The clockwork of alarms and cases: escalation, repeats, re-alarm, broken promises. */
export class FollowUps {
  private readonly deadlines = new Deadlines<Ward>();
  private readonly wards = new Map<string, Ward>();
  private readonly ledger: Ledger;
  private readonly cases: CaseBook;
  private readonly bypassing: Bypassing;
  private readonly terms: () => Terms;
  private readonly escalationOf: EscalationOf;

  constructor(deps: {
    readonly ledger: Ledger;
    readonly cases: CaseBook;
    readonly bypassing: Bypassing;
    readonly terms: () => Terms;
    readonly escalationOf: EscalationOf;
  }) {
    this.ledger = deps.ledger;
    this.cases = deps.cases;
    this.bypassing = deps.bypassing;
    this.terms = deps.terms;
    this.escalationOf = deps.escalationOf;
  }

  /** Looks at everything at the next tick: after a start, and when the configuration has changed. */
  lookAtAll(): void {
    for (const { id } of this.ledger.openAlarms()) this.schedule(id, Number.NEGATIVE_INFINITY);
    for (const { alarm } of this.cases.promised()) this.schedule(alarm, Number.NEGATIVE_INFINITY);
  }

  /** To be told of every change of an alarm or of its case. */
  changed(alarm: Alarm, at: number): void {
    const found = this.next(alarm, at);
    if (found) this.schedule(alarm.id, found.at);
  }

  /** Does what is due at engine time `at`, in order of time. */
  tick(at: number): void {
    for (let found = this.deadlines.take(at); found; found = this.deadlines.take(at)) {
      const { id } = found.due;
      this.wards.delete(id);
      const first = this.ledger.find(id);
      if (!first) continue;
      let done = 0;
      for (let alarm = first; done < MOST_AT_ONCE; done++) {
        const followUp = this.next(alarm, at);
        if (!followUp || followUp.at > at) break;
        this.perform(alarm, followUp, at);
        alarm = this.ledger.find(id) ?? alarm;
      }
      this.changed(this.ledger.find(id) ?? first, at);
    }
  }

  private next(alarm: Alarm, at: number): FollowUp | null {
    const steps = isWaiting(alarm) ? this.escalationOf(alarm, at) : [];
    return due(alarm, this.cases.get(alarm.id) ?? null, this.terms().tiers, steps);
  }

  private perform(alarm: Alarm, followUp: FollowUp, at: number): void {
    switch (followUp.kind) {
      case 'escalate': {
        const { afterMs, step, level, to } = followUp;
        const details = { promise: 'acknowledge', step, level, to } as const;
        this.take(alarm, { kind: 'overdue', promise: 'acknowledge', afterMs }, at, details);
        break;
      }
      case 'overdue':
        this.miss(alarm, followUp.promise, at);
        break;
      case 'repeat':
      case 'realarm':
        this.take(alarm, { kind: followUp.kind }, at);
        break;
    }
  }

  private miss(alarm: Alarm, promise: 'acknowledge' | 'report' | 'close', at: number): void {
    const details = { promise, step: null, level: null, to: [] } as const;
    const found = this.cases.get(alarm.id);
    if (promise !== 'acknowledge' && found) this.cases.put(miss(found, promise));
    this.take(alarm, { kind: 'overdue', promise, afterMs: null }, at, details);
    if (promise === 'close' && found && !found.supervised) this.supervise(alarm.id, miss(found, promise), at);
  }

  /** A case that is not closed in time is watched over from above (督办). */
  private supervise(id: string, found: Case, at: number): void {
    const alarm = this.ledger.find(id);
    const entry = { at, by: WATCHER, action: { kind: 'supervise', on: true }, comment: null, evidence: [] } as const;
    const outcome = act(found, entry, false);
    if (!alarm || outcome.kind === 'refused') return;
    this.cases.put(outcome.case);
    const input = { kind: 'caseChanged', type: outcome.type, case: outcome.case.state, supervised: true } as const;
    this.take(alarm, input, at, { case: entry });
  }

  private take(alarm: Alarm, input: AlarmInput, at: number, details: EventDetails | null = null): void {
    // Only a person's command can be refused.
    const step = next(alarm, input, at, this.bypassing.covers(alarm)) as Step;
    this.ledger.take(step, at, null, details);
  }

  private schedule(id: string, at: number): void {
    const ward = this.wards.get(id) ?? { id, order: id, scheduledAt: Number.POSITIVE_INFINITY };
    this.wards.set(id, ward);
    this.deadlines.schedule(ward, at);
  }
}
