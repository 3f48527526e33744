import type { Alarm, EventDetails } from '../model/alarm.ts';
import type { Bypass } from '../model/bypass.ts';
import type { Case } from '../model/case.ts';
import type { ConditionChange } from '../model/condition.ts';
import { tierRank } from '../model/tier.ts';
import type { Batch } from '../runtime/database.ts';
import { AlarmCommands, type CaseCommand, type ShelveCommand } from './alarm-commands.ts';
import type { AlarmFilter, EventFilter, LoggedEvent } from './alarm-log.ts';
import { Bypasses, type BypassFilter } from './bypasses.ts';
import { Bypassing } from './bypassing.ts';
import { openCase } from './case.ts';
import { CaseBook, type CaseFilter } from './case-book.ts';
import { afterChange, subjectOf } from './condition-alarm.ts';
import { type EscalationOf, FollowUps } from './follow-ups.ts';
import { type Command, type Evidence, Ledger, type LedgerDeps, type Position } from './ledger.ts';
import { holds, isHidden, type Step } from './machine/step.ts';
import { next } from './machine.ts';
import type { Notice } from './notice.ts';
import type { BypassRequest, Terms } from './policy/governor.ts';
import type { NuisanceAlarm } from './policy/nuisance-book.ts';
import { Suppressing } from './suppressing.ts';

export interface RegisterDeps extends LedgerDeps {
  /** Promises of the tiers and terms of the governor, as configured now. */
  readonly terms: () => Terms;
  readonly escalationOf: EscalationOf;
}

/**
 * The alarms, their cases and bypasses, and their event log. A change of the rules goes through the alarm machine; the
 * alarm as it then is, the event, the notifications and the engine's position are one LMDB commit, and only after it
 * anything is sent. What is due later (escalation, the end of a shelf) follows from what is on disk: {@link tick} does
 * it in a later commit, once, also after a crash.
 */
export class Register {
  private readonly ledger: Ledger;
  private readonly evidence: Evidence | undefined;
  private readonly cases: CaseBook;
  private readonly bypassing: Bypassing;
  private readonly suppressing: Suppressing;
  private readonly followUps: FollowUps;
  private readonly commands: AlarmCommands;

  constructor(deps: RegisterDeps) {
    const { environment, terms, escalationOf, evidence } = deps;
    const ledger = new Ledger(deps);
    const cases = new CaseBook(environment);
    const book = new Bypasses(environment);
    ledger.add(cases.page);
    ledger.add(book.page);
    const bypassing = new Bypassing(book, ledger, terms);
    this.ledger = ledger;
    this.evidence = evidence;
    this.cases = cases;
    this.bypassing = bypassing;
    this.suppressing = new Suppressing(bypassing);
    this.followUps = new FollowUps({ ledger, cases, bypassing, terms, escalationOf });
    this.commands = new AlarmCommands(ledger, cases, bypassing);
    ledger.follow({
      changed: (before, alarm, at) => this.changed(before, alarm, at),
      describe: (bypass): EventDetails | null => bypassing.describe(bypass),
    });
    this.followUps.lookAtAll();
  }

  /** Where the engine stood at the last commit. */
  position(): Position {
    return this.ledger.position();
  }

  /** Alarms that are not over. */
  openAlarms(): Iterable<Alarm> {
    return this.ledger.openAlarms();
  }

  /** Takes a change of the rules; {@link commit} makes it durable. */
  apply(change: ConditionChange): void {
    const step = afterChange(this.ledger.openOf(subjectOf(change)), change, (alarm) => this.bypassing.covers(alarm));
    if (step) this.ledger.take(step, change.at, null);
  }

  /** A condition that no rule speaks for any more (limit or device removed): its alarm returns to normal. */
  abandon(alarm: Alarm, at: number): void {
    const { value, quality, occurredAt, receivedAt, journalSeq, ruleVersion } = alarm;
    const message = { en: `${alarm.message.en} (no longer configured)`, zh: `${alarm.message.zh}（已不再配置）` };
    const sample = { value, quality, occurredAt, receivedAt, journalSeq, message, ruleVersion };
    const step = next(alarm, { kind: 'inactive', sample }, at, this.bypassing.covers(alarm)) as Step;
    this.ledger.take(step, at, { by: 'davylamp', comment: 'no longer configured' });
  }

  /** Does what is due at engine time `at`: ends of bypasses, then escalation, repeats, re-alarms, broken promises. */
  tick(at: number): void {
    this.bypassing.tick(at);
    this.followUps.tick(at);
  }

  /** The terms or the escalations are others now: everything is looked at again. */
  reconfigured(): void {
    this.followUps.lookAtAll();
  }

  /** Acknowledges an alarm. Throws AppError: `ALARM_UNKNOWN`, or the refusal of the alarm machine. */
  acknowledge(id: string, command: Command, at: number): Promise<Alarm> {
    return this.committed(() => this.commands.answer(id, { kind: 'acknowledge', by: command.by }, command, at));
  }

  /** Resets a latched alarm whose condition is over. Throws AppError: `ALARM_UNKNOWN`, or the machine's refusal. */
  reset(id: string, command: Command, at: number): Promise<Alarm> {
    return this.committed(() => this.commands.answer(id, { kind: 'reset' }, command, at));
  }

  /** Shelves an alarm, or asks for it. Throws AppError: `ALARM_UNKNOWN`, or the governor's refusal (`BYPASS_…`). */
  shelve(id: string, command: ShelveCommand, at: number): Promise<Bypass> {
    return this.committed(() => this.commands.shelve(id, command, at));
  }

  /** Ends what shelves this alarm alone. Throws AppError: `ALARM_UNKNOWN`, `ALARM_NOT_SHELVED`. */
  unshelve(id: string, command: Command, at: number): Promise<Alarm> {
    return this.committed(() => this.commands.unshelve(id, command, at));
  }

  /** A step of the case of an alarm. Throws AppError: `ALARM_UNKNOWN`, or the refusal of the case (`CASE_…`). */
  actOnCase(id: string, command: CaseCommand, at: number): Promise<Case> {
    return this.committed(() => this.commands.actOnCase(id, command, at));
  }

  /** The case of an alarm. Throws AppError: `ALARM_UNKNOWN`. */
  caseOf(id: string): Case {
    return this.commands.caseOf(id);
  }

  /** Cases, newest alarm first. */
  listCases(filter: CaseFilter): { items: Case[]; next: string | null } {
    return this.cases.list(filter);
  }

  /** Begins a bypass, or asks for it. Throws AppError: the governor's refusal (`BYPASS_…`). */
  bypass(request: BypassRequest, at: number): Promise<Bypass> {
    return this.committed(() => this.bypassing.begin(request, at));
  }

  /** A second person agrees. Throws AppError: `BYPASS_UNKNOWN`, or the governor's refusal. */
  approve(id: string, command: Command, at: number): Promise<Bypass> {
    return this.committed(() => this.bypassing.approve(id, command, at));
  }

  /** Ends a bypass or refuses a request. Throws AppError: `BYPASS_UNKNOWN`, `BYPASS_OVER`. */
  lift(id: string, command: Command, at: number): Promise<Bypass> {
    return this.committed(() => this.bypassing.lift(id, command, at));
  }

  /** Bypasses by suppression rules, without a commit of their own. */
  get suppressions(): Pick<Suppressing, 'apply' | 'endOthers'> {
    return this.suppressing;
  }

  /**
   * Bypasses by maintenance windows, without a commit of their own: `begin` may be repeated and gives the one
   * that is there, `endWhere` ends those of which `over` is true.
   */
  get bypasses(): Pick<Bypassing, 'begin' | 'endWhere'> {
    return this.bypassing;
  }

  getBypass(id: string): Bypass | null {
    return this.bypassing.book.get(id) ?? null;
  }

  /** Bypasses, newest first. */
  listBypasses(filter: BypassFilter): { items: Bypass[]; next: string | null } {
    return this.bypassing.book.list(filter);
  }

  /** Logs an event about Davylamp itself and sends it to whom it names, in one commit with what `also` writes. */
  announce(notice: Notice, at: number, also?: (batch: Batch) => void): Promise<void> {
    this.ledger.tell({ details: {}, ...notice, at });
    return this.commit(null, also);
  }

  /** Notes when somebody was first told of an alarm. */
  notified(id: string, at: number): Promise<void> {
    const alarm = this.ledger.find(id);
    if (!alarm || alarm.notifiedAt !== null) return Promise.resolve();
    this.ledger.replace({ ...alarm, notifiedAt: at });
    return this.commit(null);
  }

  /** True when there is something to commit. */
  get hasPending(): boolean {
    return this.ledger.hasPending;
  }

  /**
   * Commits what has happened, with the engine's position (null = as it was) and what `also` writes; resolves when it
   * is on disk.
   */
  commit(position: Position | null, also?: (batch: Batch) => void): Promise<void> {
    return this.ledger.commit(position, also);
  }

  /** Removes some thousand events, ended alarms with their cases, and ended bypasses that are older than `before`. */
  async prune(before: number): Promise<void> {
    const remove = this.ledger.log.prunable(
      before,
      (id) => this.cases.keeps(id),
      (batch, id) => {
        this.cases.remove(batch, id);
        this.evidence?.remove(batch, id);
      },
    );
    const { book } = this.bypassing;
    const bypasses = book.endedBefore(before);
    if (!remove && bypasses.length === 0) return;
    await this.commit(null, (batch) => {
      remove?.(batch);
      book.remove(batch, bypasses);
    });
  }

  get(id: string): Alarm | null {
    return this.ledger.find(id) ?? null;
  }

  /** Newest first. */
  list(filter: AlarmFilter): { items: Alarm[]; next: string | null } {
    return this.ledger.log.list(filter, this.ledger.openAlarms());
  }

  /** Events after a sequence, oldest first. */
  listEvents(filter: EventFilter): { items: LoggedEvent[]; next: number | null } {
    return this.ledger.log.listEvents(filter);
  }

  /** The event at a place in the log; undefined = not there (any more). */
  eventAt(sequence: number): LoggedEvent | undefined {
    const [event] = this.ledger.log.listEvents({ after: sequence - 1, limit: 1 }).items;
    return event?.sequence === sequence ? event : undefined;
  }

  /** Alarms that came and went too often or too briefly in the last hour, with a proposal for each. */
  nuisances(at: number): readonly NuisanceAlarm[] {
    return this.ledger.nuisances.list(at);
  }

  private async committed<T>(act: () => T): Promise<T> {
    const result = act();
    await this.commit(null);
    return result;
  }

  /** What a change of an alarm means for its case, its deadlines and its shelves. */
  private changed(before: Alarm | undefined, alarm: Alarm, at: number): void {
    const found = this.cases.get(alarm.id);
    // A case is for what people were told of; a drill or a test is nobody's case unless somebody makes it one.
    if (!found && alarm.annunciatedAt !== null && alarm.status === 'actual') this.cases.put(openCase(alarm, at));
    else if (found && tierRank(alarm.tier) > tierRank(found.tier)) this.cases.put({ ...found, tier: alarm.tier });
    this.followUps.changed(alarm, at);
    // Last: these may change the alarm again, as the end of a shelf does.
    this.bypassing.changed(before, alarm, at);
    if (found?.state === 'closed' && holds(alarm) && !isHidden(alarm)) this.commands.beginCaseAnew(alarm.id, at);
  }
}
