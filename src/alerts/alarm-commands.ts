import type { Alarm } from '../model/alarm.ts';
import type { Bypass } from '../model/bypass.ts';
import type { Case, CaseAction, CaseEntry } from '../model/case.ts';
import { AppError } from '../model/error.ts';
import type { Bypassing } from './bypassing.ts';
import { act, CASE_REFUSALS, type CaseStep, openCase } from './case.ts';
import type { CaseBook } from './case-book.ts';
import type { Command, Ledger } from './ledger.ts';
import { tierToHide } from './machine/cover.ts';
import { type AlarmInput, holds, type Refused } from './machine/step.ts';
import { next } from './machine.ts';

/** A step of a case as a person asks for it. */
export interface CaseCommand extends Command {
  readonly action: CaseAction;
  /** Links to pictures, videos and documents (https). */
  readonly evidence: readonly string[];
}

/** How an alarm is to be shelved; `comment` is the reason. */
export interface ShelveCommand extends Command {
  readonly lengthMs: number;
  /** Ends with the condition, if that is sooner. */
  readonly oneShot: boolean;
}

const REFUSALS: Readonly<Record<Refused['code'], string>> = {
  ALARM_ALREADY_ACKNOWLEDGED: 'the alarm is acknowledged already',
  ALARM_STILL_ACTIVE: 'the condition still holds: a latched alarm can be reset after it has returned to normal',
  ALARM_NOT_ACKNOWLEDGED: 'acknowledge the alarm first, then reset it',
  ALARM_NOT_LATCHED: 'only a latched alarm is reset; this one ends when it is acknowledged',
};

const CAME_AGAIN = 'the alarm came again / 报警再次发生';

/** What people do about one alarm; the ledger's commit makes it durable. */
export class AlarmCommands {
  private readonly ledger: Ledger;
  private readonly cases: CaseBook;
  private readonly bypassing: Bypassing;

  constructor(ledger: Ledger, cases: CaseBook, bypassing: Bypassing) {
    this.ledger = ledger;
    this.cases = cases;
    this.bypassing = bypassing;
  }

  /** @throws AppError `ALARM_UNKNOWN`, or the refusal of the alarm machine */
  answer(
    id: string,
    input: Extract<AlarmInput, { kind: 'acknowledge' | 'reset' }>,
    command: Command,
    at: number,
  ): Alarm {
    const alarm = this.ledger.expect(id);
    const outcome = next(alarm, input, at, this.bypassing.covers(alarm));
    if (outcome.kind === 'refused') throw new AppError(outcome.code, REFUSALS[outcome.code]);
    this.ledger.take(outcome, at, command);
    return outcome.alarm;
  }

  /** @throws AppError `ALARM_UNKNOWN`, or the refusal of the governor (`BYPASS_…`) */
  shelve(id: string, { by, comment, lengthMs, oneShot }: ShelveCommand, at: number): Bypass {
    const alarm = this.ledger.expect(id);
    const { key, site, device, profile, point, rule, state } = alarm;
    if (state === 'normal') throw new AppError('BYPASS_ALARM_OVER', 'the alarm is over: there is nothing to shelve');
    return this.bypassing.begin(
      {
        kind: 'shelf',
        scope: { alarm: key, site, device, profile, point, rule },
        upTo: tierToHide(alarm),
        oneShot,
        reason: comment ?? '',
        owner: by,
        approvedBy: null,
        origin: { kind: 'person' },
        replacement: null,
        workOrder: null,
        lengthMs,
      },
      at,
    );
  }

  /** @throws AppError `ALARM_UNKNOWN`, `ALARM_NOT_SHELVED` */
  unshelve(id: string, command: Command, at: number): Alarm {
    this.bypassing.unshelve(this.ledger.expect(id), command, at);
    return this.ledger.expect(id);
  }

  /** The case of an alarm, begun or not. @throws AppError `ALARM_UNKNOWN` */
  caseOf(id: string): Case {
    const alarm = this.ledger.expect(id);
    return this.cases.get(id) ?? openCase(alarm, alarm.raisedAt);
  }

  /** @throws AppError `ALARM_UNKNOWN`, or the refusal of the case (`CASE_…`) */
  actOnCase(id: string, { by, comment, action, evidence }: CaseCommand, at: number): Case {
    const alarm = this.ledger.expect(id);
    const entry = { at, by, action, comment, evidence };
    const outcome = act(this.caseOf(id), entry, holds(alarm));
    if (outcome.kind === 'refused') throw new AppError(outcome.code, CASE_REFUSALS[outcome.code]);
    this.take(alarm, outcome, entry);
    return outcome.case;
  }

  /** The alarm has come again: its case, which was closed, begins anew. */
  beginCaseAnew(id: string, at: number): void {
    const alarm = this.ledger.expect(id);
    const entry = { at, by: 'davylamp', action: { kind: 'reopen' }, comment: CAME_AGAIN, evidence: [] } as const;
    const outcome = act(this.caseOf(id), entry, true);
    if (outcome.kind === 'step') this.take(alarm, outcome, entry);
  }

  private take(alarm: Alarm, { case: found, type }: Extract<CaseStep, { kind: 'step' }>, entry: CaseEntry): void {
    const { by, comment, at } = entry;
    this.cases.put(found);
    const input = { kind: 'caseChanged', type, case: found.state, supervised: found.supervised } as const;
    const step = next(alarm, input, at, this.bypassing.covers(alarm));
    if (step.kind === 'step') this.ledger.take(step, at, { by, comment }, { case: entry });
  }
}
